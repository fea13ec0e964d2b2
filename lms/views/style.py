"""The living style page: every component as it is, for authors and for whoever works on the screens."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

TOKENS = [
    *["paper", "sand", "ink", "muted", "indigo", "deep", "ochre", "green", "red", "edge", "rule"],
    *["indigo-t", "ochre-t", "green-t", "red-t"],
]
ICONS = [
    *["check", "cross", "clock", "warn", "info", "lock", "back", "next", "up", "down", "lesson", "quiz", "people"],
    *["pen", "hand", "seal", "print", "get", "send", "off", "speak", "menu", "find"],
]


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """What pages are made of."""
    return render(request, "lms/style.html", {"tokens": TOKENS, "icons": ICONS})
