"""Sending e-mails about messages: each goes out once or not at all.

A delivery walks `waiting` → `sending` → `sent`. `sending` is committed before the mail server hears of it; whoever dies
after that leaves it so, and nobody sends it again: the message is in the inbox anyway, and an e-mail that comes twice
looks like a trick. Only what certainly did not go out is tried again: the server could not be reached, or it said so.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta
from email.mime.text import MIMEText
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from operations import notify
from operations.deliveries import address_of
from operations.jobs import Work
from operations.models import Delivery, Message

log = logging.getLogger(__name__)

JOB = "operations.send-mail"
KEEP_MESSAGES = timedelta(days=365)
KEEP_DELIVERIES = timedelta(days=90)
AT_A_TIME = 500
SHOWN = 20  # messages named in one e-mail; the inbox has the others
LOST_AFTER = timedelta(minutes=15)
# Before the second, third … try; after the last, the e-mail is given up.
PAUSES = (1, 5, 15, 60, 120, 240, 480, 480)  # minutes

_State = Delivery.State


def send_due(job: Work | None = None) -> dict[str, Any]:
    """Send what is due. Returns how many e-mails went out and how many wait for a mail server that cannot be reached."""
    now = timezone.now()
    lost = Delivery.objects.filter(state=_State.SENDING, started__lt=now - LOST_AFTER)
    unknown = lost.update(state=_State.UNKNOWN, ended=now, error="interrupted")
    due = list(
        Delivery.objects.filter(state=_State.WAITING, due__lte=now)
        .order_by("due")
        .values_list("pk", flat=True)[:AT_A_TIME]
    )
    result = {"sent": 0, "waiting": 0, "unknown": unknown}
    if not due:
        return result
    connection = get_connection()
    try:
        for number, pk in enumerate(due, start=1):
            try:
                # Before anything is written: a server that cannot be reached costs no try.
                connection.open()
            except Exception as error:  # whatever a backend raises
                log.warning("The mail server cannot be reached: %s", type(error).__name__)
                result["waiting"] = len(due) - number + 1
                break
            result["sent"] += send(pk, connection)
            if job is not None:
                job.progress(number, len(due))
    finally:
        _close(connection)
    return result


def send(pk: UUID, connection: BaseEmailBackend) -> bool:
    """Send one delivery if it still waits and somebody is there to read it. Returns whether it went out."""
    claimed = _claim(pk)
    if claimed is None:
        return False
    delivery, mail = claimed
    try:
        sent = connection.send_messages([mail])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        _close(connection)
        # The server answered no: nothing went out. 4xx: not now; 5xx: never (RFC 5321 §4.2.1).
        if 400 <= _code(error) < 500:
            _again(delivery, type(error).__name__)
        else:
            _end(delivery, _State.REFUSED, f"{type(error).__name__} {_code(error)}")
    except Exception as error:
        # The line broke: perhaps after the server had taken the e-mail.
        log.warning("Delivery %s: %s", delivery.pk, type(error).__name__)
        _close(connection)
        _end(delivery, _State.UNKNOWN, type(error).__name__)
    else:
        _end(delivery, _State.SENT if sent else _State.REFUSED)
        return bool(sent)
    return False


@transaction.atomic
def _claim(pk: UUID) -> tuple[Delivery, EmailMultiAlternatives] | None:
    """Take a delivery that is due and write its e-mail; None where there is nothing to send."""
    now = timezone.now()
    waiting = Delivery.objects.select_for_update(of=("self",), skip_locked=True).select_related("recipient")
    delivery = waiting.filter(pk=pk, state=_State.WAITING, due__lte=now).first()
    if delivery is None:
        return None
    news = list(
        Message.objects.filter(delivery=delivery, read=None, deleted=None)
        .select_related("recipient")
        .order_by("created")
    )
    if not news or not delivery.recipient.is_active or not address_of(delivery.recipient):
        Delivery.objects.filter(pk=pk).update(state=_State.NEEDLESS, ended=now)
        return None
    try:
        mail = compose(delivery, news)
        mail.message()  # what cannot be an e-mail (a line break in an address) is found out here
    except Exception:
        log.exception("Delivery %s could not be written.", pk)
        Delivery.objects.filter(pk=pk).update(state=_State.REFUSED, ended=now, error="could not be written")
        return None
    Delivery.objects.filter(pk=pk).update(state=_State.SENDING, started=now, tries=delivery.tries + 1)
    delivery.tries += 1
    return delivery, mail


def compose(delivery: Delivery, news: list[Message]) -> EmailMultiAlternatives:
    """The e-mail in its reader's language: a subject that says nothing, the sentences, the way to the inbox."""
    person = delivery.recipient
    with override(language_of(person)):
        count = len(news)
        subject = (
            _("%(site)s: new message")
            if count == 1
            else ngettext("%(site)s: %(count)d new message", "%(site)s: %(count)d new messages", count)
        )
        context = {
            "messages": [
                {"heading": notify.heading(one), "sentence": notify.sentence(one), "at": one.created}
                for one in news[:SHOWN]
            ],
            "more": max(0, count - SHOWN),
            "inbox": settings.SITE_URL + reverse("inbox"),
            "preferences": settings.SITE_URL + reverse("message-preferences"),
            "site": settings.WAGTAIL_SITE_NAME,
        }
        mail = EmailMultiAlternatives(
            subject=subject % {"site": settings.WAGTAIL_SITE_NAME, "count": count},
            body=render_to_string("operations/mail.txt", context),
            to=[address_of(person)],
            headers={
                "Message-ID": f"<{delivery.pk}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>",
                "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers
            },
        )
        mail.attach_alternative(render_to_string("operations/mail.html", context), "text/html")
        for one in news[:SHOWN]:
            for given in notify.attachments(one):
                mail.attach(_part(given))
    return mail


