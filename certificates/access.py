"""What the rows of the policy mean for pathways: whose candidates are assigned to whom."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from certificates.models import Candidate, StageEvidence
from people import access
from people.access import Grants, Person
from people.models import User
from people.policy import Relation


def connect() -> None:
    """Fill the registries of the room of people; called once, from `AppConfig.ready`."""
    access.register(Relation.CANDIDATE, holds=_accompanies, queryset=_accompanied)
    access.describe(Candidate, user=lambda row: row.user)
    access.describe(StageEvidence, user=lambda row: row.candidate.user)


def _accompanies(person: Person, thing: Any, grants: Grants) -> bool:
    user = thing if isinstance(thing, User) else getattr(thing, "user", None) if isinstance(thing, Candidate) else None
    return user is not None and person.is_authenticated and _accompanied(person, grants).filter(pk=user.pk).exists()


def _accompanied(person: Person, grants: Grants) -> QuerySet[User]:
    """Those whose mentor the person is, while they are under way. May sign for others too, but sees no more of them."""
    return User.objects.filter(candidacies__mentor_id=person.pk or 0, candidacies__state=Candidate.State.OPEN).exclude(
        pk=person.pk or 0
    )
