"""What learners' screens read, each in a bounded number of SQL queries however many courses, lessons or enrolments
there are. Session and user (2) come on top of the numbers given."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.urls import reverse
from wagtail.search.backends import get_search_backend

from content.folding import fold
from content.models import Tier
from courses import rules
from courses.kinds import ActivityContext
from courses.models import Activity, ActivityProgress, ActivityText, Course, CourseText, Enrolment, Note, OutlineVersion
from courses.rules import Condition, Entry, Outline, Progress
from operations.words import in_language
from people.access import Person, is_administrator, is_author

PAGE_SIZE = 12
QUERY_LENGTH = 200
QUERY_WORDS = 10
DURATIONS: dict[str, tuple[int, int]] = {"short": (0, 59), "medium": (60, 180), "long": (181, 100_000)}  # minutes

State = Literal["done", "now", "todo", "shut"]


# --- what screens are made of ---------------------------------------------------------------------------------------


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
    facts: Mapping[str, Any] = field(default_factory=dict)  # weight, questions …
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


@dataclass(frozen=True, slots=True)
class Prerequisite:
    code: str
    title: str
    language: str
    done: bool


def standing_of(
    code: str, text: CourseText, outline: Outline, progress: Progress, *, completed: bool = False
) -> Standing:
    """Pure: the outline of a course with states, titles and addresses."""
    at_hand = rules.next_step(outline, progress)
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
            url=reverse("activity", args=[code, entry["ref"]]),
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


# --- rows -----------------------------------------------------------------------------------------------------------


def best_text(texts: Iterable[CourseText], language: str) -> CourseText | None:
    """The text in `language`, else in the site's, else any."""
    order = {language: 0, settings.LANGUAGE_CODE: 1}
    return min(texts, key=lambda text: (order.get(text.language, 2), text.language), default=None)


def _newest(person: Person) -> QuerySet[Enrolment]:
    """The person's enrolments that are not withdrawn, newest first, with their outline and whether it is current."""
    current = OutlineVersion.objects.filter(course=OuterRef("course")).order_by("-number").values("number")[:1]
    return (
        Enrolment.objects.filter(user_id=person.pk or 0)
        .exclude(status=Enrolment.Status.WITHDRAWN)
        .select_related("outline")
        .annotate(current_number=Subquery(current))
        .order_by("-created", "-pk")
    )


def newest_enrolment(person: Person, code: str) -> Enrolment | None:
    """The enrolment that counts for a person in a course. One query; none for strangers."""
    return _newest(person).filter(course__code=code).first() if person.is_authenticated else None


def progress_by_enrolment(enrolments: Collection[Enrolment]) -> dict[UUID, dict[UUID, ActivityProgress]]:
    """{enrolment: {activity: progress}}. One query, none without enrolments."""
    found: dict[UUID, dict[UUID, ActivityProgress]] = {enrolment.pk: {} for enrolment in enrolments}
    if enrolments:
        for row in ActivityProgress.objects.filter(enrolment__in=list(found)):
            found[row.enrolment_id][row.activity] = row
    return found


def effective_outlines(enrolments: Collection[Enrolment], progress: Mapping[UUID, Progress]) -> dict[UUID, Outline]:
    """The outline that counts for each enrolment of `_newest`. No query where all are on the current version, else one;
    one more where an assessment was replaced."""
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


# --- catalogue ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Card:
    code: str
    text: CourseText
    audiences: list[str]
    minutes: int
    level: str
    lessons: int
    needs: bool  # other courses come first
    enrolment: Enrolment | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    query: str
    page: Page[CourseText]
    cards: list[Card]  # of this page
    total: int
    options: dict[str, list[Option]]  # audience, domain, language, duration
    chosen: dict[str, Option]  # the filters that are on


def words_of(query: str) -> list[str]:
    """The words to search for: folded, without signs, few enough."""
    return [word[:60] for word in re.findall(r"[^\W_]+", fold(query[:QUERY_LENGTH]))[:QUERY_WORDS]]


def matching_courses(query: str) -> list[int] | None:
    """Ids of the courses in whose words, in any language, all words of the query occur, the best first; the last one
    may be the beginning of a word. None where the query has no words. One query."""
    words = words_of(query)
    if not words:
        return None
    texts = CourseText.objects.filter(live=True).only("pk", "course_id")
    found = get_search_backend().autocomplete(" ".join(words), texts, operator="and")
    return list(dict.fromkeys(text.course_id for text in found))


