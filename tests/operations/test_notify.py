"""Messages: told once, read in the reader's language, e-mailed once or not at all."""

from __future__ import annotations

import smtplib
import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy, override

from operations import deliveries, mail, notify
from operations.models import Delivery, Message, Mode, Preference

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr(notify, "_kinds", dict(notify._kinds))
    notify.register("test.plain", subject=gettext_lazy("Certificate"), body="Your %(code)s is ready, says %(actor)s.")
    notify.register("test.dated", body="Due on %(day)s at %(at)s.")
    notify.register("test.urgent", body="Look at once.", urgent=True)


@pytest.fixture
def noon(monkeypatch):
    """A Wednesday, 12:00 in Bamako."""
    return at(monkeypatch, datetime(2026, 11, 25, 12, 0, tzinfo=UTC))


def at(monkeypatch, moment: datetime) -> datetime:
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


def told(person, kind="test.plain", **more) -> Message:
    return notify.notify(person, kind, context={"code": "K1"}, **more)


class Line(BaseEmailBackend):
    """A mail server that does what the test says; what it took stands in `taken`."""

    taken: list[Any] = []
    on_open: BaseException | None = None
    before_taking: BaseException | None = None
    after_taking: BaseException | None = None

    def open(self) -> bool:
        if type(self).on_open is not None:
            raise type(self).on_open
        return True

    def send_messages(self, messages) -> int:
        if type(self).before_taking is not None:
            raise type(self).before_taking
        type(self).taken.extend(messages)
        if type(self).after_taking is not None:
            raise type(self).after_taking
        return len(messages)


