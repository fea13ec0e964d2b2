"""Cohorts as their instructors see them: the list, who may see how much, the grid of progress, one member.

Session, user and roles (3) come on top of the numbers given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from courses import kinds, rules
from courses.models import (
    Activity,
    ActivityProgress,
    Announcement,
    Cohort,
    CohortCourse,
    CohortInstructor,
    CohortMember,
    CourseText,
    Enrolment,
    LessonQuestion,
    OutlineVersion,
)
from courses.queries.shared import (
    Standing,
    best_text,
    effective_outlines,
    newest_enrolments,
    progress_by_enrolment,
    standing_of,
)
from operations.folding import fold
from operations.words import in_language
from people import access
from people.access import Person
from people.models import Membership, Role, User
from people.names import hidden_from, shown_names
from people.policy import Capability

PER_PAGE = 50
QUIET = dt.timedelta(days=14)  # without any step: somebody to remind


# --- the list -------------------------------------------------------------------------------------------------------


def cohorts_for(viewer: Person) -> QuerySet[Any]:
    """The cohorts that the viewer may see: those they lead, those of their branch, or all. Lazy."""
    seen = Q(institution__in=access.institutions_for(viewer, Capability.SEE_COHORTS).values("pk"))
    if access.holds_role(viewer, Role.INSTRUCTOR):
        seen |= Q(pk__in=Cohort.objects.led_by(viewer.pk).values("pk"))
    return Cohort.objects.filter(seen)


@dataclass(frozen=True, slots=True)
class CohortLine:
    cohort: Cohort
    codes: list[str]
    members: int
    waiting: int  # questions without an answer
    led: bool


def cohort_list(viewer: Person, *, archived: bool = False, page: int = 1) -> tuple[list[CohortLine], Page[Any]]:
    """The viewer's cohorts, their own first, the newest first. 3 queries."""
    own = Exists(CohortInstructor.objects.on().filter(cohort=OuterRef("pk"), user=viewer.pk or 0))
    found = (
        cohorts_for(viewer)
        .filter(archived__isnull=not archived)
        .select_related("institution")
        .annotate(own=own, people=_members(), asked=_waiting())
        .order_by("-own", "-starts", "-created")
    )
    shown = Paginator(found, PER_PAGE).get_page(page)
    rows = list(shown.object_list)
    codes: dict[UUID, list[str]] = {row.pk: [] for row in rows}
    for cohort, code in CohortCourse.objects.filter(cohort__in=list(codes)).values_list("cohort", "course__code"):
        codes[cohort].append(code)
    return [CohortLine(row, codes[row.pk], row.people or 0, row.asked or 0, row.own) for row in rows], shown


def _members() -> Subquery:
    rows = CohortMember.objects.filter(cohort=OuterRef("pk"), left=None).order_by()
    return Subquery(rows.values("cohort").annotate(number=Count("pk")).values("number"))


def _waiting() -> Subquery:
    rows = LessonQuestion.objects.filter(cohort=OuterRef("pk"), answered=None).order_by()
    return Subquery(rows.values("cohort").annotate(number=Count("pk")).values("number"))


def cohort_for(viewer: Person, id: UUID) -> Cohort | None:
    """A cohort with its institution, how many belong to it, what waits, and whether the viewer leads it. 1 query."""
    own = Exists(CohortInstructor.objects.on().filter(cohort=OuterRef("pk"), user=viewer.pk or 0))
    rows = Cohort.objects.filter(pk=id).select_related("institution")
    found = rows.annotate(own=own, people=_members(), asked=_waiting()).first()
    if found is not None:
        found.led = (viewer.pk, found.own)  # type: ignore[attr-defined]
    return found


class Sight(StrEnum):
    """How much of a cohort somebody sees."""

    PROGRESS = "progress"  # every step of every member
    STATUS = "status"  # who has completed, with the final result, in the own branch
    LIST = "list"  # who belongs to it


