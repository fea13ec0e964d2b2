"""A certified trainer is whoever holds a valid trainer's credential: no role says so."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from certificates import services
from certificates.models import Credential
from certificates.numbers import new_number
from certificates.queries import trainer_credential
from people.models import User
from people.services import confirm_audience

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def certify(person: User, *, days: int | None = 365, kind: str = Credential.Kind.TRAINER) -> Credential:
    """By an administrator's hand: no rule issues one yet."""
    today = timezone.localdate()
    return Credential.objects.create(
        number=new_number(today.year),
        kind=kind,
        holder=person,
        holder_name=person.display_name,
        title={"fr": "Formation de formateurs", "en": "Training of trainers"},
        issued=today,
        expires=None if days is None else today + dt.timedelta(days=days),
    )


def page_of(person: User, browser) -> str:
    return browser.get(f"/en/manage/people/{person.key}/").content.decode()


def test_the_page_of_a_person_says_until_when(cast, client_for):
    browser = client_for(cast.mariam)
    assert trainer_credential(cast.awa) is None and "Certified trainer" not in page_of(cast.awa, browser)
    credential = certify(cast.awa)
    assert trainer_credential(cast.awa) == credential
    assert "Certified trainer until" in page_of(cast.awa, browser)
    assert "Certified trainer" not in page_of(cast.issa, browser)


@pytest.mark.parametrize("days", [-1, -400])
def test_what_has_expired_makes_no_trainer(cast, client_for, days):
    certify(cast.awa, days=days)
    assert trainer_credential(cast.awa) is None
    assert "Certified trainer" not in page_of(cast.awa, client_for(cast.mariam))


def test_the_last_day_counts_and_what_has_no_end_holds_longest(cast):
    assert certify(cast.awa, days=0) == trainer_credential(cast.awa)
    longer = certify(cast.awa, days=10)
    assert longer == trainer_credential(cast.awa)
    assert certify(cast.awa, days=None) == trainer_credential(cast.awa)


def test_a_revoked_one_and_another_kind_make_no_trainer(cast, client_for):
    certify(cast.awa, kind=Credential.Kind.COMPETENCE)
    services.revoke(credential=certify(cast.awa), reason="Fraude", actor=cast.admin)
    assert trainer_credential(cast.awa) is None
    assert "Certified trainer" not in page_of(cast.awa, client_for(cast.mariam))


def test_of_a_magistrate_a_manager_still_learns_only_whether_certified(cast, client_for):
    certify(cast.awa)
    confirm_audience(user=cast.awa, audience="judiciary")
    page = page_of(cast.awa, client_for(cast.mariam))
    assert "Certified" in page and "Certified trainer" not in page


def test_it_costs_one_query(cast, django_assert_num_queries):
    certify(cast.awa)
    with django_assert_num_queries(1):
        trainer_credential(cast.awa)
