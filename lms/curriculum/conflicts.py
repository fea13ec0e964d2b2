"""What a folder, right in itself, would break on this site: ids, codes and keys that stand for something else here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.utils.translation import gettext as _
from wagtail.models import Page

from assessments.models import Question
from courses.models import Activity, Course, CoursePage
from lms.curriculum.model import CourseData, Curriculum, Problem, QuestionData
from lms.curriculum.nodes import Node, course_node
from lms.models import LoadedPage

_BATCH = 500


def find(curriculum: Curriculum, folder: Path) -> list[Problem]:
    """Every conflict, in the order of files and lines. Reads the database, changes nothing."""
    lines = _Lines(folder)
    nodes = {course.key: course_node(course, curriculum.locales) for course in curriculum.courses}
    found = [
        *_courses(curriculum, lines),
        *_pages(nodes, lines),
        *_refs(nodes, lines),
        *_questions(curriculum, lines),
    ]
    return sorted(set(found))


class _Lines:
    """Where a value stands in a file: the first line that holds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, list[str]] = {}

    def of(self, file: str, name: str, value: str) -> int:
        if file not in self.files:
            self.files[file] = (self.folder / file).read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(self.files[file], 1):
            if name in line and value in line:
                return number
        return 0

    def problem(self, file: str, name: str, value: str, reason: str) -> Problem:
        return Problem(file, self.of(file, name, value), name, reason)


def _courses(curriculum: Curriculum, lines: _Lines) -> Iterator[Problem]:
    keys = {course.key for course in curriculum.courses}
    others = list(Course.objects.exclude(key__in=keys).values_list("code", "slug"))
    codes = dict(others)
    slugs = {slug: code for code, slug in others}
    for course in curriculum.courses:
        file = f"courses/{course.slug}/course.yaml"
        if course.code in codes:
            reason = _("The code %(code)s stands for another course on this site: “%(slug)s”, which has another key.")
            yield lines.problem(file, "code", course.code, reason % {"code": course.code, "slug": codes[course.code]})
        if course.slug in slugs:
            reason = _("The name “%(slug)s” stands for another course on this site: %(code)s, which has another key.")
            yield lines.problem(file, "slug", course.slug, reason % {"slug": course.slug, "code": slugs[course.slug]})


def _pages(nodes: dict[UUID, Node], lines: _Lines) -> Iterator[Problem]:
    """Keys that stand for a page of another kind, or of another course."""
    wanted = {below.key: (below, course) for course, node in nodes.items() for below in node.walk()}
    listed = list(wanted)
    courses = {page.path: page.course.key for page in CoursePage.objects.select_related("course")}
    loaded = dict(LoadedPage.objects.values_list("key", "course"))
    told: set[UUID] = set()
    for start in range(0, len(listed), _BATCH):
        pages = Page.objects.filter(translation_key__in=listed[start : start + _BATCH]).select_related("content_type")
        for page in pages.order_by("pk"):
            if page.translation_key in told:
                continue
            told.add(page.translation_key)  # once, not in each language
            node, course = wanted[page.translation_key]
            file = next(iter(node.files.values()))
            kind = page.content_type.model_class()
            if kind is not node.model:
                reason = _("This key stands for a page of another kind on this site: “%(title)s”.")
                yield lines.problem(file, "key", str(node.key), reason % {"title": page.title})
                continue
            ancestors = [page.path[:end] for end in range(page.steplen, len(page.path) + 1, page.steplen)]
            home = next((courses[path] for path in ancestors if path in courses), loaded.get(node.key))
            if home is not None and home != course:
                reason = _(
                    "This key stands for a page of another course on this site: “%(title)s”. "
                    "Give a page that goes to another course a new key."
                )
                yield lines.problem(file, "key", str(node.key), reason % {"title": page.title})


def _refs(nodes: dict[UUID, Node], lines: _Lines) -> Iterator[Problem]:
    """Steps of one course whose keys begin alike: addresses hold the first eight digits."""
    for course, node in nodes.items():
        known = {ref: key for key, ref in Activity.objects.filter(course__key=course).values_list("key", "ref")}
        for below in node.walk():
            if below is node or below.children:
                continue
            other = known.setdefault(below.key.hex[:8], below.key)
            if other != below.key:
                reason = _("The first eight digits of this key are those of another step of the course (%(key)s).")
                yield lines.problem(next(iter(below.files.values())), "key", str(below.key), reason % {"key": other})


def _questions(curriculum: Curriculum, lines: _Lines) -> Iterator[Problem]:
    wanted = {question.id: (question, course, file) for question, course, file in _asked(curriculum)}
    listed = list(wanted)
    for start in range(0, len(listed), _BATCH):
        for row in Question.objects.filter(slug__in=listed[start : start + _BATCH]).select_related("course"):
            question, course, file = wanted[row.slug]
            if row.course.key != course.key:
                reason = _("This id stands for a question of another course on this site (%(code)s).")
                yield lines.problem(file, "id", question.id, reason % {"code": row.course.code})
            elif (row.use, row.kind) != (question.use, question.type):
                reason = _(
                    "This id stands for a question “%(use)s, %(kind)s” on this site. Give the new question a new id."
                )
                yield lines.problem(file, "id", question.id, reason % {"use": row.use, "kind": row.kind})


def _asked(curriculum: Curriculum) -> Iterator[tuple[QuestionData, CourseData, str]]:
    for course in curriculum.courses:
        base = f"courses/{course.slug}"
        for module in course.modules:
            for question in module.questions:
                yield question, course, f"{base}/modules/{module.name}/questions.yaml"
        for question in course.exam:
            yield question, course, f"{base}/exam.yaml"
