"""Reminders that a certificate ends: at 90, 30 and 7 days, each once, to its holder."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import override

from certificates.models import Credential
from operations import clock, jobs
from operations.mail import language_of
from operations.notify import notify

REMIND = "certificates.remind"  # kind of job
DAYS = (7, 30, 90)  # before the last day on which it holds


def remind(job: jobs.Work | None = None) -> dict[str, Any]:
    """Tell every holder whose certificate ends soon, once for each step; after a pause of the site only the step that is
    reached. Nothing once it has ended, or where another one takes over. 2 queries, and those of each message."""
    today = clock.today()
    ending = Credential.objects.filter(
        status=Credential.Status.ISSUED,
        erased=None,
        holder__is_active=True,
        expires__gte=today,
        expires__lte=today + timedelta(days=DAYS[-1]),
    ).select_related("holder", "course", "workshop")
    rows = list(ending.order_by("expires", "pk"))
    later = _lasting({row.holder_id for row in rows if row.holder_id})
    told = 0
    for row in rows:
        assert row.holder is not None and row.expires is not None
        if any(last > row.expires for last in later.get(_same(row), ())):
            continue
        step = next(days for days in DAYS if (row.expires - today).days <= days)
        with override(language_of(row.holder)):
            address = reverse("certificate", args=[row.number])
        context = {"code": row.code, "day": row.expires}
        notify(row.holder, "certificates.expiring", context=context, url=address, key=f"{REMIND} {row.pk} {step}")
        told += 1
    return {"ending": len(rows), "reached": told}


def _same(row: Credential) -> tuple[Any, ...]:
    """What a renewal has in common with what it renews."""
    return row.holder_id, row.kind, row.course_id or row.rule.get("name")


def _lasting(holders: set[int]) -> dict[tuple[Any, ...], list[date]]:
    """Until when the certificates of these people hold, by what they are for."""
    found: dict[tuple[Any, ...], list[date]] = {}
    for row in Credential.objects.filter(holder__in=holders, status=Credential.Status.ISSUED, erased=None):
        found.setdefault(_same(row), []).append(row.expires or date.max)
    return found
