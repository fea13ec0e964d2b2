"""A workshop of two days for the tests: Issa leads it for the prison administration."""

from __future__ import annotations

import datetime as dt

import pytest

from people.models import Institution
from workshops.models import Session, Workshop
from workshops.services import add_session, plan_workshop, register

FIRST = dt.date(2026, 12, 8)


@pytest.fixture
def workshop(db, cast) -> Workshop:
    return plan_workshop(
        organiser=Institution.objects.get(code="dnapes"),
        actor=cast.issa,
        title="Les Règles Nelson Mandela en pratique",
        place="Koulikoro",
        venue="Salle de réunion",
        starts=FIRST,
        ends=FIRST + dt.timedelta(days=1),
        capacity=8,
    )


@pytest.fixture
def sessions(workshop, cast) -> list[Session]:
    hours = [(dt.time(8, 30), dt.time(12, 15)), (dt.time(13, 30), dt.time(16, 30))]
    return [
        add_session(workshop=workshop, day=FIRST + dt.timedelta(days=day), starts=starts, ends=ends, actor=cast.issa)
        for day in (0, 1)
        for starts, ends in hours
    ]


@pytest.fixture
def group(workshop, cast):
    """Awa with an account, two people without."""
    return [
        register(workshop=workshop, user=cast.awa, actor=cast.issa, post="Surveillante"),
        register(workshop=workshop, name="Boubacar Maïga", sex="m", audience="prison-staff", actor=cast.issa),
        register(workshop=workshop, name="Ramata Touré", sex="f", audience="prison-staff", actor=cast.issa),
    ]