def catalogue_for(
    person: Person,
    *,
    language: str,
    query: str = "",
    audience: str = "",
    domain: str = "",
    spoken: str = "",
    duration: str = "",
    page: int = 1,
) -> Catalogue:
    """The courses that this person may see, searched and filtered, 12 on a page.

    `spoken`: only courses that have words in this language. Filters that do not exist are ignored.
    SQL: 2, 1 more for a search, 2 more for a person with enrolments (3 where an outline has changed since).
    """
    matches = matching_courses(query)
    texts = _live_texts(person)
    by_course: dict[int, list[CourseText]] = {}
    for text in texts:
        by_course.setdefault(text.course_id, []).append(text)
    audiences = _audiences(by_course)
    rows = [(best_text(found, language), found) for found in by_course.values()]
    options = _options(
        rows, audiences, {"audience": audience, "domain": domain, "language": spoken, "duration": duration}
    )
    chosen = {
        name: next(option for option in found if option.chosen)
        for name, found in options.items()
        if any(option.chosen for option in found)
    }

    def wanted(text: CourseText, found: Sequence[CourseText]) -> bool:
        course = text.course
        shortest, longest = DURATIONS.get(duration, (0, 100_000))
        return (
            (matches is None or course.pk in matches)
            and ("audience" not in chosen or audience in dict(audiences.get(course.pk, ())))
            and ("domain" not in chosen or course.domain_id == domain)
            and ("language" not in chosen or any(other.language == spoken for other in found))
            and shortest <= course.minutes <= longest
        )

    kept = [text for text, found in rows if text is not None and wanted(text, found)]
    if matches is not None:
        kept.sort(key=lambda text: matches.index(text.course_id))
    else:
        kept.sort(key=lambda text: text.course.code)
    paginator = Paginator(kept, PAGE_SIZE)
    try:
        shown = paginator.page(page)
    except EmptyPage:
        shown = paginator.page(paginator.num_pages if page > 1 else 1)
    cards = [_card(text, audiences.get(text.course_id, [])) for text in shown.object_list]
    if person.is_authenticated:
        cards = _with_standing(cards, person)
    return Catalogue(
        query=query[:QUERY_LENGTH].strip(), page=shown, cards=cards, total=len(kept), options=options, chosen=chosen
    )


def _live_texts(person: Person) -> QuerySet[CourseText]:
    lessons = (
        Activity.objects.filter(course=OuterRef("course"), retired=False, kind="lesson")
        .order_by()
        .values("course")
        .annotate(number=Count("pk"))
        .values("number")
    )
    through = Course.prerequisites.through.objects.filter(from_course=OuterRef("course"))
    return (
        CourseText.objects.filter(live=True, course__in=Course.objects.visible_to(person))
        .select_related("course", "course__domain")
        .only(
            "language",
            "title",
            "summary",
            "weight",
            "course__code",
            "course__minutes",
            "course__level",
            "course__domain__words",
            "course__domain__position",
        )
        .annotate(lessons=Subquery(lessons, output_field=IntegerField()), needs=Exists(through))
    )


def _audiences(courses: Collection[int]) -> dict[int, list[tuple[str, str]]]:
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


def _options(
    rows: Sequence[tuple[CourseText | None, Sequence[CourseText]]],
    audiences: Mapping[int, Sequence[tuple[str, str]]],
    given: Mapping[str, str],
) -> dict[str, list[Option]]:
    """What can be filtered by: only what at least one course has, so that no choice leads nowhere by itself."""
    found_audiences = dict(pair for pairs in audiences.values() for pair in pairs)
    domains = {text.course.domain_id: text.course.domain for text, _texts in rows if text is not None}
    spoken = {text.language for _text, texts in rows for text in texts}
    values: dict[str, list[tuple[str, str]]] = {
        "audience": sorted(found_audiences.items(), key=lambda pair: fold(pair[1])),
        "domain": [
            (slug, in_language(domain.words))
            for slug, domain in sorted(domains.items(), key=lambda pair: pair[1].position)
        ],
        "language": [(code, name) for code, name in settings.ALL_LANGUAGES if code in spoken],
        "duration": [(name, "") for name in DURATIONS],
    }
    return {
        name: [Option(value, words, value == given.get(name)) for value, words in pairs]
        for name, pairs in values.items()
    }


