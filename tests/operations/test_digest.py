"""When e-mails go out: quiet hours over midnight, digests by day and week, the site's clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as outbox
from django.utils import timezone
from django.utils.translation import ngettext, override
from hypothesis import given
from hypothesis import strategies as st

from operations import deliveries, jobs, mail, notify
from operations.deliveries import due
from operations.models import Delivery, Job, Mode

EVENING, MORNING = time(20), time(7)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (utc(2026, 11, 25, 12, 0), utc(2026, 11, 25, 12, 0)),
        (utc(2026, 11, 25, 19, 59), utc(2026, 11, 25, 19, 59)),
        (utc(2026, 11, 25, 20, 0), utc(2026, 11, 26, 7, 0)),
        (utc(2026, 11, 25, 23, 59), utc(2026, 11, 26, 7, 0)),
        (utc(2026, 11, 26, 0, 0), utc(2026, 11, 26, 7, 0)),
        (utc(2026, 12, 31, 22, 0), utc(2027, 1, 1, 7, 0)),
        (utc(2026, 11, 26, 6, 59), utc(2026, 11, 26, 7, 0)),
        (utc(2026, 11, 26, 7, 0), utc(2026, 11, 26, 7, 0)),
    ],
)
def test_nothing_goes_out_in_quiet_hours_over_midnight(now, wanted):
    assert due(Delivery.Mode.NOW, now, EVENING, MORNING) == wanted


def test_quiet_hours_within_a_day_and_none():
    assert due(Delivery.Mode.NOW, utc(2026, 11, 25, 13, 0), time(12), time(14)) == utc(2026, 11, 25, 14, 0)
    assert due(Delivery.Mode.NOW, utc(2026, 11, 25, 14, 0), time(12), time(14)) == utc(2026, 11, 25, 14, 0)
    assert due(Delivery.Mode.NOW, utc(2026, 11, 25, 23, 0), time(0), time(0)) == utc(2026, 11, 25, 23, 0)


def test_hours_are_those_of_the_site_also_where_the_clock_changes(settings):
    settings.TIME_ZONE = "Europe/Paris"
    paris = ZoneInfo("Europe/Paris")
    # 19:30 UTC is 20:30 in winter; the night in which the clock goes forward is an hour shorter.
    assert due(Delivery.Mode.NOW, utc(2026, 11, 25, 19, 30), EVENING, MORNING) == utc(2026, 11, 26, 6, 0)
    assert due(Delivery.Mode.NOW, utc(2026, 3, 28, 22, 0), EVENING, MORNING) == utc(2026, 3, 29, 5, 0)
    assert due(Delivery.Mode.DAILY, utc(2026, 3, 28, 12, 0), EVENING, MORNING) == datetime(2026, 3, 29, 8, tzinfo=paris)
    settings.TIME_ZONE = "Pacific/Kiritimati"
    assert due(Delivery.Mode.NOW, utc(2026, 11, 25, 9, 0), EVENING, MORNING) == utc(2026, 11, 25, 17, 0)


def test_digests_come_at_eight_or_when_the_quiet_hours_end():
    wednesday = utc(2026, 11, 25, 12, 0)
    assert due(Delivery.Mode.DAILY, wednesday, EVENING, MORNING) == utc(2026, 11, 26, 8, 0)
    assert due(Delivery.Mode.DAILY, utc(2026, 11, 25, 7, 59), EVENING, MORNING) == utc(2026, 11, 25, 8, 0)
    assert due(Delivery.Mode.DAILY, utc(2026, 11, 25, 8, 0), EVENING, MORNING) == utc(2026, 11, 26, 8, 0)
    assert due(Delivery.Mode.DAILY, wednesday, EVENING, time(9)) == utc(2026, 11, 26, 9, 0)
    assert due(Delivery.Mode.WEEKLY, wednesday, EVENING, MORNING) == utc(2026, 11, 30, 8, 0)
    assert due(Delivery.Mode.WEEKLY, utc(2026, 11, 30, 7, 0), EVENING, MORNING) == utc(2026, 11, 30, 8, 0)
    assert due(Delivery.Mode.WEEKLY, utc(2026, 11, 30, 8, 0), EVENING, MORNING) == utc(2026, 12, 7, 8, 0)


def test_what_is_urgent_waits_for_nothing():
    night = utc(2026, 11, 25, 23, 0)
    assert due(Delivery.Mode.URGENT, night, EVENING, MORNING) == night


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
    quiet_from=st.integers(0, 23),
    quiet_to=st.integers(0, 23),
    mode=st.sampled_from([Delivery.Mode.NOW, Delivery.Mode.DAILY, Delivery.Mode.WEEKLY]),
)
def test_no_mail_is_ever_due_in_quiet_hours_nor_before_its_news(moment, quiet_from, quiet_to, mode):
    now = moment.replace(tzinfo=UTC)
    begin, end = time(quiet_from), time(quiet_to)
    found = due(mode, now, begin, end)
    assert now <= found <= now + timedelta(days=8)
    assert not deliveries._is_quiet(timezone.localtime(found).time(), begin, end)


# --- grouping -------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch, db):
    monkeypatch.setattr(notify, "_kinds", dict(notify._kinds))
    notify.register("test.plain", subject="Certificate", body="Your %(code)s is ready.")
    notify.register("test.urgent", body="Look at once.", urgent=True)

    def stand(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    stand(utc(2026, 11, 25, 12, 0))
    return stand


def tell(person, *codes: str, kind: str = "test.plain") -> None:
    for code in codes:
        notify.notify(person, kind, context={"code": code})


def test_a_digest_says_all_that_is_unread_once_in_its_readers_language(cast, clock):
    for person, mode in ((cast.awa, Mode.DAILY), (cast.issa, Mode.WEEKLY)):
        deliveries.change_preference(person=person, mode=mode, quiet_from=EVENING, quiet_to=MORNING)
    tell(cast.awa, "K1", "K2", "K3")
    tell(cast.issa, "K4")
    notify.mark_read(message=notify.inbox(cast.awa).get(context__code="K2"))
    mail.send_due()
    assert outbox.outbox == []
    clock(utc(2026, 11, 26, 8, 0))
    mail.send_due()
    with override("fr"):
        subject = ngettext("%(site)s: %(count)d new message", "%(site)s: %(count)d new messages", 2)
    assert [one.to for one in outbox.outbox] == [[cast.awa.email]]
    assert outbox.outbox[0].subject == subject % {"site": "Kalanso", "count": 2}
    assert ("K1" in outbox.outbox[0].body, "K2" in outbox.outbox[0].body) == (True, False)
    tell(cast.awa, "K5")
    clock(utc(2026, 11, 30, 8, 0))
    mail.send_due()
    assert [one.to[0] for one in outbox.outbox[1:]] == [cast.awa.email, cast.issa.email]
    assert ("K1" in outbox.outbox[1].body, "K5" in outbox.outbox[1].body) == (False, True)
    mail.send_due()
    assert len(outbox.outbox) == 3


def test_what_comes_at_night_goes_out_as_one_in_the_morning_and_what_is_urgent_at_once(cast, clock):
    clock(utc(2026, 11, 25, 22, 0))
    tell(cast.awa, "K1", "K2")
    tell(cast.awa, "", kind="test.urgent")
    mail.send_due()
    assert ["Look at once." in one.body for one in outbox.outbox] == [True]
    assert "K1" not in outbox.outbox[0].body
    clock(utc(2026, 11, 26, 7, 0))
    mail.send_due()
    assert [one.body.count("is ready.") for one in outbox.outbox] == [0, 2]


def test_a_long_digest_names_some_and_says_how_many_more(cast, clock):
    tell(cast.awa, *(f"K{number}" for number in range(23)))
    cast.awa.language = "en"
    cast.awa.save(update_fields=["language"])
    mail.send_due()
    assert outbox.outbox[0].body.count("is ready.") == mail.SHOWN
    assert "And 3 more messages." in outbox.outbox[0].body
    assert outbox.outbox[0].subject == "Kalanso: 23 new messages"


def test_the_worker_sends_without_being_asked(cast, clock):
    tell(cast.awa, "K1")
    jobs.work(once=True)
    assert len(outbox.outbox) == 1
    assert Job.objects.get(kind=mail.JOB).result == {"sent": 1, "waiting": 0, "unknown": 0}
