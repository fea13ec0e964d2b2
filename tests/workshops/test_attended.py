"""Attendance becomes `attended` statements: one for each person and session, voided and said anew by a correction."""

from __future__ import annotations

import io
import json

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses import services as courses
from operations import clock
from operations.errors import Refused
from people.privacy import collectors
from people.services.erasure import erase_account
from records.models import RecordKey, Statement, Voiding
from records.statements import CLOCK, HOME_PAGE
from records.verbs import Verb
from tests.workshops import blended as given_
from tests.workshops.blended import hold, mark, on_list, planned, send, told
from workshops.models import Presence
from workshops.services import close_attendance, correct, register
from workshops.signals import attendance_closed

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
REASON = "Feuille signée"


def counting() -> list[Statement]:
    """The `attended` statements that stand."""
    return list(Statement.objects.filter(verb=Verb.ATTENDED, voiding__isnull=True).order_by("timestamp", "id"))


def clean() -> None:
    """The projections are what the record says."""
    call_command("rebuild_progress", "--check", stdout=io.StringIO())


@pytest.fixture
def workshop(cast):
    return planned(cast.issa, None)


def test_closing_tells_each_presence_of_each_account_once(workshop, cast):
    awa, seydou = on_list(workshop, cast.issa, cast.awa, cast.seydou)
    nobody = register(workshop=workshop, name="Boubacar Maïga", actor=cast.issa)
    hold(workshop, cast.issa, {awa: 3, seydou: 0, nobody: 4}, close=False)
    assert counting() == []
    close_attendance(workshop=workshop, actor=cast.issa)
    close_attendance(workshop=workshop, actor=cast.issa)
    statements = counting()
    sessions = list(workshop.sessions.all())[:3]
    assert {row.activity: row.pk for row in statements} == {f"urn:uuid:{pk}": told(awa)[pk] for pk in told(awa)}
    assert set(told(awa)) == {session.pk for session in sessions}
    assert told(seydou) == told(nobody) == {}
    body = statements[0].body
    assert body["verb"]["id"] == "http://adlnet.gov/expapi/verbs/attended"
    assert body["actor"]["account"] == {
        "homePage": HOME_PAGE,
        "name": str(RecordKey.objects.get(user=cast.awa).key),
    }
    assert body["context"] == {
        "contextActivities": {"parent": [{"objectType": "Activity", "id": f"urn:uuid:{workshop.pk}"}]}
    }
    assert statements[0].registration is None
    clean()


def test_it_happened_when_the_session_ended_and_never_in_the_future(workshop, cast):
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    with time_machine.travel("2026-12-08T15:00:00Z", tick=False):
        hold(workshop, cast.issa, {awa: 4})
        now = clock.now()
    first, *rest = counting()
    assert first.timestamp.isoformat() == "2026-12-08T12:00:00+00:00"
    assert {row.timestamp for row in rest} == {now}


def test_the_registration_is_the_enrolment_in_the_workshop_s_course(cast):
    course = given_.blended()
    left = courses.enrol(user=cast.awa, course=course)
    courses.withdraw(enrolment=left)
    enrolment = courses.enrol(user=cast.awa, course=course)
    gone = courses.enrol(user=cast.seydou, course=course)
    courses.withdraw(enrolment=gone)
    workshop = planned(cast.issa, course)
    awa, seydou = on_list(workshop, cast.issa, cast.awa, cast.seydou)
    hold(workshop, cast.issa, {awa: 1, seydou: 1})
    found = {row.actor: row.registration for row in counting()}
    keys = {key.user_id: key.key for key in RecordKey.objects.all()}
    assert found == {keys[cast.awa.pk]: enrolment.pk, keys[cast.seydou.pk]: None}
    clean()


def test_telling_again_doubles_nothing(workshop, cast):
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 2})
    workshop.refresh_from_db()
    before = list(Statement.objects.order_by("id").values())
    for _again in range(2):
        attendance_closed.send(sender=type(workshop), workshop=workshop, registrations=[awa], actor=cast.issa)
    assert list(Statement.objects.order_by("id").values()) == before


def test_a_correction_voids_what_was_said_and_says_it_anew_where_it_applies(workshop, cast):
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 2})
    one, two, three, _four = workshop.sessions.all()
    first, second = (told(awa)[session.pk] for session in (one, two))
    bodies = dict(Statement.objects.values_list("id", "body"))

    correct(session=one, registration=awa, status="absent", reason=REASON, actor=cast.issa)
    assert told(awa) == {two.pk: second}
    voiding = Voiding.objects.get()
    assert voiding.statement_id == first
    assert voiding.by.actor == RecordKey.objects.get(user=cast.issa).key

    correct(session=one, registration=awa, status="present", reason=REASON, actor=cast.issa)
    assert told(awa)[one.pk] not in (first, second)
    assert Voiding.objects.count() == 1

    correct(session=three, registration=awa, status="present", reason=REASON, actor=cast.issa)
    correct(session=two, registration=awa, status="excused", reason=REASON, actor=cast.issa)
    assert set(told(awa)) == {one.pk, three.pk}
    assert {row.pk for row in counting()} == set(told(awa).values())
    # Nothing that was written has changed.
    assert {pk: body for pk, body in Statement.objects.values_list("id", "body") if pk in bodies} == bodies
    clean()


def test_a_correction_before_closing_tells_nothing(workshop, cast):
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 2}, close=False)
    correct(session=workshop.sessions.last(), registration=awa, status="present", reason=REASON, actor=cast.issa)
    assert not Statement.objects.filter(verb=Verb.ATTENDED).exists()


