"""Dates and figures of the programme in words: « du 7 au 9 décembre 2016 », « 4e trimestre 2017 ». Pure."""

from __future__ import annotations

import datetime as dt
import re

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

_QUARTER = re.compile(r"(\d{4})-Q([1-4])$")


def in_words(period: str) -> str:
    """A day, a month, a quarter, years or an interval, as the source gives it; as it stands where it is none of them."""
    start, _slash, end = period.partition("/")
    if not end:
        return _point(start)
    first, last = _date(start), _date(end)
    if first is None or last is None or len(start) != len(end):
        return period
    if len(start) == 7:
        words = date_format(first, "F" if first.year == last.year else "F Y")
        return pgettext("months", "from %(start)s to %(end)s") % {"start": words, "end": _point(end)}
    form = (
        "j" if (first.year, first.month) == (last.year, last.month) else "j F" if first.year == last.year else "j F Y"
    )
    return pgettext("days", "from %(start)s to %(end)s") % {"start": _day(first, form), "end": _point(end)}


def _point(text: str) -> str:
    if match := _QUARTER.match(text):
        quarters = {
            "1": _("first quarter of %(year)s"),
            "2": _("second quarter of %(year)s"),
            "3": _("third quarter of %(year)s"),
            "4": _("fourth quarter of %(year)s"),
        }
        return quarters[match[2]] % {"year": match[1]}
    if re.match(r"\d{4}-\d{4}$", text):
        return text.replace("-", "–")
    date = _date(text)
    if date is None:
        return text
    return _day(date, "j F Y") if len(text) == 10 else date_format(date, "F Y")


def _day(date: dt.date, form: str) -> str:
    words = date_format(date, form)
    if date.day == 1 and (get_language() or "").startswith("fr"):
        words = re.sub(r"^1\b", "1er", words)
    return words


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError:
        return None


def figure(value: str, unit: str = "") -> str:
    """A figure as the language writes it: 1500 → « 1 500 », 3.5 % → « 3,5 % », 3-5 → « 3–5 »."""
    if re.match(r"\d+$", value):
        text = number_format(int(value), use_l10n=True, force_grouping=True)
    elif re.match(r"\d+\.\d+$", value):
        text = number_format(value, use_l10n=True)
    else:
        text = value.replace("-", "–")
    french = (get_language() or "").startswith("fr")
    return f"{text}\u202f{unit}" if unit and french else f"{text}{unit}"
