"""The calendar of feasts, and what it does to the sessions of a workshop."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from courses.models import Course
from operations.errors import Refused
from tests.workshops.conftest import FIRST
from workshops.models import Feast
from workshops.services import build_agenda, plant_feasts, save_feast

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def guided(workshop):
    workshop.course = Course.objects.get(slug="mandela-rules")
    workshop.save()
    return workshop


def test_nothing_is_planned_on_a_feast(guided, cast):
    Feast.objects.create(name={"fr": "Fête"}, starts=FIRST, ends=FIRST)
    build_agenda(workshop=guided, actor=cast.issa)
    assert {session.day for session in guided.sessions.all()} == {FIRST + DAY}


def test_in_ramadan_sessions_end_early(guided, cast):
    Feast.objects.create(name={"fr": "Ramadan"}, starts=FIRST - 20 * DAY, ends=FIRST + 9 * DAY, working=True)
    build_agenda(workshop=guided, actor=cast.issa)
    assert guided.sessions.exists()
    assert all(session.ends <= dt.time(14, 30) for session in guided.sessions.all())


def test_a_workshop_of_feasts_alone_is_refused_in_words(guided, cast):
    Feast.objects.create(name={"fr": "Fête"}, starts=FIRST, ends=FIRST + 5 * DAY)
    with pytest.raises(Refused, match="feast"):
        build_agenda(workshop=guided, actor=cast.issa)


def test_administrators_write_the_calendar_and_others_read_it(cast, client_for):
    facts = {"name": {"fr": "Korité"}, "starts": FIRST, "ends": FIRST}
    for actor in (cast.issa, cast.mariam):
        with pytest.raises(Refused):
            save_feast(**facts, actor=actor)
    form = {"fr": "Korité", "starts": FIRST.isoformat(), "ends": FIRST.isoformat(), "expected": "on"}
    admin = client_for(cast.admin)
    assert admin.post(reverse("feast-new"), form).status_code == 303
    feast = Feast.objects.get()
    assert feast.expected and feast.name == {"fr": "Korité", "en": "Korité"}
    assert admin.post(reverse("feast-edit", args=[feast.pk]), {**form, "ends": "2020-01-01"}).status_code == 422
    assert "Korité" in client_for(cast.issa).get(reverse("feasts")).content.decode()
    assert admin.post(reverse("feast-remove", args=[feast.pk])).status_code == 303
    assert not Feast.objects.exists()


def test_a_new_installation_begins_with_a_calendar_once(db):
    assert plant_feasts() > 20 and plant_feasts() == 0
