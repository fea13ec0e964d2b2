"""A list of participants from a file: XLSX or CSV, read into plain rows. Pure: nothing here touches the database.

The file comes from outside: its size, its rows and what it unpacks to are bounded before anything is read.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from operations.errors import Refused
from operations.folding import fold

LARGEST = 1_000_000  # bytes
UNPACKED = 20_000_000
MOST_ROWS = 500
MOST_COLUMNS = 30
LONGEST = 300

# What a column may be called, without accents and capitals.
HEADS = {
    "number": ("matricule", "numero", "staff number", "number", "no matricule", "n° matricule", "numero matricule"),
    "first": ("prenom", "prenoms", "first name", "first"),
    "last": ("nom", "nom de famille", "last name", "last", "surname"),
    "name": ("nom et prenom", "nom et prenoms", "prenom et nom", "nom complet", "noms et prenoms", "name", "full name"),
    "institution": ("institution", "etablissement", "structure", "service", "facility"),
    "post": ("poste", "fonction", "grade", "post", "function"),
    "sex": ("sexe", "sex", "genre", "gender"),
    "audience": ("profession", "public", "corps", "audience"),
    "phone": ("telephone", "tel", "phone", "contact"),
}
_NAMED = {"name", "last", "number"}  # one of these makes a line the head of the list
SEXES = {"f": "f", "femme": "f", "feminin": "f", "woman": "f", "female": "f"}
SEXES |= {"m": "m", "h": "m", "homme": "m", "masculin": "m", "man": "m", "male": "m"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file as it was written; `line`: its number there."""

    line: int
    number: str = ""
    name: str = ""
    institution: str = ""
    post: str = ""
    sex: str = ""
    audience: str = ""
    phone: str = ""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def read(content: bytes, name: str) -> list[Row]:
    """The rows of a list. Raises Refused, in words, for anything that is none."""
    if len(content) > LARGEST:
        raise Refused(
            _("The file is larger than 1 MB: a list of participants is much smaller."), _("Send the list alone.")
        )
    if not content.strip():
        raise Refused(_("The file is empty."), _("Choose another file."))
    lines = _workbook(content) if content[:4] == b"PK\x03\x04" else _text(content)
    return _rows(lines)


def _unreadable() -> Refused:
    return Refused(
        _("This file is neither a list in XLSX nor in CSV."), _("Save the list as XLSX or CSV and send it again.")
    )


def _workbook(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED:
                raise Refused(_("The file unpacks to far more than a list of participants."), _("Send the list alone."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=MOST_ROWS + 20, max_col=MOST_COLUMNS, values_only=True)
        found = [["" if cell is None else str(cell) for cell in row] for row in rows]
        book.close()
    except Refused:
        raise
    except Exception as error:  # whatever a broken file makes the library raise
        raise _unreadable() from error
    return found


def _text(content: bytes) -> list[list[str]]:
    if b"\0" in content:
        raise _unreadable()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = max(";,\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error as error:
        raise _unreadable() from error
    return [row[:MOST_COLUMNS] for row in rows]


def _rows(lines: Sequence[Sequence[str]]) -> list[Row]:
    start = next((number for number, cells in enumerate(lines[:15]) if _NAMED & set(_heads(cells).values())), None)
    if start is None:
        raise Refused(
            _("No column is called “Name”, “Last name” or “Staff number”."),
            _("Give the columns a first line with their names."),
        )
    heads = _heads(lines[start])
    below = enumerate(lines[start + 1 :], start=start + 2)
    rows = [row for number, cells in below if (row := _row(number, cells, heads))]
    if not rows:
        raise Refused(_("The list holds nobody."), _("Choose another file."))
    if len(rows) > MOST_ROWS:
        raise Refused(_("The list holds more than %(count)d lines.") % {"count": MOST_ROWS}, _("Send it in parts."))
    return rows


def _heads(cells: Iterable[str]) -> dict[int, str]:
    known = {words: name for name, written in HEADS.items() for words in written}
    found: dict[int, str] = {}
    for column, cell in enumerate(cells):
        name = known.get(" ".join(fold(str(cell)[:60]).replace("(", " ").replace(")", " ").split()))
        if name and name not in found.values():
            found[column] = name
    return found


def _row(number: int, cells: Sequence[str], heads: dict[int, str]) -> Row | None:
    given = {name: _clean(cells[column]) for column, name in heads.items() if column < len(cells)}
    name = given.get("name") or " ".join(part for part in (given.get("first"), given.get("last")) if part)
    if not name and not given.get("number"):
        return None
    return Row(
        line=number,
        number=given.get("number", "")[:32].upper(),
        name=name[:LONGEST],
        institution=given.get("institution", ""),
        post=given.get("post", "")[:120],
        sex=SEXES.get(fold(given.get("sex", "")), ""),
        audience=given.get("audience", ""),
        phone=given.get("phone", "")[:32],
    )


def _clean(cell: str) -> str:
    text = "".join(sign if sign.isprintable() else " " for sign in str(cell)[:LONGEST])
    return " ".join(text.split())
