"""What several screens read: the standing of a person in a course, its texts, who may see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.urls import reverse

from courses import rules
from courses.access import sees_page
from courses.models import Activity, ActivityProgress, Cohort, Course, CourseText, Enrolment, OutlineVersion
from courses.rules import Entry, Outline, Progress
from operations.prepared import Prepared
from operations.words import in_language
from people.access import Person
from people.models import User

State = Literal["done", "now", "todo", "shut"]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step in an outline, ready to be shown."""

    key: str
    ref: str
    kind: str
    rule: str
    title: str
    url: str
    state: State
    minutes: int
    number: int | None  # of the lesson, counted through the course
    module: int | None  # its number; none for the final steps
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)  # weight, questions …
    score: Decimal | None = None
    reason: str = ""  # why it is shut


@dataclass(frozen=True, slots=True)
class ModuleLine:
    number: int
    key: str
    title: str
    summary: str
    steps: list[StepLine]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a person is in one course (or how it would begin): what outlines, cards and ticks show."""

    modules: list[ModuleLine]
    final: list[StepLine]
    done: int
    total: int
    percent: int
    lessons: int
    next: StepLine | None

    @property
    def steps(self) -> list[StepLine]:
        return [*(step for module in self.modules for step in module.steps), *self.final]

    @property
    def ticks(self) -> list[str]:
        """A letter per required step, done ones first: d, n (the one at hand), empty."""
        rest = self.total - self.done
        return ["d"] * self.done + (["n", *[""] * (rest - 1)] if rest and self.next else [""] * rest)

    @property
    def remaining(self) -> int:
        return self.total - self.done

    @property
    def begun(self) -> bool:
        return self.done > 0 or any(step.state == "now" for step in self.steps)


def standing_of(
    code: str, text: CourseText, outline: Outline, progress: Progress, *, completed: bool = False
) -> Standing:
    """Pure: the outline of a course with states, titles and addresses."""
    at_hand = rules.next_step(outline, progress)
    above = reverse("course", args=[code])  # resolving the address of each step would cost more than all the rest
    number = 0
    following: StepLine | None = None

    def line(entry: Entry, module: int | None = None) -> StepLine:
        nonlocal number, following
        row = progress.get(rules.key_of(entry))
        reason = rules.shut(outline, progress, entry)
        if row is not None and row.status == ActivityProgress.Status.COMPLETED:
            state: State = "done"
        elif reason:
            state = "shut"
        else:
            state = "now" if row is not None else "todo"
        if entry["kind"] == "lesson":
            number += 1
        step = StepLine(
            key=entry["key"],
            ref=entry["ref"],
            kind=entry["kind"],
            rule=entry["rule"],
            title=text.titles.get(entry["key"], entry["ref"]),
            url=f"{above}{entry['ref']}/",
            state=state,
            minutes=entry["minutes"],
            number=number if entry["kind"] == "lesson" else None,
            module=module,
            facts=text.facts.get(entry["key"], {}),
            score=row.score if row else None,
            reason=reason,
        )
        if at_hand is not None and entry["key"] == at_hand["key"]:
            following = step
        return step

    modules = [
        ModuleLine(
            number=position,
            key=module["key"],
            title=text.titles.get(module["key"], ""),
            summary=text.summaries.get(module["key"], ""),
            steps=[line(entry, position) for entry in module["activities"]],
        )
        for position, module in enumerate(outline.get("modules", ()), 1)
    ]
    final = [line(entry) for entry in outline.get("final", ())]
    done, total = rules.counts(outline, progress)
    if completed:
        done = total
    return Standing(
        modules=modules,
        final=final,
        done=done,
        total=total,
        percent=rules.percent(outline, progress, completed=completed),
        lessons=number,
        next=following,
    )


def best_text(texts: Iterable[CourseText], language: str) -> CourseText | None:
    """The text in `language`, else in the site's, else any."""
    order = {language: 0, settings.LANGUAGE_CODE: 1}
    return min(texts, key=lambda text: (order.get(text.language, 2), text.language), default=None)


def newest_enrolments(person: Person) -> QuerySet[Enrolment]:
    """The person's enrolments that are not withdrawn, newest first, with their outline and whether it is current."""
    current = OutlineVersion.objects.filter(course=OuterRef("course")).order_by("-number").values("number")[:1]
    return (
        Enrolment.objects.filter(user_id=person.pk or 0)
        .exclude(status=Enrolment.Status.WITHDRAWN)
        .select_related("outline")
        .annotate(current_number=Subquery(current))
        .order_by("-created", "-pk")
    )


