"""A course as the pages it becomes: one node a page, with what the page says in each language.

The words of a node are plain JSON that names figures, sources and norms, never rows of a database; `words_of` gives
the same of a page. So a page that says what the folder says is known to, wherever its words were written.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from assessments.models import AssignmentPage, QuizPage
from content.markdown import Block, normalise
from courses.models import CoursePage, LessonPage, ModulePage
from lms.curriculum.model import AssignmentData, CourseData, Json, LessonData, ModuleData, WorkshopData
from workshops.models import WorkshopPage

# Titles of pages that no file names.
PRACTICE = {"fr": "Entraînement", "en": "Practice"}
FINAL = {"fr": "Évaluation finale", "en": "Final assessment"}

CoursesPage = CoursePage | ModulePage | LessonPage | QuizPage | AssignmentPage | WorkshopPage


@dataclass(slots=True)
class Node:
    """A page to be. `words` and `extra` (what no field of the page holds) by language; `files`: where each is written."""

    key: UUID
    model: type[CoursesPage]
    words: dict[str, Json]
    extra: dict[str, Json] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    def add(self, node: Node) -> None:
        node.parent = self
        self.children.append(node)

    def walk(self) -> Iterator[Node]:
        """This node and all below, parents first, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


def practice_key(module_key: UUID) -> UUID:
    """The key of a module's practice quiz."""
    return uuid.uuid5(module_key, "practice")


def final_key(course_key: UUID) -> UUID:
    """The key of a course's final assessment."""
    return uuid.uuid5(course_key, "final")