def test_a_phone_that_finds_the_network_after_closing_is_told_too(workshop, cast):
    awa, seydou = on_list(workshop, cast.issa, cast.awa, cast.seydou)
    hold(workshop, cast.issa, {awa: 2, seydou: 2})
    last = workshop.sessions.last()
    late = [mark(last, awa, minutes=600)]
    send(workshop, cast.issa, late)
    send(workshop, cast.issa, late)
    assert Presence.objects.get(session=last, registration=awa).flags == ["after-closing"]
    assert last.pk in told(awa)
    assert len(counting()) == 5


def test_a_contradiction_after_closing_changes_nothing_until_it_is_settled(workshop, cast):
    cast.fanta.role_grants.create(role="instructor", institution=workshop.organiser, since="2020-01-01")
    workshop.facilitators.create(user=cast.fanta, part="co")
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 2})
    first = workshop.sessions.first()
    before = told(awa)
    send(workshop, cast.fanta, [mark(first, awa, "absent")])
    assert Presence.objects.get(session=first, registration=awa).conflict
    assert told(awa) == before
    correct(session=first, registration=awa, status="absent", reason=REASON, actor=cast.issa)
    assert first.pk not in told(awa)


def test_an_erased_account_is_told_no_more_and_what_was_told_stays(workshop, cast):
    awa, seydou = on_list(workshop, cast.issa, cast.awa, cast.seydou)
    hold(workshop, cast.issa, {awa: 2, seydou: 1})
    before = told(awa)
    erase_account(user=cast.awa)
    awa.refresh_from_db()
    workshop.refresh_from_db()
    assert awa.user is None
    correct(session=workshop.sessions.last(), registration=awa, status="present", reason=REASON, actor=cast.issa)
    attendance_closed.send(sender=type(workshop), workshop=workshop, registrations=[awa, seydou], actor=cast.issa)
    assert told(awa) == before
    assert len(counting()) == 3
    correct(session=workshop.sessions.first(), registration=awa, status="absent", reason=REASON, actor=cast.issa)
    assert len(told(awa)) == 1  # a presence that was none is taken back, whoever it was


def test_what_cannot_be_closed_tells_nothing(workshop, cast):
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    send(workshop, cast.issa, [mark(workshop.sessions.first(), awa)])
    with pytest.raises(Refused):
        close_attendance(workshop=workshop, actor=cast.issa)
    assert counting() == []


def test_it_is_all_in_the_transaction_of_the_closing(workshop, cast):
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 2}, close=False)

    def close_and_fail() -> None:
        with transaction.atomic():
            close_attendance(workshop=workshop, actor=cast.issa)
            assert len(counting()) == 2
            raise RuntimeError

    with pytest.raises(RuntimeError):
        close_and_fail()
    workshop.refresh_from_db()
    assert (counting(), told(awa), workshop.closed_at) == ([], {}, None)


def test_a_clock_in_doubt_closes_attendance_and_the_record_says_so(workshop, cast):
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    with time_machine.travel("2026-12-10T15:00:00Z", tick=False):
        hold(workshop, cast.issa, {awa: 2}, close=False)
        clock.look()
    with time_machine.travel("1970-01-01T00:00:00Z", tick=False):
        assert clock.doubt()
        close_attendance(workshop=workshop, actor=cast.issa)
    statements = counting()
    assert len(statements) == 2
    assert all(CLOCK in row.body["context"]["extensions"] for row in statements)
    assert all(row.timestamp.year == row.stored.year == 2026 for row in statements)


@pytest.mark.parametrize("people", [3, 9])
def test_closing_costs_little_for_each_person(people, cast, django_assert_max_num_queries):
    workshop = planned(cast.issa, None)
    users = [given_.build.make_person(f"p{number}") for number in range(people)]
    rows = on_list(workshop, cast.issa, *users)
    hold(workshop, cast.issa, dict.fromkeys(rows, 4), close=False)
    with django_assert_max_num_queries(30 + 5 * people):
        close_attendance(workshop=workshop, actor=cast.issa)
    assert len(counting()) == 4 * people


_acts = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["present", "absent", "excused"])), max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_acts, st.integers(0, 6), st.integers(0, 4))
def test_the_record_says_what_the_list_says_whatever_was_corrected_when(cast, acts, before, present):
    """Corrections before and after closing, in any order: one standing statement for each presence, and no other."""
    with transaction.atomic():
        workshop = planned(cast.issa, None)
        (awa,) = on_list(workshop, cast.issa, cast.awa)
        hold(workshop, cast.issa, {awa: present}, close=False)
        sessions = list(workshop.sessions.all())
        for number, (place, status) in enumerate([*acts, (None, "")]):
            if number == min(before, len(acts)):
                close_attendance(workshop=workshop, actor=cast.issa)
            if place is not None:
                correct(session=sessions[place], registration=awa, status=status, reason=REASON, actor=cast.issa)
        listed = Presence.objects.filter(registration=awa, status="present").values_list("session", flat=True)
        standing = counting()
        assert sorted(row.activity for row in standing) == sorted(f"urn:uuid:{pk}" for pk in listed)
        assert {row.pk for row in standing} == set(told(awa).values())
        transaction.set_rollback(True)


def test_a_person_s_copy_of_their_data_holds_what_was_told(workshop, cast):
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 2})
    records = next(collector for collector in collectors() if collector.name == "records")
    assert records.files is not None
    ((name, make),) = records.files(cast.awa)
    assert name == "record.json"
    attended = [row for row in json.loads(make()) if row["verb"]["id"] == Verb.ATTENDED]
    assert {row["id"] for row in attended} == {str(pk) for pk in told(awa).values()}
    assert {row["verb"]["display"]["fr"] for row in attended} == {"a assisté"}
