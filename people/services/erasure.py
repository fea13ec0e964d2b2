"""Erasing a person: asked for by them, carried out by an administrator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.audit import record_change
from operations.errors import Refused
from people.checks import allowed, words
from people.models import ErasureRequest, Merge, User
from people.policy import Capability
from people.privacy import collectors
from people.services.roles import keep_an_administrator

REASON_LENGTH = 500
Counts = dict[str, dict[str, int]]  # {room: {what: how many}}
Status = ErasureRequest.Status


@transaction.atomic
def ask_erasure(*, user: User) -> ErasureRequest:
    """Ask to be erased; once, however often it is pressed. Raises Refused for the only administrator."""
    held = User.objects.select_for_update().get(pk=user.pk)
    open_one = ErasureRequest.objects.filter(user=held, status=Status.ASKED).first()
    if open_one is not None:
        return open_one
    keep_an_administrator(without=held)
    request = ErasureRequest.objects.create(user=held)
    record_change(actor=held, code="people.erasure-asked", obj=held)
    return request


@transaction.atomic
def withdraw_erasure(*, request: ErasureRequest, actor: User) -> None:
    """Take a request back: its holder, or whoever could carry it out. A second time changes nothing. Raises Refused."""
    held = ErasureRequest.objects.select_for_update(of=("self",)).select_related("user").get(pk=request.pk)
    if held.status == Status.DONE:
        raise Refused(_("The person is erased already."))
    if held.user_id != actor.pk:
        allowed(actor, Capability.ERASE_PEOPLE, held.user)
    if held.status == Status.WITHDRAWN:
        return
    held.status, held.ended, held.decided_by = Status.WITHDRAWN, timezone.now(), actor
    held.save(update_fields=["status", "ended", "decided_by"])
    record_change(
        actor=actor, code="people.erasure-withdrawn", obj=held.user or ("people.erasurerequest", str(held.pk))
    )


@transaction.atomic
def carry_out_erasure(*, request: ErasureRequest, actor: User, reason: str) -> ErasureRequest:
    """Erase the person who asked for it, and what is left of accounts merged into theirs. A request that was carried
    out stays as it is. Raises Refused."""
    held = ErasureRequest.objects.select_for_update(of=("self",)).select_related("user").get(pk=request.pk)
    if held.status == Status.DONE:
        return held
    if held.status == Status.WITHDRAWN or held.user is None:
        raise Refused(_("The request was withdrawn."), _("The person asks again if they still want it."))
    if held.user_id == actor.pk:
        raise Refused(_("Nobody erases themselves here."), _("Ask another administrator."))
    allowed(actor, Capability.ERASE_PEOPLE, held.user)
    reason = words(reason, label=_("Reason"), longest=REASON_LENGTH, required=True)
    keep_an_administrator(without=held.user)
    held.remains = remains_of(held.user)
    held.status, held.ended, held.decided_by = Status.DONE, timezone.now(), actor
    held.save(update_fields=["remains", "status", "ended", "decided_by"])
    for merge in Merge.objects.filter(kept=held.user, undone=None).select_related("merged"):
        erase_account(user=merge.merged)
    removed = erase_account(user=held.user)
    held.refresh_from_db()
    record_change(
        actor=actor,
        code="people.erased",
        obj=held,
        after={"rows": sum(sum(counts.values()) for counts in removed.values())},
        reason=reason,
    )
    return held


@transaction.atomic
def erase_account(*, user: User) -> Counts:
    """Let every room forget the person, then delete the account. Returns what each took away or made nobody's; nothing
    where the account is gone already."""
    held = User.objects.select_for_update().filter(pk=user.pk).first()
    if held is None:
        return {}
    removed = {room.name: dict(room.erase(held)) for room in collectors()}
    held.delete()
    return removed


def erase_merged(before: datetime) -> int:
    """Erase what is left of accounts that were merged before that moment, and forget merges that were undone."""
    old = Merge.objects.filter(at__lt=before)
    count = 0
    for merge in old.filter(undone=None).select_related("merged"):
        erase_account(user=merge.merged)
        count += 1
    return count + old.delete()[0]


# --- told before ----------------------------------------------------------------------------------------------------


def remains_of(user: User) -> Counts:
    """What would stay without the person, by room."""
    found = {room.name: dict(room.remains(user)) for room in collectors() if room.remains is not None}
    return _counted(found)


def removed_by(*, user: User) -> Counts:
    """What erasing would take away, by room: it is done, counted, and not kept."""
    with transaction.atomic():
        removed = {room.name: dict(room.erase(user)) for room in collectors()}
        transaction.set_rollback(True)
    stays = remains_of(user)
    return _counted(
        {
            room: {what: count for what, count in counts.items() if what not in stays.get(room, {})}
            for room, counts in removed.items()
        }
    )


def _counted(found: Mapping[str, Mapping[str, int]]) -> Counts:
    kept = {room: {what: count for what, count in counts.items() if count} for room, counts in found.items()}
    return {room: counts for room, counts in kept.items() if counts}
