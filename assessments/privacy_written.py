"""What this room knows of a person by written work: texts, files, how they were graded, what the person graded of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.models import Grading, Submission
from assessments.services.assignments import let_go
from operations.words import in_language
from people.models import User
from people.privacy import Words, hand_back, hand_over, written

WORDS: Mapping[str, Words] = {
    "works": _("Written work"),
    "text": _("Text"),
    "file": _("File"),
    "gradings": _("Gradings"),
    "criteria": _("By criterion"),
    "criterion": _("Criterion"),
    "level": _("Level"),
    "comment": pgettext_lazy("on a piece of work", "Comment"),
    "strengths": _("Strengths"),
    "next_steps": _("Next steps"),
    "texts": _("Texts and files of written work"),
    "drafts": _("Written work not handed in"),
    "graded": _("Gradings of the work of others"),
}


def export(user: User) -> dict[str, Any]:
    """Own work with its gradings, without the names of who graded; and how often the person graded others."""
    rows = (
        Submission.objects.filter(enrolment__user=user)
        .select_related("enrolment__course", "rubric")
        .prefetch_related("gradings")
        .order_by("changed")
    )
    return {
        "works": [_work(row) for row in rows],
        "graded": Grading.objects.filter(grader=user, status=Grading.Status.GIVEN).count(),
    }


def _work(row: Submission) -> dict[str, Any]:
    given = sorted(
        (one for one in row.gradings.all() if one.given is not None), key=lambda one: one.given or datetime.min
    )
    return {
        "course": row.enrolment.course.code,
        "number": row.number,
        "status": str(row.get_status_display()),
        "handed_in": written(row.submitted),
        "passed": row.passed,
        "text": row.text,
        "file": _name(row) if row.file else "",
        "gradings": [_grading(one, row) for one in given],
    }


def _grading(one: Grading, row: Submission) -> dict[str, Any]:
    titles = {found["id"]: in_language(found["title"]) for found in row.rubric.data["criteria"]} if row.rubric else {}
    return {
        "given": written(one.given),
        "points": one.points,
        "maximum": one.maximum,
        "passed": one.passed,
        "criteria": [
            {"criterion": titles.get(slug, slug), "level": said.get("level"), "comment": said.get("comment", "")}
            for slug, said in one.scores.items()
        ],
        "comment": one.comment,
        "strengths": one.strengths,
        "next_steps": one.next_steps,
        "reason": one.reason,
    }


def _name(row: Submission) -> str:
    return f"work/{row.enrolment.course.code}-{row.pk.hex[:8]}{Path(str(row.file.name)).suffix}"


def files(user: User) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files that the person has handed in or keeps in a draft."""
    rows = Submission.objects.filter(enrolment__user=user).exclude(file="").select_related("enrolment__course")
    for row in rows:
        yield _name(row), partial(_read, row)


def _read(row: Submission) -> bytes:
    with row.file.open("rb") as stream:
        content: bytes = stream.read()
        return content


def erase(user: User) -> dict[str, int]:
    """Take texts, files and comments away, and what was not handed in; results stay with the enrolment, which is
    nobody's. What the person graded stays with whom it is about, without who graded."""
    mine = Submission.objects.filter(enrolment__user=user)
    drafts = mine.filter(status=Submission.Status.DRAFT)
    let_go(names=list(drafts.values_list("file", flat=True)))
    unsent = drafts.count()
    drafts.delete()
    Submission.objects.filter(reader=user).update(reader=None, reading_since=None)
    Grading.objects.filter(grader=user, status=Grading.Status.DRAFT).delete()
    graded = Grading.objects.filter(grader=user).update(grader=None)
    return {"texts": _empty(mine), "drafts": unsent, "graded": graded}


def _empty(rows: QuerySet[Submission]) -> int:
    """Empty these rows of what somebody wrote, in them and about them; gives how many held something."""
    full = list(rows.filter(~Q(text="") | ~Q(file="")).values_list("pk", "file"))
    let_go(names=[name for _pk, name in full])
    Submission.objects.filter(pk__in=[pk for pk, _name in full]).update(text="", file="")
    for one in Grading.objects.filter(submission__in=rows.values("pk")):
        bare = {slug: {"level": said["level"]} for slug, said in one.scores.items() if "level" in said}
        if bare != one.scores or one.comment or one.strengths or one.next_steps or one.reason:
            Grading.objects.filter(pk=one.pk).update(scores=bare, comment="", strengths="", next_steps="", reason="")
    return len(full)


def remains(user: User) -> dict[str, int]:
    return {"works": Submission.objects.filter(enrolment__user=user).exclude(status=Submission.Status.DRAFT).count()}


def move(source: User, target: User) -> dict[str, Any]:
    """Work hangs on enrolments, and moves with them; what was graded goes to `target`."""
    return {
        "graded": hand_over(Grading.objects.filter(grader=source), "grader", target),
        "reading": hand_over(Submission.objects.filter(reader=source), "reader", target),
    }


def back(moved: Any, source: User, target: User) -> None:
    hand_back(Grading, "grader", moved.get("graded", ()), source, target)
    hand_back(Submission, "reader", moved.get("reading", ()), source, target)


def hinders(source: User, target: User) -> str:
    """Two drafts of one grading cannot become one."""
    drafts = Grading.objects.filter(status=Grading.Status.DRAFT)
    theirs = drafts.filter(grader=target).values("submission")
    if drafts.filter(grader=source, submission__in=theirs).exists():
        return _now("Both accounts have begun to grade the same work. One of the two leaves it first.")
    return ""


def forget(before: datetime) -> int:
    """Empty what was handed in, or left as a draft, before that moment."""
    old = Submission.objects.filter(Q(submitted__lt=before) | Q(submitted=None, changed__lt=before))
    return _empty(old)
