"""When a step is open, and when a course is completed: pure functions over an outline and progress, and their words.

Nothing here reads the database or the clock. Services apply these rules once and record the decision; screens use the
same functions to say what is left.

Completed = every required activity is finished; the final assessment opens when the required lessons are finished.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import ActivityProgress, Enrolment

Outline = Mapping[str, Any]
Entry = Mapping[str, Any]
Progress = Mapping[UUID, ActivityProgress]

DECLARED = "declared"  # the learner's own "I have finished"
HANDED_IN = "handed-in"
GRADED = "graded"  # by a person, as sufficient
PASSED = "passed"
ATTENDED = "attended"  # a workshop of the course
COURSE = "course"  # name of the rule in the record


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of completion: `met` is yes, yet (still to do) or no (not possible as things stand)."""

    code: str
    met: Literal["yes", "yet", "no"]
    sentence: str
    link: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)


# --- outlines -------------------------------------------------------------------------------------------------------


def steps(outline: Outline) -> Iterator[Entry]:
    """The entries in order, the final ones last."""
    for module in outline.get("modules", ()):
        yield from module["activities"]
    yield from outline.get("final", ())


def key_of(entry: Entry) -> UUID:
    return UUID(entry["key"])


def find(outline: Outline, *, key: UUID | None = None, ref: str = "") -> Entry | None:
    """The entry with this key or ref."""
    wanted = str(key) if key else ""
    return next((entry for entry in steps(outline) if entry["key"] == wanted or (ref and entry["ref"] == ref)), None)


def effective(
    outline: Outline, *, retired: Collection[UUID], completed: Collection[UUID], current: Outline | None = None
) -> Outline:
    """The outline as it counts for a person pinned to it: retired steps that they have not finished fall away.

    A final assessment is never waived: the one of the `current` outline takes its place, and where there is none it
    stays, so that nobody completes a course without its assessment.
    """
    gone = {str(key) for key in retired} - {str(key) for key in completed}
    if not gone:
        return outline
    modules = [
        {**module, "activities": [entry for entry in module["activities"] if entry["key"] not in gone]}
        for module in outline.get("modules", ())
    ]
    final = [entry for entry in outline.get("final", ()) if entry["key"] not in gone]
    if not _assessed(final) and _assessed(outline.get("final", ())):
        final = [*final, *(_assessed((current or {}).get("final", ())) or _assessed(outline["final"]))]
    return {**outline, "modules": [module for module in modules if module["activities"]], "final": final}


def lost_final(outline: Outline, *, retired: Collection[UUID], completed: Collection[UUID]) -> bool:
    """Whether `effective` needs the current outline, to find the assessment that replaced a retired one."""
    gone = {str(key) for key in retired} - {str(key) for key in completed}
    return any(entry["key"] in gone for entry in _assessed(outline.get("final", ())))


