"""Logs that a machine can search and that say nothing of people: JSON lines, each with the number of its request.

Names, addresses of people, codes and passwords come into logs through three doors, and all are shut here: the path of a
request (its route is written instead), the words of an exception (its kind and the lines of code are written instead), and
values in a library's sentence (what looks like an address, a number of a person or a secret is blotted out).
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

log = logging.getLogger("kalanso.request")

HEADER = "X-Request-ID"
LARGEST = 2_000_000  # bytes of the log file; one older file is kept
BLOT = "…"
_ACCEPTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
# E-mail addresses, quoted values, values of database messages, addresses of machines, long numbers, long tokens, paths.
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*|'[^'\n]*'|\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»|=\([^)\n]*\)"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{1,4}:){3,}[0-9a-fA-F:]+|\+?\d[\d .-]{6,}\d|\b(?=\w*\d)[\w-]{20,}"
    r"|(?<![\w/])/(?:[a-z]{2,3}|accounts|files|verify)/\S*"
)
_STATUSES = frozenset(HTTPStatus)
Event = MutableMapping[str, Any]


# --- requests -------------------------------------------------------------------------------------------------------


def new_id() -> str:
    """Twelve hexadecimal digits in groups of four: a person can read it out on the telephone."""
    digits = secrets.token_hex(6).upper()
    return "-".join(digits[at : at + 4] for at in range(0, 12, 4))


class RequestIdMiddleware:
    """Gives each request a number, that of the proxy before us where there is one of ours; it stands in every line of
    the log, in the answer (X-Request-ID), and on the page that says something went wrong."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "") if settings.ALLAUTH_TRUSTED_PROXY_COUNT else ""
        number = given if _ACCEPTED.fullmatch(given) else new_id()
        request.request_id = number  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=number)
        began = time.monotonic()
        try:
            response = self.get_response(request)
        finally:
            spent = round((time.monotonic() - began) * 1000)
        response[HEADER] = number
        if log.isEnabledFor(logging.INFO):
            log.info(
                "request",
                extra={
                    "method": request.method,
                    "route": route_of(request),
                    "status": response.status_code,
                    "milliseconds": spent,
                },
            )
        return response


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, without what a person, a code or a certificate put into it."""
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return "?"
    return match.view_name or match.route


# --- lines ----------------------------------------------------------------------------------------------------------


def scrub_text(text: str) -> str:
    """The text without what looks personal or secret."""
    return _PERSONAL.sub(BLOT, text)


def _scrub(logger: Any, method: str, event: Event) -> Event:
    """A library's line: no path, no values."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None and isinstance(request := getattr(record, "request", None), HttpRequest):
        status = getattr(record, "status_code", None)
        event["event"] = HTTPStatus(status).phrase if status in _STATUSES else "request"
        event["route"], event["status"] = route_of(request), status
    else:
        event["event"] = scrub_text(str(event.get("event", "")))
    return event


def _add_extra(logger: Any, method: str, event: Event) -> Event:
    record: logging.LogRecord | None = event.get("_record")
    for name in ("method", "route", "status", "milliseconds"):
        if record is not None and hasattr(record, name):
            event[name] = getattr(record, name)
    return event


def _exception(logger: Any, method: str, event: Event) -> Event:
    """What kind of error, where in the code: never its words, which may quote what a person wrote."""
    found = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if found is True:
        found = sys.exc_info()
    refused = isinstance(found, tuple) and isinstance(found[1], PermissionDenied)  # an answer, not a fault
    if isinstance(found, tuple) and found[1] is not None and not refused:
        event["error"] = _kinds(found[1])
        event["at"] = _lines(found[2])
    return event


def _kinds(error: BaseException | None) -> str:
    names: list[str] = []
    while error is not None and len(names) < 5:
        reason = f" {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        names.append(type(error).__name__ + reason)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " ← ".join(names)


def _lines(trace: TracebackType | None) -> list[str]:
    root = f"{settings.BASE_DIR}/"
    frames = traceback.extract_tb(trace)
    return [
        f"{frame.filename.removeprefix(root).rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
        for frame in frames[-25:]
    ]


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _scrub,
    _add_extra,
    _exception,
]


def formatter(*, machine: bool) -> logging.Formatter:
    """For a machine one JSON object a line, for a terminal a line that people read."""
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if machine else structlog.dev.ConsoleRenderer()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    )


class LogFile(WatchedFileHandler):
    """A file that several processes write to, line by line, and that does not grow for ever."""

    def __init__(self, filename: str) -> None:
        super().__init__(filename, encoding="utf-8", delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        path = Path(self.baseFilename)
        try:
            if path.exists() and path.stat().st_size > LARGEST:
                path.replace(path.with_suffix(".old.jsonl"))
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            super().emit(record)
        except OSError:  # a full disk must not stop what was to be logged
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: the same line goes to the console."""


def configuration(data: Path, level: str) -> dict[str, Any]:
    """For LOGGING: to the console (JSON lines where it is no terminal), and warnings also to `DATA_DIR/logs`."""
    here = f"{__name__}.formatter"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "console": {"()": here, "machine": not sys.stderr.isatty()},
            "file": {"()": here, "machine": True},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "console"},
            "file": {
                "()": f"{__name__}.LogFile",
                "filename": str(data / "logs" / "site.jsonl"),
                "formatter": "file",
                "level": "WARNING",
            },
        },
        "root": {"handlers": ["console", "file"], "level": level},
        "loggers": {
            # What a stranger's file makes them say is answered on the page, with no trace in the log.
            **{name: {"level": "CRITICAL"} for name in ("pyhanko", "pyhanko_certvalidator")},
            # Django's own lines would go to the console a second time, unscrubbed.
            "django": {"handlers": [], "level": level, "propagate": True},
        },
    }