def sight_of(viewer: Person, cohort: Cohort) -> tuple[Sight, bool]:
    """What the viewer sees of the cohort's members, and whether a reason must be given first. No query for those read
    by `cohort_for`."""
    role = access.through(viewer, Capability.SEE_COHORTS, cohort)
    if role == Role.INSTRUCTOR:
        return (Sight.PROGRESS if cohort.archived is None else Sight.LIST), False
    if role == Role.ADMINISTRATOR:
        return Sight.PROGRESS, True
    return (Sight.STATUS if role in (Role.MANAGER, Role.OFFICER) else Sight.LIST), False


# --- the grid -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CourseTab:
    code: str
    title: str
    language: str
    due: dt.date | None
    pk: int
    titles: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    key: UUID
    label: str  # L3
    title: str
    kind: str = ""
    rule: str = ""


class State(StrEnum):
    """How a member stands in a course."""

    COMPLETED = "completed"
    LATE = "late"  # the date has passed
    QUIET = "quiet"  # nothing for a fortnight
    ACTIVE = "active"
    NEW = "new"  # not begun
    OUT = "out"  # not enrolled
    UNKNOWN = "unknown"  # not for the viewer


TO_REMIND = (State.LATE, State.QUIET)


@dataclass(frozen=True, slots=True)
class Row:
    member: CohortMember
    name: str
    protected: bool
    place: str
    state: State
    done: int = 0
    total: int = 0
    score: Decimal | None = None
    last: dt.datetime | None = None
    # A letter per column: d(one), w(aits for grading), r(ead, not sufficient yet), n(ow), l(ate), o(pen), x (not part of it)
    cells: Sequence[str] = ()

    @property
    def to_remind(self) -> bool:
        return self.state in TO_REMIND


@dataclass(frozen=True, slots=True)
class Grid:
    tabs: list[CourseTab]
    tab: CourseTab | None
    columns: list[Column]
    rows: list[Row]  # as filtered and sorted
    people: int
    counts: Mapping[str, int]
    query: str = ""
    status: str = ""
    sort: str = "name"


SORTS = ("name", "-name", "done", "-done", "last", "-last", "status")
FILTERS = ("remind", *State)


def course_tabs(cohort: Cohort, language: str) -> list[CourseTab]:
    """The cohort's courses with their titles, in order. 1 query."""
    texts: dict[int, list[Any]] = {}
    found = (
        CourseText.objects.filter(course__cohort_courses__cohort=cohort)
        .annotate(
            due=F("course__cohort_courses__due"),
            place=F("course__cohort_courses__position"),
            code=F("course__code"),
        )
        .order_by("place", "code")
        .only("course_id", "language", "title", "titles")
    )
    for text in found:
        texts.setdefault(text.course_id, []).append(text)
    tabs = []
    for several in texts.values():
        best: Any = best_text(several, language)
        tabs.append(CourseTab(best.code, best.title, best.language, best.due, best.course_id, best.titles))
    return tabs


def grid(
    viewer: Person,
    cohort: Cohort,
    sight: Sight,
    *,
    language: str,
    course: str = "",
    query: str = "",
    status: str = "",
    sort: str = "name",
) -> Grid:
    """People × steps of one of the cohort's courses (default: the first), filtered and sorted as asked; values that are
    not known count as none.

    8 queries however many people and steps: courses, members, names (2 where somebody is protected), enrolments,
    outlines, retired steps, progress. 1 more for managers, and where the course has written work.
    """
    query, status = " ".join(query.split())[:100], status if status in FILTERS else ""
    sort = sort if sort in SORTS else "name"
    tabs = course_tabs(cohort, language)
    tab = next((tab for tab in tabs if tab.code == course), tabs[0] if tabs else None)
    columns, rows = _rows(viewer, cohort, sight, tab)
    counts = {state.value: sum(row.state is state for row in rows) for state in State}
    counts["remind"] = sum(row.to_remind for row in rows)
    wanted = fold(query)
    shown = [
        row
        for row in rows
        if (not wanted or wanted in fold(row.name))
        and (not status or row.state == status or (status == "remind" and row.to_remind))
    ]
    _sort(shown, sort)
    return Grid(tabs, tab, columns, shown, len(rows), counts, query, status, sort)