def _card(text: CourseText, audiences: Sequence[tuple[str, str]]) -> Card:
    course = text.course
    return Card(
        code=course.code,
        text=text,
        audiences=listed(audiences),
        minutes=course.minutes,
        level=course.get_level_display(),
        lessons=getattr(text, "lessons", None) or 0,
        needs=getattr(text, "needs", False),
    )


def _with_standing(cards: list[Card], person: Person) -> list[Card]:
    newest: dict[int, Enrolment] = {}
    for enrolment in _newest(person).filter(course__in=[card.text.course_id for card in cards]):
        newest.setdefault(enrolment.course_id, enrolment)
    progress = progress_by_enrolment(newest.values())
    outlines = effective_outlines(newest.values(), progress)
    found = []
    for card in cards:
        own = newest.get(card.text.course_id)
        if own is None:
            found.append(card)
            continue
        done, total = rules.counts(outlines[own.pk], progress[own.pk])
        found.append(replace(card, enrolment=own, standing=Standing([], [], done, total, 0, 0, None)))
    return found


# --- course page ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CourseScreen:
    course: Course
    text: CourseText
    languages: list[str]
    enrolment: Enrolment | None
    outline: Outline
    standing: Standing
    conditions: list[Condition]
    demands: list[str]
    audiences: list[str]
    prerequisites: list[Prerequisite]

    @property
    def completed(self) -> bool:
        return self.enrolment is not None and self.enrolment.status == Enrolment.Status.COMPLETED

    @property
    def missing(self) -> list[Prerequisite]:
        return [course for course in self.prerequisites if not course.done]


def _texts(code: str) -> list[CourseText]:
    return list(CourseText.objects.filter(course__code=code).select_related("course").defer("folded"))


def _may_see(person: Person, texts: Sequence[CourseText], enrolment: Enrolment | None) -> bool:
    """Whether the page of the course exists for this person."""
    if not texts:
        return False
    if enrolment is not None or is_administrator(person):
        return True
    if any(text.live for text in texts) and texts[0].course.visibility == Course.Visibility.PUBLIC_PAGE:
        return True
    return is_author(person)


def course_screen(person: Person, code: str, *, language: str) -> CourseScreen | None:
    """The course page, for this person; None where it does not exist for them.

    SQL: 3 for people enrolled (4 where the outline has changed since), 5 for others, 4 for strangers.
    """
    texts = _texts(code)
    enrolment = newest_enrolment(person, code) if texts else None
    text = best_text([text for text in texts if text.live] or texts, language)
    if text is None or not _may_see(person, texts, enrolment):
        return None
    progress: Progress = {}
    conditions: list[Condition] = []
    audiences: list[str] = []
    prerequisites: list[Prerequisite] = []
    if enrolment is not None:
        found = progress_by_enrolment([enrolment])
        progress = found[enrolment.pk]
        outline = effective_outlines([enrolment], found)[enrolment.pk]
        conditions = rules.conditions(enrolment, outline, progress, code=code)
    else:
        outline = current_outline(text.course_id)
        audiences = listed(_audiences([text.course_id]).get(text.course_id, ()))
        prerequisites = _prerequisites(text.course, person, language)
    completed = enrolment is not None and enrolment.status == Enrolment.Status.COMPLETED
    return CourseScreen(
        course=text.course,
        text=text,
        languages=[text.language for text in texts if text.live],
        enrolment=enrolment,
        outline=outline,
        standing=standing_of(code, text, outline, progress, completed=completed),
        conditions=conditions,
        demands=rules.demands(outline),
        audiences=audiences,
        prerequisites=prerequisites,
    )


def current_outline(course: int) -> Outline:
    """The newest version of a course's outline. One query."""
    version = OutlineVersion.objects.filter(course=course).order_by("-number").first()
    return version.outline if version else {"pass_mark": 0, "modules": [], "final": []}


