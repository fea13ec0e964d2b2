"""Rows that hold from one day to another, so that last year's figures stay last year's."""

from __future__ import annotations

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from operations import clock


class DatedQuerySet(models.QuerySet[Any]):
    def on(self, day: dt.date | None = None) -> Self:
        """What holds on `day` (default: today in the site's time zone). `until` is the first day on which it no
        longer does."""
        day = day or clock.today()
        return self.filter(Q(since__lte=day), Q(until__isnull=True) | Q(until__gt=day))


class Dated(models.Model):
    """`since` is the first day on which it holds; `until` the first on which it does not; none: open."""

    since = models.DateField(default=timezone.localdate)
    until = models.DateField(null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True

    def holds(self, day: dt.date | None = None) -> bool:
        """Whether it holds on `day` (default: today)."""
        day = day or clock.today()
        return self.since <= day and (self.until is None or self.until > day)
