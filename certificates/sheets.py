"""Tables that leave the desk as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from openpyxl import Workbook
from openpyxl.styles import Font

from workshops.report_paper import FORMULA, Value, write_cell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Value]]


def as_file(sheets: Sequence[Sheet], *, kind: str, name: str) -> HttpResponse:
    """CSV (the first table) or XLSX (all of them). What begins like a formula is text in both."""
    if kind == "xlsx":
        return download(_xlsx(sheets), kind=XLSX, name=name, ending="xlsx")
    text = io.StringIO()
    # Spreadsheets of French speakers part cells at semicolons.
    writer = csv.writer(text, delimiter=";" if (get_language() or "").startswith("fr") else ",")
    writer.writerow(sheets[0].heads)
    writer.writerows([_cell(value) for value in row] for row in sheets[0].rows)
    # The mark tells spreadsheets UTF-8.
    return download(f"\ufeff{text.getvalue()}".encode(), kind="text/csv; charset=utf-8", name=name, ending="csv")


def download(content: bytes, *, kind: str, name: str, ending: str) -> HttpResponse:
    """A file with the day in its name, that nothing on the way keeps."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate().isoformat()}.{ending}"'
    response["Cache-Control"] = "no-store"
    return response


def _cell(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _xlsx(sheets: Sequence[Sheet]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for one in sheets:
        sheet = book.create_sheet("".join(sign for sign in one.title if sign not in r"[]:*?/\'")[:31])
        for place, row in enumerate([one.heads, *one.rows], start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(place, column)
                write_cell(cell, value)
                if place == 1:
                    cell.font = Font(bold=True)
        sheet.column_dimensions["A"].width = 40
        sheet.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