@pytest.fixture
def line(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Line"
    for name in ("on_open", "before_taking", "after_taking"):
        monkeypatch.setattr(Line, name, None)
    monkeypatch.setattr(Line, "taken", [])
    return Line


# --- telling --------------------------------------------------------------------------------------------------------


def test_the_same_news_is_told_once_also_after_it_was_deleted(cast):
    first = told(cast.awa, key="issued 1")
    assert told(cast.awa, key="issued 1").pk == first.pk
    assert told(cast.seydou, key="issued 1").pk != first.pk
    notify.delete_message(message=first)
    assert told(cast.awa, key="issued 1").pk == first.pk
    assert Message.objects.filter(recipient=cast.awa).count() == 1
    assert not notify.inbox(cast.awa).exists()
    assert Message.objects.get(pk=first.pk).context == {}
    told(cast.awa), told(cast.awa)
    assert notify.inbox(cast.awa).count() == 2


def test_a_change_that_is_undone_tells_nobody(cast):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        told(cast.awa)
        raise ZeroDivisionError
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()


def test_a_kind_without_words_is_refused(cast):
    with pytest.raises(LookupError, match="no words"):
        notify.notify(cast.awa, "test.unknown")


@pytest.mark.parametrize(
    "url",
    ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", "learn/", "/" + "a" * 300],
)
def test_a_message_that_leads_away_is_refused(cast, url):
    with pytest.raises(ValueError, match="path of this site"):
        told(cast.awa, url=url)


@pytest.mark.parametrize("value", [gettext_lazy("Certificate"), {"a": 1}, [1], b"x", object()])
def test_values_that_would_freeze_a_language_or_cannot_be_kept_are_refused(cast, value):
    with pytest.raises(ValueError, match="plain"):
        notify.notify(cast.awa, "test.plain", context={"code": value})


def test_nobody_is_told_what_they_did_nor_while_their_account_is_closed(cast):
    assert told(cast.awa, actor=cast.awa) is None
    cast.awa.is_active = False
    assert told(cast.awa) is None
    assert not Message.objects.exists()


def test_hostile_values_stay_on_one_line_and_out_of_the_headers_and_the_markup(cast, noon):
    nasty = "K1\r\nBcc: all@example.org\u202e<script>alert(1)</script>%(x)s" + "a" * 500
    notify.notify(cast.awa, "test.plain", context={"code": nasty})
    mail.send_due()
    sent = outbox.outbox[0]
    with override("fr"):
        assert sent.subject == gettext("%(site)s: new message") % {"site": "Kalanso"}
    assert sent.recipients() == [cast.awa.email]
    assert "\n" not in sent.subject
    assert "Bcc" not in sent.message()
    text, html = sent.body, sent.alternatives[0][0]
    assert "K1 Bcc: all@example.org<script>" in text
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "a" * 300 not in text


def test_an_address_with_a_line_break_gets_no_mail_and_harms_no_other(cast, noon):
    told(cast.awa), told(cast.issa)
    type(cast.awa).objects.filter(pk=cast.awa.pk).update(email="awa@kalanso.test\nBcc: x@example.org")
    assert mail.send_due()["sent"] == 1
    assert Delivery.objects.get(recipient=cast.awa).state == State.REFUSED
    assert [one.to for one in outbox.outbox] == [[cast.issa.email]]


# --- the reader's language ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "spoken"), [("fr", "fr"), ("en", "en"), ("ar", "ar"), ("xx", "fr"), ("", "fr")])
def test_mail_speaks_the_readers_language_whoever_caused_it(cast, noon, language, spoken):
    cast.awa.language = language
    cast.awa.save(update_fields=["language"])
    with override("en" if spoken == "ar" else "ar"):
        notify.notify(
            cast.awa, "test.dated", context={"day": date(2026, 12, 1), "at": datetime(2026, 12, 1, 9, 5, tzinfo=UTC)}
        )
        mail.send_due()
    sent = outbox.outbox[0]
    with override(spoken):
        assert sent.subject == gettext("%(site)s: new message") % {"site": "Kalanso"}
        assert date_format(date(2026, 12, 1), "DATE_FORMAT") in sent.body
    html = sent.alternatives[0][0]
    assert f'<html lang="{spoken}" dir="{"rtl" if spoken == "ar" else "ltr"}">' in html
    assert f"/{spoken}/messages/" in sent.body


def test_mail_names_neither_who_acted_nor_more_than_the_code(cast, noon):
    told(cast.awa, actor=cast.mariam, url="/fr/c/K1/")
    mail.send_due()
    sent = outbox.outbox[0]
    for text in (sent.body, sent.alternatives[0][0]):
        assert "K1" in text
        for private in ("Mariam", "Coulibaly", "Awa", "Diarra", "/c/K1"):
            assert private not in text


# --- once or not at all ---------------------------------------------------------------------------------------------


def test_a_process_that_dies_while_sending_never_sends_twice(cast, noon, line, monkeypatch):
    message = told(cast.awa)
    line.after_taking = SystemExit("kill -9")
    with pytest.raises(SystemExit):
        mail.send_due()
    message.delivery.refresh_from_db()
    assert message.delivery.state == State.SENDING
    line.after_taking = None
    for minutes in (1, 20, 24 * 60):
        at(monkeypatch, noon + timedelta(minutes=minutes))
        mail.send_due()
    message.delivery.refresh_from_db()
    assert message.delivery.state == State.UNKNOWN
    assert len(line.taken) == 1
    told(cast.awa)
    mail.send_due()
    assert [len(notify.inbox(cast.awa)), len(line.taken)] == [2, 2]
    assert line.taken[1].body.count("K1") == 1  # what was perhaps sent is not said again


def test_a_line_that_breaks_is_not_tried_again(cast, noon, line, monkeypatch):
    told(cast.awa)
    line.after_taking = smtplib.SMTPServerDisconnected("gone")
    mail.send_due()
    line.after_taking = None
    at(monkeypatch, noon + timedelta(days=1))
    mail.send_due()
    assert Delivery.objects.get().state == State.UNKNOWN
    assert len(line.taken) == 1


def test_a_server_that_cannot_be_reached_is_tried_again_until_it_can(cast, noon, line, monkeypatch):
    told(cast.awa), told(cast.issa)
    line.on_open = ConnectionRefusedError()
    for minutes in range(30):
        at(monkeypatch, noon + timedelta(minutes=minutes))
        assert mail.send_due() == {"sent": 0, "waiting": 2, "unknown": 0}
    line.on_open = None
    assert mail.send_due()["sent"] == 2
    assert mail.send_due()["sent"] == 0
    assert set(Delivery.objects.values_list("state", "tries")) == {(State.SENT, 1)}


def test_a_server_that_says_not_now_is_asked_later_and_less_and_less_often(cast, noon, line, monkeypatch):
    told(cast.awa)
    line.before_taking = smtplib.SMTPDataError(451, b"try later")
    waits = []
    moment = noon
    for _try in range(20):
        at(monkeypatch, moment)
        mail.send_due()
        delivery = Delivery.objects.get()
        if delivery.state != State.WAITING:
            break
        waits.append((delivery.due - moment).total_seconds() / 60)
        assert mail.send_due()["sent"] == 0  # not before
        moment = delivery.due
    assert waits == list(mail.PAUSES)
    assert (delivery.state, line.taken) == (State.REFUSED, [])


def test_what_waits_after_a_refusal_joins_what_came_meanwhile(cast, noon, line):
    first = told(cast.awa)

    def more() -> None:
        told(cast.awa)
        raise smtplib.SMTPRecipientsRefused({cast.awa.email: (450, b"full")})

    line.before_taking = None
    original = line.send_messages
    line.send_messages = lambda self, messages: more()
    try:
        mail.send_due()
    finally:
        line.send_messages = original
    waiting = Delivery.objects.get(state=State.WAITING)
    assert waiting.messages.count() == 2
    first.refresh_from_db()
    assert first.delivery == waiting


def test_a_server_that_says_never_is_not_asked_again(cast, noon, line):
    told(cast.awa)
    line.before_taking = smtplib.SMTPRecipientsRefused({cast.awa.email: (550, b"unknown")})
    mail.send_due()
    line.before_taking = None
    mail.send_due()
    assert (Delivery.objects.get().state, line.taken) == (State.REFUSED, [])


def test_two_workers_send_one_mail(cast, noon, line):
    delivery = told(cast.awa).delivery
    assert mail.send(delivery.pk, Line()) is True
    assert mail.send(delivery.pk, Line()) is False
    assert len(line.taken) == 1


@pytest.mark.parametrize("how", ["read", "deleted", "closed", "no address"])
def test_what_nobody_needs_any_more_is_not_sent(cast, noon, line, how):
    message = told(cast.awa)
    people = type(cast.awa).objects.filter(pk=cast.awa.pk)
    {
        "read": lambda: notify.mark_read(message=message),
        "deleted": lambda: notify.delete_message(message=message),
        "closed": lambda: people.update(is_active=False),
        "no address": lambda: people.update(email=""),
    }[how]()
    mail.send_due()
    assert (Delivery.objects.get().state, line.taken) == (State.NEEDLESS, [])


def test_people_without_an_address_and_those_who_want_none_have_only_the_inbox(cast):
    type(cast.awa).objects.filter(pk=cast.awa.pk).update(email="")
    cast.awa.refresh_from_db()
    told(cast.awa)
    deliveries.change_preference(person=cast.issa, mode=Mode.NONE, quiet_from=time(20), quiet_to=time(7))
    told(cast.issa), told(cast.issa, kind="test.urgent")
    assert not Delivery.objects.exists()
    assert Message.objects.count() == 3


def test_mail_can_be_recognised_as_one_and_as_written_by_a_machine(cast, noon):
    delivery = told(cast.awa).delivery
    mail.send_due()
    headers = outbox.outbox[0].message()
    assert headers["Message-ID"].startswith(f"<{delivery.pk}@")
    assert headers["Auto-Submitted"] == "auto-generated"


# --- the inbox ------------------------------------------------------------------------------------------------------


def test_the_inbox_shows_ones_own_messages_with_names_and_marks_in_words(cast, client_for):
    told(cast.awa, actor=cast.mariam, url="/fr/c/K1/")
    told(cast.seydou)
    page = client_for(cast.awa).get("/en/messages/").content.decode()
    assert page.count("Your K1 is ready, says Mariam Coulibaly.") == 1
    assert "a person in charge" not in page
    assert "Unread" in page
    assert "1 message is not read yet." in page


def test_opening_marks_read_and_leads_on_in_the_language_of_the_page(cast, client_for):
    message = told(cast.awa, url="/fr/certificates/")
    browser = client_for(cast.awa, csrf=False)
    answer = browser.post(f"/en/messages/{message.pk}/open/")
    assert (answer.status_code, answer["Location"]) == (303, "/en/certificates/")
    message.refresh_from_db()
    first = message.read
    browser.post(f"/en/messages/{message.pk}/open/")
    message.refresh_from_db()
    assert message.read == first
    nowhere = told(cast.awa)
    assert browser.post(f"/en/messages/{nowhere.pk}/open/", {"page": "3"})["Location"] == "/en/messages/?page=3"


def test_messages_of_others_are_not_there(cast, client_for):
    message = told(cast.awa, url="/fr/certificates/")
    for person in (cast.seydou, cast.mariam, cast.admin):
        for act in ("open", "delete"):
            assert client_for(person).post(f"/fr/messages/{message.pk}/{act}/").status_code == 404
    assert client_for(None).post(f"/fr/messages/{message.pk}/open/").status_code == 302
    assert client_for(cast.awa).get(f"/fr/messages/{message.pk}/open/").status_code == 405
    assert client_for(cast.awa).post(f"/fr/messages/{uuid.uuid4()}/open/").status_code == 404
    message.refresh_from_db()
    assert (message.read, message.deleted) == (None, None)


def test_forms_of_other_sites_change_nothing(cast, client_for):
    message = told(cast.awa)
    browser = client_for(cast.awa, csrf=True)
    for path in (f"{message.pk}/open/", f"{message.pk}/delete/", "read/", "preferences/"):
        assert browser.post(f"/fr/messages/{path}").status_code == 403


def test_deleting_and_marking_all_keep_the_number_in_the_header_right(cast, client_for):
    messages = [told(cast.awa) for _number in range(3)]
    browser = client_for(cast.awa)

    def shown() -> int:
        cast.awa.refresh_from_db()
        return cast.awa.unread_messages

    assert shown() == 3
    assert "3 unread messages" in browser.get("/en/learn/").content.decode()
    browser.post(f"/en/messages/{messages[0].pk}/delete/")
    browser.post(f"/en/messages/{messages[0].pk}/delete/")
    assert shown() == 2
    browser.post(f"/en/messages/{messages[1].pk}/open/")
    assert shown() == 1
    assert "1 message is marked as read." in browser.post("/en/messages/read/", follow=True).content.decode()
    assert shown() == 0
    assert "unread message" not in browser.get("/en/learn/").content.decode()


def test_an_empty_inbox_says_what_will_come(cast, client_for):
    assert "No messages" in client_for(cast.awa).get("/en/messages/").content.decode()


def test_the_inbox_costs_the_same_with_few_messages_and_with_many(cast, client_for):
    browser = client_for(cast.awa)
    costs = set()
    for number in (2, 60):
        for _number in range(number):
            told(cast.awa, actor=cast.mariam)
        browser.get("/fr/messages/")
        with CaptureQueriesContext(connection) as captured:
            page = browser.get("/fr/messages/?page=1").content.decode()
        costs.add(len(captured))
        assert len(captured) <= 6, [query["sql"] for query in captured]
    assert len(costs) == 1
    assert "?page=2" in page
    assert browser.get("/fr/messages/?page=zzz").status_code == 200


def test_a_kind_that_is_no_longer_known_still_shows(cast, client_for, monkeypatch):
    told(cast.awa)
    monkeypatch.delitem(notify._kinds, "test.plain")
    assert "cannot be shown by this version" in client_for(cast.awa).get("/en/messages/").content.decode()


# --- preferences ----------------------------------------------------------------------------------------------------


def test_a_wish_is_saved_and_holds_for_what_waits(cast, client_for, noon):
    told(cast.awa)
    urgent = told(cast.awa, kind="test.urgent")
    browser = client_for(cast.awa)
    answer = browser.post("/fr/messages/preferences/", {"mode": "weekly", "quiet_from": "22:00", "quiet_to": "05:00"})
    assert answer.status_code == 303
    wish = Preference.objects.get(person=cast.awa)
    assert (wish.mode, wish.quiet_from, wish.quiet_to) == ("weekly", time(22), time(5))
    waiting = Delivery.objects.get(mode="weekly")
    assert (waiting.messages.count(), waiting.due) == (1, datetime(2026, 11, 30, 8, 0, tzinfo=UTC))
    assert Delivery.objects.get(mode="urgent").messages.get() == urgent
    browser.post("/fr/messages/preferences/", {"mode": "none", "quiet_from": "22:00", "quiet_to": "05:00"})
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"mode": "hourly", "quiet_from": "20:00", "quiet_to": "07:00"},
        {"mode": "now", "quiet_from": "25:00", "quiet_to": "07:00"},
        {"mode": "now", "quiet_from": "20:30", "quiet_to": "<b>"},
    ],
)
def test_wishes_that_cannot_be_are_refused_in_words(cast, client_for, sent):
    answer = client_for(cast.awa).post("/en/messages/preferences/", sent)
    assert answer.status_code == 422
    assert "Nothing is saved yet" in answer.content.decode()
    assert not Preference.objects.exists()