def _prerequisites(course: Course, person: Person, language: str) -> list[Prerequisite]:
    done = Enrolment.objects.filter(
        user=person if person.is_authenticated else None,
        course=OuterRef("course"),
        status=Enrolment.Status.COMPLETED,
    )
    rows = (
        CourseText.objects.filter(course__opens=course)
        .select_related("course")
        .only("language", "title", "course__code")
        .annotate(done=Exists(done) if person.is_authenticated else Value(False))
    )
    by_code: dict[str, list[CourseText]] = {}
    for text in rows:
        by_code.setdefault(text.course.code, []).append(text)
    found = []
    for code, texts in sorted(by_code.items()):
        best = best_text(texts, language)
        if best is not None:
            found.append(Prerequisite(code, best.title, best.language, bool(getattr(best, "done", False))))
    return found


# --- activities -----------------------------------------------------------------------------------------------------


class Access(enum.Enum):
    """What a reader is answered at the address of an activity."""

    OPEN = "open"
    SIGN_IN = "sign in, and come back"
    ENROL = "the course page says how to enrol"
    MISSING = "nothing here"


def reading(person: Person, course: Course, enrolment: Enrolment | None) -> Access:
    """Whether this person may read the steps of a course whose page exists for them. No query, but for people who are
    signed in and not enrolled (their permissions)."""
    if enrolment is not None or course.tier == Tier.OPEN or is_administrator(person):
        return Access.OPEN
    if not person.is_authenticated:
        return Access.SIGN_IN
    return Access.OPEN if is_author(person) else Access.ENROL


def activity_context(person: Person, code: str, ref: str, *, language: str) -> tuple[Access, ActivityContext | None]:
    """What stands at `/c/<code>/<ref>/` for this person. The context comes with OPEN only.

    Enrolled people read every tier; others the open one; administrators and authors everything.
    SQL: 3 for people enrolled (4 where the outline has changed since), 2 for others.
    """
    texts = _texts(code)
    enrolment = newest_enrolment(person, code) if texts else None
    text = best_text([text for text in texts if text.live] or texts, language)
    if text is None:
        return Access.MISSING, None
    if not _may_see(person, texts, enrolment):
        return Access.MISSING, None
    course = text.course
    progress: Progress = {}
    if enrolment is not None:
        found = progress_by_enrolment([enrolment])
        progress = found[enrolment.pk]
        outline = effective_outlines([enrolment], found)[enrolment.pk]
        if rules.find(outline, ref=ref) is None:
            outline = enrolment.outline.outline  # retired, but still there to be read
    else:
        outline = current_outline(course.pk)
    entry = rules.find(outline, ref=ref)
    if entry is None:
        return Access.MISSING, None
    access = reading(person, course, enrolment)
    if access is not Access.OPEN:
        return access, None
    return Access.OPEN, ActivityContext(
        course=course, text=text, outline=outline, activity=entry, enrolment=enrolment, progress=progress
    )


def activity_text(key: UUID, language: str) -> ActivityText | None:
    """The words of a step in `language`, else in the site's, else in any. One query."""
    return _preferred(ActivityText.objects.filter(key=key), language).first()


