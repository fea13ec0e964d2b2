"""A course with written work, made of real pages and a rubric of the real curriculum; and files of every kind."""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from assessments.models import Answer, Assignment, AssignmentPage, Grading, Submission
from assessments.rubrics import rubric_of
from assessments.services import assignments, grading
from courses import publication
from courses.models import Course, CoursePage, Enrolment, ModulePage
from courses.services import enrol
from people.models import User
from tests.courses.build import make_course

RUBRIC = "risk-assessment-report"  # 8 criteria, 22 of 32 points, 3 in the critical ones
CRITICAL = ("facts", "non-discrimination")
TASKS = {"fr": "Rédigez le rapport.\n\nNotez des faits.", "en": "Write the report.\n\nNote facts."}
TITLES = {"fr": "Devoir", "en": "Task"}
PDF = b"%PDF-1.7\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n...."


def make_written(code: str = "W1", *, required: bool = True, **facts: Any) -> tuple[Course, Assignment]:
    """A course of one lesson and one piece of written work, published in both languages as an author would."""
    facts = {"rubric": RUBRIC, "answer": Answer.EITHER, "attempts_allowed": 2} | facts
    course = make_course(code, lessons=(1,), publish=False)
    key = uuid.uuid4()
    with publication.paused():
        for above in CoursePage.objects.filter(course=course).order_by("pk"):
            language = above.locale.language_code
            page = AssignmentPage(
                title=TITLES[language],
                slug=f"w{key.hex[:12]}",
                locale=above.locale,
                translation_key=key,
                task=TASKS[language],
                required=required,
                minutes=60,
                **facts,
            )
            ModulePage.objects.child_of(above).first().add_child(instance=page)
            page.save_revision().publish()
    publication.publish(course)
    return course, Assignment.objects.get(key=key)


def address(assignment: Assignment, language: str = "fr") -> str:
    return f"/{language}/c/{assignment.course.code}/{assignment.key.hex[:8]}/"


def handed_in(person: User, assignment: Assignment, text: str = "Un rapport.") -> Submission:
    """Something that the person has written and handed in."""
    found = Enrolment.objects.filter(user=person, course=assignment.course, status="active").first()
    enrolment = found or enrol(user=person, course=assignment.course)
    draft = assignments.save_text(enrolment=enrolment, assignment=assignment, text=text, language="fr")
    return assignments.hand_in(submission=draft)


def scores(level: int = 3, **others: int) -> dict[str, dict[str, Any]]:
    """A level for every criterion, with a comment."""
    found = {one.slug: {"level": level, "comment": f"vu {one.slug}"} for one in rubric_of(RUBRIC).criteria}
    for slug, value in others.items():
        found[slug.replace("_", "-")]["level"] = value
    return found


def filled_in(submission: Submission, actor: User, level: int = 3, *, reason: str = "", **others: int) -> Grading:
    """A draft of a grading, whole."""
    row = grading.take(submission=submission, actor=actor)
    return grading.save_grading(
        grading=row,
        actor=actor,
        scores=scores(level, **others),
        comment="Dans l'ensemble",
        strengths="Des faits",
        next_steps="Citer les sources",
        reason=reason,
    )


def graded(submission: Submission, actor: User, level: int = 3, *, reason: str = "", **others: int) -> Grading:
    return grading.give_grading(grading=filled_in(submission, actor, level, reason=reason, **others), actor=actor)


def form(level: int | None = 3, **more: str) -> dict[str, str]:
    """What the page of a grading sends."""
    found: dict[str, str] = {"strengths": "Des faits", "next_steps": "Citer les sources", "comment": "", "do": "give"}
    for one in rubric_of(RUBRIC).criteria:
        found |= {f"level-{one.slug}": str(level) if level else "", f"comment-{one.slug}": f"vu {one.slug}"}
    return found | more


def upload(data: bytes, name: str = "devoir.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return out.getvalue()


DOCX = archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
ODT = archive({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<o/>"})
