"""The report: what leaves the desk holds no small group and no name that was not asked for."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from people.models import Institution
from tests.workshops.test_attendance import NOON, count, mark, send
from workshops.models import TestSitting
from workshops.queries.report import report_of
from workshops.report_paper import render_pdf
from workshops.services import close_attendance, register
from workshops.services.outcomes import save_outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(workshop, sessions, cast):
    """Seven men and six women of one institution, three men of another, all there; one is protected."""
    place, other = Institution.objects.get(code="dnapes"), Institution.objects.get(code="court")
    workshop.capacity = 30
    workshop.save()
    rows = [
        register(workshop=workshop, name=f"Nom{n} Diarra", sex=sex, institution=where, actor=cast.issa)
        for n, (sex, where) in enumerate([("m", place)] * 7 + [("f", place)] * 6 + [("m", other)] * 3)
    ]
    rows[0].protected = True
    rows[0].save()
    send(
        workshop,
        cast.issa,
        head_counts=[count(session, 17) for session in sessions],
        marks=[mark(session, row, minutes=n) for session in sessions for n, row in enumerate(rows)],
    )
    return rows


def sat(row, moment, shares):
    points = {f"q{n}": share for n, share in enumerate(shares)}
    TestSitting.objects.create(registration=row, moment=moment, points=points, stored=NOON)


def test_small_groups_and_what_would_give_them_away_are_hidden(workshop, held):
    report = report_of(workshop)
    assert report.people == 16
    assert report.places is not None and None in report.places.values()
    assert set(report.places.values()) == {None}  # three of one institution: sixteen less thirteen would tell
    assert report.sexes is not None and sorted(report.sexes.values()) == [6, 10]
    assert report.crossed is None  # crossing them would have cost the list by sex its figures
    assert [(one.listed, one.counted) for one in report.sessions] == [(16, 17)] * 4


def test_the_files_hold_names_only_in_the_annex_and_never_of_protected_people(workshop, held, cast, client_for):
    save_outcome(workshop=workshop, actor=cast.issa, kind="output", text='=HYPERLINK("http://x")', addressee="DNAPES")
    client, address = client_for(cast.issa), reverse("workshop-report-file", args=[workshop.pk])
    page = client.get(reverse("workshop-report", args=[workshop.pk]))
    assert page.status_code == 200 and "Diarra" not in page.content.decode()
    book = load_workbook(io.BytesIO(client.get(address, {"kind": "xlsx"}).content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not any("Diarra" in str(cell.value) for cell in cells)
    assert {cell.data_type for cell in cells if str(cell.value).startswith("=")} == {"s"}
    book = load_workbook(io.BytesIO(client.get(address, {"kind": "xlsx", "annex": "list"}).content))
    said = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "Nom1 Diarra" in said and "Nom0 Diarra" not in said
    assert client.get(address, {"annex": ["list", "agenda", "sheets"]}).content.startswith(b"%PDF-")


def test_the_gain_is_of_pairs_and_told_when_attendance_is_closed(workshop, held, cast):
    for row in held[:5]:
        sat(row, "pre", [0.2, 0.4])
        sat(row, "post", [0.6, 1.0])
    sat(held[6], "pre", [1.0, 1.0])  # took no second test: counts nowhere
    assert report_of(workshop).tests is None
    close_attendance(workshop=workshop, actor=cast.issa)
    workshop.refresh_from_db()
    tests = report_of(workshop).tests
    assert tests is not None and tests.pairs == 5 and not tests.conclusive
    assert (round(tests.overall.before, 2), round(tests.overall.after, 2)) == (0.3, 0.8)
    assert round(tests.overall.normalised, 2) == 0.71
    assert render_pdf(workshop).startswith(b"%PDF-")


def test_the_report_costs_the_same_for_a_small_group_and_a_large_one(
    workshop, held, cast, django_assert_max_num_queries
):
    for row in held:
        sat(row, "pre", [0.2])
        sat(row, "post", [0.6])
    close_attendance(workshop=workshop, actor=cast.issa)
    workshop.refresh_from_db()
    with django_assert_max_num_queries(15):
        report_of(workshop)
