"""Background work: people see what they asked for, administrators everything."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from operations import jobs as work
from operations import queries
from operations.errors import Refused
from operations.models import Job
from people import access
from people.access import signed_in
from people.models import User
from people.names import shown_names
from people.policy import Capability

A_PAGE = 20
RELOAD_SECONDS = 5


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """What the site does, did or will do for the reader. 2 queries; 3 more for administrators, for names.

    While something is under way the page loads itself again, without a script; a link stops that (WCAG 2.2.1).
    """
    viewer = signed_in(request)
    page = Paginator(_jobs_for(viewer), A_PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    everybody = access.can(viewer, Capability.JOBS_ALL)
    names = shown_names((job.asked_by for job in found), viewer) if everybody else {}
    now = timezone.now()
    rows = [
        {
            "job": job,
            "name": work.name_of(job.kind),
            "asked_by": names.get(job.asked_by_id or 0, ""),
            "later": job.run_after if job.status == Job.Status.WAITING and job.run_after > now else None,
        }
        for job in found
    ]
    under_way = any(job.status in Job.OPEN for job in found)
    still = "still" in request.GET
    context = {"rows": rows, "page": page, "everybody": everybody, "under_way": under_way, "still": still}
    response = render(request, "lms/jobs.html", context | {"address": "still=&" if still else ""})
    if under_way and not still:
        response["Refresh"] = str(RELOAD_SECONDS)
    return response


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give up work that waits or runs; 404 for other people's."""
    viewer = signed_in(request)
    try:
        work.cancel(get_object_or_404(_jobs_for(viewer), pk=pk), by=viewer)
    except Refused as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.next_step}")
    else:
        messages.success(request, _("The work is cancelled. What was done before stays."))
    return HttpResponseRedirect(reverse("jobs"), status=303)


def _jobs_for(viewer: User) -> QuerySet[Job]:
    return queries.all_jobs() if access.can(viewer, Capability.JOBS_ALL) else queries.jobs_asked_by(viewer)