def _sort(rows: list[Row], sort: str) -> None:
    rows.sort(key=lambda row: fold(row.name))
    by = sort.removeprefix("-")
    if by == "done":
        rows.sort(key=lambda row: row.done / row.total if row.total else 0)
    elif by == "last":
        rows.sort(key=lambda row: row.last.timestamp() if row.last else 0)
    elif by == "status":
        order = [State.LATE, State.QUIET, State.NEW, State.ACTIVE, State.COMPLETED, State.OUT, State.UNKNOWN]
        rows.sort(key=lambda row: order.index(row.state))
    if sort.startswith("-"):
        rows.reverse()


def members_of(cohort: Cohort) -> list[Any]:
    """The members of today, with where each belongs (`place`, per language). 1 query."""
    rows = Membership.objects.on().filter(user=OuterRef("user")).order_by("since")
    return list(
        cohort.members.filter(left=None, user__isnull=False)
        .select_related("user")
        .annotate(place=Subquery(rows.values("institution__name")[:1]))
    )


def _rows(viewer: Person, cohort: Cohort, sight: Sight, tab: CourseTab | None) -> tuple[list[Column], list[Row]]:
    members = members_of(cohort)
    people = {member.user_id: member.user for member in members}
    hidden = hidden_from(viewer, list(people))
    plain = [
        (
            member,
            hidden.get(member.user_id, member.user.display_name),
            member.user_id in hidden,
            "" if member.user_id in hidden else in_language(member.place or {}),
        )
        for member in members
    ]
    if tab is None or sight is Sight.LIST or not members:
        return [], [Row(*who, State.UNKNOWN) for who in plain]
    within = set(people)
    if sight is Sight.STATUS:
        reach = access.people_for(viewer, Capability.SEE_FINAL_RESULTS)
        within = set(reach.filter(pk__in=list(people)).values_list("pk", flat=True))
    facts = _Facts(tab, cohort, within)
    columns = facts.columns if sight is Sight.PROGRESS else []
    facts.mark({column.kind for column in columns})
    rows = []
    for who in plain:
        if who[0].user_id not in within:
            rows.append(Row(*who, State.UNKNOWN))
        else:
            rows.append(facts.row(who, columns))
    return columns, rows


