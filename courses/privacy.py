"""What this room knows of a person: enrolments, how far they are, and their notebook."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from courses.models import (
    ActivityProgress,
    Announcement,
    Cohort,
    CohortInstructor,
    CohortMember,
    Course,
    CourseText,
    Enrolment,
    LessonQuestion,
    Note,
)
from courses.queries.shared import best_text
from courses.services import withdraw
from people import privacy, retention
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
        covers=[
            Enrolment,
            ActivityProgress,
            Note,
            Cohort,
            CohortInstructor,
            CohortMember,
            Announcement,
            LessonQuestion,
        ],
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
            "groups": _("Groups"),
            "group": _("Group"),
            "joined": _("Member since"),
            "left": _("Member until"),
            "led": _("Groups led"),
            "since": _("Since"),
            "until": _("Until"),
            "announcements": _("Announcements written"),
            "questions": _("Questions to instructors"),
            "asked": _("Asked on"),
            "answer": _("Answer"),
            "answered": _("Answered on"),
            "answers": _("Answers given to others"),
        },
    )
    retention.register("questions", _forget)


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
        **_of_groups(user),
    }


def _of_groups(user: User) -> dict[str, Any]:
    """What the person did in cohorts. Of questions that others asked, only the person's own answers."""
    asked = list(LessonQuestion.objects.filter(asker=user).select_related("course").order_by("asked"))
    answers = LessonQuestion.objects.filter(answered_by=user).exclude(asker=user).select_related("course")
    return {
        "groups": [
            {"group": row.cohort.name, "joined": written(row.joined), "left": written(row.left)}
            for row in CohortMember.objects.filter(user=user).select_related("cohort").order_by("joined")
        ],
        "led": [
            {"group": row.cohort.name, "since": written(row.since), "until": written(row.until)}
            for row in CohortInstructor.objects.filter(user=user).select_related("cohort").order_by("since")
        ],
        "announcements": [
            {"group": row.cohort.name, "text": "\n\n".join(row.texts.values()), "written": written(row.created)}
            for row in Announcement.objects.filter(author=user).select_related("cohort").order_by("created")
        ],
        "questions": [
            {
                "course": row.course.code,
                "text": row.text,
                "asked": written(row.asked),
                "answer": row.answer,
                "answered": written(row.answered),
            }
            for row in asked
        ],
        "answers": [
            {"course": row.course.code, "answer": row.answer, "answered": written(row.answered)}
            for row in answers.order_by("answered")
        ],
    }


def _forget(before: datetime) -> int:
    """Questions and announcements, two years after they were written."""
    questions, _details = LessonQuestion.objects.filter(asked__lt=before).delete()
    announcements, _details = Announcement.objects.filter(created__lt=before).delete()
    return questions + announcements


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
    questions, _details = LessonQuestion.objects.filter(asker=user).delete()
    LessonQuestion.objects.filter(answered_by=user).update(answered_by=None)
    written_by = Announcement.objects.filter(author=user).update(author=None)
    Cohort.objects.filter(created_by=user).update(created_by=None)
    led, _details = CohortInstructor.objects.filter(user=user).delete()
    CohortMember.objects.filter(user=user, left=None).update(left=timezone.localdate())
    groups = CohortMember.objects.filter(user=user).update(user=None, reminded=None)
    return {
        "enrolments": rows.update(user=None, due=None),
        "notes": notes,
        "questions": questions,
        "announcements": written_by,
        "led": led,
        "groups": groups,
    }


def remains(user: User) -> dict[str, int]:
    rows = Enrolment.objects.filter(user=user)
    return {
        "enrolments": rows.count(),
        "completed": rows.filter(status=Enrolment.Status.COMPLETED).count(),
        "groups": CohortMember.objects.filter(user=user).count(),
    }


def hinders(source: User, target: User) -> str:
    running = Enrolment.objects.filter(status=Enrolment.Status.ACTIVE)
    both = Course.objects.filter(pk__in=running.filter(user=source).values("course")).filter(
        pk__in=running.filter(user=target).values("course")
    )
    if codes := list(both.order_by("code").values_list("code", flat=True)):
        return _now(
            "Both accounts are enrolled in %(courses)s at this moment. The person leaves the course in one of them first."
        ) % {"courses": ", ".join(codes)}
    taken, led = CohortMember.objects.filter(left=None), CohortInstructor.objects.on()
    for one, other in ((source, target), (target, source)):
        if taken.filter(user=one, cohort__in=led.filter(user=other).values("cohort")).exists():
            return _now("One of the accounts leads a group that the other is a member of. It leaves the group first.")
    return ""


# (name in what was moved, model, its field).
_MOVED: tuple[tuple[str, Any, str], ...] = (
    ("enrolments", Enrolment, "user"),
    ("notes", Note, "user"),
    ("groups", CohortMember, "user"),
    ("led", CohortInstructor, "user"),
    ("made", Cohort, "created_by"),
    ("announcements", Announcement, "author"),
    ("questions", LessonQuestion, "asker"),
    ("answers", LessonQuestion, "answered_by"),
)


def move(source: User, target: User) -> dict[str, Any]:
    """Give enrolments and notes to `target`. Where both answered the same question, both answers stay in the notebook:
    the moved one no longer belongs to the block of the lesson, which shows one."""
    mine = {(note.activity, note.block) for note in Note.objects.filter(user=target)}
    aside = []
    for note in Note.objects.filter(user=source):
        if (note.activity, note.block) in mine:
            aside.append([note.pk, note.block])
            Note.objects.filter(pk=note.pk).update(block=f"n{note.pk}")
    # In a group of both, one of the two memberships ends: there is one open row of a person.
    today = timezone.localdate()
    both = CohortMember.objects.filter(user=target, left=None).values("cohort")
    ended = list(CohortMember.objects.filter(user=source, left=None, cohort__in=both).values_list("pk", flat=True))
    CohortMember.objects.filter(pk__in=ended).update(left=today)
    leads = CohortInstructor.objects.filter(user=target, until=None).values("cohort")
    rows = CohortInstructor.objects.filter(user=source, until=None, cohort__in=leads)
    stopped = list(rows.values_list("pk", flat=True))
    CohortInstructor.objects.filter(pk__in=stopped).update(until=today)
    return {
        "aside": aside,
        "ended": [str(pk) for pk in ended],
        "stopped": stopped,
        **{name: hand_over(model.objects.filter(**{by: source}), by, target) for name, model, by in _MOVED},
    }


def back(moved: Any, source: User, target: User) -> None:
    for name, model, by in _MOVED:
        hand_back(model, by, moved.get(name, []), source, target)
    CohortMember.objects.filter(pk__in=moved.get("ended", []), user=source).update(left=None)
    CohortInstructor.objects.filter(pk__in=moved.get("stopped", []), user=source).update(until=None)
    for pk, block in moved["aside"]:
        Note.objects.filter(pk=pk, user=source).update(block=block)
