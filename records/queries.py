"""Reads of the learning record."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from records.models import Statement


def clock_is_behind() -> timedelta:
    """How far the clock stands before the newest time that this server stored a statement; zero where all is well.

    A machine without a battery wakes up in the past after a power cut. One query.
    """
    newest = Statement.objects.aggregate(newest=Max("stored"))["newest"]
    return max(newest - timezone.now(), timedelta()) if newest else timedelta()
