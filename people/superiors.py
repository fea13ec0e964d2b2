"""Who stands above whom at work: such people judge nothing of the other's certification."""

from __future__ import annotations

from collections.abc import Collection

from people import access
from people.models import Membership, Role, RoleGrant, Supervision, User
from people.policy import Capability

_ABOVE = (Role.MANAGER, Role.OFFICER)


def is_superior(person: User, other: User) -> bool:
    """Whether the person supervises the other at work today, or manages the branch that the other belongs to. 3 queries
    at most."""
    return bool(below(person, [other.pk]))


def below(person: User, people: Collection[int]) -> set[int]:
    """Of these people, those whose superior the person is today. 3 queries at most, however many there are."""
    supervised = Supervision.objects.on().filter(supervisor=person, person__in=list(people))
    found = set(supervised.values_list("person_id", flat=True))
    if access.holds_role(person, *_ABOVE):
        managed = access.people_for(person, Capability.MANAGE_PEOPLE, roles=_ABOVE).filter(pk__in=list(people))
        found |= set(managed.values_list("pk", flat=True))
    return found


def above(person: User, people: Collection[int]) -> set[int]:
    """Of these people, those who may be the person's superiors: who supervise them, or hold a manager's role over a place
    of theirs. 3 queries."""
    supervising = Supervision.objects.on().filter(person=person, supervisor__in=list(people))
    found = set(supervising.values_list("supervisor_id", flat=True))
    places = list(Membership.objects.on().filter(user=person).values_list("institution__path", flat=True))
    grants = RoleGrant.objects.on().filter(role__in=_ABOVE, user__in=list(people), institution__isnull=False)
    for user, path in grants.values_list("user_id", "institution__path"):
        if any(place.startswith(path) for place in places):
            found.add(user)
    return found
