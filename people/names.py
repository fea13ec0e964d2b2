"""How a person is called on a screen: by name, or, for protected people, by the pseudonym that stands for it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import CharField, OuterRef, Subquery

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
    """What the viewer reads for each of these people, by primary key. At most 3 queries, none for nobody.

    Administrators read pseudonyms too: they may learn a name, but that look is written down (`access.is_logged`).
    """
    found = {person.pk: person for person in people if person is not None}
    if not found:
        return {}
    protected = dict(Protection.objects.on().filter(user__in=list(found)).values_list("user_id", "pseudonym"))
    open_to: set[int] = {viewer.pk} if viewer.is_authenticated else set()
    if set(protected) - open_to and not access.is_administrator(viewer):
        reached = access.people_for(viewer, Capability.NAME_OF_PROTECTED).filter(pk__in=list(protected))
        open_to |= set(reached.values_list("pk", flat=True))
    return {
        pk: protected[pk] if pk in protected and pk not in open_to else person.display_name
        for pk, person in found.items()
    }