class _Facts:
    """Enrolments, outlines and progress of these people in one course. 4 queries."""

    def __init__(self, tab: CourseTab, cohort: Cohort, people: Collection[int]) -> None:
        self.tab, self.today, self.now = tab, timezone.localdate(), timezone.now()
        rows = Enrolment.objects.filter(course=tab.pk, user__in=list(people))
        self.enrolments: dict[int | None, Enrolment] = {
            row.user_id: row for row in rows.exclude(status=Enrolment.Status.WITHDRAWN).order_by("created", "pk")
        }
        versions = list(OutlineVersion.objects.filter(course=tab.pk).order_by("number"))
        self.outlines = {version.pk: version.outline for version in versions}
        self.current: rules.Outline = versions[-1].outline if versions else {}
        gone = Activity.objects.filter(course=tab.pk, retired=True)
        self.retired = set(gone.values_list("key", flat=True))
        self.progress: dict[UUID, dict[UUID, ActivityProgress]] = {row.pk: {} for row in self.enrolments.values()}
        steps = ActivityProgress.objects.filter(enrolment__in=list(self.progress))
        for step in steps.only("enrolment_id", "activity", "status", "score", "last_at"):
            self.progress[step.enrolment_id][step.activity] = step

        self.marks: dict[kinds.Place, str] = {}

    def mark(self, shown: Collection[str]) -> None:
        """Ask how the unfinished steps of these kinds stand."""
        self.marks = kinds.marks_of(shown, list(self.progress))

    @property
    def columns(self) -> list[Column]:
        found, numbers = [], {"L": 0, "P": 0, "W": 0, "T": 0, "A": 0}
        for entry in rules.steps(self.current):
            if rules.key_of(entry) in self.retired:
                continue
            if entry["rule"] == rules.PASSED:
                label = pgettext("column of a grid: final assessment", "End")
            else:
                sort = {
                    rules.DECLARED: "L",
                    rules.HANDED_IN: "P",
                    rules.ATTENDED: "W",
                    rules.GRADED: "T",
                }.get(entry["rule"], "A")
                numbers[sort] += 1
                label = {
                    "L": pgettext("column of a grid: lesson", "L%(number)d"),
                    "P": pgettext("column of a grid: practice", "P%(number)d"),
                    "W": pgettext("column of a grid: workshop", "W%(number)d"),
                    "T": pgettext("column of a grid: written work", "T%(number)d"),
                    "A": pgettext("column of a grid: activity", "A%(number)d"),
                }[sort] % {"number": numbers[sort]}
            found.append(
                Column(
                    rules.key_of(entry), label, self.tab.titles.get(entry["key"], label), entry["kind"], entry["rule"]
                )
            )
        return found

    def row(self, who: tuple[CohortMember, str, bool, str], columns: Sequence[Column]) -> Row:
        enrolment = self.enrolments.get(who[0].user_id)
        if enrolment is None:
            return Row(*who, State.OUT, cells=["x"] * len(columns))
        mine = self.progress[enrolment.pk]
        completed = enrolment.status == Enrolment.Status.COMPLETED
        outline = self.outlines[enrolment.outline_id]
        if self.retired:
            outline = rules.effective(
                outline, retired=self.retired, completed=rules.completed_keys(mine), current=self.current
            )
        done, total = rules.counts(outline, mine)
        last = max((step.last_at for step in mine.values()), default=None)
        due = enrolment.due or self.tab.due
        late = due is not None and due < self.today and not completed
        if completed:
            state = State.COMPLETED
        elif late:
            state = State.LATE
        elif (last or enrolment.created) < self.now - QUIET:
            state = State.QUIET
        else:
            state = State.ACTIVE if mine else State.NEW
        part = {entry["key"] for entry in rules.steps(outline)} if columns else set()
        return Row(
            *who,
            state,
            done=total if completed else done,
            total=total,
            score=enrolment.score,
            last=last,
            cells=[
                self._cell(
                    mine.get(column.key), str(column.key) in part, late, self.marks.get((enrolment.pk, column.key), "")
                )
                for column in columns
            ],
        )

    @staticmethod
    def _cell(step: ActivityProgress | None, part: bool, late: bool, mark: str) -> str:
        if step is not None and step.status == ActivityProgress.Status.COMPLETED:
            return "d"
        if not part:
            return "x"
        if mark:
            return "w" if mark == kinds.WAITS else "r"
        if late:
            return "l"
        return "n" if step is not None else "o"


# --- one member -----------------------------------------------------------------------------------------------------


def member_for(cohort: Cohort, id: UUID) -> CohortMember | None:
    """A member of today. 1 query."""
    return cohort.members.filter(pk=id, left=None, user__isnull=False).select_related("user", "cohort").first()


@dataclass(frozen=True, slots=True)
class Progress:
    tab: CourseTab
    enrolment: Enrolment | None
    standing: Standing | None


