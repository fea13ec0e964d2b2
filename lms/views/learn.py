"""My learning: what a person is taking, where to go on, what is due, what is completed."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from certificates.queries import for_enrolments
from courses.queries import my_learning
from courses.queries.groups import groups_of
from people.access import signed_in
from workshops.queries.planning import coming_of


@login_required
@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    """The person's courses, "continue" first."""
    learning = my_learning(request.user, language=get_language() or "")
    completed = [row.enrolment.pk for row in learning.completed]
    certificates = for_enrolments(completed) if completed else {}
    person = signed_in(request)
    context = {
        "learning": learning,
        "certificates": certificates,
        "groups": groups_of(person),
        "workshops": coming_of(person),
    }
    return render(request, "lms/learn.html", context)