def _part(given: notify.Attachment) -> MIMEText:
    part = MIMEText(given.content, given.subtype, "utf-8")
    for name, value in given.parameters.items():
        part.set_param(name, value)
    part.add_header("Content-Disposition", "attachment", filename=given.name)
    return part


def language_of(person: AbstractBaseUser) -> str:
    """The language in which a person reads: their own, where the site speaks it, else the site's."""
    chosen = str(getattr(person, "language", ""))
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _text in error.recipients.values()), default=550)
    return int(getattr(error, "smtp_code", 550))


def _end(delivery: Delivery, state: str, error: str = "") -> None:
    Delivery.objects.filter(pk=delivery.pk, state=_State.SENDING).update(
        state=state, ended=timezone.now(), error=error[:200]
    )


def _again(delivery: Delivery, error: str) -> None:
    """Let what certainly did not go out wait for another try, together with what has come meanwhile."""
    if delivery.tries > len(PAUSES):
        _end(delivery, _State.REFUSED, error)
        return
    later = timezone.now() + timedelta(minutes=PAUSES[delivery.tries - 1])
    try:
        with transaction.atomic():
            Delivery.objects.filter(pk=delivery.pk, state=_State.SENDING).update(
                state=_State.WAITING, due=later, error=error[:200]
            )
    except IntegrityError:  # another e-mail waits for this person by now
        with transaction.atomic():
            other = Delivery.objects.select_for_update().filter(
                recipient_id=delivery.recipient_id, mode=delivery.mode, state=_State.WAITING
            )
            if (next_one := other.first()) is not None:
                Message.objects.filter(delivery=delivery).update(delivery=next_one)
            _end(delivery, _State.REFUSED, error)


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except Exception:  # the line may be gone already
        log.debug("The connection to the mail server was not closed in order.", exc_info=True)


def forget_messages(before: datetime) -> int:
    """Delete messages made before that moment, read or not; returns how many."""
    old = Message.objects.filter(created__lt=before)
    unread = list(old.filter(read=None, deleted=None).order_by().values_list("recipient_id", flat=True).distinct())
    with transaction.atomic():
        gone, _details = old.delete()
        for person_id in unread:
            notify.unread_changed.send(Message, person_id=person_id)
    return gone


def forget_deliveries(before: datetime) -> int:
    """Delete what is known of e-mails that ended before that moment; returns how many."""
    return Delivery.objects.filter(ended__lt=before).delete()[0]
