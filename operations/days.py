"""Days and hours as the active language writes them, on screen and on paper."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

NARROW = "\u202f"  # narrow no-break space: French, between a number and its unit, before ; ? !
NO_BREAK = "\u00a0"


def longdate(value: dt.date | dt.datetime | str | None) -> str:
    """« 24 novembre 2026 », « 1er mars 2027 »; also of « 2026-11-24 » and « 2026-11 » (« novembre 2026 »)."""
    if not value:
        return ""
    if isinstance(value, str):
        try:
            if len(value) == 7:
                return date_format(dt.date.fromisoformat(f"{value}-01"), "F Y")
            day = dt.date.fromisoformat(value)
        except ValueError:
            return value
    else:
        day = local(value)
    text = date_format(day, "j F Y")
    if day.day == 1 and _is_french():
        text = text.replace("1 ", "1er ", 1)
    return text.replace(" ", NO_BREAK, 1)


def hour(value: dt.datetime | dt.time | None) -> str:
    """« 14 h 32 » in French, 14:32 elsewhere."""
    if value is None:
        return ""
    value = local(value)
    if _is_french():
        return f"{value.hour}{NARROW}h{NARROW}{value.minute:02d}"
    return f"{value.hour}:{value.minute:02d}"


def local(value: Any) -> Any:
    """A moment by the clock of the site; what is none, as it is."""
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


def _is_french() -> bool:
    return (get_language() or settings.LANGUAGE_CODE).startswith("fr")