def newest_enrolment(person: Person, code: str, *, in_cohort: bool = False) -> Enrolment | None:
    """The enrolment that counts for a person in a course. One query; none for strangers.

    in_cohort: say in `in_cohort` whether a cohort of the person's takes the course, so that there is somebody to ask.
    """
    if not person.is_authenticated:
        return None
    return (_newest_beside_cohort if in_cohort else _newest_in_course).first(person.pk, code)


def _in_course(person: int, code: str) -> QuerySet[Enrolment]:
    return newest_enrolments(User(pk=person)).filter(course__code=code)


def _beside_cohort(person: int, code: str) -> QuerySet[Enrolment]:
    taken = Cohort.objects.open().taken_by(person).filter(courses__course=OuterRef("course"))
    return _in_course(person, code).annotate(in_cohort=Exists(taken))


_newest_in_course = Prepared(lambda person, code: _in_course(person, code)[:1], int, str)
_newest_beside_cohort = Prepared(lambda person, code: _beside_cohort(person, code)[:1], int, str)


def progress_by_enrolment(enrolments: Collection[Enrolment]) -> dict[UUID, dict[UUID, ActivityProgress]]:
    """{enrolment: {activity: progress}}. One query, none without enrolments."""
    found: dict[UUID, dict[UUID, ActivityProgress]] = {enrolment.pk: {} for enrolment in enrolments}
    rows: Iterable[ActivityProgress] = ()
    if len(found) == 1:
        rows = progress_rows(*found)
    elif found:
        rows = ActivityProgress.objects.filter(enrolment__in=list(found))
    for row in rows:
        found[row.enrolment_id][row.activity] = row
    return found


progress_rows = Prepared(lambda enrolment: ActivityProgress.objects.filter(enrolment=enrolment), UUID)


def effective_outlines(enrolments: Collection[Enrolment], progress: Mapping[UUID, Progress]) -> dict[UUID, Outline]:
    """The outline that counts for each enrolment of `newest_enrolments`. No query where all are on the current version,
    else one; one more where an assessment was replaced."""
    behind = [
        enrolment for enrolment in enrolments if getattr(enrolment, "current_number", None) != enrolment.outline.number
    ]
    retired: set[UUID] = set()
    if behind:
        gone = Activity.objects.filter(course__in={enrolment.course_id for enrolment in behind}, retired=True)
        retired = set(gone.values_list("key", flat=True))
    completed = {enrolment.pk: rules.completed_keys(progress[enrolment.pk]) for enrolment in enrolments}
    lost = {
        enrolment.course_id
        for enrolment in behind
        if rules.lost_final(enrolment.outline.outline, retired=retired, completed=completed[enrolment.pk])
    }
    current: dict[int, Outline] = {}
    if lost:
        for version in OutlineVersion.objects.filter(course__in=lost).order_by("number"):
            current[version.course_id] = version.outline
    return {
        enrolment.pk: rules.effective(
            enrolment.outline.outline,
            retired=retired,
            completed=completed[enrolment.pk],
            current=current.get(enrolment.course_id),
        )
        for enrolment in enrolments
    }


def current_outline(course: int) -> Outline:
    """The newest version of a course's outline. One query."""
    version = OutlineVersion.objects.filter(course=course).order_by("-number").first()
    return version.outline if version else {"pass_mark": 0, "modules": [], "final": []}


def texts_of(code: str) -> list[CourseText]:
    """The words of a course in all its languages, with the course. One query."""
    return _texts(code)


_texts = Prepared(
    lambda code: CourseText.objects.filter(course__code=code).select_related("course").defer("folded"), str
)


def may_see(person: Person, texts: Sequence[CourseText], enrolment: Enrolment | None) -> bool:
    """Whether the page of the course exists for this person."""
    if not texts:
        return False
    return enrolment is not None or sees_page(person, texts[0].course, live=any(text.live for text in texts))


def audiences_of(courses: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """{course: [(slug, words)]} in the order of the programme. One query."""
    rows = (
        Course.audiences.through.objects.filter(course__in=courses)
        .order_by("audience__position")
        .values_list("course", "audience", "audience__words")
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for course, slug, words in rows:
        found.setdefault(course, []).append((slug, in_language(words)))
    return found


def listed(audiences: Iterable[tuple[str, str]]) -> list[str]:
    """Names as they stand in a list: only the first keeps its capital."""
    words = [name for _slug, name in audiences]
    return words[:1] + [name if name[1:2].isupper() else name[:1].lower() + name[1:] for name in words[1:]]
