"""A norm with the lessons that rest on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from content.models import Norm
from lms.reference import lessons_on


@require_safe
def norm(request: HttpRequest, slug: str) -> HttpResponse:
    """The norm `slug`, its source, its lessons. Five queries."""
    found = get_object_or_404(Norm.objects.select_related("source"), slug=slug)
    return render(request, "lms/norm.html", {"norm": found, "lessons": lessons_on(found, request.user)})