def _assessed(entries: Collection[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry["rule"] == PASSED]


# --- progress -------------------------------------------------------------------------------------------------------


def finished(progress: Progress, entry: Entry) -> bool:
    row = progress.get(key_of(entry))
    return row is not None and row.status == ActivityProgress.Status.COMPLETED


def completed_keys(progress: Progress) -> set[UUID]:
    return {key for key, row in progress.items() if row.status == ActivityProgress.Status.COMPLETED}


def counts(outline: Outline, progress: Progress) -> tuple[int, int]:
    """(finished, all) of the required steps."""
    required = [entry for entry in steps(outline) if entry["required"]]
    return sum(finished(progress, entry) for entry in required), len(required)


def percent(outline: Outline, progress: Progress, *, completed: bool = False) -> int:
    """0 to 100, rounded down, so that 100 means finished. A completed course stays at 100 whatever authors do."""
    if completed:
        return 100
    done, total = counts(outline, progress)
    return done * 100 // total if total else 0


def is_complete(outline: Outline, progress: Progress) -> bool:
    """Whether everything that completion asks for is done. An outline without required steps is never complete."""
    done, total = counts(outline, progress)
    return total > 0 and done == total


def lessons(outline: Outline) -> list[Entry]:
    """The required lessons, in order."""
    return [entry for entry in steps(outline) if entry["rule"] == DECLARED and entry["required"]]


def shut(outline: Outline, progress: Progress, entry: Entry) -> str:
    """Why a step is not open yet, as a sentence; empty where it is open. Only the final assessment waits."""
    if entry["rule"] != PASSED or finished(progress, entry):
        return ""
    asked = lessons(outline)
    done = sum(finished(progress, lesson) for lesson in asked)
    if done == len(asked):
        return ""
    return ngettext(
        "Opens when the lesson is finished.",
        "Opens when all %(total)d lessons are finished (%(done)d of %(total)d).",
        len(asked),
    ) % {"done": done, "total": len(asked)}


def next_step(outline: Outline, progress: Progress) -> Entry | None:
    """Where to go on: the step that was opened last and is not finished, else the first unfinished one that is open."""
    waiting = [
        entry for entry in steps(outline) if not finished(progress, entry) and not shut(outline, progress, entry)
    ]
    begun = [entry for entry in waiting if key_of(entry) in progress]
    if begun:
        return max(begun, key=lambda entry: progress[key_of(entry)].last_at)
    # A workshop is held on its day: whatever can be done today comes first.
    waiting.sort(key=lambda entry: (not entry["required"], entry["rule"] == ATTENDED))
    return waiting[0] if waiting else None


def step_after(outline: Outline, progress: Progress, entry: Entry) -> Entry | None:
    """Where to go once `entry` is finished: the next unfinished open step after it, else any other, else None."""
    entries = list(steps(outline))
    keys = [other["key"] for other in entries]
    place = keys.index(entry["key"]) + 1 if entry["key"] in keys else 0
    for other in entries[place:]:
        if not finished(progress, other) and not shut(outline, progress, other):
            return other
    return next_step(outline, progress)


# --- words ----------------------------------------------------------------------------------------------------------


def groups(outline: Outline) -> dict[str, list[Entry]]:
    """The required steps by the condition that they belong to, in the order in which conditions are told."""
    found: dict[str, list[Entry]] = {
        "lessons-finished": [],
        "practice-done": [],
        "workshop-attended": [],
        "activities-done": [],
        "work-graded": [],
        "assessment-passed": [],
    }
    codes = {
        DECLARED: "lessons-finished",
        HANDED_IN: "practice-done",
        ATTENDED: "workshop-attended",
        GRADED: "work-graded",
        PASSED: "assessment-passed",
    }
    for entry in steps(outline):
        if entry["required"]:
            found[codes.get(entry["rule"], "activities-done")].append(entry)
    return {code: entries for code, entries in found.items() if entries}


def conditions(
    enrolment: Enrolment, outline: Outline, progress: Progress, language: str | None = None, *, code: str = ""
) -> list[Condition]:
    """What completion asks of this person and what of it is met, in words of `language` (default: the active one).

    `outline` is the effective one. `code`: the course's, for links (default: read from the enrolment's course).
    """
    code = code or enrolment.course.code
    with translation.override(language or translation.get_language()):
        return [_condition(name, entries, outline, progress, code) for name, entries in groups(outline).items()]


def _condition(name: str, entries: list[Entry], outline: Outline, progress: Progress, code: str) -> Condition:
    done = sum(finished(progress, entry) for entry in entries)
    total = len(entries)
    met: Literal["yes", "yet"] = "yes" if done == total else "yet"
    numbers = {"done": done, "total": total}
    waiting = next((entry for entry in entries if not finished(progress, entry)), None)
    link = reverse("activity", args=[code, waiting["ref"]]) if waiting else ""
    if name == "lessons-finished":
        sentence = ngettext("%(done)d lesson of %(total)d", "%(done)d lessons of %(total)d", done) % numbers
    elif name == "practice-done":
        sentence = (
            ngettext("%(done)d practice quiz of %(total)d", "%(done)d practice quizzes of %(total)d", done) % numbers
        )
    elif name == "workshop-attended" and total == 1:
        sentence = _("Workshop attended.") if done else _("Workshop: not attended yet.")
    elif name == "workshop-attended":
        sentence = ngettext("%(done)d workshop of %(total)d", "%(done)d workshops of %(total)d", done) % numbers
    elif name == "activities-done":
        sentence = ngettext("%(done)d activity of %(total)d", "%(done)d activities of %(total)d", done) % numbers
    elif name == "work-graded":
        sentence = (
            ngettext(
                "%(done)d written work of %(total)d graded as sufficient",
                "%(done)d written works of %(total)d graded as sufficient",
                done,
            )
            % numbers
        )
    else:
        mark = outline.get("pass_mark", 0)
        rows = [row for entry in entries if (row := progress.get(key_of(entry))) is not None]
        score = max((row.score for row in rows if row.score is not None), default=None)
        facts: dict[str, Any] = {**numbers, "pass_mark": mark, "score": None if score is None else str(score)}
        if met == "yes":
            sentence = _("Final assessment passed.")
        elif score is not None:
            sentence = _("Final assessment: %(score)s (needs %(mark)s).") % {
                "score": in_percent(score),
                "mark": in_percent(mark),
            }
        else:
            sentence = _("Final assessment: %(mark)s needed.") % {"mark": in_percent(mark)}
        if waiting is not None and shut(outline, progress, waiting):
            link = ""
        return Condition(name, met, sentence, link, facts)
    return Condition(name, met, sentence, link, numbers)


def in_percent(value: Decimal | int) -> str:
    """70 % as the active language writes it; number and sign never part at the end of a line."""
    rounded = round(Decimal(value), 1)
    number = number_format(rounded, 0 if rounded == rounded.to_integral_value() else 1)
    return (_("%(number)s%%") % {"number": number}).replace(" ", "\u00a0")


def demands(outline: Outline) -> list[str]:
    """The same conditions for somebody who is not enrolled: what "this course is completed when" lists."""
    found = []
    for name, entries in groups(outline).items():
        count = {"count": len(entries)}
        if name == "lessons-finished":
            found.append(ngettext("the lesson is finished", "the %(count)d lessons are finished", len(entries)) % count)
        elif name == "practice-done":
            found.append(
                ngettext("the practice quiz is done", "the %(count)d practice quizzes are done", len(entries)) % count
            )
        elif name == "workshop-attended":
            found.append(
                ngettext("the workshop is attended", "the %(count)d workshops are attended", len(entries)) % count
            )
        elif name == "activities-done":
            found.append(
                ngettext("the other activity is done", "the %(count)d other activities are done", len(entries)) % count
            )
        elif name == "work-graded":
            found.append(
                ngettext(
                    "the written work is graded as sufficient",
                    "the %(count)d written works are graded as sufficient",
                    len(entries),
                )
                % count
            )
        else:
            found.append(_("the final assessment reaches %(mark)s") % {"mark": in_percent(outline.get("pass_mark", 0))})
    return found
