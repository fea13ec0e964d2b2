"""Error pages in words. Those of 400 and 500 need neither the database nor a context processor."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils import translation

from lms.upkeep.logs import new_id, route_of

log = logging.getLogger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came too late or from elsewhere: say so, lose nothing else."""
    return render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404. The exception's words are for developers; the person reads ours."""
    return render(request, "404.html", status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return bare(request, "400.html", 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, with a reference that stands in the log too."""
    reference = getattr(request, "request_id", "") or new_id()
    log.error("Reference %s: %s %s", reference, request.method, route_of(request))
    response = bare(request, "500.html", 500, reference=reference)
    response["Cache-Control"] = "no-store"
    return response


def bare(request: HttpRequest, template: str, status: int, **context: object) -> HttpResponse:
    """A page that stands on its own, in the language of its address or of the cookie."""
    language = translation.get_language_from_path(request.path_info) or request.COOKIES.get(
        settings.LANGUAGE_COOKIE_NAME, ""
    )
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    with translation.override(language):
        context |= {"language": language, "address": request.path}
        return HttpResponse(loader.get_template(template).render(context), status=status)
