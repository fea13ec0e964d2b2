"""What a workshop puts on paper: letters of designation, and one pack with lists, badges, tests, guide and sheets.

Protected people stand on every paper by their pseudonym and sign a separate sheet, whoever prints it: paper lies about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from assessments.models import Question
from operations.days import hour, longdate
from operations.paper import compile_pdf, printable
from operations.words import in_language
from people.models import Protection
from workshops.models import Letter, Registration, Session, Workshop
from workshops.rules import guide_of

FOLDER = Path(__file__).parent / "typst"
LANGUAGES = ("fr", "en")
ARRIVALS = 5  # empty lines of a sheet, for people who come without being announced


def _paper_language() -> str:
    language = get_language() or ""
    return language if language in LANGUAGES else LANGUAGES[0]


def _moment(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)


def names_on_paper(rows: Sequence[Registration]) -> dict[Any, str]:
    """How each participant is called on paper, by registration. 1 query."""
    users = [row.user_id for row in rows if row.user_id]
    pseudonyms = dict(Protection.objects.on().filter(user__in=users).values_list("user_id", "pseudonym"))
    found = {}
    for row in rows:
        name = pseudonyms.get(row.user_id or 0) or ("" if row.protected else row.name)
        found[row.pk] = printable(name, 80) or _("Participant %(number)d") % {"number": row.number}
    return found


# --- letters ----------------------------------------------------------------------------------------------------------


def render_letter(letter: Letter) -> bytes:
    """The letter, to be signed with ink and stamped (PDF/A-2a, PDF/UA-1)."""
    language = _paper_language()
    workshop = letter.workshop
    rows = list(letter.registrations.select_related("institution", "user").order_by("number"))
    names = names_on_paper(rows)
    protected = _protected(rows)
    above = []
    place = letter.institution
    while place is not None:
        above.append(printable(str(place), 120))
        place = place.parent  # type: ignore[assignment]
    with override(language):
        days = _days(workshop)
        data = {
            "language": language,
            "title": _("Letter of designation"),
            "above": list(reversed(above)),
            "number": printable(letter.number, 40),
            "number_label": _("No."),
            "place_and_day": f"{printable(workshop.place, 100)}, {longdate(letter.issued)}",
            "body": _("The following persons are designated to take part in workshop %(code)s, %(days)s, in %(place)s.")
            % {"code": workshop.code, "days": days, "place": printable(workshop.place, 100)},
            "heads": [_("No."), _("Name"), _("Post"), _("Institution")],
            "people": [
                [
                    str(row.number),
                    names[row.pk],
                    "" if row.pk in protected else printable(row.post, 80),
                    "" if row.pk in protected or row.institution is None else printable(str(row.institution), 80),
                ]
                for row in rows
            ],
            "validity": _("This letter is valid from %(from)s to %(until)s.")
            % {"from": longdate(letter.valid_from), "until": longdate(letter.valid_until)},
            "by_order": _("P/O") if letter.by_order else "",
            "signatory_title": printable(letter.signatory_title, 160),
            "signatory": printable(letter.signatory, 160),
            "stamp": _("Signature and stamp"),
        }
        return compile_pdf(FOLDER / "letter.typ", data, timestamp=_moment(letter.issued), standards=["a-2a", "ua-1"])


def _protected(rows: Sequence[Registration]) -> set[Any]:
    users = [row.user_id for row in rows if row.user_id]
    hidden = set(Protection.objects.on().filter(user__in=users).values_list("user_id", flat=True))
    return {row.pk for row in rows if row.protected or row.user_id in hidden}


def _days(workshop: Workshop) -> str:
    if workshop.starts == workshop.ends:
        return _("on %(day)s") % {"day": longdate(workshop.starts)}
    return _("from %(first)s to %(last)s") % {
        "first": longdate(workshop.starts),
        "last": longdate(workshop.ends),
    }


# --- the pack ---------------------------------------------------------------------------------------------------------


def render_pack(workshop: Workshop, *, progress: Callable[[int, int], None] = lambda done, total: None) -> bytes:
    """Lists, the separate sheet, badges, agenda, tests, guide and sheets, in one PDF (PDF/A-2a, PDF/UA-1)."""
    language = _paper_language()
    with override(language):
        progress(0, 3)
        data = _pack(workshop, language)
        progress(1, 3)
        content = compile_pdf(
            FOLDER / "pack.typ", data, timestamp=_moment(timezone.localdate()), standards=["a-2a", "ua-1"]
        )
    progress(3, 3)
    return content


def _pack(workshop: Workshop, language: str) -> dict[str, Any]:
    rows = list(
        workshop.registrations.filter(state__in=Registration.EXPECTED)
        .select_related("institution", "user")
        .order_by("number")
    )
    names = names_on_paper(rows)
    protected = _protected(rows)
    sessions = list(workshop.sessions.filter(cancelled=False).prefetch_related("agenda"))
    open_rows = [row for row in rows if row.pk not in protected]
    hidden_rows = [row for row in rows if row.pk in protected]
    return {
        "language": language,
        "code": workshop.code,
        "title": _("Papers of workshop %(code)s") % {"code": workshop.code},
        "subtitle": printable(workshop.title, 200),
        "where": ", ".join(printable(part, 120) for part in (_days(workshop), workshop.venue, workshop.place) if part),
        "contact": (_("Support contact: %(who)s") % {"who": printable(workshop.support_contact, 200)})
        if workshop.support_contact
        else "",
        "words": _words(),
        "people": [_person(row, names, protected) for row in rows],
        "badges": [{"number": str(row.number), "name": names[row.pk]} for row in rows],
        "sheets": [
            {
                "title": _session_title(session),
                "open": [
                    *(_person(row, names, protected) for row in open_rows),
                    *([""] * 5 for _row in range(ARRIVALS)),
                ],
                "separate": [_person(row, names, protected) for row in hidden_rows],
            }
            for session in sessions
        ],
        "agenda": [
            {
                "title": _session_title(session),
                "lines": [
                    [
                        hour(item.starts),
                        str(item.minutes),
                        printable(item.title, 300),
                        printable(item.trace, 200),
                        str(item.cut or ""),
                    ]
                    for item in session.agenda.all()
                ],
            }
            for session in sessions
            if session.agenda.all()
        ],
        "tests": _tests(workshop),
        "guide": _guide(workshop),
    }


def _words() -> dict[str, Any]:
    return {
        "list": _("Participants"),
        "list_heads": [_("No."), _("Name"), _("Post"), _("Institution"), _("Telephone")],
        "badges": _("Badges"),
        "participant": _("Participant"),
        "sheet": _("Attendance sheet"),
        "separate": _("Separate sheet of protected people: keep it apart"),
        "sheet_heads": [_("No."), _("Name"), _("Came at"), _("Left at"), _("Signature")],
        "in_the_room": _("People in the room (counted before the list opens):"),
        "agenda": _("Agenda"),
        "agenda_heads": [_("Hour"), _("Min"), _("Sequence"), _("What remains of it"), _("Cut")],
        "cut": _("If we start late, leave out 1 first, then 2, then 3."),
        "before": _("Test before"),
        "after": _("Test after"),
        "my_number": _("Participant number:"),
        "no_name": _("Write your number, not your name."),
        "not_yet": _("I do not know yet"),
        "guide": _("Facilitator guide"),
        "nobody": _("Nobody is on the list yet."),
    }


def _session_title(session: Session) -> str:
    hours = f"{hour(session.starts)} – {hour(session.ends)}"
    words = f"{longdate(session.day)}, {hours}"
    return printable(f"{words} · {session.title}" if session.title else words, 200)


def _person(row: Registration, names: dict[Any, str], protected: set[Any]) -> list[str]:
    hidden = row.pk in protected
    place = "" if hidden or row.institution is None else printable(str(row.institution), 60)
    return [
        str(row.number),
        names[row.pk],
        "" if hidden else printable(row.post, 60),
        place,
        "" if hidden else printable(row.phone, 32),
    ]


def _tests(workshop: Workshop) -> list[dict[str, Any]]:
    """The questions of the test before and after: prompt, and what may be ticked, in an order that tells no key. None
    without a course or a test."""
    if workshop.course_id is None or not workshop.with_tests:
        return []
    rows = Question.objects.filter(course=workshop.course_id, use="prepost", retired=False).select_related("current")
    found = []
    for question in rows.order_by("position", "slug"):
        body = question.current.body if question.current is not None else {}
        prompt = in_language(body.get("prompt", {}), workshop.language)
        if prompt:
            options = _options(body, workshop.language)
            options.sort(key=lambda words: paper_order(workshop, question.slug, words))
            found.append({"prompt": printable(prompt, 800), "options": options})
    return found


def paper_order(workshop: Workshop, slug: str, words: str) -> bytes:
    """Where an option stands in the test on paper, and on the page into which it is typed."""
    return sha256(f"{workshop.pk} {slug} {printable(words, 400)}".encode()).digest()


def _options(body: dict[str, Any], language: str) -> list[str]:
    options = body.get("options")
    if not isinstance(options, list):
        return []
    said = []
    for option in options:
        words = option.get("text", option) if isinstance(option, dict) else option
        said.append(printable(in_language(words, language) if isinstance(words, dict) else str(words), 400))
    return said


def _guide(workshop: Workshop) -> list[dict[str, Any]]:
    """The guide as blocks a template can set: {"kind": heading, text, item or row, "level", "cells"}."""
    guide = guide_of(workshop)
    if guide is None:
        return []
    blocks: list[dict[str, Any]] = [{"kind": "heading", "level": 2, "text": printable(guide.title, 250)}]
    cells: list[str] = []
    inside: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse(guide.body):
        if token.type in ("heading_open", "list_item_open", "tr_open", "paragraph_open"):
            inside.append(token.type)
            cells = [] if token.type == "tr_open" else cells
        elif token.type in ("heading_close", "list_item_close", "paragraph_close"):
            inside.pop()
        elif token.type == "tr_close":
            inside.pop()
            blocks.append({"kind": "row", "cells": cells})
        elif token.type == "inline":
            text = printable(_plain(token), 2000)
            if "tr_open" in inside:
                cells.append(text)
            elif "heading_open" in inside:
                blocks.append({"kind": "heading", "level": 3, "text": text})
            else:
                blocks.append({"kind": "item" if "list_item_open" in inside else "text", "text": text})
    return [block | {"level": block.get("level", 0), "cells": block.get("cells", [])} for block in blocks]


def _plain(token: Any) -> str:
    return "".join(" " if child.type in ("softbreak", "hardbreak") else child.content for child in token.children or [])
