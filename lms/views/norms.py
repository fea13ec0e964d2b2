"""A norm with the lessons that rest on it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from content.converters import NormRef
from content.queries import norm_by_ref
from lms.reference import lessons_on


@require_safe
def norm(request: HttpRequest, ref: NormRef) -> HttpResponse:
    """The norm `ref`, its source, its lessons. Six queries."""
    found = norm_by_ref(ref)
    if found is None:
        raise Http404
    return render(request, "lms/norm.html", {"norm": found, "lessons": lessons_on(found, request.user)})
