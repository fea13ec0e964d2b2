"""Two accounts of one person made one, and that undone."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.audit import record_change
from operations.errors import Refused
from operations.notify import notify
from people.checks import allowed
from people.models import Merge, User
from people.policy import Capability
from people.privacy import collectors
from people.retention import undo_until


def hindrances(*, kept: User, merged: User) -> list[str]:
    """Whole sentences that say why the accounts cannot become one at this moment; none where they can."""
    if kept.pk == merged.pk:
        return [_("These are not two accounts, but one.")]
    return [words for room in collectors() if room.hinders is not None and (words := room.hinders(merged, kept))]


@transaction.atomic
def merge_accounts(*, kept: User, merged: User, actor: User) -> Merge:
    """Give everything of `merged` to `kept` and close `merged`. Raises Refused.

    Nobody merges their own account, since whoever holds an account reads what comes into it; both must be the actor's
    to merge.
    """
    for person in (kept, merged):
        if person.pk == actor.pk:
            raise Refused(_("Nobody merges their own account."), _("Ask another manager or an administrator."))
        allowed(actor, Capability.MERGE_PEOPLE, person)
    held = {
        person.pk: person
        for person in User.objects.select_for_update().filter(pk__in=[kept.pk, merged.pk]).order_by("pk")
    }
    if len(held) < 2 or (found := hindrances(kept=held[kept.pk], merged=held[merged.pk])):
        raise Refused(found[0] if len(held) == 2 else _("These are not two accounts, but one."))
    source, target = held[merged.pk], held[kept.pk]
    moved = {room.name: room.move(source, target) for room in collectors() if room.move is not None}
    merge = Merge.objects.create(kept=target, merged=source, moved=moved, by=actor)
    record_change(actor=actor, code="people.merged", obj=merge, about=target)
    notify(target, "people.merged", actor=actor, key=f"merged {merge.pk}")
    return merge


@transaction.atomic
def undo_merge(*, merge: Merge, actor: User) -> Merge:
    """Give back exactly what was moved; what came since stays with the kept account. A second time changes nothing.

    Raises Refused after 30 days, or where the kept account was itself merged since.
    """
    held = Merge.objects.select_for_update(of=("self",)).select_related("kept", "merged").get(pk=merge.pk)
    if actor.pk in (held.kept_id, held.merged_id):
        raise Refused(_("Nobody merges their own account."), _("Ask another manager or an administrator."))
    allowed(actor, Capability.MERGE_PEOPLE, held.kept)
    if held.undone is not None:
        return held
    if timezone.now() > undo_until(held):
        raise Refused(_("A merge can be undone for 30 days, and they have passed."))
    if Merge.objects.filter(merged=held.kept, undone=None).exists():
        raise Refused(_("The kept account was merged with another one since."), _("Undo that first."))
    for room in reversed(collectors()):
        if room.back is not None and room.name in held.moved:
            room.back(held.moved[room.name], held.merged, held.kept)
    held.undone = timezone.now()
    held.save(update_fields=["undone"])
    record_change(actor=actor, code="people.merge-undone", obj=held, about=held.kept)
    return held
