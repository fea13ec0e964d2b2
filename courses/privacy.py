"""What this room knows of a person: enrolments, how far they are, and their notebook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from courses.models import ActivityProgress, Course, CourseText, Enrolment, Note
from courses.queries.shared import best_text
from courses.services import withdraw
from people import privacy
from people.models import User
from people.privacy import hand_back, hand_over, written


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    privacy.register(
        "courses",
        label=_("Courses"),
        export=export,
        erase=erase,
        move=move,
        back=back,
        remains=remains,
        hinders=hinders,
        covers=[Enrolment, ActivityProgress, Note],
        words={
            "enrolments": _("Enrolments"),
            "completed": _("Courses completed"),
            "course": _("Course"),
            "title": _("Title"),
            "status": _("Status"),
            "origin": _("How it began"),
            "begun": _("Begun on"),
            "due": _("To be finished by"),
            "finished": _("Finished on"),
            "score": _("Score, in percent"),
            "steps": _("Steps"),
            "step": _("Step"),
            "seconds": _("Time, in seconds"),
            "last": _("Last opened"),
            "notes": _("Notebook"),
            "question": _("Question"),
            "text": _("Text"),
            "written": _("Written on"),
        },
    )


def export(user: User) -> dict[str, Any]:
    enrolments = list(
        Enrolment.objects.filter(user=user).select_related("course").prefetch_related("progress").order_by("created")
    )
    notes = list(Note.objects.filter(user=user).select_related("course").order_by("updated"))
    texts = _texts({row.course_id for row in enrolments} | {note.course_id for note in notes})
    return {
        "enrolments": [
            {
                "course": row.course.code,
                "title": _title(texts.get(row.course_id)),
                "status": str(row.get_status_display()),
                "origin": str(row.get_origin_display()),
                "begun": written(row.created),
                "due": written(row.due),
                "finished": written(row.completed_at),
                "score": _number(row.score),
                "steps": [
                    {
                        "step": _title(texts.get(row.course_id), str(step.activity)),
                        "status": str(step.get_status_display()),
                        "finished": written(step.completed_at),
                        "score": _number(step.score),
                        "seconds": step.seconds,
                        "last": written(step.last_at),
                    }
                    for step in row.progress.all()
                ],
            }
            for row in enrolments
        ],
        "notes": [
            {
                "course": note.course.code,
                "step": _title(texts.get(note.course_id), str(note.activity)),
                "question": note.question,
                "text": note.text,
                "written": written(note.updated),
            }
            for note in notes
        ],
    }


def _texts(courses: Iterable[int]) -> dict[int, CourseText]:
    found: dict[int, list[CourseText]] = {}
    for text in CourseText.objects.filter(course__in=list(courses)).defer("folded"):
        found.setdefault(text.course_id, []).append(text)
    best = {course: best_text(several, get_language() or "") for course, several in found.items()}
    return {course: text for course, text in best.items() if text is not None}


def _title(text: CourseText | None, step: str = "") -> str:
    if text is None:
        return ""
    return text.titles.get(step, "") if step else text.title


def _number(score: Any) -> float | None:
    return None if score is None else float(score)


def erase(user: User) -> dict[str, int]:
    """Delete the notebook; leave the courses begun, and let enrolments stay without the person."""
    rows = Enrolment.objects.filter(user=user)
    for enrolment in rows.filter(status=Enrolment.Status.ACTIVE):
        withdraw(enrolment=enrolment)  # in the record too: else the course would count somebody who never comes back
    notes, _details = Note.objects.filter(user=user).delete()
    return {"enrolments": rows.update(user=None, due=None), "notes": notes}


def remains(user: User) -> dict[str, int]:
    rows = Enrolment.objects.filter(user=user)
    return {"enrolments": rows.count(), "completed": rows.filter(status=Enrolment.Status.COMPLETED).count()}


def hinders(source: User, target: User) -> str:
    running = Enrolment.objects.filter(status=Enrolment.Status.ACTIVE)
    both = Course.objects.filter(pk__in=running.filter(user=source).values("course")).filter(
        pk__in=running.filter(user=target).values("course")
    )
    if codes := list(both.order_by("code").values_list("code", flat=True)):
        return _now(
            "Both accounts are enrolled in %(courses)s at this moment. The person leaves the course in one of them first."
        ) % {"courses": ", ".join(codes)}
    return ""


def move(source: User, target: User) -> dict[str, Any]:
    """Give enrolments and notes to `target`. Where both answered the same question, both answers stay in the notebook:
    the moved one no longer belongs to the block of the lesson, which shows one."""
    mine = {(note.activity, note.block) for note in Note.objects.filter(user=target)}
    aside = []
    for note in Note.objects.filter(user=source):
        if (note.activity, note.block) in mine:
            aside.append([note.pk, note.block])
            Note.objects.filter(pk=note.pk).update(block=f"n{note.pk}")
    return {
        "aside": aside,
        "enrolments": hand_over(Enrolment.objects.filter(user=source), "user", target),
        "notes": hand_over(Note.objects.filter(user=source), "user", target),
    }


def back(moved: Any, source: User, target: User) -> None:
    hand_back(Enrolment, "user", moved["enrolments"], source, target)
    hand_back(Note, "user", moved["notes"], source, target)
    for pk, block in moved["aside"]:
        Note.objects.filter(pk=pk, user=source).update(block=block)
