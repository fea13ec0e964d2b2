"""Clearance for the restricted tier, and people whose name appears nowhere."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from operations import clock
from operations.audit import record_change
from operations.errors import Refused
from people import access
from people.checks import allowed, sane_day, words
from people.models import Clearance, Protection, User
from people.policy import Capability

# How a protected person is called: the same in every language, since it stands for a name.
PSEUDONYMS = {
    Protection.Kind.MAGISTRATE: "Magistrat M",
    Protection.Kind.INVESTIGATOR: "Enquêteur E",
    Protection.Kind.OTHER: "Personne P",
}
REASON_LENGTH = 500
_TRIES = 5


@transaction.atomic
def clear_person(*, user: User, reason: str, until: dt.date | None = None, actor: User | None = None) -> Clearance:
    """Let a person read the restricted tier and, where their role allows it, sensitive facts. Raises Refused."""
    if actor is not None and actor.pk == user.pk:
        raise Refused(_("Nobody clears themselves."), _("Ask another manager or an administrator."))
    allowed(actor, Capability.CLEAR_PERSON, user)
    reason = words(reason, label=_("Reason"), longest=REASON_LENGTH, required=True)
    User.objects.select_for_update().get(pk=user.pk)
    today = clock.today()
    if until is not None and until <= today:
        raise Refused(_("The clearance would end before it begins."), _("Choose a later end."))
    if Clearance.objects.on().filter(user=user).exists():
        raise Refused(_("The person is already cleared."))
    clearance = Clearance.objects.create(user=user, reason=reason, since=today, until=until, granted_by=actor)
    access.forget(user)
    record_change(actor=actor, code="people.cleared", obj=user, after={"until": until})
    return clearance


@transaction.atomic
def end_clearance(*, clearance: Clearance, day: dt.date | None = None, actor: User | None = None) -> None:
    """End a clearance on `day`: today, from the next request on. Raises Refused."""
    if actor is None or actor.pk != clearance.user_id:
        allowed(actor, Capability.CLEAR_PERSON, clearance.user)
    held = Clearance.objects.select_for_update().get(pk=clearance.pk)
    day = sane_day(day)
    if held.until is not None and held.until <= day:
        raise Refused(_("This clearance ends before that day, or has ended already."))
    held.until = clearance.until = max(day, held.since)
    held.save(update_fields=["until"])
    access.forget(clearance.user)
    record_change(actor=actor, code="people.clearance-ended", obj=clearance.user, after={"day": held.until})


@transaction.atomic
def protect(*, user: User, kind: str, actor: User | None = None) -> Protection:
    """From now on a pseudonym stands for the person on lists, exports and reports. Raises Refused."""
    if kind not in Protection.Kind.values:
        raise Refused(_("This kind of protection does not exist."), _("Choose one of the list."))
    allowed(actor, Capability.PROTECT_PERSON, user)
    User.objects.select_for_update().get(pk=user.pk)
    if Protection.objects.on().filter(user=user).exists():
        raise Refused(_("The person is already protected."))
    for _try in range(_TRIES):
        try:
            with transaction.atomic():
                protection = Protection.objects.create(
                    user=user, kind=kind, pseudonym=_next_pseudonym(kind), set_by=actor
                )
        except IntegrityError:  # another person was given the number in the meantime
            continue
        # The trail says that it happened, not under which pseudonym: it would lead from one to the other.
        record_change(actor=actor, code="people.protected", obj=user, after={"kind": kind})
        return protection
    raise Refused(_("Many people are being protected at this moment."), _("Try again."))


@transaction.atomic
def unprotect(*, user: User, actor: User | None = None) -> None:
    """The person's name is shown again from now on; the pseudonym is never given to anybody else. Raises Refused."""
    allowed(actor, Capability.PROTECT_PERSON, user)
    row = Protection.objects.select_for_update().filter(user=user, until__isnull=True).first()
    if row is None:
        raise Refused(_("The person is not protected."))
    row.until = max(clock.today(), row.since)
    row.save(update_fields=["until"])
    record_change(actor=actor, code="people.unprotected", obj=user)


def _next_pseudonym(kind: str) -> str:
    """The first number never given: pseudonyms that have ended are not used again."""
    start = PSEUDONYMS[Protection.Kind(kind)]
    used = Protection.objects.filter(pseudonym__startswith=f"{start}-").values_list("pseudonym", flat=True)
    numbers = [int(tail) for name in used if (tail := name.rsplit("-", 1)[1]).isascii() and tail.isdigit()]
    return f"{start}-{max(numbers, default=0) + 1:02d}"
