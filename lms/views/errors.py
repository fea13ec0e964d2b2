"""Error pages in words. Those of 400, 500 and 503 need neither the database nor a context processor."""

from __future__ import annotations

import logging
import re
import sys

from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils import translation

from lms.upkeep.logs import new_id, route_of
from operations.faults import Fault, fault_of, may_have_gone_through

log = logging.getLogger(__name__)

RETRY_SECONDS = 60
LARGEST = 100_000  # letters of a form that is offered to be sent again
LONG, MOST_TEXTS = 40, 12  # texts that are shown again when a form came too late
_NOT_AGAIN = ("/accounts/", "/authoring/")
_SECRET = re.compile(r"(\w+_)?password\d?|code|word|proof|secret")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came too late or from elsewhere: say so, and show long texts again to be copied. Nothing is offered to be
    sent again, for it may come from elsewhere."""
    texts = [] if request.path_info.startswith(_NOT_AGAIN) else _long_texts(request)
    return render(request, "403_csrf.html", {"texts": texts}, status=403)


def _long_texts(request: HttpRequest) -> list[str]:
    try:
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
    except (OSError, SuspiciousOperation, RequestDataTooBig):
        return []
    kept = [value for name, value in sent if name != "csrfmiddlewaretoken" and not _SECRET.fullmatch(name)]
    return [value for value in kept if len(value) >= LONG][:MOST_TEXTS]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404. The exception's words are for developers; the person reads ours."""
    return render(request, "404.html", status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return bare(request, "400.html", 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, with a reference that stands in the log too; 503 where what the site stands on has failed."""
    error = sys.exc_info()[1]  # Django calls this while it handles the error
    if fault := fault_of(error):
        return unavailable(request, fault, uncertain=may_have_gone_through(error))
    reference = getattr(request, "request_id", "") or new_id()
    log.error("Reference %s: %s %s", reference, request.method, route_of(request))
    response = bare(request, "500.html", 500, reference=reference)
    response["Cache-Control"] = "no-store"
    return response


def unavailable(request: HttpRequest, fault: Fault, *, uncertain: bool = False) -> HttpResponse:
    """503: what failed, what was not saved, and how to send it again. uncertain: it may have been saved after all."""
    reference = getattr(request, "request_id", "") or new_id()
    log.error("Reference %s: %s %s: %s", reference, request.method, route_of(request), fault.value)
    sent = request.method not in ("GET", "HEAD")
    if sent and request.headers.get("Accept") == "application/json":
        response: HttpResponse = JsonResponse({"saved": None}, status=503)
    else:
        response = bare(
            request,
            "fault.html",
            503,
            reference=reference,
            fault=fault.name,
            sent=sent,
            uncertain=uncertain,
            fields=_fields(request) if sent else None,
        )
        response["Content-Security-Policy"] = build_policy()
    response["X-Frame-Options"] = "DENY"
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


def _fields(request: HttpRequest) -> list[tuple[str, str]] | None:
    """What was sent, to be sent again with one press; None where it holds a secret or a file, or is too much."""
    if request.content_type != "application/x-www-form-urlencoded" or request.path_info.startswith(_NOT_AGAIN):
        return None
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except (OSError, SuspiciousOperation, RequestDataTooBig):
        return None
    if any(_SECRET.fullmatch(name) for name, _value in fields) or sum(len(value) for _name, value in fields) > LARGEST:
        return None
    return fields


def bare(request: HttpRequest, template: str, status: int, **context: object) -> HttpResponse:
    """A page that stands on its own, in the language of its address or of the cookie."""
    language = translation.get_language_from_path(request.path_info) or request.COOKIES.get(
        settings.LANGUAGE_COOKIE_NAME, ""
    )
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    with translation.override(language):
        context |= {"language": language, "address": request.get_full_path()}
        return HttpResponse(loader.get_template(template).render(context), status=status)
