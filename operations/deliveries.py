"""When an e-mail about messages goes out: as the person wishes, never in their quiet hours.

Quiet hours and digests follow the clock of the site (`TIME_ZONE`).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from operations.models import Delivery, Message, Mode, Preference

DIGEST_AT = time(8, 0)
MONDAY = 0


def preference_of(person: AbstractBaseUser) -> Preference:
    """What the person wishes, or the defaults (not saved). 1 query."""
    return Preference.objects.filter(person_id=person.pk).first() or Preference(person_id=person.pk)


def due(mode: str, now: datetime, quiet_from: time, quiet_to: time) -> datetime:
    """The moment from which an e-mail about news of `now` may go out."""
    if mode == Delivery.Mode.URGENT:
        return now
    here = now.astimezone(timezone.get_default_timezone())
    if mode == Delivery.Mode.NOW:
        return _next(here, quiet_to) if _is_quiet(here.time(), quiet_from, quiet_to) else now
    at = quiet_to if _is_quiet(DIGEST_AT, quiet_from, quiet_to) else DIGEST_AT
    moment = _next(here, at)
    while mode == Delivery.Mode.WEEKLY and moment.weekday() != MONDAY:
        moment = _at(moment + timedelta(days=1), at)
    return moment


def _is_quiet(at: time, quiet_from: time, quiet_to: time) -> bool:
    if quiet_from <= quiet_to:  # the same hour twice: none
        return quiet_from <= at < quiet_to
    return at >= quiet_from or at < quiet_to


def _next(here: datetime, at: time) -> datetime:
    """The next moment after `here` at which the clock shows `at`."""
    moment = _at(here, at)
    return moment if moment > here else _at(here + timedelta(days=1), at)


def _at(day: datetime, at: time) -> datetime:
    return datetime.combine(day.date(), at, tzinfo=day.tzinfo)


def plan(message: Message, person: AbstractBaseUser, *, urgent: bool = False) -> None:
    """Put a message into the e-mail that waits for this person, or into a new one. No e-mail for people without an
    address, nor for those who want none. At most 5 queries."""
    if not address_of(person):
        return
    wish = preference_of(person)
    if wish.mode == Mode.NONE:
        return
    mode = Delivery.Mode.URGENT if urgent else Delivery.Mode(wish.mode)
    moment = due(mode, timezone.now(), wish.quiet_from, wish.quiet_to)
    # Locked, so that it is not sent between now and the commit without this message.
    delivery, _made = Delivery.objects.select_for_update().get_or_create(
        recipient_id=person.pk, mode=mode, state=Delivery.State.WAITING, defaults={"due": moment}
    )
    message.delivery = delivery
    message.save(update_fields=["delivery"])


@transaction.atomic
def change_preference(*, person: AbstractBaseUser, mode: str, quiet_from: time, quiet_to: time) -> Preference:
    """Write how a person wants to hear of messages; what waits to be sent follows at once."""
    wish, _made = Preference.objects.update_or_create(
        person_id=person.pk, defaults={"mode": Mode(mode), "quiet_from": quiet_from, "quiet_to": quiet_to}
    )
    waiting = Delivery.objects.select_for_update().filter(recipient_id=person.pk, state=Delivery.State.WAITING)
    held = waiting if wish.mode == Mode.NONE else waiting.exclude(mode=Delivery.Mode.URGENT)
    messages: list[Any] = list(Message.objects.filter(delivery__in=held).order_by("created"))
    held.delete()
    for message in messages:
        plan(message, person)
    return wish


def address_of(person: AbstractBaseUser) -> str:
    """The person's e-mail address, or ""."""
    return str(getattr(person, person.get_email_field_name(), "") or "")
