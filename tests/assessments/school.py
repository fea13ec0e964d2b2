"""A course with practice and a final assessment, from real pages and the real curriculum's questions."""

from __future__ import annotations

import copy
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from assessments.models import Attempt, AttemptItem, Question, Quiz, QuizPage
from assessments.services import QuestionEntry, start_attempt, store_questions, store_quiz
from courses import publication
from courses.models import Course, CoursePage, Enrolment, ModulePage
from courses.services import complete_lesson, enrol
from people.models import User
from tests.assessments import bank
from tests.courses.build import lesson_keys, make_course

OBJECTIVES = 2
EXAM_PER_OBJECTIVE = 12
TITLES = {"fr": ("Entraînement", "Évaluation finale"), "en": ("Practice", "Final assessment")}


@dataclass(frozen=True)
class School:
    course: Course
    practice: list[Quiz]  # one per module
    final: Quiz

    def enrol(self, person: User, *, finished: bool = True) -> Enrolment:
        """Enrolled, with all lessons finished where asked."""
        enrolment = enrol(user=person, course=self.course)
        for key in lesson_keys(self.course) if finished else ():
            complete_lesson(enrolment=enrolment, activity=key)
        enrolment.refresh_from_db()
        return enrolment

    def address(self, quiz: Quiz, language: str = "fr") -> str:
        return f"/{language}/c/{self.course.code}/{quiz.key.hex[:8]}/"


def entries(course_code: str, modules: list[uuid.UUID]) -> list[QuestionEntry]:
    """All eight kinds for practice in each module, and a bank of 24 for the final assessment."""
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for question in bank.QUESTIONS:
        by_kind[question["type"]].append(question)
    kinds = sorted(by_kind)
    found = []
    for objective, module in enumerate(modules):
        for kind in kinds:
            pool = by_kind[kind]
            found.append(_entry(course_code, pool[objective % len(pool)], "practice", objective, module))
        for number in range(EXAM_PER_OBJECTIVE):
            pool = by_kind[kinds[number % len(kinds)]]
            question = pool[(objective * EXAM_PER_OBJECTIVE + number) % len(pool)]
            found.append(_entry(f"{course_code}-x{number}", question, "exam", objective, None))
    return found


def _entry(prefix: str, question: Mapping[str, Any], use: str, objective: int, module: Any) -> QuestionEntry:
    body = {
        name: copy.deepcopy(value)
        for name, value in question.items()
        if name not in ("id", "use", "type", "difficulty", "objective", "bloom", "source")
    }
    return QuestionEntry(
        slug=f"{prefix.lower()}-o{objective}-{question['id']}",
        use=use,
        kind=question["type"],
        objective=objective,
        difficulty=question["difficulty"],
        body=body,
        module_key=module,
        bloom=question["bloom"],
        source=question["source"],
    )


def make_school(code: str = "T7", *, attempts_allowed: int | None = 3, time_limit: int | None = 35) -> School:
    course = make_course(code, lessons=(1, 1), publish=False)
    page = CoursePage.objects.get(course=course, locale__language_code="fr")
    keys = [module.translation_key for module in ModulePage.objects.child_of(page)]
    store_questions(course=course, questions=entries(code, keys))
    practice = [store_quiz(course=course, key=uuid.uuid4(), use="practice", module_key=key) for key in keys]
    final = store_quiz(
        course=course,
        key=uuid.uuid4(),
        use="exam",
        blueprint=[{"objective": objective, "count": 4} for objective in range(OBJECTIVES)],
        time_limit=time_limit,
        attempts_allowed=attempts_allowed,
    )
    with publication.paused():
        for above in CoursePage.objects.filter(course=course):
            locale, titles = above.locale, TITLES[above.locale.language_code]
            for module in ModulePage.objects.child_of(above):
                quiz = practice[keys.index(module.translation_key)]
                module.add_child(instance=_page(titles[0], locale, quiz))
            above.refresh_from_db()
            above.add_child(instance=_page(titles[1], locale, final))
    publication.publish(course)
    return School(course, practice, final)


def _page(title: str, locale: Any, quiz: Quiz) -> QuizPage:
    return QuizPage(
        title=title, slug=f"q{quiz.key.hex[:12]}", locale=locale, translation_key=quiz.key, quiz=quiz, minutes=10
    )


# --- answering ------------------------------------------------------------------------------------------------------


def as_asked(item: AttemptItem) -> dict[str, Any]:
    """The question of an item as `bank` knows questions, under the item's own id."""
    question: Question = item.version.question
    return {**item.version.body, "id": question.slug, "type": question.kind}


def right(item: AttemptItem) -> QueryDict:
    return bank.right_post(as_asked(item), "fr")


def wrong(item: AttemptItem) -> QueryDict:
    return bank.wrong_post(as_asked(item))


def items(attempt: Attempt) -> list[AttemptItem]:
    return list(attempt.items.select_related("version__question").order_by("position"))


def fields(attempt: Attempt, *, right_ones: int | None = None) -> QueryDict:
    """The fields of a whole attempt: so many right answers (default: all), the others absent."""
    data = QueryDict(mutable=True)
    for item in items(attempt)[:right_ones]:
        data.update(right(item))
    return data


def begin(school: School, person: User, **details: Any) -> Attempt:
    enrolment = Enrolment.objects.filter(user=person, course=school.course).first() or school.enrol(person)
    return start_attempt(enrolment=enrolment, quiz=school.final, **details)
