"""Rubrics of the curriculum: reading them, and what levels come to. What decides is pure.

A rubric has criteria, each with levels in words; some criteria are critical. Its pass rule says how many points are needed
in all, and which level at least of each criterion and of the critical ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from content.models import KeptDocument
from operations.words import in_language


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
class Needed:
    """The pass rule: points in all, the level at least of each criterion, and of the critical ones."""

    total: int = 0
    each: int = 0
    critical: int = 0


@dataclass(frozen=True, slots=True)
class RubricView:
    """A rubric in the active language."""

    slug: str
    digest: str
    title: str
    criteria: list[Criterion]
    needed: Needed = Needed()
    rule: str = ""  # the pass rule in words
    note: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)  # what the file says

    @property
    def maximum(self) -> int:
        return sum(max((level.value for level in one.levels), default=0) for one in self.criteria)


# --- reading --------------------------------------------------------------------------------------------------------


def rubric_of(slug: str) -> RubricView | None:
    """A rubric of the curriculum; None where there is none. 1 query."""
    found = KeptDocument.objects.filter(path=_path(slug)).first()
    return None if found is None else view_of(yaml.safe_load(found.text), found.digest)


def _path(slug: str) -> str:
    return f"rubrics/{slug}.yaml"


def view_of(data: Mapping[str, Any], digest: str) -> RubricView:
    """What the file of a rubric says, in the active language. JSON has made texts of the numbers of levels."""
    names = {int(level["value"]): in_language(level) for level in data["levels"]}
    criteria = [
        Criterion(
            one["id"],
            in_language(one["title"]),
            bool(one.get("critical")),
            [
                Level(value, names.get(value, ""), in_language(words))
                for value, words in sorted((int(value), words) for value, words in one["levels"].items())
            ],
            in_language(one.get("if_not_observed", {})),
        )
        for one in data["criteria"]
    ]
    rule = data.get("pass_rule", {})
    return RubricView(
        data["id"],
        digest,
        in_language(data["title"]),
        criteria,
        Needed(
            rule.get("minimum_total", 0), rule.get("minimum_per_criterion", 0), rule.get("critical_criteria_minimum", 0)
        ),
        in_language({name: words for name, words in rule.items() if isinstance(words, str)}),
        in_language(data.get("note", {})),
        data,
    )


def choices() -> list[tuple[str, str]]:
    """(slug, title) of the rubrics of the curriculum, by title. 1 query."""
    found = []
    for document in KeptDocument.objects.filter(kind="rubrics", path__endswith=".yaml"):
        data = yaml.safe_load(document.text)
        if document.path == _path(data.get("id", "")):
            found.append((data["id"], in_language(data["title"])))
    return sorted(found, key=lambda pair: pair[1])


# --- deciding -------------------------------------------------------------------------------------------------------

Levels = Mapping[str, int]  # criterion: level


@dataclass(frozen=True, slots=True)
class Decision:
    """What levels come to: `inputs` are the numbers that decided."""

    points: int
    maximum: int
    passed: bool
    inputs: Mapping[str, int]

    @property
    def percent(self) -> Decimal:
        """Of all points, rounded down to hundredths."""
        return Decimal(10_000 * self.points // self.maximum if self.maximum else 0) / 100


def unfilled(rubric: RubricView, levels: Levels) -> list[str]:
    """The titles of criteria that have no level yet."""
    return [one.title for one in rubric.criteria if one.slug not in levels]


def decide(rubric: RubricView, levels: Levels) -> Decision:
    """Apply the pass rule to the levels of every criterion."""
    given = [levels[one.slug] for one in rubric.criteria]
    critical = [levels[one.slug] for one in rubric.criteria if one.critical]
    needed = rubric.needed
    points = sum(given)
    lowest, lowest_critical = min(given, default=0), min(critical, default=needed.critical)
    return Decision(
        points,
        rubric.maximum,
        points >= needed.total and lowest >= needed.each and lowest_critical >= needed.critical,
        {
            "points": points,
            "maximum": rubric.maximum,
            "minimum_total": needed.total,
            "lowest": lowest,
            "minimum_per_criterion": needed.each,
            "lowest_critical": lowest_critical,
            "critical_criteria_minimum": needed.critical,
        },
    )


def shortfalls(rubric: RubricView, levels: Levels) -> list[str]:
    """What is missing before the work is sufficient, a sentence each."""
    found = []
    points = sum(levels.get(one.slug, 0) for one in rubric.criteria)
    if points < rubric.needed.total:
        found.append(
            ngettext("%(points)d point; %(needed)d are needed.", "%(points)d points; %(needed)d are needed.", points)
            % {"points": points, "needed": rubric.needed.total}
        )
    for one in rubric.criteria:
        level = levels.get(one.slug, 0)
        needed = max(rubric.needed.each, rubric.needed.critical if one.critical else 0)
        if level < needed:
            found.append(
                _("“%(criterion)s”: level %(level)d; at least %(needed)d is needed.")
                % {"criterion": one.title, "level": level, "needed": needed}
            )
    return found
