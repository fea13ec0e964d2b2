"""Ending sessions: one, all others, or every one."""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.audit import record_change
from operations.errors import Refused
from people.models import User


@transaction.atomic
def end_sessions(*, user: User, keep: str | None = None, now: datetime | None = None) -> int:
    """Sign a person out wherever they are signed in, but for the session with the key `keep`. Gives how many ended.

    `signed_out_at` also ends sessions that are listed nowhere: whoever keeps one writes its beginning anew
    (`people.presence.begin`).
    """
    user.signed_out_at = now or timezone.now()
    User.objects.filter(pk=user.pk).update(signed_out_at=user.signed_out_at)
    listed = UserSession.objects.filter(user=user).exclude(session_key=keep or "")
    keys = list(listed.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    listed.delete()
    return len(keys)


@transaction.atomic
def sign_out_everywhere(*, user: User, keep: str | None = None) -> int:
    """As the person asks for it: everywhere, or everywhere else. Gives how many sessions ended."""
    ended = end_sessions(user=user, keep=keep)
    record_change(actor=user, code="people.signed-out-everywhere", obj=user, after={"count": ended})
    return ended


@transaction.atomic
def end_session(*, user: User, id: int) -> None:
    """Sign a person out in one browser. Raises Refused where it is not theirs, or has ended already."""
    row = UserSession.objects.filter(user=user, pk=id).first()
    if row is None:
        raise Refused(_("This browser is signed out already."))
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    record_change(actor=user, code="people.signed-out-one", obj=user)
