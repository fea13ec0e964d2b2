"""Learners' screens of written work: the task with its rubric, the draft, what was handed in and how it was graded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import linebreaks
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments import rubrics
from assessments.models import Answer, Assignment, AssignmentPage, Submission
from assessments.queries import written as queries
from assessments.services import assignments as services
from assessments.services.grading import levels_of, rubric_for
from content.markdown import typeset
from courses import rules
from courses.kinds import ActivityContext
from courses.models import ActivityPage, Enrolment
from courses.queries import activity_text, neighbours, standing_of
from courses.views import reach, see_other, to_enrol
from operations.errors import Refused
from people.access import signed_in


def _language() -> str:
    return get_language() or ""


def words(page: ActivityPage) -> str:
    """What the page of an activity shows of its task."""
    if not isinstance(page, AssignmentPage):
        return ""
    return linebreaks(typeset(page.task, lang=page.locale.language_code), autoescape=True)


@require_safe
def assignment(request: HttpRequest, context: ActivityContext) -> HttpResponse:
    """The task, and where the learner stands with it. SQL: 5, on top of what found the activity."""
    return _page(request, context)


def _page(
    request: HttpRequest, context: ActivityContext, *, refusal: Refused | None = None, typed: str | None = None
) -> HttpResponse:
    key = rules.key_of(context.activity)
    found, text = queries.assignment_of(key), activity_text(key, _language())
    if found is None or text is None:
        raise Http404
    submissions = queries.submissions_of(context.enrolment, found) if context.enrolment else []
    last = submissions[0] if submissions else None
    draft = last if last is not None and last.status == Submission.Status.DRAFT else None
    handed = [row for row in submissions if row.status != Submission.Status.DRAFT]
    may_write = context.enrolment is not None and _may_write(found, submissions)
    return render(
        request,
        "assessments/written.html",
        {
            "course": context.course,
            "text": context.text,
            "body": text,
            "ref": context.activity["ref"],
            "title": text.title,
            "assignment": found,
            "rubric": rubrics.rubric_of(found.rubric),
            "enrolment": context.enrolment,
            "finished": rules.finished(context.progress, context.activity),
            "may_write": may_write,
            "draft": draft,
            "number": draft.number if draft else len(handed) + 1,
            "written": typed if typed is not None else _begun_with(draft, handed),
            "lost": typed if typed and not may_write and (last is None or last.text != typed.strip()) else "",
            "handed": [_shown(row) for row in handed],
            "asks_text": found.answer != Answer.FILE,
            "asks_file": found.answer != Answer.ESSAY,
            "left": None if found.attempts_allowed is None else max(0, found.attempts_allowed - len(handed)),
            "following": _following(context),
            "refusal": refusal,
        },
        status=422 if refusal else 200,
    )


def _may_write(found: Assignment, submissions: Sequence[Submission]) -> bool:
    """Whether a draft may be written now: nothing waits, nothing is sufficient yet, and there are tries left."""
    last = submissions[0] if submissions else None
    if last is None or last.status == Submission.Status.DRAFT:
        return True
    if last.status == Submission.Status.HANDED_IN or last.passed:
        return False
    return found.attempts_allowed is None or last.number < found.attempts_allowed


def _begun_with(draft: Submission | None, handed: Sequence[Submission]) -> str:
    """What stands in the box: the draft, else what was handed in last, to go on from."""
    if draft is not None:
        return draft.text
    return handed[0].text if handed else ""


def _shown(row: Submission) -> dict[str, Any]:
    """Something that was handed in, with how it was graded."""
    gradings: Sequence[Any] = getattr(row, "given", ())
    given = gradings[0] if gradings else None
    rubric = rubric_for(row)
    return {
        "row": row,
        "grading": given,
        "lines": queries.judged(rubric, given) if given else [],
        "missing": rubrics.shortfalls(rubric, levels_of(given)) if given and not given.passed else [],
        "again": len(gradings) > 1,
    }


def _following(context: ActivityContext) -> Mapping[str, Any] | Any:
    completed = context.enrolment is not None and context.enrolment.status == Enrolment.Status.COMPLETED
    standing = standing_of(context.course.code, context.text, context.outline, context.progress, completed=completed)
    place = neighbours(standing, context.activity["ref"])
    return place.following if place else None


@require_http_methods(["GET", "HEAD", "POST"])
def work(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    """Keep a draft, take its file out, or hand it in (`do`: save, remove, hand-in). What was typed is never lost: it is kept
    before anything else is tried, and shown again with a refusal."""
    here = reverse("activity", args=[code, ref])
    if request.method != "POST":
        return HttpResponseRedirect(here)
    typed = request.POST.get("text", "")
    if not request.user.is_authenticated:
        return render(request, "assessments/signed_out.html", {"code": code, "ref": ref, "typed": typed}, status=422)
    context = reach(request, code, ref)
    if isinstance(context, HttpResponse):
        return context
    found = queries.assignment_of(rules.key_of(context.activity))
    if found is None:
        raise Http404
    if context.enrolment is None:
        return to_enrol(request, code)
    try:
        done = _do(request, context.enrolment, found, typed)
    except Refused as refusal:
        return _page(request, context, refusal=refusal, typed=typed)
    messages.success(request, done)
    return see_other(here)


def _do(request: HttpRequest, enrolment: Enrolment, found: Assignment, typed: str) -> str:
    """What the pressed button asks for; gives what was done, in words. Raises Refused."""
    number = request.POST.get("number", "")
    row = services.save_text(
        enrolment=enrolment,
        assignment=found,
        text=typed,
        language=_language(),
        number=int(number) if number.isdecimal() and len(number) < 4 else None,
    )
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        services.attach_file(submission=row, file=file)
    do = request.POST.get("do", "")
    if do == "remove":
        services.remove_file(submission=row)
        return _("The file is removed.")
    if do == "hand-in":
        services.hand_in(submission=row)
        return _("Handed in. An instructor reads it; you get a message when it is graded.")
    return _("Your draft is saved.")


@require_safe
def work_file(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """A file that was handed in: for who wrote it and who may grade it. Always a download, under a neutral name."""
    found = queries.work_for(signed_in(request), id)
    if found is None or not found.file:
        raise Http404
    ending = Path(str(found.file.name)).suffix
    name = f"{found.enrolment.course.code}-{found.assignment.key.hex[:8]}-{found.number}{ending}"
    try:
        opened = found.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(opened, as_attachment=True, filename=name, content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
