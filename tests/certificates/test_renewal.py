"""A certificate that ends: reminders at 90, 30 and 7 days, once each; how it is renewed, in words."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from certificates import services
from certificates.models import Credential
from certificates.queries import renewal_of
from certificates.services.renewal import remind
from operations import notify
from operations.models import Message

pytestmark = pytest.mark.django_db


def told(person):
    return Message.objects.filter(recipient=person, kind="certificates.expiring")


@pytest.fixture
def ending(credential):
    """Awa's, and its last day."""
    return credential.expires


def at(day: dt.date, *, before: int):
    return time_machine.travel(
        dt.datetime.combine(day - dt.timedelta(days=before), dt.time(3), tzinfo=dt.UTC), tick=False
    )


def test_each_step_is_told_once_with_the_code_alone(credential, ending, cast):
    for before, count in (
        (91, 0),
        (90, 1),
        (89, 1),
        (31, 1),
        (30, 2),
        (8, 2),
        (7, 3),
        (1, 3),
        (0, 3),
        (-1, 3),
        (-40, 3),
    ):
        with at(ending, before=before):
            remind()
            remind()
        assert told(cast.awa).count() == count, before
    message = told(cast.awa).first()
    assert message.context["code"] == "T7" and "registre" not in notify.sentence(message)
    assert message.url == f"/fr/certificates/{credential.number}/"


def test_a_site_that_stood_still_tells_only_the_step_that_is_reached(credential, ending, cast):
    with at(ending, before=6):
        remind()
    assert told(cast.awa).count() == 1


def test_what_was_revoked_or_renewed_or_has_no_holder_is_not_told(credential, ending, cast):
    fresh = Credential.objects.get(pk=credential.pk)
    fresh.pk, fresh.number, fresh.enrolment, fresh._state.adding = None, "KAL-2026-0123-4567-89CD-00", None, True
    fresh.expires = ending + dt.timedelta(days=700)
    fresh.save()
    with at(ending, before=20):
        assert remind() == {"ending": 1, "reached": 0}
    fresh.delete()
    services.revoke(credential=credential, reason="Erreur", actor=cast.admin)
    with at(ending, before=20):
        assert remind()["ending"] == 0
    assert not told(cast.awa).exists()


def test_the_page_says_how_it_is_renewed(credential, client_for, cast):
    page = client_for(cast.awa).get(reverse("certificate", args=[credential.number])).content.decode()
    assert renewal_of(credential).startswith("To renew it, enrol in the course again")
    assert reverse("course", args=["T7"]) in page
    credential.kind = "trainer"
    assert "stage of renewal" in renewal_of(credential)
    credential.expires = None
    assert renewal_of(credential) == ""
