"""The hand-over register: which paper was given to whom, on which day and by whom."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from certificates.models import Credential, HandOver
from certificates.services import reason_of
from operations import audit, clock
from operations.errors import Refused
from people.checks import allowed, sane_day, words
from people.models import User
from people.policy import Capability


@transaction.atomic
def hand_over(*, credential: Credential, actor: User, proxy: str = "", day: dt.date | None = None) -> HandOver:
    """Note that the paper was given to its holder, or to somebody named in their place; said again, the first note stands.

    Raises Refused for a certificate that does not hold, a day to come, or where the actor may not.
    """
    held = (
        Credential.objects.select_for_update(of=("self",)).select_related("workshop__organiser").get(pk=credential.pk)
    )
    if held.workshop is None:
        raise Refused(_("This certificate belongs to no workshop."))
    allowed(actor, Capability.MANAGE_COHORTS, held.workshop)
    proxy = words(proxy, label=_("Received by, in the holder’s place"), longest=300)
    if held.status == Credential.Status.REVOKED or held.erased is not None:
        raise Refused(_("This certificate does not hold: its paper is not handed over."))
    day = sane_day(day)
    if day > clock.today():
        raise Refused(_("This day has not come yet."), _("Write down the day on which the paper was given."))
    row, new = HandOver.objects.get_or_create(credential=held, defaults={"day": day, "proxy": proxy, "by": actor})
    if new:
        _note("certificates.handed-over", held, actor, after={"number": held.number, "proxy": proxy})
    return row


@transaction.atomic
def take_back(*, credential: Credential, actor: User, reason: str) -> None:
    """Strike a hand-over that was noted by mistake; the reason stays on record. Raises Refused."""
    held = (
        Credential.objects.select_for_update(of=("self",)).select_related("workshop__organiser").get(pk=credential.pk)
    )
    allowed(actor, Capability.MANAGE_COHORTS, held.workshop)
    reason = reason_of(reason)
    row = HandOver.objects.filter(credential=held).first()
    if row is None:
        raise Refused(_("This paper was not handed over."))
    before = {"number": held.number, "proxy": row.proxy}
    row.delete()
    _note("certificates.not-handed-over", held, actor, before=before, after={"number": held.number}, reason=reason)


def _note(code: str, held: Credential, actor: User, **facts: object) -> None:
    branch = held.workshop.organiser.path if held.workshop else ""
    audit.record_change(actor=actor, code=code, obj=held, about=held.holder, branch=branch, **facts)  # type: ignore[arg-type]
