"""What the screens of quizzes and attempts read. Session and user (2) come on top of the numbers given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from assessments.models import Accommodation, Attempt, AttemptItem, Question, Quiz, Reread, Use
from courses import rules
from courses.access import Access, reading
from courses.models import Course, CourseText, Enrolment
from courses.queries import best_text
from operations.prepared import Prepared
from people.models import User


def quiz_of(key: UUID) -> Quiz | None:
    """The quiz behind an activity. One query."""
    return _quiz.first(key)


_quiz = Prepared(lambda key: Quiz.objects.filter(key=key)[:1], UUID)


def attempt_for(person: User, id: UUID) -> Attempt | None:
    """A person's own attempt with its quiz, course and outline; None for everybody else, and once a restricted course
    is no longer open to the person. One query, and those of `courses.access.reading` for a restricted course."""
    found = _attempt.first(id, person.pk)
    if found is None or reading(person, found.enrolment.course, found.enrolment) is not Access.OPEN:
        return None
    return found


_attempt = Prepared(
    lambda id, person: Attempt.objects.filter(pk=id, enrolment__user=person).select_related(
        "quiz", "enrolment__course", "enrolment__outline"
    ),
    UUID,
    int,
)


def items_of(attempt: Attempt) -> list[AttemptItem]:
    """The questions of an attempt in order, with their words. One query."""
    return _items(attempt.pk)


_items = Prepared(
    lambda attempt: (
        AttemptItem.objects.filter(attempt=attempt).select_related("version__question").order_by("position")
    ),
    UUID,
)


def attempts_of(enrolment: Enrolment, quiz: Quiz) -> list[Attempt]:
    """All attempts of an enrolment at a quiz. One query."""
    return _attempts(enrolment.pk, quiz.pk)


_attempts = Prepared(lambda enrolment, quiz: Attempt.objects.filter(enrolment=enrolment, quiz=quiz), UUID, int)


@dataclass(frozen=True, slots=True)
class Extra:
    """What somebody has beyond what a quiz gives everybody."""

    minutes: int = 0
    attempts: int = 0


def extra_of(user_id: int | None, quiz: Quiz) -> Extra:
    """What the person has at this quiz. One query."""
    rows = Accommodation.objects.filter(user=user_id or 0, course=quiz.course_id, ended=None)
    found = list(rows.filter(Q(quiz=quiz) | Q(quiz=None)))
    row = next((row for row in found if row.quiz_id is not None), found[0] if found else None)
    if row is None:
        return Extra()
    share = -(-(quiz.time_limit or 0) * row.percent // 100)  # rounded up, in the person's favour
    return Extra(row.minutes + share, row.attempts)


def question_count(quiz: Quiz) -> int:
    """How many questions an attempt begun now would have. One query for practice, none for the final assessment."""
    if quiz.use == Use.EXAM:
        return sum(int(line["count"]) for line in quiz.blueprint)
    return practice_questions(quiz).count()


def practice_questions(quiz: Quiz) -> QuerySet[Question]:
    """The questions of a quiz that asks everything its module has."""
    found = Question.objects.filter(course=quiz.course_id, use=quiz.use, retired=False, current__isnull=False)
    return found.filter(module_key=quiz.module_key) if quiz.module_key else found


def text_of(course: Course, language: str) -> CourseText | None:
    """The words of a course in `language`, else in the site's, else in any. One query."""
    return best_text(_texts(course.pk), language)


_texts = Prepared(lambda course: CourseText.objects.filter(course=course).defer("folded", "summary", "summaries"), int)


def lessons_by_objective(
    course: int, outline: rules.Outline, objectives: Collection[int]
) -> dict[int, list[rules.Entry]]:
    """The lessons on each objective: those of the modules that practise it. One query, none without objectives."""
    modules: dict[int, set[UUID]] = {objective: set() for objective in objectives}
    if objectives:
        rows = Question.objects.filter(
            course=course, use=Use.PRACTICE, objective__in=list(objectives), module_key__isnull=False, retired=False
        )
        for objective, module in rows.values_list("objective", "module_key").distinct():
            if module is not None:
                modules[objective].add(module)
    return {objective: lessons_of(outline, {str(key) for key in keys}) for objective, keys in modules.items()}


def lessons_of(outline: rules.Outline, modules: Collection[str]) -> list[rules.Entry]:
    """Pure: the lessons of these modules, in order."""
    return [
        entry
        for module in outline.get("modules", ())
        if module["key"] in modules
        for entry in module["activities"]
        if entry["rule"] == rules.DECLARED
    ]


def to_reread(lessons: Mapping[int, list[rules.Entry]]) -> list[rules.Entry]:
    """Pure: the lessons of all these objectives, each once, in the order of the objectives."""
    return list({entry["key"]: entry for objective in sorted(lessons) for entry in lessons[objective]}.values())


def reread_keys(enrolment: Enrolment, quiz: Quiz, series: int) -> set[str]:
    """The keys of the lessons read again after a series. One query."""
    rows = Reread.objects.filter(enrolment=enrolment, quiz=quiz, series=series)
    return {str(key) for key in rows.values_list("activity", flat=True)}
