"""Attempts that stand still: a recovery code has opened the account, and its holder has not read yet who made it.

No answer is taken, no time passes, nothing is handed in. What was left of the time is left when it goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from assessments.models import Attempt
from people.models import User
from people.signals import account_recovered, recovery_acknowledged


@transaction.atomic
def freeze_attempts(*, user: User, now: datetime) -> int:
    """Stop every running attempt of a person; gives how many. An attempt whose time is over is closed as any other."""
    running = Attempt.objects.filter(enrolment__user=user, status=Attempt.Status.RUNNING, frozen=None)
    return running.exclude(deadline__lt=now).update(frozen=now)


@transaction.atomic
def thaw_attempts(*, user: User, now: datetime) -> int:
    """Let them go on, start and deadline moved by the time they stood still; gives how many."""
    frozen = Attempt.objects.select_for_update(of=("self",)).filter(enrolment__user=user, frozen__isnull=False)
    for attempt in (rows := list(frozen)):
        if attempt.frozen is not None and attempt.deadline is not None:
            stood = max(now - attempt.frozen, timedelta(0))
            attempt.started, attempt.deadline = attempt.started + stood, attempt.deadline + stood
        attempt.frozen = None
        attempt.save(update_fields=["started", "deadline", "frozen"])
    return len(rows)


def _recovered(sender: Any, user: User, at: datetime, **kwargs: Any) -> None:
    freeze_attempts(user=user, now=at)


def _acknowledged(sender: Any, user: User, at: datetime, **kwargs: Any) -> None:
    thaw_attempts(user=user, now=at)


def connect() -> None:
    """Listen to the news of accounts; called once, from `AppConfig.ready`."""
    account_recovered.connect(_recovered, dispatch_uid="assessments.freezing")
    recovery_acknowledged.connect(_acknowledged, dispatch_uid="assessments.freezing")
