"""What a stage of a pathway asks for, and how much of it is met: pure functions over what is known of a candidate.

The types of requirement are those of the curriculum's pathway files. A type that is not known here is never met by itself:
a signer decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


@dataclass(frozen=True, slots=True)
class Delivery:
    """A workshop whose attendance is closed, that the candidate led or helped to lead."""

    workshop: str  # its code
    day: dt.date
    with_certified: bool  # a certified or master trainer led it too
    participants: frozenset[str]  # ids of registrations: two workshops for the same people are one group


@dataclass(frozen=True, slots=True)
class Score:
    """What one observer gave: levels by criterion."""

    session: str
    observer: int
    levels: Mapping[str, int]
    minutes: int = 45


@dataclass(frozen=True, slots=True)
class Rubric:
    criteria: Sequence[str]
    critical: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    """Everything about a candidate that a requirement may ask for."""

    certified: frozenset[str] = frozenset()  # slugs of courses with a certificate that holds today
    best: Mapping[str, float] = field(default_factory=dict)  # best final score by slug, percent
    wanted: frozenset[str] = frozenset()  # slugs of the courses to be delivered
    deliveries: Sequence[Delivery] = ()
    scores: Mapping[str, Sequence[Score]] = field(default_factory=dict)  # by rubric, given ones only
    own_scores: Sequence[tuple[Score, Score]] = ()  # of sessions that the candidate and a master trainer both scored
    rubrics: Mapping[str, Rubric] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()  # stages
    accepted: Mapping[str, int] = field(default_factory=dict)  # accepted pieces of evidence by stage
    renewals: int = 0
    mentored: int = 0  # people mentored who were certified
    today: dt.date = dt.date.min


@dataclass(frozen=True, slots=True)
class Met:
    """How much of one requirement is met. `asked` 0: only a signer can tell."""

    type: str
    done: int
    asked: int
    sentence: str

    @property
    def holds(self) -> bool:
        return self.asked > 0 and self.done >= self.asked


def check(requirement: Mapping[str, Any], known: Known, *, stage: str) -> Met:
    """How much of this requirement is met."""
    judge = _JUDGES.get(requirement["type"])
    if judge is None:
        return Met(requirement["type"], 0, 0, _("A signer looks at the evidence."))
    return judge(requirement, known, stage)


def _courses_passed(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    least = asked["min_courses"]
    done = len(known.certified)
    if asked.get("must_include") == "course-to-be-delivered" and not known.wanted & known.certified:
        done = min(done, least - 1)
        sentence = ngettext(
            "%(done)d course of %(least)d; the course to be delivered is missing.",
            "%(done)d courses of %(least)d; the course to be delivered is missing.",
            done,
        )
    else:
        sentence = ngettext("%(done)d course of %(least)d", "%(done)d courses of %(least)d", done)
    return Met(asked["type"], done, least, sentence % {"done": done, "least": least})


def _course_passed(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    slug, least = asked["course"], asked.get("min_score", 0)
    done = int(slug in known.certified and known.best.get(slug, 0) >= least)
    sentence = _("Course passed.") if done else _("To be passed with %(mark)d%%.") % {"mark": least}
    return Met(asked["type"], done, 1, sentence)


def _co_facilitated(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    groups = {delivery.participants or delivery.workshop for delivery in known.deliveries if delivery.with_certified}
    return _counted(asked, len(groups), asked["min_count"])


def _delivered(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    since = _months_back(known.today, asked["within_months"]) if "within_months" in asked else dt.date.min
    return _counted(asked, sum(delivery.day >= since for delivery in known.deliveries), asked["min_count"])


def _counted(asked: Mapping[str, Any], done: int, least: int) -> Met:
    sentence = ngettext("%(done)d workshop of %(least)d", "%(done)d workshops of %(least)d", done)
    return Met(asked["type"], done, least, sentence % {"done": done, "least": least})


def _rubric(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    """So many observers of one session, each of whom gave enough."""
    least = asked.get("observers", 1)
    rubric = known.rubrics.get(asked["rubric"], Rubric((), frozenset()))
    by_session: dict[str, set[int]] = {}
    for score in known.scores.get(asked["rubric"], ()):
        if _enough(score, asked, rubric):
            by_session.setdefault(score.session, set()).add(score.observer)
    done = max((len(observers) for observers in by_session.values()), default=0)
    done = max(done, least if asked["rubric"] not in known.scores and known.accepted.get(stage, 0) >= 1 else 0)
    sentence = ngettext("%(done)d observer of %(least)d", "%(done)d observers of %(least)d", done)
    return Met(asked["type"], done, least, sentence % {"done": done, "least": least})


def _enough(score: Score, asked: Mapping[str, Any], rubric: Rubric) -> bool:
    levels = score.levels
    return (
        set(rubric.criteria) <= set(levels)
        and sum(levels.values()) >= asked.get("min_total", 0)
        and all(level >= asked.get("min_per_criterion", 0) for level in levels.values())
        and all(levels[criterion] >= asked.get("critical_min", 0) for criterion in rubric.critical)
    )


def _stages(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    done, least = len(known.passed & set(asked["stages"])), len(asked["stages"])
    sentence = ngettext("%(done)d stage of %(least)d", "%(done)d stages of %(least)d", done)
    return Met(asked["type"], done, least, sentence % {"done": done, "least": least})


def _evidence(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    least = asked.get("min_count", 1)
    done = min(known.accepted.get(stage, 0), least)
    sentence = ngettext("%(done)d accepted piece of %(least)d", "%(done)d accepted pieces of %(least)d", done)
    return Met(asked["type"], done, least, sentence % {"done": done, "least": least})


def _renewed(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    least = asked.get("min_count", 1)
    sentence = _("Renewed.") if known.renewals >= least else _("The certificate was not renewed yet.")
    return Met(asked["type"], known.renewals, least, sentence)


def _mentored(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    least = asked["min_count"]
    sentence = ngettext("%(done)d person of %(least)d", "%(done)d people of %(least)d", known.mentored)
    return Met(asked["type"], known.mentored, least, sentence % {"done": known.mentored, "least": least})


def _agreement(asked: Mapping[str, Any], known: Known, stage: str) -> Met:
    least = asked["sessions"]
    done = sum(gap(*pair) <= asked.get("max_level_gap", 1) for pair in known.own_scores)
    sentence = ngettext(
        "%(done)d session of %(least)d scored alike", "%(done)d sessions of %(least)d scored alike", done
    )
    return Met(asked["type"], done, least, sentence % {"done": done, "least": least})


def gap(first: Score, second: Score) -> int:
    """The largest difference of levels that two observers gave for the same criterion."""
    shared = set(first.levels) & set(second.levels)
    return max((abs(first.levels[one] - second.levels[one]) for one in shared), default=0)


def _months_back(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in range(day.day, 27, -1):
        try:
            return dt.date(year, month + 1, last)
        except ValueError:
            continue
    return dt.date(year, month + 1, min(day.day, 28))


_JUDGES: dict[str, Callable[[Mapping[str, Any], Known, str], Met]] = {
    "courses-passed": _courses_passed,
    "course-passed": _course_passed,
    "workshops-co-facilitated": _co_facilitated,
    "workshops-delivered": _delivered,
    "rubric-score": _rubric,
    "stages-complete": _stages,
    "refresher-completed": _evidence,
    "local-modules-published": _evidence,
    "certificate-renewed": _renewed,
    "trainees-mentored": _mentored,
    "observer-agreement": _agreement,
}
