"""Who stands above whom at work: such people judge nothing of the other's certification."""

from __future__ import annotations

from people import access
from people.models import Role, Supervision, User
from people.policy import Capability


def is_superior(person: User, other: User) -> bool:
    """Whether the person supervises the other at work today, or manages the branch that the other belongs to. At most 5
    queries."""
    if Supervision.objects.on().filter(supervisor=person, person=other).exists():
        return True
    return access.through(person, Capability.MANAGE_PEOPLE, other) in (Role.MANAGER, Role.OFFICER)
