"""Slips of paper with a code for signing in: A4, eight to a page, cut along the lines. No role, no subject.

Personal data: names and usernames. Nothing is kept; the codes exist only in the document.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from operations.paper import compile_pdf, printable, qr

TEMPLATE = Path(__file__).parent / "typst" / "slips.typ"
LANGUAGES = ("fr", "en")  # the languages of paper; others get French


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands on one slip. `name`: as the person is called on lists (a pseudonym for protected people)."""

    name: str
    username: str
    code: str
    expires: datetime


def render(slips: Sequence[Slip], *, made_by: str, day: date) -> bytes:
    """The slips as a PDF (PDF/A-2a, PDF/UA-1), in the language of the interface where there is paper in it.

    made_by: who answers for them, printed at the foot of each page. Raises ValueError without slips.
    """
    if not slips:
        raise ValueError("There is nothing to print.")
    language = get_language() or ""
    language = language if language in LANGUAGES else LANGUAGES[0]
    with override(language):
        data = {
            "language": language,
            "document_title": _("Slips for signing in"),
            "heading": _("Your account"),
            "words": {
                "name": _("For"),
                "username": _("Username"),
                "code": _("Code"),
                "steps": [
                    _("Scan the square, or open the address below."),
                    _("Check the username and the code."),
                    _("Choose a password that only you know."),
                ],
                "once": _("This code works once. Keep it from others; tear this slip up afterwards."),
            },
            "foot": ngettext(
                "%(count)d slip, made by %(name)s on %(day)s. Give each into the hand of its holder.",
                "%(count)d slips, made by %(name)s on %(day)s. Give each into the hand of its holder.",
                len(slips),
            )
            % {"count": len(slips), "name": printable(made_by, 100), "day": date_format(day)},
            "slips": [_one(slip) for slip in slips],
        }
        moment = datetime.combine(day, time(12), tzinfo=UTC)
        return compile_pdf(TEMPLATE, data, timestamp=moment, standards=["a-2a", "ua-1"])


def _one(slip: Slip) -> dict[str, str]:
    address = settings.SITE_URL + reverse("enter-code", args=[slip.code])
    shown = settings.SITE_URL + reverse("enter")
    until = date_format(timezone.localtime(slip.expires))
    return {
        "name": _breakable(printable(slip.name, 80)),
        "username": _breakable(printable(slip.username, 150)),
        "code": slip.code,
        "until": _("Valid until %(day)s") % {"day": until},
        "address": printable(shown, 90).removeprefix("https://").removeprefix("http://"),
        "qr": qr(address),
        "alt": _("Square code that opens the page for signing in with this slip"),
    }


def _breakable(text: str) -> str:
    """A long word may go on in the next line: a username that is cut off opens nothing."""
    return re.sub(r"(\S{20})(?=\S)", "\\1\u200b", text)


def qr_data(text: str) -> str:
    """A square code as an address that an <img> of a page can show."""
    return "data:image/svg+xml;base64," + base64.b64encode(qr(text, border=4).encode()).decode()
