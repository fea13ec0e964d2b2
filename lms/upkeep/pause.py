"""While data are exchanged, nobody reaches them: a page says so, and that it takes seconds."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lms.views.errors import bare
from operations import maintenance

RETRY_SECONDS = 10


class MaintenanceMiddleware:
    """Stands before everything that reads the database. A process that was started before the last exchange of the data
    goes on saying so until it is started again: it remembers what is no longer true."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.started_with = maintenance.exchanged(settings.DATA_DIR)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        data = settings.DATA_DIR
        if not maintenance.is_on(data) and maintenance.exchanged(data) == self.started_with:
            return self.get_response(request)
        if request.path_info == "/healthz" or request.path_info.startswith(settings.STATIC_URL):
            return self.get_response(request)
        if request.path_info == "/readyz":
            response = HttpResponse("maintenance\n", content_type="text/plain", status=503)
        else:
            response = bare(request, "503.html", 503)
        response._has_been_logged = True  # type: ignore[attr-defined]  # no error: Django would log each as one
        response["Retry-After"] = str(RETRY_SECONDS)
        response["Cache-Control"] = "no-store"
        return response
