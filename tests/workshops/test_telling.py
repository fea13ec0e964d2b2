"""What people are told of a workshop: once, discreetly, with an entry that calendars follow."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from operations import jobs
from operations.mail import send_due
from operations.models import Delivery, Message
from workshops.models import Registration, Workshop
from workshops.services import (
    add,
    add_session,
    announce,
    answer,
    cancel_workshop,
    change_session,
    change_workshop,
    register,
    register_self,
)

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)


def calendars() -> list[Calendar]:
    Delivery.objects.update(due=timezone.now() - dt.timedelta(days=1))
    send_due()
    found = []
    for letter in mail.outbox:
        for part in letter.message().walk():
            if part.get_content_type() == "text/calendar":
                entry = Calendar.from_ical(part.get_payload(decode=True))
                assert part.get_param("method") == entry["method"]
                found.append(entry)
    mail.outbox.clear()
    return found


def work_later() -> None:
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11)):
        jobs.work(once=True)


def test_an_invitation_an_update_and_a_cancellation_are_one_entry(workshop, sessions, cast, mailoutbox):
    announce(workshop=workshop, actor=cast.issa)
    row = add(workshop=workshop, user=cast.awa, state=Registration.State.INVITED, actor=cast.issa)
    (invited,) = calendars()
    change_workshop(workshop=workshop, starts=workshop.starts + WEEK, ends=workshop.ends + WEEK, actor=cast.issa)
    work_later()
    moved = [entry for entry in calendars() if entry.events[0]["attendee"] == "mailto:awa@kalanso.test"]
    cancel_workshop(workshop=workshop, reason="La salle manque.", actor=cast.issa)
    gone = [entry for entry in calendars() if entry.events[0]["attendee"] == "mailto:awa@kalanso.test"]
    entries = [invited, *moved, *gone]
    assert [str(entry["method"]) for entry in entries] == ["REQUEST", "REQUEST", "CANCEL"]
    events = [entry.events[0] for entry in entries]
    assert len({str(event["uid"]) for event in events}) == 1
    numbers = [event["sequence"] for event in events]
    assert numbers == sorted(set(numbers))
    assert events[1].start - events[0].start == WEEK
    for entry in entries:
        text = entry.to_ical().decode()
        assert f"Kalanso {workshop.code}" in text
        assert not {"Mandela", "Koulikoro", "réunion"} & set(text.split())
    assert row.user == cast.awa


def test_several_changes_are_told_once(workshop, sessions, cast):
    register(workshop=workshop, user=cast.awa, actor=cast.issa)
    announce(workshop=workshop, actor=cast.issa)
    Message.objects.all().delete()
    change_workshop(workshop=workshop, starts=workshop.starts + WEEK, ends=workshop.ends + WEEK, actor=cast.issa)
    change_workshop(workshop=workshop, place="Ségou", actor=cast.issa)
    session = workshop.sessions.first()
    change_session(session=session, day=session.day, starts=dt.time(9), ends=session.ends, actor=cast.issa)
    jobs.work(once=True)
    assert not Message.objects.exists()
    work_later()
    assert Message.objects.filter(recipient=cast.awa, kind="workshops.moved").count() == 1


def test_what_nobody_needs_to_know_is_not_told(workshop, sessions, cast):
    register(workshop=workshop, user=cast.awa, actor=cast.issa)
    change_workshop(workshop=workshop, place="Ségou", actor=cast.issa)  # nobody knows of it yet
    announce(workshop=workshop, actor=cast.issa)
    Message.objects.all().delete()
    change_workshop(workshop=workshop, costs=100, actor=cast.issa)
    work_later()
    assert not Message.objects.exists()


def test_a_trainee_reads_day_and_place_and_answers(workshop, sessions, cast, client_for):
    announce(workshop=workshop, actor=cast.issa)
    add(workshop=workshop, user=cast.awa, state=Registration.State.INVITED, actor=cast.issa)
    client = client_for(cast.awa)
    assert workshop.code in client.get(reverse("learn")).content.decode()
    assert workshop.code in client.get(reverse("my-workshops")).content.decode()
    page = client.get(reverse("my-workshop", args=[workshop.pk])).content.decode()
    assert "Koulikoro" in page and f"<title>{workshop.code} ·" in page
    file = client.get(reverse("my-workshop-calendar", args=[workshop.pk]))
    assert file["Content-Disposition"] == f'attachment; filename="{workshop.code}.ics"'
    event = Calendar.from_ical(file.content).events[0]
    assert event["rrule"]["COUNT"] == [2]
    respond = reverse("my-workshop-answer", args=[workshop.pk])
    assert client.post(respond, {"answer": "accept"}).status_code == 303
    assert Registration.objects.get().state == Registration.State.ACCEPTED
    assert client.post(respond, {"answer": "decline", "reason": "Malade"}).status_code == 303
    assert Registration.objects.get().state == Registration.State.WITHDRAWN
    stranger = client_for(cast.seydou)
    assert stranger.get(reverse("my-workshop", args=[workshop.pk])).status_code == 404
    assert stranger.post(respond, {"answer": "accept"}).status_code == 404


def test_open_registration_takes_seats_then_waits(workshop, sessions, cast, client_for):
    change_workshop(workshop=workshop, entry=Workshop.Entry.OPEN, capacity=1, actor=cast.issa)
    announce(workshop=workshop, actor=cast.issa)
    workshop.refresh_from_db()
    client_for(cast.seydou).post(reverse("my-workshop-register", args=[workshop.pk]))
    assert Registration.objects.get(user=cast.seydou).state == Registration.State.ACCEPTED
    row = register_self(workshop=workshop, user=cast.awa)
    assert row.state == Registration.State.WAITING and register_self(workshop=workshop, user=cast.awa) == row
    assert answer(registration=row, accepts=True, user=cast.awa).state == Registration.State.WAITING


def test_a_facilitator_does_not_lead_two_at_once(workshop, sessions, cast):
    from operations.errors import Refused  # noqa: PLC0415
    from workshops.services import plan_workshop  # noqa: PLC0415

    announce(workshop=workshop, actor=cast.issa)
    other = plan_workshop(
        organiser=workshop.organiser,
        actor=cast.issa,
        title="X",
        place="Ségou",
        starts=workshop.ends,
        ends=workshop.ends + WEEK,
    )
    add_session(workshop=other, day=other.starts, starts=dt.time(8), ends=dt.time(9), actor=cast.issa)
    with pytest.raises(Refused, match=workshop.code):
        announce(workshop=other, actor=cast.issa)
