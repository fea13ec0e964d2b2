"""Panels that rooms above add to the result of a passed assessment: the certificate that it has led to.

results.register_panel(certificate_panel)   # in AppConfig.ready

def certificate_panel(request: HttpRequest, attempt: Attempt) -> str:
    ...  # safe HTML (render_to_string), or "" where there is nothing to show
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from assessments.models import Attempt

Panel = Callable[[HttpRequest, Attempt], str]

_panels: list[Panel] = []


def register_panel(panel: Panel) -> None:
    """`panel(request, attempt)` is asked on the page of every passed final assessment; `attempt.enrolment` is loaded.
    It should cost one query."""
    if panel not in _panels:
        _panels.append(panel)


def panels_for(request: HttpRequest, attempt: Attempt) -> list[SafeString]:
    """What there is to show, in the order of registration."""
    return [mark_safe(html) for panel in _panels if (html := panel(request, attempt))]  # noqa: S308 - rendered by us
