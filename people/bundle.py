"""What the site knows of a person, as one file: a PDF to read, the same as JSON, and the files that belong to it.

Personal data, all of it. Names inside say nothing of a subject.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, localize
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from operations.paper import compile_pdf, printable
from people.models import User
from people.privacy import Collector, collectors

TEMPLATE = Path(__file__).parent / "typst" / "data.typ"
LONGEST = 20_000  # characters of one value on paper; the JSON holds all
Progress = Callable[[int, int], None]


def make(user: User, *, progress: Progress = lambda done, total: None) -> bytes:
    """The ZIP, in the active language: PDF first, JSON, then every room's files. Not within a transaction."""
    rooms = collectors()
    files = [file for room in rooms if room.files is not None for file in room.files(user)]
    total = len(rooms) + len(files) + 1
    data: dict[str, Any] = {}
    with transaction.atomic():  # one moment for all rooms
        for number, room in enumerate(rooms, start=1):
            data[room.name] = room.export(user)
            progress(number, total)
    now = timezone.localtime()
    beginning = f"kalanso-{now:%Y-%m-%d}"
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as pack:

        def put(name: str, content: bytes) -> None:
            pack.writestr(zipfile.ZipInfo(name, now.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)

        put(f"1-{beginning}.pdf", pdf(user, rooms, data, now))
        put(f"2-{beginning}.json", _json({"made": now, **data}))
        progress(len(rooms) + 1, total)
        for number, (name, content) in enumerate(files, start=len(rooms) + 2):
            put(name, content())
            progress(number, total)
    return made.getvalue()


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder).encode()


# --- the paper ------------------------------------------------------------------------------------------------------


def pdf(user: User, rooms: list[Collector], data: Mapping[str, Any], now: datetime) -> bytes:
    """The data as a document in the active language, a chapter a room, the account first."""
    language = get_language() or settings.LANGUAGE_CODE
    lower_first = sorted(rooms, key=lambda room: room.name != "people")
    content = {
        "language": language,
        "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
        "title": _("Your data"),
        "holder": printable(user.display_name, 200),
        "made": _("Made on %(day)s. This file holds everything that this site knows of you: keep it from others.")
        % {"day": date_format(now, "DATETIME_FORMAT")},
        "nothing": _("Nothing."),
        "chapters": [
            {"heading": printable(str(room.label)), "lines": list(_lines(room, data[room.name]))}
            for room in lower_first
        ],
    }
    return compile_pdf(
        TEMPLATE, content, timestamp=now.astimezone(UTC).replace(microsecond=0), standards=["a-2a", "ua-1"]
    )


def _lines(room: Collector, value: Any, label: str = "", depth: int = 0) -> list[dict[str, Any]]:
    """A nested value as lines of a document: {"depth", "label", "text"}; a line without text heads those below it."""
    if isinstance(value, Mapping):
        head = [_line(label, "", depth)] if label else []
        inner = depth + 1 if label else depth
        return head + [line for key, one in value.items() for line in _lines(room, one, _label(room, str(key)), inner)]
    if isinstance(value, list):
        if not value and not label:
            return []
        if not any(isinstance(one, Mapping | list) for one in value):
            return [_line(label, ", ".join(_shown(one) for one in value) or "–", depth)]
        found = [_line(label, "", depth)] if label else []
        for number, one in enumerate(value, start=1):
            found += _lines(room, one, f"{label} {number}".strip(), depth + 1 if label else depth)
        return found
    return [_line(label, _shown(value), depth)]


def _line(label: str, text: str, depth: int) -> dict[str, Any]:
    return {
        "depth": min(depth, 4),
        "label": printable(label),
        "text": [printable(part, LONGEST) for part in text.split("\n") if part.strip()],
    }


def _label(room: Collector, key: str) -> str:
    return str(room.words.get(key, key.replace("_", " ")))


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        return _moment(value) or value
    return str(localize(value))


def _moment(text: str) -> str:
    """A day or a moment in ISO form as people write it; empty for any other text."""
    try:
        if len(text) == 10:
            return date_format(date.fromisoformat(text), "DATE_FORMAT")
        moment = parse_datetime(text) if len(text) >= 19 else None
    except ValueError:
        return ""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment and timezone.is_aware(moment) else ""
