"""People without an account: their names go after some years, the counts stay."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.conf import settings

from people import retention
from tests.workshops.conftest import FIRST
from tests.workshops.test_attendance import count, mark, send
from workshops.models import Registration
from workshops.queries.report import report_of

pytestmark = pytest.mark.django_db


def test_names_and_telephones_go_with_their_term_and_the_counts_stay(workshop, sessions, group, cast):
    Registration.objects.filter(user=None).update(phone="70000000", post="Greffier", reason="demandé")
    send(
        workshop,
        cast.issa,
        head_counts=[count(session, 3) for session in sessions],
        marks=[mark(session, row, minutes=n) for session in sessions for n, row in enumerate(group)],
    )
    before = report_of(workshop)
    years = settings.NAMES_WITHOUT_ACCOUNT_YEARS
    last = FIRST + dt.timedelta(days=1)
    forget = retention.enforcers()["names-without-account"]
    term = next(rule.keep for rule in retention.RULES if rule.kind == "names-without-account")
    Registration.objects.update(created=dt.datetime.combine(FIRST, dt.time(12), tzinfo=dt.UTC))
    for day, gone in ((last + dt.timedelta(days=365 * years), 0), (last + dt.timedelta(days=365 * years + 1), 2)):
        with time_machine.travel(dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC), tick=False):
            assert forget(dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC) - term) == gone
    rows = Registration.objects.filter(workshop=workshop)
    assert {(row.name, row.phone, row.post, row.reason) for row in rows.filter(user=None)} == {("", "", "", "")}
    assert rows.get(user=cast.awa).name and rows.get(user=cast.awa).post == "Surveillante"
    after = report_of(workshop)
    assert (after.people, after.sexes, after.audiences) == (before.people, before.sexes, before.audiences)
    assert forget(dt.datetime.now(tz=dt.UTC) + dt.timedelta(days=365 * 50)) == 0


def test_a_workshop_of_long_ago_keeps_the_list_that_was_typed_in_today(workshop, sessions, group, cast):
    workshop.starts = workshop.ends = FIRST - dt.timedelta(days=365 * 12)
    workshop.save()
    forget = retention.enforcers()["names-without-account"]
    now = dt.datetime.now(tz=dt.UTC)
    term = next(rule.keep for rule in retention.RULES if rule.kind == "names-without-account")
    assert forget(now - term) == 0
    workshop.closed_at = now
    workshop.save()
    Registration.objects.update(created=now - term * 2)
    assert forget(now - term) == 0
    workshop.closed_at = now - term * 2
    workshop.save()
    assert forget(now - term) == 2


def test_the_term_is_told_in_words(settings):
    rule = next(rule for rule in retention.RULES if rule.kind == "names-without-account")
    assert str(settings.NAMES_WITHOUT_ACCOUNT_YEARS) in str(rule.how_long)
