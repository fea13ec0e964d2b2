"""Three months after: who is asked, once; answers that lead to nobody; results of a group, when none can come any more."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from operations.errors import Refused
from operations.models import Message
from people.models import Protection, Supervision, User
from tests.workshops.test_attendance import count, mark, send
from workshops.models import SurveyAnswer, SurveyReceipt
from workshops.queries.report import report_of
from workshops.report_paper import render_pdf, render_xlsx, sections_of
from workshops.services import announce, close_attendance, register
from workshops.services.surveys import answer_transfer, ask_after

pytestmark = pytest.mark.django_db
CLOSED = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)
FILLED = {"wt-t01": "3", "wt-t02": "na", "wt-t08": ["time", "orders"], "wt-t09": "J'ai écrit la date et l'heure."}


def day(after: int) -> dt.datetime:
    return CLOSED + dt.timedelta(days=after)


@pytest.fixture
def closed(workshop, sessions, group, cast):
    """Awa was there, whom Mariam supervises; two others have no account."""
    Supervision.objects.create(person=cast.awa, supervisor=cast.mariam, since=dt.date(2026, 1, 1))
    announce(workshop=workshop, actor=cast.issa)
    send(
        workshop,
        cast.issa,
        head_counts=[count(session, 3) for session in sessions],
        marks=[mark(session, row, minutes=n) for session in sessions for n, row in enumerate(group)],
    )
    with time_machine.travel(CLOSED, tick=False):
        close_attendance(workshop=workshop, actor=cast.issa)
    workshop.refresh_from_db()
    return workshop


def told() -> list[tuple[str, str]]:
    rows = Message.objects.filter(kind__startswith="workshops.after").order_by("pk")
    return sorted((row.recipient.username, row.kind) for row in rows)


def test_those_who_came_and_their_supervisors_are_asked_once_and_reminded_once(closed, cast):
    both = {"awa", "mariam"}
    for after, kinds in (
        (89, set()),
        (90, {"workshops.after"}),
        (91, {"workshops.after"}),
        (104, {"workshops.after", "workshops.after-reminder"}),
        (110, {"workshops.after", "workshops.after-reminder"}),
        (200, {"workshops.after", "workshops.after-reminder"}),
    ):
        with time_machine.travel(day(after), tick=False):
            ask_after()
            ask_after()
        assert told() == sorted((name, kind) for name in both for kind in kinds), after
    links = {row.recipient.username: row.url for row in Message.objects.filter(kind="workshops.after")}
    assert links["awa"].endswith(f"/workshops/{closed.pk}/after/")
    assert links["mariam"].endswith(f"/workshops/{closed.pk}/after/team/")


def test_neither_the_absent_nor_former_supervisors_nor_those_of_protected_people_are_asked(closed, group, cast):
    Supervision.objects.update(until=day(90).date())
    with time_machine.travel(day(90), tick=False):
        ask_after()
        assert told() == [("awa", "workshops.after")]
        Supervision.objects.update(until=None)
        Protection.objects.create(user=cast.awa, kind=Protection.Kind.MAGISTRATE, pseudonym="Baobab 1")
        ask_after()
    assert told() == [("awa", "workshops.after")]


def test_a_form_is_answered_once_in_its_time_and_leads_to_nobody(closed, cast, client_for):
    own, team = (reverse(name, args=[closed.pk]) for name in ("my-workshop-after", "my-workshop-after-team"))
    with time_machine.travel(day(89), tick=False):
        assert 'name="wt-t01"' not in client_for(cast.awa).get(own).content.decode()
        assert client_for(cast.awa).post(own, FILLED).status_code == 422
    with time_machine.travel(day(95), tick=False):
        page = client_for(cast.awa).get(own).content.decode()
        assert 'name="wt-t08" value="time"' in page and 'type="checkbox"' in page and 'name="wt-s01"' not in page
        assert client_for(cast.awa).post(own, FILLED).status_code == 303
        assert client_for(cast.awa).post(own, FILLED).status_code == 422
        page = client_for(cast.mariam).get(team).content.decode()
        assert 'name="wt-s01"' in page and "écrit la date" not in page
        answer = client_for(cast.mariam).post(team, {"wt-s01": "2", "wt-s07": "better", "wt-t01": "1"})
        assert answer.status_code == 303
        for person, address in ((cast.mariam, own), (cast.awa, team), (cast.seydou, own), (cast.seydou, team)):
            assert client_for(person).get(address).status_code == 404
    rows = {row.form: row for row in SurveyAnswer.objects.all()}
    assert rows["trainee"].answers == {**FILLED, "wt-t01": 3, "wt-t08": ["time", "orders"]}
    assert rows["supervisor"].answers == {"wt-s01": 2, "wt-s07": "better"}
    assert {row.stored for row in rows.values()} == {day(90).date()}  # the day of everybody, not of the answer
    assert SurveyReceipt.objects.count() == 2
    with time_machine.travel(day(118), tick=False), pytest.raises(Refused):
        answer_transfer(workshop=closed, form="supervisor", user=cast.mariam, data={"wt-s01": "2"})


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"wt-t01": "9", "wt-t08": "no-such", "wt-s01": "2"},
        {"wt-t01": ["", "3"], "unknown": "x"},
        {"wt-t09": "x" * 601},
        {"wt-t09": "a\x00b", "wt-t01": "3"},
        {"wt-t10": "\u202egnol", "wt-t01": "3"},
    ],
)
def test_nothing_is_kept_of_what_no_form_asks_and_of_signs_that_cannot_be_kept(closed, cast, client_for, data):
    with time_machine.travel(day(95), tick=False):
        answer = client_for(cast.awa).post(reverse("my-workshop-after", args=[closed.pk]), data)
        assert answer.status_code == 422
        assert not SurveyAnswer.objects.exists() and not SurveyReceipt.objects.exists()
        # What was refused can be sent again, put right.
        assert client_for(cast.awa).post(reverse("my-workshop-after", args=[closed.pk]), FILLED).status_code == 303


@pytest.fixture
def many(closed, sessions, cast):
    """Seven who came, with accounts."""
    people = []
    for n in range(6):
        person = User.objects.create(username=f"came-{n}", first_name="N", last_name=f"Came{n}")
        row = register(workshop=closed, user=person, over_capacity=True)
        send(closed, cast.issa, marks=[mark(sessions[0], row, minutes=n)])
        people.append(person)
    return [cast.awa, *people]


def test_results_are_told_of_five_and_when_the_form_is_over(closed, many, cast):
    with time_machine.travel(day(100), tick=False):
        for n, person in enumerate(many[:6]):
            data = {"wt-t01": "4" if n else "1", "wt-t08": ["time"] if n else ["fear", "time"], "wt-t09": f"Cas {n}"}
            answer_transfer(workshop=closed, form="trainee", user=person, data=data)
        answer_transfer(workshop=closed, form="supervisor", user=cast.mariam, data={"wt-s08": "Rien à dire de Awa"})
        report = report_of(closed)
        assert report.transfer is not None and not any(report.transfer.forms.values())
    with time_machine.travel(day(118), tick=False):
        found = report_of(closed).transfer
        assert found is not None and found.forms["supervisor"] is None
        results = found.forms["trainee"]
        assert results is not None and results.items[0][1:] == (3.5, 6) and results.items[1][1] is None
        table = results.choices[0][1]
        assert sorted(table.values(), key=str) == [0, 0, 0, 0, 0, 6, None]  # one feared something: fewer than five
        shown = str(sections_of(report_of(closed)))
        assert "Cas 3" in shown and "Rien à dire" not in shown
        assert render_pdf(closed).startswith(b"%PDF-")
        book = load_workbook(io.BytesIO(render_xlsx(closed)))
        cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
        assert "Cas 3" in cells and "Rien à dire de Awa" not in cells


def test_the_job_waits_for_the_curriculum_and_costs_nothing_without_workshops(db, django_assert_max_num_queries):
    with django_assert_max_num_queries(4), time_machine.travel(timezone.now(), tick=False):
        assert ask_after() == {"workshops": 0}
