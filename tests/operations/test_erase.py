"""What this room gives a person, forgets of them, and moves when two accounts become one."""

from __future__ import annotations

from datetime import time

import pytest
from django.utils.translation import override

from operations import audit, deliveries, notify, privacy
from operations.models import AuditEntry, Delivery, Message, Mode, Preference

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr(notify, "_kinds", dict(notify._kinds))
    notify.register("test.plain", body="Your %(code)s is ready, says %(actor)s.")


def tell(person, code: str, **more) -> Message:
    return notify.notify(person, "test.plain", context={"code": code}, **more)


def test_a_person_gets_their_messages_wishes_and_changes_but_not_who_looked(cast):
    tell(cast.awa, "K1", actor=cast.mariam)
    tell(cast.seydou, "K2")
    deliveries.change_preference(person=cast.awa, mode=Mode.DAILY, quiet_from=time(21), quiet_to=time(6))
    audit.record_change(actor=cast.mariam, code="people.protected", obj=cast.awa)
    audit.record_look(actor=cast.admin, code="people.looked-at-name", obj=cast.awa)
    with override("en"):
        given = privacy.export(cast.awa)
    assert [one["text"] for one in given["messages"]] == ["Your K1 is ready, says a person in charge."]
    assert given["e-mails"] == {"when": "once a day", "quiet_from": "21:00", "quiet_to": "06:00"}
    assert [one["what"] for one in given["changes"]][-1] == "A person was protected: a pseudonym stands for the name."
    assert "looked" not in str(given)


def test_erasing_leaves_the_trail_without_the_person(cast):
    tell(cast.awa, "K1")
    tell(cast.issa, "K2", actor=cast.awa)
    deliveries.change_preference(person=cast.awa, mode=Mode.DAILY, quiet_from=time(21), quiet_to=time(6))
    look = audit.record_look(actor=cast.admin, code="people.looked-at-name", obj=cast.awa, reason="Awa Diarra asked")
    done = audit.record_change(actor=cast.awa, code="people.audience-declared", obj=cast.issa)
    gone = privacy.erase(cast.awa)
    assert gone["messages"] == 1
    for row in AuditEntry.objects.filter(pk__in=[look.pk, done.pk]):
        assert cast.awa.pk not in (row.actor_id, row.about_id)
        assert "Awa" not in row.reason
    assert not Message.objects.filter(recipient=cast.awa).exists()
    assert not Delivery.objects.filter(recipient=cast.awa).exists()
    assert not Preference.objects.filter(person=cast.awa).exists()
    assert Message.objects.get(recipient=cast.issa).actor is None
    cast.awa.refresh_from_db()
    assert cast.awa.unread_messages == 0
    assert privacy.erase(cast.awa) == {"messages": 0, "trail": 0}


def test_messages_move_with_an_account_and_back(cast):
    for person in (cast.awa, cast.seydou):
        tell(person, "K1", key="same news")
    tell(cast.awa, "K2", key="other news")
    tell(cast.awa, "K3")
    moved = privacy.move(cast.awa, cast.seydou)
    assert notify.inbox(cast.seydou).count() == 3
    assert notify.inbox(cast.awa).count() == 1
    cast.seydou.refresh_from_db()
    assert cast.seydou.unread_messages == 3
    privacy.back(moved, cast.awa, cast.seydou)
    assert (notify.inbox(cast.awa).count(), notify.inbox(cast.seydou).count()) == (3, 1)
