"""Error pages in words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came too late or from elsewhere: say so, lose nothing else."""
    return render(request, "403_csrf.html", status=403)
