"""What is alarming in an evaluation is said in words, where those who must act read it."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from tests.workshops.test_attendance import count, send
from workshops.queries.report import report_of, satisfaction_of
from workshops.report_paper import render_pdf, render_xlsx
from workshops.services import announce, close_attendance, register
from workshops.services.surveys import type_survey

pytestmark = pytest.mark.django_db
GRAVE = "Nothing in the course put me or others in danger"


@pytest.fixture
def answered(workshop, sessions, group, cast):
    """Six evaluations: one statement at 3.17, one at 3.5, one that only four people rated."""
    announce(workshop=workshop, actor=cast.issa)
    for n in range(3):
        register(workshop=workshop, name=f"Autre {n}", actor=cast.issa)
    for n in range(6):
        rare = {"ce-01": "1"} if n < 4 else {}
        data = {"ce-10": "2" if n == 0 else "3" if n < 4 else "4", "ce-09": "3" if n % 2 else "4", **rare}
        type_survey(workshop=workshop, actor=cast.issa, data=data)
    return workshop


def close(workshop, sessions, cast):
    send(workshop, cast.issa, head_counts=[count(session, 6) for session in sessions])
    close_attendance(workshop=workshop, actor=cast.issa)
    workshop.refresh_from_db()


def test_a_mean_under_three_and_a_half_is_alarming_from_five_answers_on(answered):
    found = satisfaction_of(answered)
    assert found is not None
    (words, mean, number) = found.alarms[0]
    assert words.startswith(GRAVE) and round(mean, 2) == 3.17 and number == 6
    assert len(found.alarms) == 1


def test_the_page_of_outcomes_and_the_report_say_it_once_attendance_is_closed(answered, sessions, cast, client_for):
    client = client_for(cast.issa)
    pages = [reverse(name, args=[answered.pk]) for name in ("workshop-outcomes", "workshop-report")]
    assert not any("3.17" in client.get(page).content.decode() for page in pages)
    close(answered, sessions, cast)
    for page in pages:
        text = client.get(page).content.decode()
        assert GRAVE in text and "3.17" in text and "An average below 3.5" in text
    assert render_pdf(answered).startswith(b"%PDF-")
    book = load_workbook(io.BytesIO(render_xlsx(answered)))
    assert 3.17 in {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}


def test_nothing_is_alarming_in_a_good_evaluation(workshop, sessions, group, cast, client_for):
    announce(workshop=workshop, actor=cast.issa)
    for n in range(3):
        register(workshop=workshop, name=f"Autre {n}", actor=cast.issa)
    for _n in range(5):
        type_survey(workshop=workshop, actor=cast.issa, data={"ce-10": "5", "ce-01": "4"})
    close(workshop, sessions, cast)
    assert report_of(workshop).satisfaction.alarms == []
    assert (
        "note bad" not in client_for(cast.issa).get(reverse("workshop-outcomes", args=[workshop.pk])).content.decode()
    )