def digest(words: Json) -> str:
    """What tells two states of a page apart."""
    return hashlib.sha256(json.dumps(words, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


# --- from the folder --------------------------------------------------------------------------------------------------


def course_node(course: CourseData, locales: tuple[str, ...]) -> Node:
    """The pages of a course: the course, its modules with lessons, practice, written work and workshops, further written
    work, the final assessment."""
    base = f"courses/{course.slug}"
    node = Node(
        course.key,
        CoursePage,
        {
            locale: {
                "title": course.title[locale],
                "slug": course.slug,
                "summary": course.summary[locale],
                "objectives": [objective[locale] for objective in course.objectives],
                "certificate_title": course.certificate_title[locale],
            }
            for locale in locales
        },
        extra={
            locale: {
                "audiences": list(course.audiences),
                "priorities": list(course.priorities),
                "prerequisites": list(course.prerequisites),
            }
            for locale in locales
        },
        files=dict.fromkeys(locales, f"{base}/course.yaml"),
    )
    for module in course.modules:
        node.add(_module_node(module, f"{base}/modules/{module.name}", locales))
    steps = [(assignment.id, _assignment_node(assignment, base, locales)) for assignment in course.assignments]
    assessment = course.assessment
    final = _quiz_node(final_key(course.key), "final", FINAL, assessment.time_limit_minutes, node, locales)
    if assessment.extra:
        final.extra = {locale: {"extra": assessment.extra} for locale in locales}
    _add_steps(node, [*steps, ("final_assessment", final)], course.workshops, locales)
    return node


def _module_node(module: ModuleData, base: str, locales: tuple[str, ...]) -> Node:
    node = Node(
        module.key,
        ModulePage,
        {
            locale: {"title": module.title[locale], "slug": module.name, "summary": module.summary[locale]}
            for locale in locales
        },
        extra={locale: {"extra": module.extra} for locale in locales if module.extra},
        files=dict.fromkeys(locales, f"{base}/module.yaml"),
    )
    steps = [(lesson.name, _lesson_node(lesson, base, locales)) for lesson in module.lessons]
    practice = sum(question.use == "practice" for question in module.questions)
    if practice:
        quiz = _quiz_node(practice_key(module.key), "practice", PRACTICE, max(5, practice), node, locales)
        steps.append(("practice", quiz))
    steps += [(assignment.id, _assignment_node(assignment, base, locales)) for assignment in module.assignments]
    _add_steps(node, steps, module.workshops, locales)
    return node


def _add_steps(
    above: Node, steps: Iterable[tuple[str, Node]], workshops: Iterable[WorkshopData], locales: tuple[str, ...]
) -> None:
    """Add steps, each behind the workshops that stand before it, then those that stand last."""
    waiting = [(workshop.before, _workshop_node(workshop, above, locales)) for workshop in workshops]
    for name, step in steps:
        for before, node in waiting:
            if before == name:
                above.add(node)
        above.add(step)
    for before, node in waiting:
        if not before:
            above.add(node)


def _workshop_node(workshop: WorkshopData, above: Node, locales: tuple[str, ...]) -> Node:
    return Node(
        workshop.key,
        WorkshopPage,
        {
            locale: {
                "title": workshop.title[locale],
                "slug": _workshop_slug(workshop.key),
                "summary": workshop.summary.get(locale, ""),
                "minutes": workshop.minutes,
                "required": workshop.required,
            }
            for locale in locales
        },
        extra={locale: {"extra": workshop.extra} for locale in locales if workshop.extra},
        files=above.files,
    )


def _workshop_slug(key: UUID) -> str:
    """No file gives it a name, and learners' addresses hold the key alone."""
    return f"workshop-{key.hex[:8]}"


def _assignment_node(assignment: AssignmentData, base: str, locales: tuple[str, ...]) -> Node:
    facts = {
        "minutes": assignment.minutes,
        "required": assignment.required,
        "rubric": assignment.rubric,
        "answer": assignment.answer,
        "least_words": assignment.least_words,
        "most_words": assignment.most_words,
        "attempts_allowed": assignment.attempts,
    }
    words = {
        locale: {"title": assignment.title[locale], "slug": assignment.id, "task": assignment.task[locale], **facts}
        for locale in locales
    }
    return Node(assignment.key, AssignmentPage, words, files=dict.fromkeys(locales, f"{base}/assignments.yaml"))


def _lesson_node(lesson: LessonData, base: str, locales: tuple[str, ...]) -> Node:
    extra: dict[str, Json] = {}
    for locale in locales:
        more: Json = {"audio": True} if lesson.audio else {}
        if lesson.words[locale].extra:
            more["extra"] = lesson.words[locale].extra
        if more:
            extra[locale] = more
    return Node(
        lesson.key,
        LessonPage,
        {
            locale: {
                "title": lesson.words[locale].title,
                "slug": lesson.name,
                "objectives": list(lesson.words[locale].objectives),
                "body": [[block.type, block.value] for block in lesson.words[locale].blocks],
                "sources": list(lesson.sources),
                "norms": list(lesson.norms),
                "minutes": lesson.minutes,
                "as_of": lesson.as_of,
                "checked": lesson.checked,
                "review_by": lesson.review_by,
            }
            for locale in locales
        },
        extra=extra,
        files={locale: f"{base}/{lesson.name}.{locale}.md" for locale in locales},
    )


def _quiz_node(
    key: UUID, slug: str, titles: Mapping[str, str], minutes: int, above: Node, locales: tuple[str, ...]
) -> Node:
    words = {
        locale: {"title": titles.get(locale, titles["fr"]), "slug": slug, "minutes": minutes, "quiz": str(key)}
        for locale in locales
    }
    return Node(key, QuizPage, words, files=above.files)


# --- from a page ------------------------------------------------------------------------------------------------------


def words_of(page: CoursesPage, figures: Mapping[int, str]) -> Json:
    """What a page says, in the form of `Node.words`. `figures`: name by id."""
    words: Json = {"title": page.title, "slug": page.slug}
    if isinstance(page, CoursePage):
        words |= {
            "summary": page.summary,
            "objectives": _values(page.objectives),
            "certificate_title": page.certificate_title,
        }
    elif isinstance(page, ModulePage):
        words["summary"] = page.summary
    elif isinstance(page, LessonPage):
        words |= {
            "objectives": _values(page.objectives),
            "body": [[block.type, block.value] for block in blocks_of(page, figures)],
            "sources": _values(page.sources),
            "norms": _values(page.norms),
            "minutes": page.minutes,
            "as_of": page.as_of,
            "checked": page.checked,
            "review_by": page.review_by,
        }
    elif isinstance(page, WorkshopPage):
        words |= {
            "slug": _workshop_slug(page.translation_key),
            "summary": page.summary if page.summary.strip() else "",
            "minutes": page.minutes,
            "required": page.required,
        }
    elif isinstance(page, AssignmentPage):
        words |= {name: getattr(page, name) for name in _OF_ASSIGNMENT}
    else:
        words |= {"minutes": page.minutes, "quiz": str(page.quiz.key)}
    return words


_OF_ASSIGNMENT = (
    *("task", "minutes", "required", "rubric", "answer"),
    *("least_words", "most_words", "attempts_allowed"),
)


def blocks_of(page: LessonPage, figures: Mapping[int, str]) -> list[Block]:
    """The blocks of a lesson in the normal form; a figure without a row has the name "missing"."""
    blocks = []
    for raw in page.body.raw_data:
        value = raw["value"]
        if raw["type"] == "figure":
            value = {"name": figures.get(value["figure"], "missing"), "alt": value["alt"]}
        blocks.append((raw["type"], value))
    return normalise(blocks)


def _values(stream: Any) -> list[Any]:
    """The values of a stream as they are stored: the ids of chosen rows, not the rows."""
    return [raw["value"] for raw in stream.raw_data]