def test_people_without_an_address_read_that_no_mail_comes(cast, client_for):
    type(cast.awa).objects.filter(pk=cast.awa.pk).update(email="")
    assert "has no e-mail address" in client_for(cast.awa).get("/en/messages/preferences/").content.decode()


# --- every kind -----------------------------------------------------------------------------------------------------


def test_every_kind_reads_in_every_language_and_leads_an_e_mail_without_subject_of_a_course(cast, noon):
    for kind in notify.kinds():
        message = Message(recipient=cast.awa, kind=kind, context={"code": "K1"})
        for language in ("fr", "en", "ar"):
            with override(language):
                assert notify.sentence(message)
                assert notify.heading(message)


def test_old_messages_and_mails_are_forgotten(cast, noon):
    old, new = told(cast.awa), told(cast.awa)
    Message.objects.filter(pk=old.pk).update(created=noon - timedelta(days=366))
    mail.send_due()
    Delivery.objects.update(ended=noon - timedelta(days=91))
    assert mail.forget_messages(noon - mail.KEEP_MESSAGES) == 1
    assert mail.forget_deliveries(noon - mail.KEEP_DELIVERIES) == 1
    assert list(notify.inbox(cast.awa)) == [new]
    cast.awa.refresh_from_db()
    assert cast.awa.unread_messages == 1
