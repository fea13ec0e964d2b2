"""The queue of written work, and one work beside its rubric. What is not the viewer's to grade is not there (404)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments import rubrics
from assessments.models import Grading, Submission
from assessments.queries import written as queries
from assessments.services import grading as services
from courses.views import see_other
from courses.views.teach import page_of
from operations.errors import Refused
from people import access
from people.access import signed_in
from people.models import User
from people.names import shown_names
from people.policy import Capability


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for grading, the oldest first; `?state=graded`: what was graded."""
    given = {
        name: request.GET.get(name, "").replace("\x00", "")[:100].strip() for name in ("course", "cohort", "q", "state")
    }
    graded = given["state"] == "graded"
    found = queries.queue(
        signed_in(request),
        language=get_language() or "",
        course=given["course"],
        cohort=given["cohort"],
        query=given["q"],
        graded=graded,
        page=page_of(request),
    )
    kept = {name: value for name, value in given.items() if value}
    return render(
        request,
        "assessments/grading_queue.html",
        {
            "queue": found,
            "page": found.page,
            "given": given,
            "graded": graded,
            "filtered": bool(set(kept) - {"state"}),
            "address": f"{urlencode(kept)}&" if kept else "",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def grading(request: HttpRequest, id: UUID) -> HttpResponse:
    """One work: read it, take it, fill in the rubric, give the grading. `do`: take, take-over, give-back, save, give."""
    viewer = signed_in(request)
    row = queries.submission_for(id)
    # No other answer for work that somebody else must grade: it would tell who is a judge or prosecutor.
    if row is None or not access.can(viewer, Capability.GRADE, row.enrolment):
        raise Http404
    refusal = None
    if request.method == "POST":
        try:
            said = _do(request, row, viewer)
        except Refused as caught:
            refusal = caught
            row = queries.submission_for(id) or row
        else:
            messages.success(request, said)
            done = request.POST.get("do") in ("give", "give-back")
            return see_other(reverse("grading-queue") if done else reverse("grading", args=[id]))
    return _page(request, row, viewer, refusal)


def _do(request: HttpRequest, row: Submission, viewer: User) -> str:
    """What the pressed button asks for; gives what was done, in words. Raises Refused: what was filled in is kept first."""
    do = request.POST.get("do", "")
    if do in ("take", "take-over"):
        services.take(submission=row, actor=viewer, over=do == "take-over")
        return _("You are reading this work. The others who teach the group see that.")
    key = request.POST.get("grading", "")
    held = next((one for one in row.gradings.filter(grader=viewer) if str(one.pk) == key), None)
    if held is None:
        raise Refused(_("This page was older than the work."), _("Look at the page again."))
    if do == "give" and held.status == Grading.Status.GIVEN:
        return _("The grading is given. The learner gets a message.")
    services.save_grading(grading=held, actor=viewer, **_sent(request, row))
    if do == "give-back":
        services.give_back(submission=row, actor=viewer)
        return _("Others can take this work now. What you had filled in is kept.")
    if do != "give":
        return _("Your draft is saved.")
    services.give_grading(grading=held, actor=viewer)
    return _("The grading is given. The learner gets a message.")


def _sent(request: HttpRequest, row: Submission) -> dict[str, Any]:
    """What the form holds, as `save_grading` takes it."""
    scores: dict[str, dict[str, Any]] = {}
    for one in services.rubric_for(row).criteria:
        level = request.POST.get(f"level-{one.slug}", "")
        scores[one.slug] = {
            "level": int(level) if level.isdecimal() and len(level) < 3 else None,
            "comment": request.POST.get(f"comment-{one.slug}", ""),
        }
    texts = {name: request.POST.get(name, "") for name in ("comment", "strengths", "next_steps", "reason")}
    return {"scores": scores, **texts}


def _page(request: HttpRequest, row: Submission, viewer: User, refusal: Refused | None) -> HttpResponse:
    gradings = list(row.gradings.select_related("grader").order_by("-given"))
    given = [one for one in gradings if one.status == Grading.Status.GIVEN]
    mine = next((one for one in gradings if one.status == Grading.Status.DRAFT and one.grader_id == viewer.pk), None)
    reads = row.reader_id == viewer.pk and mine is not None
    if refusal is not None and reads and mine is not None:
        _typed(request, row, mine)
    rubric = services.rubric_for(row)
    names = shown_names([row.enrolment.user, row.reader, *(one.grader for one in given)], viewer)
    text = queries.titles_of([row.enrolment.course_id], get_language() or "").get(row.enrolment.course_id)
    return render(
        request,
        "assessments/grading.html",
        {
            "row": row,
            "name": names.get(row.enrolment.user_id or 0, "–"),
            "code": row.enrolment.course.code,
            "ref": row.assignment.key.hex[:8],
            "step": text.titles.get(str(row.assignment.key), "") if text else "",
            "language": text.language if text else "",
            "words": len(row.text.split()),
            "rubric": rubric,
            "lines": queries.judged(rubric, mine if reads else (given[0] if given else None)),
            "mine": mine,
            "reads": reads,
            "reader": names.get(row.reader_id or 0, ""),
            "given": [
                (one, names.get(one.grader_id or 0, "–"), rubrics.shortfalls(rubric, services.levels_of(one)))
                for one in given
            ],
            "refusal": refusal,
        },
        status=422 if refusal else 200,
    )


def _typed(request: HttpRequest, row: Submission, mine: Grading) -> None:
    """Show again what was typed, also where it could not be kept."""
    if "grading" in request.POST:
        sent = _sent(request, row)
        mine.scores = {
            slug: {name: value for name, value in said.items() if value is not None}
            for slug, said in sent.pop("scores").items()
        }
        for name, value in sent.items():
            setattr(mine, name, value)