def _preferred(texts: QuerySet[ActivityText], language: str) -> QuerySet[ActivityText]:
    return texts.annotate(
        preference=Case(
            When(language=language, then=Value(0)),
            When(language=settings.LANGUAGE_CODE, then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
    ).order_by("preference", "language")


def lesson_texts(keys: Collection[UUID], language: str) -> dict[UUID, ActivityText]:
    """The words of several steps, as `activity_text` chooses them. One query."""
    found: dict[UUID, ActivityText] = {}
    for text in _preferred(ActivityText.objects.filter(key__in=keys), language):
        found.setdefault(text.key, text)
    return found


def notes_of(person: Person, activity: UUID) -> dict[str, Note]:
    """A person's own notes in one lesson, by block. One query; none for strangers."""
    if not person.is_authenticated:
        return {}
    return {note.block: note for note in Note.objects.filter(user_id=person.pk or 0, activity=activity)}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a step stands: the module and the steps around it."""

    module: ModuleLine | None
    step: StepLine
    previous: StepLine | None
    following: StepLine | None


def neighbours(standing: Standing, ref: str) -> Neighbours | None:
    """Pure: the place of a step in the outline."""
    steps = standing.steps
    for position, step in enumerate(steps):
        if step.ref == ref:
            module = next((module for module in standing.modules if step in module.steps), None)
            return Neighbours(
                module=module,
                step=step,
                previous=steps[position - 1] if position else None,
                following=steps[position + 1] if position + 1 < len(steps) else None,
            )
    return None


# --- my learning ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LearningRow:
    course: Course
    text: CourseText
    enrolment: Enrolment
    standing: Standing
    last_at: datetime | None

    @property
    def completed(self) -> bool:
        return self.enrolment.status == Enrolment.Status.COMPLETED


@dataclass(frozen=True, slots=True)
class Learning:
    at_hand: LearningRow | None  # what "continue" leads to
    due: list[LearningRow]  # those with a date, the nearest first
    active: list[LearningRow]
    completed: list[LearningRow]
    notes: int


def my_learning(person: Person, *, language: str) -> Learning:
    """A person's courses, the newest enrolment of each.

    SQL: 4 (5 where an outline has changed since), 2 for somebody without courses.
    """
    newest: dict[int, Enrolment] = {}
    for enrolment in _newest(person).select_related("outline", "course"):
        newest.setdefault(enrolment.course_id, enrolment)
    enrolments = list(newest.values())
    progress = progress_by_enrolment(enrolments)
    outlines = effective_outlines(enrolments, progress)
    texts: dict[int, list[CourseText]] = {}
    if enrolments:
        for text in CourseText.objects.filter(course__in=list(newest)).defer("folded", "objectives"):
            texts.setdefault(text.course_id, []).append(text)
    rows = []
    for enrolment in enrolments:
        best = best_text(texts.get(enrolment.course_id, ()), language)
        if best is None:
            continue
        done = enrolment.status == Enrolment.Status.COMPLETED
        mine = progress[enrolment.pk]
        rows.append(
            LearningRow(
                course=enrolment.course,
                text=best,
                enrolment=enrolment,
                standing=standing_of(enrolment.course.code, best, outlines[enrolment.pk], mine, completed=done),
                last_at=max((row.last_at for row in mine.values()), default=None),
            )
        )
    active = [row for row in rows if not row.completed]
    active.sort(key=lambda row: row.last_at or row.enrolment.created, reverse=True)
    return Learning(
        at_hand=next((row for row in active if row.standing.next is not None), None),
        due=sorted((row for row in active if row.enrolment.due), key=lambda row: (row.enrolment.due, row.course.code)),
        active=active,
        completed=[row for row in rows if row.completed],
        notes=Note.objects.filter(user_id=person.pk or 0).count(),
    )


# --- notebook -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotePage:
    """One note with the lesson it belongs to."""

    note: Note
    lesson: str
    language: str
    url: str


@dataclass(frozen=True, slots=True)
class NotebookCourse:
    course: Course
    title: str
    language: str
    notes: list[NotePage]


def notebook_of(person: Person, *, language: str) -> list[NotebookCourse]:
    """All notes of a person by course, in the order in which lessons come. SQL: 2, 1 without notes."""
    place = Activity.objects.filter(key=OuterRef("activity")).values("position")[:1]
    notes = list(
        Note.objects.filter(user_id=person.pk or 0)
        .select_related("course")
        .annotate(place=Subquery(place))
        .order_by("course__code", F("place").asc(nulls_last=True), "pk")
    )
    if not notes:
        return []
    texts: dict[int, list[CourseText]] = {}
    for text in CourseText.objects.filter(course__in={note.course_id for note in notes}).only(
        "course_id", "language", "title", "titles"
    ):
        texts.setdefault(text.course_id, []).append(text)
    found: dict[int, NotebookCourse] = {}
    for note in notes:
        best = best_text(texts.get(note.course_id, ()), language)
        title = best.title if best else note.course.code
        spoken = best.language if best else settings.LANGUAGE_CODE
        entry = found.setdefault(note.course_id, NotebookCourse(note.course, title, spoken, []))
        lesson = best.titles.get(str(note.activity), "") if best else ""
        url = reverse("activity", args=[note.course.code, note.activity.hex[:8]])
        entry.notes.append(NotePage(note, lesson, spoken, f"{url}#b-{note.block.split('-')[0]}"))
    return list(found.values())


def note_for(person: Person, pk: int) -> Note | None:
    """A person's own note; None for everybody else, administrators included."""
    return Note.objects.filter(user_id=person.pk or 0, pk=pk).select_related("course").first()