def progress_in(cohort: Cohort, person: User, *, language: str) -> list[Progress]:
    """How a member stands in each course of the cohort, and in no other. 4 queries (5 where an outline has changed)."""
    tabs = course_tabs(cohort, language)
    newest: dict[int, Enrolment] = {}
    for enrolment in newest_enrolments(person).filter(course__in=[tab.pk for tab in tabs]):
        newest.setdefault(enrolment.course_id, enrolment)
    progress = progress_by_enrolment(list(newest.values()))
    outlines = effective_outlines(list(newest.values()), progress)
    texts: dict[int, list[CourseText]] = {}
    for text in CourseText.objects.filter(course__in=list(newest)).defer("folded", "objectives"):
        texts.setdefault(text.course_id, []).append(text)
    found = []
    for tab in tabs:
        enrolled = newest.get(tab.pk)
        words = best_text(texts.get(tab.pk, ()), language)
        standing = None
        if enrolled is not None and words is not None:
            done = enrolled.status == Enrolment.Status.COMPLETED
            standing = standing_of(tab.code, words, outlines[enrolled.pk], progress[enrolled.pk], completed=done)
        found.append(Progress(tab, enrolled, standing))
    return found


@dataclass(frozen=True, slots=True)
class RegisterLine:
    name: str
    number: str
    place: str


def register_of(cohort: Cohort) -> list[RegisterLine]:
    """The members for paper: protected people by their pseudonym alone, whoever prints. 2 queries."""
    members = members_of(cohort)
    hidden = hidden_from(AnonymousUser(), [member.user_id for member in members])
    lines = [
        RegisterLine(hidden[member.user_id], "", "")
        if member.user_id in hidden
        else RegisterLine(member.user.display_name, member.user.staff_number or "", in_language(member.place or {}))
        for member in members
    ]
    return sorted(lines, key=lambda line: fold(line.name))


# --- settings, announcements, questions -----------------------------------------------------------------------------


def instructors_of(cohort: Cohort, viewer: Person) -> list[tuple[CohortInstructor, str]]:
    """Who leads the cohort today, as the viewer reads their names. 2 queries, 1 more where somebody is protected."""
    rows = list(cohort.instructors.on().select_related("user").order_by("since", "pk"))
    names = shown_names([row.user for row in rows], viewer)
    return [(row, names[row.user_id]) for row in rows]


def announcements_of(cohort: Cohort) -> list[Announcement]:
    """What the cohort was told, the newest first. 1 query."""
    rows = list(cohort.announcements.filter(withdrawn=None).select_related("author")[:100])
    for row in rows:
        row.cohort = cohort
    return rows


@dataclass(frozen=True, slots=True)
class QuestionLine:
    question: LessonQuestion
    name: str
    step: str
    language: str  # of `step`


def questions_of(
    cohort: Cohort, viewer: Person, *, language: str, page: int = 1
) -> tuple[list[QuestionLine], Page[Any]]:
    """The cohort's questions: those without an answer first, the oldest of them on top. 4 queries at most, 2 more for
    protected people."""
    rows = (
        LessonQuestion.objects.filter(cohort=cohort)
        .select_related("asker", "course")
        .order_by(F("answered").asc(nulls_first=True), "asked")
    )
    shown = Paginator(rows, PER_PAGE).get_page(page)
    return question_lines(list(shown.object_list), viewer, language=language), shown


def question_lines(questions: Sequence[LessonQuestion], viewer: Person, *, language: str) -> list[QuestionLine]:
    """With who asked, as the viewer reads their name, and the title of the step. 2 queries, 1 more for protected people."""
    names = shown_names([question.asker for question in questions], viewer)
    texts: dict[int, list[CourseText]] = {}
    for text in CourseText.objects.filter(course__in={question.course_id for question in questions}).only(
        "course_id", "language", "titles"
    ):
        texts.setdefault(text.course_id, []).append(text)
    found = []
    for question in questions:
        best = best_text(texts.get(question.course_id, ()), language)
        step = best.titles.get(str(question.activity), "") if best else ""
        found.append(
            QuestionLine(
                question, names[question.asker_id], step or _("a step that is gone"), best.language if best else ""
            )
        )
    return found


def question_for(id: UUID) -> LessonQuestion | None:
    """1 query."""
    return LessonQuestion.objects.filter(pk=id).select_related("cohort__institution", "course", "asker").first()
