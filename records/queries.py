"""Reads of the learning record."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from records.models import Statement


def newest_stored() -> datetime | None:
    """The newest time at which this server stored a statement; None where it has none. One query."""
    newest: datetime | None = Statement.objects.aggregate(newest=Max("stored"))["newest"]
    return newest
