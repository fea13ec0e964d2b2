"""Attendance: kept item by item, never doubled, contradictions shown, corrections with a reason."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.core import signing
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from operations.errors import Refused
from operations.models import AuditEntry
from tests.workshops.conftest import FIRST
from workshops.incoming import read_batch
from workshops.models import HeadCount, Mark, Presence, Registration, Workshop
from workshops.services import add_session, close_attendance, correct, plan_workshop, register, set_facilitator, take_in
from workshops.services.attendance import attended, decide
from workshops.views.attendance import CODE_SALT

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 12, 8, 12, tzinfo=dt.UTC)


def mark(session, registration, status="present", *, minutes=0, id=None):
    made = (NOON + dt.timedelta(minutes=minutes)).isoformat()
    return {
        "id": str(id or uuid.uuid4()),
        "session": str(session.pk),
        "registration": str(getattr(registration, "pk", registration)),
        "status": status,
        "made": made,
    }


def count(session, people):
    return {"id": str(uuid.uuid4()), "session": str(session.pk), "people": people, "made": NOON.isoformat()}


def send(workshop, actor, **items):
    return take_in(workshop=workshop, batch=read_batch(items), actor=actor, now=NOON)


def table(workshop):
    rows = Presence.objects.filter(session__workshop=workshop).select_related("registration", "session")
    return {(str(row.session_id), row.registration.number): (row.status, row.conflict) for row in rows}


def test_a_batch_sent_twice_is_kept_once(workshop, sessions, group, cast):
    items = {
        "head_counts": [count(sessions[0], 3)],
        "marks": [mark(sessions[0], person, minutes=place) for place, person in enumerate(group)],
    }
    first = send(workshop, cast.issa, **items)
    again = send(workshop, cast.issa, **items)
    assert [one.kept for one in first + again] == [True] * 8
    assert Mark.objects.count() == 3
    assert HeadCount.objects.count() == 1
    assert set(table(workshop).values()) == {("present", False)}


def test_one_bad_item_holds_back_no_other(workshop, sessions, group, cast):
    stranger = uuid.uuid4()
    answers = send(
        workshop,
        cast.issa,
        marks=[
            mark(sessions[0], group[0]),
            {"id": "x", "status": "asleep"},
            mark(sessions[0], stranger),
            "rubbish",
            mark(sessions[0], group[1]),
        ],
    )
    assert sum(one.kept for one in answers) == 2
    assert all(one.sentence for one in answers if not one.kept)
    assert len(table(workshop)) == 2


@pytest.mark.parametrize("data", [None, [], "x", {"marks": 3}, {"marks": [{}] * 3000}])
def test_what_is_no_attendance_is_refused_in_words(data):
    with pytest.raises(Refused) as refusal:
        read_batch(data)
    assert refusal.value.sentence


def test_two_facilitators_who_agree_are_merged_and_who_differ_are_shown(workshop, sessions, group, cast):
    set_facilitator(workshop=workshop, user=cast.fanta, part="co", actor=cast.issa)
    # A co-facilitator of this workshop is no instructor by role: the role decides what they may do.
    cast.fanta.role_grants.create(role="instructor", institution=workshop.organiser, since=dt.date(2020, 1, 1))
    send(workshop, cast.issa, marks=[mark(sessions[0], group[0]), mark(sessions[0], group[1])])
    send(workshop, cast.fanta, marks=[mark(sessions[0], group[0]), mark(sessions[0], group[1], "absent")])
    found = table(workshop)
    assert found[str(sessions[0].pk), 1] == ("present", False)
    assert found[str(sessions[0].pk), 2][1] is True
    correct(session=sessions[0], registration=group[1], status="absent", reason="Feuille signée", actor=cast.issa)
    assert table(workshop)[str(sessions[0].pk), 2] == ("absent", False)
    assert AuditEntry.objects.filter(code="workshops.corrected").count() == 1
    with pytest.raises(Refused):
        correct(session=sessions[0], registration=group[1], status="present", reason=" ", actor=cast.issa)


def test_the_facilitator_who_changes_their_mind_makes_no_contradiction(workshop, sessions, group, cast):
    send(workshop, cast.issa, marks=[mark(sessions[0], group[0], "absent")])
    send(workshop, cast.issa, marks=[mark(sessions[0], group[0], "present", minutes=9)])
    assert table(workshop)[str(sessions[0].pk), 1] == ("present", False)


def test_arrivals_and_replacements_are_people_on_the_list(workshop, sessions, group, cast):
    arrival, instead = uuid.uuid4(), uuid.uuid4()
    answers = send(
        workshop,
        cast.issa,
        arrivals=[
            {"id": str(arrival), "name": "Kadiatou Dembélé", "sex": "f", "made": NOON.isoformat()},
            {
                "id": str(instead),
                "name": "X",
                "staff_number": "ML-SEYDOU",
                "replaces": str(group[1].pk),
                "made": NOON.isoformat(),
            },
        ],
        marks=[mark(sessions[0], arrival), mark(sessions[0], instead)],
    )
    assert all(one.kept for one in answers)
    seydou = Registration.objects.get(pk=instead)
    assert (seydou.user, seydou.replaces, seydou.origin) == (cast.seydou, group[1], "replacement")
    group[1].refresh_from_db()
    assert group[1].state == Registration.State.REPLACED
    assert Registration.objects.get(pk=arrival).origin == "arrival"
    assert len(table(workshop)) == 2


def test_somebody_on_the_list_who_is_typed_in_again_is_the_same_person(workshop, sessions, group, cast):
    typed = uuid.uuid4()
    send(
        workshop,
        cast.issa,
        arrivals=[{"id": str(typed), "name": "Awa", "staff_number": "ml-awa", "made": NOON.isoformat()}],
        marks=[mark(sessions[0], typed)],
    )
    assert table(workshop) == {(str(sessions[0].pk), 1): ("present", False)}


def test_flags_for_two_places_for_bulk_and_for_what_comes_after_closing(workshop, sessions, group, cast):
    other = plan_workshop(
        organiser=workshop.organiser, actor=cast.issa, title="Autre", place="Bamako", starts=FIRST, ends=FIRST
    )
    there = add_session(workshop=other, day=FIRST, starts=dt.time(9), ends=dt.time(10), actor=cast.issa)
    guest = register(workshop=other, user=cast.awa, actor=cast.issa)
    send(other, cast.issa, marks=[mark(there, guest)])
    send(workshop, cast.issa, marks=[mark(sessions[0], group[0])])
    assert all("elsewhere" in row.flags for row in Presence.objects.all())
    crowd = [register(workshop=workshop, name=f"P {n}", over_capacity=True, actor=cast.issa) for n in range(9)]
    send(workshop, cast.issa, marks=[mark(sessions[1], person) for person in crowd])
    assert all("in-bulk" in row.flags for row in Presence.objects.filter(session=sessions[1]))


def test_attendance_closes_when_rooms_were_counted_and_nothing_contradicts(workshop, sessions, group, cast):
    with pytest.raises(Refused) as refusal:
        close_attendance(workshop=workshop, actor=cast.issa)
    assert "counted" in refusal.value.sentence
    send(
        workshop,
        cast.issa,
        head_counts=[count(session, 3) for session in sessions],
        marks=[mark(session, group[0]) for session in sessions] + [mark(sessions[0], group[1])],
    )
    close_attendance(workshop=workshop, actor=cast.issa)
    close_attendance(workshop=workshop, actor=cast.issa)
    assert attended(workshop) == {group[0].pk}
    late = take_in(workshop=workshop, batch=read_batch({"marks": [mark(sessions[1], group[1])]}), actor=cast.issa)
    assert late[0].kept
    assert Presence.objects.get(session=sessions[1], registration=group[1]).flags == ["after-closing"]


def test_a_cancelled_workshop_or_session_has_no_attendance(workshop, sessions, group, cast):
    sessions[0].cancelled = True
    sessions[0].save()
    answers = send(workshop, cast.issa, marks=[mark(sessions[0], group[0])])
    assert not answers[0].kept
    Workshop.objects.filter(pk=workshop.pk).update(status=Workshop.Status.CANCELLED)
    with pytest.raises(Refused):
        send(workshop, cast.issa, marks=[mark(sessions[1], group[0])])


def test_the_workshops_page_leads_to_its_attendance_and_back(workshop, sessions, group, cast, client_for):
    client = client_for(cast.issa)
    page = client.get(reverse("workshop", args=[workshop.pk])).content.decode()
    assert reverse("attendance", args=[workshop.pk]) in page
    page = client.get(reverse("attendance", args=[workshop.pk])).content.decode()
    assert reverse("workshop", args=[workshop.pk]) in page
    assert client_for(cast.awa).get(reverse("attendance", args=[workshop.pk])).status_code in (403, 404)


def test_a_participant_says_with_the_code_at_the_door_that_they_are_there(workshop, sessions, group, cast, client_for):
    with time_machine.travel(NOON - dt.timedelta(hours=2), tick=False):
        awa, seydou = client_for(cast.awa), client_for(cast.seydou)
        token = signing.dumps(str(sessions[0].pk), salt=CODE_SALT)
        assert awa.post(reverse("check-in", args=[token])).status_code == 303
        assert awa.post(reverse("check-in", args=[token])).status_code == 303
        assert seydou.post(reverse("check-in", args=[token])).status_code == 422
        assert seydou.post(reverse("check-in", args=["x" + token])).status_code == 422
    with time_machine.travel(NOON - dt.timedelta(hours=1), tick=False):
        assert client_for(cast.awa).post(reverse("check-in", args=[token])).status_code == 422  # too old by now
    assert Mark.objects.count() == 1
    assert table(workshop) == {(str(sessions[0].pk), 1): ("present", False)}


def test_nobody_else_records(workshop, sessions, group, cast):
    for person in (cast.awa, cast.mariam, cast.seydou, cast.fanta):
        with pytest.raises(Refused):
            send(workshop, person, marks=[mark(sessions[0], group[0])])


_marks = st.lists(
    st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from(["present", "absent", "excused"]), st.integers(0, 5)),
    min_size=1,
    max_size=6,
)


@given(_marks, st.randoms())
def test_the_same_marks_come_to_the_same_in_whatever_order_they_were_made_known(rows, chance):
    """Of marks that came in together, the order in the message does not count: neither standing nor contradiction."""
    made = [
        Mark(by_id=by, status=status, source="call", made=NOON + dt.timedelta(minutes=minute), stored=NOON)
        for by, status, minute in {(by, minute): (by, status, minute) for by, status, minute in rows}.values()
    ]
    shuffled = sorted(made, key=lambda _mark: chance.random())
    ordered = sorted(made, key=lambda one: (one.stored, one.made))
    first, second = decide(ordered), decide(sorted(shuffled, key=lambda one: (one.stored, one.made)))
    assert first[1] == second[1]
    assert first[0].made == second[0].made


@given(st.integers(1, 4), st.integers(1, 4))
def test_a_correction_settles_whatever_was_before(before, authors):
    marks = [
        Mark(by_id=place % authors, status=["present", "absent"][place % 2], source="call", made=NOON, stored=NOON)
        for place in range(before)
    ]
    marks.append(Mark(by_id=9, status="excused", source="correction", made=NOON, stored=NOON))
    assert decide(marks) == (marks[-1], False)
