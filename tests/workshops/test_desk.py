"""The desk of workshops: who sees what, and what each page costs."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models import Course
from people.models import Institution
from tests.workshops.conftest import FIRST
from workshops.models import Workshop
from workshops.services import announce, change_workshop, plan_workshop, register

pytestmark = pytest.mark.django_db
MOST = 15


def cost(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(captured)


def crowd(cast, number: int) -> None:
    organiser = Institution.objects.get(code="dnapes")
    for place in range(number):
        day = FIRST + dt.timedelta(days=30 + place)
        made = plan_workshop(
            organiser=organiser, actor=cast.issa, title=f"Atelier {place}", place="Bamako", starts=day, ends=day
        )
        for person in range(5):
            register(workshop=made, name=f"Personne {person}", actor=cast.issa)


def test_the_desk_costs_the_same_with_one_workshop_or_many(workshop, sessions, group, cast, client_for) -> None:
    client = client_for(cast.issa)
    pages = [
        reverse("workshops"),
        reverse("workshop", args=[workshop.pk]),
        reverse("workshop-people", args=[workshop.pk]),
    ]
    before = [cost(client, page) for page in pages]
    crowd(cast, 25)
    for number in range(5):
        register(workshop=workshop, name=f"Autre {number}", actor=cast.issa)
    after = [cost(client, page) for page in pages]
    assert after == before and max(after) <= MOST, (before, after)
    assert cost(client_for(cast.mariam), pages[0]) <= MOST


def test_each_sees_the_workshops_that_concern_them(workshop, sessions, group, cast, client_for) -> None:
    for who, seen in (("issa", True), ("mariam", True), ("fanta", True), ("admin", True)):
        page = client_for(getattr(cast, who)).get(reverse("workshops")).content.decode()
        assert (workshop.code in page) is seen, who
    assert client_for(cast.awa).get(reverse("workshops")).status_code == 403
    assert client_for(cast.awa).get(reverse("workshop", args=[workshop.pk])).status_code == 403
    page = client_for(cast.mariam).get(reverse("workshop", args=[workshop.pk])).content.decode()
    assert "workshop-edit" not in page and reverse("workshop-edit", args=[workshop.pk]) not in page


def test_a_workshop_is_planned_from_the_guide_and_announced(cast, client_for) -> None:
    client = client_for(cast.issa)
    course = Course.objects.get(slug="mandela-rules")
    form = {
        "title": "Atelier",
        "organiser": "dnapes",
        "course": course.pk,
        "starts": "2026-12-08",
        "ends": "2026-12-09",
        "place": "Koulikoro",
        "language": "fr",
        "capacity": "20",
        "entry": "list",
        "min_share": "80",
        "with_tests": "on",
    }
    answer = client.post(reverse("workshop-new"), form)
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    made = Workshop.objects.get()
    assert client.post(reverse("workshop-agenda", args=[made.pk]), {"starts": "09:00"}).status_code == 303
    assert [f"{s.day:%d} {s.starts:%H:%M}" for s in made.sessions.all()] == [
        "08 09:00",
        "08 14:00",
        "09 09:00",
        "09 13:45",
    ]
    page = client.get(reverse("workshop", args=[made.pk]) + "?late=30").content.decode()
    assert "<s>" in page
    refused = client.post(reverse("workshop-announce", args=[made.pk]))
    assert refused.status_code == 422 and made.sessions.count() == 4
    form |= {"support_contact": "Mme Traoré, 70 00 00 00"}
    assert client.post(reverse("workshop-edit", args=[made.pk]), form).status_code == 303
    assert client.post(reverse("workshop-announce", args=[made.pk])).status_code == 303
    made.refresh_from_db()
    assert made.status == Workshop.Status.ANNOUNCED


def test_sessions_move_with_the_first_day(workshop, sessions, cast) -> None:
    week = dt.timedelta(days=7)
    change_workshop(workshop=workshop, starts=workshop.starts + week, ends=workshop.ends + week, actor=cast.issa)
    assert [session.day for session in workshop.sessions.all()] == [session.day + week for session in sessions]


def test_every_page_of_the_desk_opens_for_the_facilitator(workshop, sessions, group, cast, client_for) -> None:
    client = client_for(cast.issa)
    names = (
        *(
            "workshop",
            "workshop-edit",
            "workshop-announce",
            "workshop-cancel",
            "workshop-facilitator",
            "workshop-agenda",
        ),
        *("session-new", "workshop-people", "workshop-person-new", "workshop-import", "workshop-quotas"),
        *("workshop-counted", "workshop-letters", "workshop-pack"),
    )
    for name in names:
        answer = client.get(reverse(name, args=[workshop.pk]))
        assert answer.status_code == 200, name
        assert workshop.title not in answer.content.decode().partition("</title>")[0], name
    for name in ("session-edit", "session-agenda", "session-remove"):
        assert client.get(reverse(name, args=[sessions[0].pk])).status_code == 200, name
    for name in ("registration-seat", "registration-replace", "registration-withdraw"):
        assert client.get(reverse(name, args=[group[0].pk])).status_code == 200, name
    for name in ("workshops", "workshop-new", "feasts"):
        assert client.get(reverse(name)).status_code == 200, name


def test_the_agenda_is_changed_line_by_line(workshop, sessions, cast, client_for) -> None:
    client = client_for(cast.issa)
    address = reverse("session-agenda", args=[sessions[0].pk])
    form = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0"}
    form |= {"form-0-title": "Accueil", "form-0-minutes": "30", "form-1-title": "Cas", "form-1-minutes": "900"}
    assert client.post(address, form).status_code == 422
    form |= {"form-1-minutes": "60", "form-1-cut": "1"}
    assert client.post(address, form).status_code == 303
    assert [(f"{i.starts:%H:%M}", i.cut) for i in sessions[0].agenda.all()] == [("08:30", None), ("09:00", 1)]


def test_a_workshop_that_is_announced_is_not_announced_again(workshop, sessions, cast, client_for) -> None:
    announce(workshop=workshop, actor=cast.issa)
    assert client_for(cast.issa).post(reverse("workshop-announce", args=[workshop.pk])).status_code == 422
