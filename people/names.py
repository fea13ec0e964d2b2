"""How a person is called on a screen: by name, or, for protected people, by the pseudonym that stands for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import CharField, OuterRef, QuerySet, Subquery

from people import access
from people.access import Person
from people.models import Protection, User
from people.policy import Capability


def is_protected(person: User) -> bool:
    """Whether a pseudonym stands for the person's name today. 1 query."""
    return Protection.objects.on().filter(user=person).exists()


def pseudonym_of(field: str = "pk") -> Subquery:
    """Within a query: the pseudonym of the person in `field`, None for people who are not protected today."""
    rows = Protection.objects.on().filter(user=OuterRef(field)).values("pseudonym")[:1]
    return Subquery(rows, output_field=CharField(null=True))


def shown_name(person: User, viewer: Person) -> str:
    """The name, or the pseudonym where the viewer may not read the name without a trace. At most 3 queries."""
    return shown_names([person], viewer)[person.pk]


def shown_names(people: Iterable[User | None], viewer: Person) -> dict[int, str]:
    """What the viewer reads for each of these people, by primary key. At most 3 queries, none for nobody."""
    found = {person.pk: person for person in people if person is not None}
    hidden = hidden_from(viewer, found)
    return {pk: hidden.get(pk, person.display_name) for pk, person in found.items()}


def hidden_from(viewer: Person, people: Collection[int]) -> dict[int, str]:
    """Of these people, by primary key, those whose name the viewer may not read without a trace, each with the
    pseudonym; what would tell who they are, their institution above all, is not shown with it. At most 3 queries.

    Administrators read pseudonyms too: they may learn a name, but that look is written down (`access.is_logged`).
    """
    if not people:
        return {}
    protected = dict(Protection.objects.on().filter(user__in=list(people)).values_list("user_id", "pseudonym"))
    open_to: set[int] = {viewer.pk} if viewer.is_authenticated else set()
    if set(protected) - open_to and not access.is_administrator(viewer):
        open_to |= set(named_for(viewer).filter(pk__in=list(protected)).values_list("pk", flat=True))
    return {pk: pseudonym for pk, pseudonym in protected.items() if pk not in open_to}


def named_for(viewer: Person) -> QuerySet[User]:
    """The people whose name the viewer reads without a trace, should they be protected; others are found by their
    pseudonym alone. Lazy."""
    if access.is_administrator(viewer):
        return User.objects.filter(pk=viewer.pk or 0)
    return access.people_for(viewer, Capability.NAME_OF_PROTECTED)
