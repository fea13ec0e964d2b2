"""Rubrics of the curriculum, and what two observers gave beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from django.db.models import Q

from content.models import KeptDocument
from operations.words import in_language
from people.models import User
from workshops.models import Observation, Workshop


@dataclass(frozen=True, slots=True)
class Level:
    value: int
    name: str
    words: str  # what it looks like, for this criterion


@dataclass(frozen=True, slots=True)
class Criterion:
    slug: str
    title: str
    critical: bool
    levels: list[Level]
    otherwise: str  # what to do if it was not observed


@dataclass(frozen=True, slots=True)
class RubricView:
    """A rubric in the active language."""

    slug: str
    digest: str
    title: str
    criteria: list[Criterion]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike two observers scored: the largest difference of levels, and the share of criteria with equal levels."""

    gap: int
    equal: float  # 0 to 1


def rubric_of(slug: str) -> RubricView | None:
    """A rubric of the curriculum; None where there is none. 1 query."""
    found = KeptDocument.objects.filter(path=f"rubrics/{slug}.yaml").first()
    if found is None:
        return None
    data: dict[str, Any] = yaml.safe_load(found.text)
    names = {level["value"]: in_language(level) for level in data["levels"]}
    criteria = [
        Criterion(
            one["id"],
            in_language(one["title"]),
            bool(one.get("critical")),
            [Level(value, names.get(value, ""), in_language(words)) for value, words in sorted(one["levels"].items())],
            in_language(one.get("if_not_observed", {})),
        )
        for one in data["criteria"]
    ]
    return RubricView(data["id"], found.digest, in_language(data["title"]), criteria)


def agreement(first: Mapping[str, Any], second: Mapping[str, Any]) -> Agreement:
    """How alike two `Observation.scores` are, over the criteria that both have levels for."""
    shared = [one for one in first if "level" in first[one] and "level" in second.get(one, {})]
    gaps = [abs(first[one]["level"] - second[one]["level"]) for one in shared]
    return Agreement(max(gaps, default=0), gaps.count(0) / len(gaps) if gaps else 1.0)


def of_workshop(workshop: Workshop, reader: User) -> list[Observation]:
    """The reader's own of this workshop: what they are filling in or gave, and what was given to them. 1 query."""
    rows = Observation.objects.filter(workshop=workshop).filter(
        Q(observer=reader) | Q(trainer=reader, status=Observation.Status.GIVEN)
    )
    return list(rows.select_related("session").order_by("given", "pk"))


def beside(observation: Observation, reader: User) -> list[Observation]:
    """The observations of the same trainer in the same session by others, for this reader: all given ones for the
    trainer, and for an observer once their own is given too. 1 query."""
    if observation.session_id is None:
        return []
    rows = Observation.objects.filter(session=observation.session_id, trainer=observation.trainer_id)
    given = rows.filter(status=Observation.Status.GIVEN).exclude(pk=observation.pk).select_related("observer")
    if reader.pk != observation.trainer_id and (
        reader.pk != observation.observer_id or observation.status != Observation.Status.GIVEN
    ):
        return []
    return list(given.order_by("given"))
