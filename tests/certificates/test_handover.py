"""The hand-over register: who received the paper, when, from whom; and what the desk shows of it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from certificates.models import HandOver
from certificates.services import handover
from certificates.services import workshops as services
from operations.errors import Refused
from operations.models import AuditEntry
from people.models import Protection
from tests.certificates import group

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_workshop")]


@pytest.fixture
def workshop(cast):
    workshop = group.plan(cast.issa)
    for facts in ({"user": cast.awa}, {"name": "Boubacar Maïga"}, {"name": "Ramata Touré"}):
        row = group.join(workshop, cast.issa, **facts)
        group.attend(workshop, row, 1 if row.name == "Ramata Touré" else 4, cast.issa)
    return workshop


@pytest.fixture
def credential(workshop, cast):
    group.close(workshop, cast.issa)
    return workshop.credentials.get(holder=cast.awa)


def test_a_paper_is_ticked_once_for_its_holder_or_for_somebody_in_their_place(credential, workshop, cast, client_for):
    desk = reverse("workshop-certificates", args=[workshop.pk])
    client = client_for(cast.issa)
    row = credential.registration
    for _again in range(2):
        assert client.post(desk, {"do": "hand-over", "registration": row.pk}).status_code == 303
    note = HandOver.objects.get()
    assert (note.credential, note.day, note.proxy, note.by) == (credential, dt.date(2026, 11, 20), "", cast.issa)
    other = workshop.registrations.get(name="Boubacar Maïga")
    page = reverse("workshop-certificate", args=[workshop.pk, other.pk])
    facts = {"do": "hand-over", "proxy": "Son chef de poste", "day": "2026-11-19"}
    assert client.post(page, facts).status_code == 303
    assert HandOver.objects.get(proxy="Son chef de poste").day == dt.date(2026, 11, 19)
    assert "Son chef de poste" in client.get(page).content.decode()
    assert AuditEntry.objects.filter(code="certificates.handed-over").count() == 2


def test_bad_days_and_bad_words_are_refused_in_words(credential, cast, workshop, client_for):
    with pytest.raises(Refused):
        handover.hand_over(credential=credential, actor=cast.issa, day=dt.date(2026, 11, 21))
    with pytest.raises(Refused):
        handover.hand_over(credential=credential, actor=cast.issa, proxy="x" * 301)
    for stranger in (cast.seydou, cast.awa, cast.fanta):
        with pytest.raises(Refused):
            handover.hand_over(credential=credential, actor=stranger)
    page = reverse("workshop-certificate", args=[workshop.pk, credential.registration.pk])
    client = client_for(cast.issa)
    assert client.post(page, {"do": "hand-over", "day": "demain"}).status_code == 422
    assert client.post(page, {"do": "nonsense"}).status_code == 404
    assert client.post(reverse("workshop-certificates", args=[workshop.pk]), {"do": "hand-over"}).status_code == 404
    assert not HandOver.objects.exists()


def test_what_was_noted_by_mistake_is_struck_with_a_reason(credential, cast):
    handover.hand_over(credential=credential, actor=cast.issa)
    with pytest.raises(Refused):
        handover.take_back(credential=credential, actor=cast.issa, reason="")
    handover.take_back(credential=credential, actor=cast.issa, reason="Mauvaise ligne")
    assert not HandOver.objects.exists()
    assert AuditEntry.objects.get(code="certificates.not-handed-over").reason == "Mauvaise ligne"


def test_a_paper_that_was_given_before_its_number_was_cancelled_is_to_be_taken_back(workshop, cast, client_for):
    row = workshop.registrations.get(name="Ramata Touré")
    reserved = services.reserve(workshop=workshop, actor=cast.issa, registrations=[row.pk])[0]
    handover.hand_over(credential=reserved, actor=cast.issa)
    group.close(workshop, cast.issa)
    page = (
        client_for(cast.issa)
        .get(
            reverse(
                "workshop-certificates",
                args=[workshop.pk],
            )
        )
        .content.decode()
    )
    assert row.credentials.get().standing == "cancelled" and row.credentials.get().handover
    assert "verdict" not in page and reserved.number in page


def test_protected_people_stand_in_the_printed_register_by_their_pseudonym(credential, workshop, cast, client_for):
    Protection.objects.create(user=cast.awa, pseudonym="Participante 7", since=dt.date(2026, 1, 1))
    page = client_for(cast.issa).get(reverse("workshop-handovers", args=[workshop.pk])).content.decode()
    assert "Participante 7" in page and "Awa Diarra" not in page and "Boubacar Maïga" in page


def test_the_desk_costs_few_queries_whatever_the_size(workshop, cast, client_for, django_assert_max_num_queries):
    for number in range(200):
        row = group.join(workshop, cast.issa, name=f"Personne {number}")
        if number % 3:
            group.mark_one(workshop.sessions.first(), row, "present", cast.issa)
    services.reserve(workshop=workshop, actor=cast.issa)
    client = client_for(cast.issa)
    for name in ("workshop-certificates", "workshop-handovers"):
        client.get(reverse(name, args=[workshop.pk]))
        with django_assert_max_num_queries(15):
            assert client.get(reverse(name, args=[workshop.pk])).status_code == 200
