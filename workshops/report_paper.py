"""The report of a workshop: what stands in it, once, for the screen, the PDF and the XLSX.

Figures come from `queries.report` and are hidden there already. A name stands only in the annex that was asked for, without
institution, post or sex: with them anybody could count the groups that the figures hide. Protected people stand there by
their number.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from operations.days import hour, longdate
from operations.paper import compile_pdf, printable
from operations.words import in_language
from people.models import Protection
from workshops.hiding import LEAST
from workshops.models import Allowance, Mark, Presence, Registration, Session, Sheet, Workshop
from workshops.paper import FOLDER, LANGUAGES, names_on_paper
from workshops.queries.report import CONCLUSIVE, Cell, Report, Results, report_of
from workshops.signed_pages import as_jpeg
from workshops.survey import ALARMING

TEMPLATE: Path = FOLDER / "report.typ"
ANNEXES: Mapping[str, Any] = {
    "agenda": gettext_lazy("Agenda"),
    "list": gettext_lazy("Participants by name (protected people by number)"),
    "sheets": gettext_lazy("Register of the signed pages (the pages themselves stay at the desk)"),
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Value = str | int | float


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a plot; values from 0 to 1."""

    label: str
    values: list[float]


@dataclass(slots=True)
class Section:
    title: str
    lines: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    rows: list[list[Value]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # what each value of a bar is


def sections_of(report: Report, annexes: Collection[str] = ()) -> list[Section]:
    """The report in the active language; annexes: keys of ANNEXES."""
    found = [_facts(report), *_people(report), _sessions(report)]
    if report.only_counted:
        rows: list[list[Value]] = [[name, _cell(cell)] for name, cell in report.only_counted.items()]
        found.append(Section(_("People who are only counted"), heads=[_("Group"), _("People")], rows=rows))
    found += [_tests(report), *_satisfaction(report), *_transfer(report), _outcomes(report)]
    builders = {"agenda": _agenda, "list": _list, "sheets": _sheets}
    return found + [builders[name](report.workshop) for name in ANNEXES if name in annexes]


def _cell(cell: Cell) -> Value:
    return _("hidden") if cell is None else cell


def _facts(report: Report) -> Section:
    workshop = report.workshop
    days = longdate(workshop.starts)
    if workshop.ends != workshop.starts:
        days = f"{days} – {longdate(workshop.ends)}"
    place = f"{workshop.venue}, {workshop.place}" if workshop.venue else workshop.place
    rows: list[list[Value]] = [
        [_("Workshop"), workshop.code],
        [_("Title"), workshop.title],
        [_("Days"), days],
        [_("Place"), place],
        [_("Organiser"), str(workshop.organiser)],
    ]
    if workshop.course is not None:
        rows.append([_("Course"), workshop.course.code])
    if workshop.project is not None:
        rows.append([_("Project"), str(workshop.project)])
    rows.append([_("People who came"), _("fewer than five") if report.people is None else report.people])
    if report.costs is not None:
        rows.append([_("Costs (CFA francs)"), int(report.costs)])
    state = (
        _("Attendance is closed.")
        if report.closed
        else _("Attendance is not closed yet: figures may change, tests and evaluation are not told.")
    )
    hidden = _("Groups under five people are hidden, and others with them where a total would give them away.")
    return Section(_("The workshop"), [state, hidden], rows=rows)


def _people(report: Report) -> list[Section]:
    found = [
        _list_of(_("By institution"), _("Institution"), report.places, report.people),
        _list_of(_("By sex"), _("Sex"), report.sexes, report.people),
        _list_of(_("By audience"), _("Audience"), report.audiences, report.people),
    ]
    if report.crossed is not None:
        columns = sorted(report.crossed.columns)
        rows: list[list[Value]] = [
            [place, *(_cell(report.crossed.cells[place, column]) for column in columns), _cell(total)]
            for place, total in sorted(report.crossed.rows.items())
        ]
        heads = [_("Institution"), *columns, _("Total")]
        found.append(Section(_("By institution and sex"), heads=heads, rows=rows))
    return found


def _list_of(title: str, head: str, table: Mapping[str, Cell] | None, total: Cell) -> Section:
    if total == 0:
        return Section(title, [_("Nobody is marked present yet.")])
    if table is None:
        return Section(title, [_("Hidden: the groups are too small.")])
    rows: list[list[Value]] = [[name, _cell(cell)] for name, cell in table.items()]
    bars = [Bar(name, [cell / total]) for name, cell in table.items() if cell is not None and total]
    return Section(title, heads=[head, _("People")], rows=rows, bars=bars)


def _sessions(report: Report) -> Section:
    rows: list[list[Value]] = [
        [
            ", ".join(filter(None, [longdate(one.session.day), _hours(one.session), one.session.title])),
            _cell(one.listed),
            _("not counted") if one.uncounted else _cell(one.counted),
        ]
        for one in report.sessions
    ]
    heads = [_("Session"), _("Present by the list"), _("Heads counted in the room")]
    return Section(_("By session"), heads=heads, rows=rows)


def _hours(session: Session) -> str:
    return f"{hour(session.starts)} – {hour(session.ends)}"


def _percent(share: float) -> int:
    return round(share * 100)


def _tests(report: Report) -> Section:
    title, tests = _("Knowledge before and after"), report.tests
    if tests is None:
        return Section(title, [_("Not told: fewer than five people took both tests, or attendance is not closed.")])
    lines = [
        ngettext("n = %(n)d person who took both tests.", "n = %(n)d people who took both tests.", tests.pairs)
        % {"n": tests.pairs},
        _("Gain: after less before, in percentage points. Normalised gain: the part gained of what could be gained."),
    ]
    if not tests.conclusive:
        lines.append(
            _("Fewer than %(least)d pairs: this describes the group and allows no conclusion.") % {"least": CONCLUSIVE}
        )
    named = [(_("All questions"), tests.overall), *tests.questions]
    rows: list[list[Value]] = [
        [
            words,
            tests.pairs,
            _percent(one.before),
            _percent(one.after),
            _percent(one.gain),
            "–" if one.normalised is None else round(one.normalised, 2),
        ]
        for words, one in named
    ]
    return Section(
        title,
        lines,
        [_("Question"), _("n"), _("Before (%)"), _("After (%)"), _("Gain (points)"), _("Normalised gain")],
        rows,
        [Bar(words, [one.before, one.after]) for words, one in named],
        [_("before"), _("after")],
    )


def _satisfaction(report: Report) -> list[Section]:
    title, found = _("Evaluation by the participants"), report.satisfaction
    if found is None:
        return [Section(title, [_("Not told: fewer than five answers, or attendance is not closed.")])]
    sections = _said(title, found, [])
    if found.alarms:
        rows: list[list[Value]] = [[words, round(mean, 2), number] for words, mean, number in found.alarms]
        sections.append(Section(_("Alarming results"), alarm_lines(found), [_("Statement"), _("Mean"), _("n")], rows))
    return sections


def alarm_lines(found: Results) -> list[str]:
    """From what on a result of the evaluation is alarming, and what follows from it."""
    return [_("Alarming: a mean under %(limit)s of 5.") % {"limit": shown(ALARMING)}, *found.rules]


def _transfer(report: Report) -> list[Section]:
    """What has changed at work, a section for each form; one that says why where nothing is told yet."""
    found = report.transfer
    if found is None:
        return []
    title = in_language(found.survey.title)
    days = {"first": longdate(found.opens), "last": longdate(found.over - dt.timedelta(days=1))}
    if not found.told:
        return [Section(title, [_("Asked from %(first)s to %(last)s; the results are told afterwards.") % days])]
    sections = []
    for name, results in found.forms.items():
        heading = f"{title} · {in_language(found.survey.forms[name].title)}"
        if results is None:
            sections.append(Section(heading, [_("Not told: fewer than five answers.")]))
        else:
            sections += _said(heading, results, results.rules)
    return sections


def _said(title: str, found: Results, more: list[str]) -> list[Section]:
    """The results of one form of a survey: means on the scale, what was chosen, what was written."""
    (lowest, low), (highest, high) = found.points[0], found.points[-1]
    rows: list[list[Value]] = [
        [words, _mean(mean, number), _cell(None if 0 < number < LEAST else number)]
        for words, mean, number in found.items
    ]
    lines = [
        ngettext("%(n)d anonymous answer.", "%(n)d anonymous answers.", found.answers) % {"n": found.answers},
        _("Means from %(lowest)d (%(low)s) to %(highest)d (%(high)s).")
        % {"lowest": lowest, "low": low, "highest": highest, "high": high},
        *more,
    ]
    reach = (highest - lowest) or 1
    bars = [Bar(words, [(mean - lowest) / reach]) for words, mean, _n in found.items if mean is not None]
    sections = [Section(title, lines, [_("Statement"), _("Mean"), _("n")], rows, bars)]
    for words, table, number in found.choices:
        heading = f"{title} · {words}"
        if table is None:
            sections.append(Section(heading, [_("Hidden: the groups are too small.")]))
        else:
            counted: list[list[Value]] = [[name, _cell(cell)] for name, cell in table.items()]
            sections.append(Section(heading, [f"n = {shown(number)}"], heads=[_("Answer"), _("People")], rows=counted))
    if found.comments:
        remarks: list[list[Value]] = [[words, remark] for words, said in found.comments for remark in said]
        sections.append(
            Section(" · ".join([title, _("Comments")]), heads=[_("Question"), _("What was written")], rows=remarks)
        )
    return sections


def _mean(mean: float | None, number: int) -> Value:
    if mean is None:
        return _("hidden") if number else "–"
    return round(mean, 1)


def _outcomes(report: Report) -> Section:
    rows: list[list[Value]] = [
        [
            str(one.get_kind_display()),
            one.text,
            one.addressee,
            longdate(one.due) if one.due else "",
            str(one.get_state_display()),
        ]
        for one in report.outcomes
    ]
    title = _("Outputs and recommendations")
    if not rows:
        return Section(title, [_("None is written down.")])
    return Section(title, heads=[_("Kind"), _("Text"), _("For whom"), _("By when"), _("State")], rows=rows)


# --- annexes ----------------------------------------------------------------------------------------------------------


def _agenda(workshop: Workshop) -> Section:
    rows: list[list[Value]] = [
        [longdate(session.day), hour(item.starts), item.minutes, item.title]
        for session in workshop.sessions.filter(cancelled=False).prefetch_related("agenda")
        for item in session.agenda.all()
    ]
    return Section(_("Annex: agenda"), heads=[_("Day"), _("Hour"), _("Min"), _("Sequence")], rows=rows)


def _list(workshop: Workshop) -> Section:
    people = list(workshop.registrations.filter(state__in=Registration.EXPECTED).order_by("number"))
    protected = set(
        Protection.objects.on().filter(user__in=[row.user_id for row in people]).values_list("user_id", flat=True)
    )
    attended: dict[Any, int] = {}
    present = Presence.objects.filter(
        session__workshop=workshop, session__cancelled=False, status=Mark.Status.PRESENT, registration__in=people
    )
    for pk in present.values_list("registration_id", flat=True):
        attended[pk] = attended.get(pk, 0) + 1
    rows: list[list[Value]] = [
        [
            row.number,
            _("Participant %(number)d") % {"number": row.number}
            if row.protected or row.user_id in protected or not row.name
            else row.name,
            attended[row.pk],
        ]
        for row in people
        if row.pk in attended
    ]
    return Section(_("Annex: participants"), heads=[_("No."), _("Name"), _("Sessions")], rows=rows)


def _sheets(workshop: Workshop) -> Section:
    rows: list[list[Value]] = [
        [longdate(row.session.day), hour(row.session.starts), row.digest]
        for row in Sheet.objects.filter(session__workshop=workshop, protected=False)
        .select_related("session")
        .order_by("session__day", "session__starts", "added")
    ]
    return Section(_("Annex: signed pages filed"), heads=[_("Day"), _("Hour"), _("SHA-256 of the page")], rows=rows)


# --- files ------------------------------------------------------------------------------------------------------------


def paper_language() -> str:
    """The language of the report: that of the interface where there is paper in it."""
    language = get_language() or ""
    return language if language in LANGUAGES else LANGUAGES[0]


def render_pdf(workshop: Workshop, *, annexes: Collection[str] = (), pages: Collection[Sheet] = ()) -> bytes:
    """The report as a PDF (PDF/A-2a, PDF/UA-1); `pages`: signed pages that it holds.

    Raises Refused for a page that is no picture, or that is protected.
    """
    language = paper_language()
    with override(language):
        now = timezone.localtime().replace(microsecond=0)
        data = {
            "language": language,
            "title": printable(_("Report of workshop %(code)s") % {"code": workshop.code}, 120),
            "subtitle": printable(workshop.title, 200),
            "code": workshop.code,
            "made": _("Made on %(day)s") % {"day": longdate(now.date())},
            "sections": [_on_paper(one) for one in sections_of(report_of(workshop), annexes)],
            "pages_title": _("Annex: signed pages"),
            "pages": [{"file": f"{number}.jpg", "title": _page_title(one)} for number, one in enumerate(pages)],
        }
        pictures = {f"{number}.jpg": as_jpeg(one) for number, one in enumerate(pages)}
        return compile_pdf(TEMPLATE, data, timestamp=now, standards=["a-2a", "ua-1"], pictures=pictures)


def _page_title(sheet: Sheet) -> str:
    return f"{longdate(sheet.session.day)}, {_hours(sheet.session)}"


def _on_paper(section: Section) -> dict[str, Any]:
    return {
        "title": printable(section.title, 200),
        "lines": [printable(line, 400) for line in section.lines],
        "heads": [printable(head, 80) for head in section.heads],
        "rows": [[printable(shown(value), 2000) for value in row] for row in section.rows],
        "bars": [
            {"label": printable(bar.label, 90), "values": [max(0.0, min(1.0, value)) for value in bar.values]}
            for bar in section.bars
        ],
        "keys": section.keys,
        "widths": [_width(column) for column in zip(section.heads or [""] * 9, *section.rows, strict=False)],
        "empty": "–" if section.heads and not section.rows else "",
    }


def _width(column: Sequence[Value]) -> int:
    """The share of a column: its longest text within reason, and never less than its longest word."""
    texts = [shown(value) for value in column]
    longest_word = max((len(word) for text in texts for word in text.split()), default=0)
    return max(7, longest_word * 4 // 3 + 4, min(36, max(map(len, texts))))


def shown(value: Value) -> str:
    """A value in words of the active language."""
    if isinstance(value, str):
        return value
    return number_format(value, use_l10n=True, force_grouping=isinstance(value, int) and value > 9999)


def render_xlsx(workshop: Workshop, *, annexes: Collection[str] = ()) -> bytes:
    """The report as a workbook, one sheet for each section. What begins like a formula is text."""
    with override(paper_language()):
        sections = sections_of(report_of(workshop), annexes)
    book = Workbook()
    book.remove(book.active)
    for number, section in enumerate(sections, start=1):
        sheet = book.create_sheet(_sheet_name(number, section.title))
        lines: list[list[Value]] = [[words] for words in (section.title, *section.lines)]
        heads: list[list[Value]] = [list(section.heads)]
        for place, row in enumerate(lines + heads + section.rows, start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(place, column)
                write_cell(cell, value)
                if place == 1 or (section.heads and place == len(lines) + 1):
                    cell.font = Font(bold=True)
        sheet.column_dimensions["A"].width = 40
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _sheet_name(number: int, title: str) -> str:
    return f"{number} " + "".join(sign for sign in title if sign not in r"[]:*?/\'")[:27]


def write_cell(cell: Any, value: Value) -> None:
    """Write a value; words stay words, also where they begin like a formula."""
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    if value.startswith(FORMULA):
        cell.data_type, cell.quotePrefix = "s", True


# --- the allowance sheet ----------------------------------------------------------------------------------------------


def render_allowances(workshop: Workshop, day: dt.date, rows: Sequence[Allowance]) -> bytes:
    """The sheet of a day with what each is paid, to be signed; protected people on a page of their own, by their pseudonym
    (PDF/A-2a, PDF/UA-1)."""
    people = [row.registration for row in rows]
    names = names_on_paper(people)
    users = [row.user_id for row in people if row.user_id]
    hidden = set(Protection.objects.on().filter(user__in=users).values_list("user_id", flat=True))
    language = paper_language()
    with override(language):
        parts: dict[bool, list[Allowance]] = {False: [], True: []}
        for row in rows:
            parts[row.registration.protected or row.registration.user_id in hidden].append(row)
        data = {
            "language": language,
            "code": workshop.code,
            "title": _("Allowances"),
            "day": longdate(day),
            "separate": _("Separate sheet of protected people: keep it apart"),
            "heads": [_("No."), _("Name"), _("CFA francs"), _("Signature")],
            "total": _("Total"),
            "signed": _("Paid by (name, signature, date):"),
            "pages": [
                {
                    "separate": separate,
                    "rows": [
                        [str(one.registration.number), names[one.registration_id], shown(int(one.amount))]
                        for one in found
                    ],
                    "total": shown(sum(int(one.amount) for one in found)),
                }
                for separate, found in parts.items()
                if found
            ],
        }
        moment = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
        return compile_pdf(FOLDER / "allowances.typ", data, timestamp=moment, standards=["a-2a", "ua-1"])
