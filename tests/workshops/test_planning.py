"""Planning a workshop and putting people on its list."""

import datetime as dt

import pytest

from operations.errors import Refused
from people import access
from people.models import Institution
from people.policy import Capability
from tests.workshops.conftest import FIRST
from workshops.models import Registration
from workshops.services import add_session, plan_workshop, register

pytestmark = pytest.mark.django_db


def test_an_instructor_plans_for_the_own_branch_and_leads(workshop, cast):
    assert workshop.code == "A-2026-001"
    assert access.can(cast.issa, Capability.MANAGE_COHORTS, workshop)
    assert access.can(cast.mariam, Capability.SEE_COHORTS, workshop)
    assert not access.can(cast.mariam, Capability.MANAGE_COHORTS, workshop)
    assert not access.can(cast.awa, Capability.SEE_COHORTS, workshop)
    with pytest.raises(Refused):
        plan_workshop(
            organiser=Institution.objects.get(code="court"),
            actor=cast.issa,
            title="X",
            place="Bamako",
            starts=FIRST,
            ends=FIRST,
        )


@pytest.mark.parametrize(
    "facts",
    [
        {"ends": FIRST - dt.timedelta(days=1)},
        {"ends": FIRST + dt.timedelta(days=90)},
        {"capacity": 0},
        {"title": ""},
        {"min_share": 101},
    ],
)
def test_facts_that_cannot_be_are_refused_in_words(cast, facts):
    right = {"title": "X", "place": "Bamako", "starts": FIRST, "ends": FIRST}
    with pytest.raises(Refused) as refusal:
        plan_workshop(organiser=Institution.objects.get(code="dnapes"), actor=cast.issa, **{**right, **facts})
    assert refusal.value.sentence


def test_sessions_lie_within_the_days_and_beside_each_other(workshop, sessions, cast):
    for day, starts, ends in [
        (FIRST + dt.timedelta(days=5), dt.time(8), dt.time(9)),
        (FIRST, dt.time(9), dt.time(8)),
        (FIRST, dt.time(12), dt.time(14)),
    ]:
        with pytest.raises(Refused):
            add_session(workshop=workshop, day=day, starts=starts, ends=ends, actor=cast.issa)


def test_a_person_is_on_the_list_once_and_the_room_has_an_end(workshop, group, cast):
    assert register(workshop=workshop, user=cast.awa, actor=cast.issa) == group[0]
    assert [row.number for row in group] == [1, 2, 3]
    assert group[0].institution.code == "mca"
    for place in range(5):
        register(workshop=workshop, name=f"Personne {place}", actor=cast.issa)
    with pytest.raises(Refused):
        register(workshop=workshop, name="De trop", actor=cast.issa)
    waiting = register(workshop=workshop, name="De trop", state=Registration.State.WAITING, actor=cast.issa)
    assert waiting.number == 9


def test_whoever_teaches_reaches_those_on_the_list_and_nobody_else(workshop, group, cast):
    assert access.can(cast.issa, Capability.SEE_PROGRESS, cast.awa)
    assert not access.can(cast.issa, Capability.SEE_PROGRESS, cast.seydou)
    with pytest.raises(Refused):
        register(workshop=workshop, name="X", actor=cast.awa)
