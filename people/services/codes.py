"""Codes that open an account once: printed on slips for the first sign-in, or given for recovery.

Whoever holds a code can take the account over. So a code for somebody with a staff role or a protected name is made by
administrators only, for recovery by two of them together; the holder reads who made which code; and what opened the
account before ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.audit import record_change
from operations.errors import Refused
from operations.notify import notify
from people import access
from people.checks import administrators_only, allowed
from people.codes import digest, new_code, parse
from people.models import LoginCode, Role, RoleGrant, User
from people.policy import Capability
from people.queries.codes import code_for, is_protected_or_staff
from people.services.sessions import end_sessions
from people.signals import account_recovered, recovery_acknowledged

SLIP_LASTS = dt.timedelta(days=14)
RECOVERY_LASTS = dt.timedelta(hours=24)
INSTRUCTORS_RECOVERY_LASTS = dt.timedelta(hours=2)
MOST_SLIPS = 200  # at once

Purpose = LoginCode.Purpose


@dataclass(frozen=True, slots=True)
class Made:
    """A code as it is shown, once, to whoever made it."""

    row: LoginCode
    code: str  # in groups of four


# --- making ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def make_slips(*, people: Sequence[User], actor: User | None) -> list[Made]:
    """Codes for a first sign-in, which choose a password; what was printed before for these people no longer holds.

    people: they have never signed in. Raises Refused: somebody who has, a closed account, nobody or more than 200
    people, people outside the actor's branch, people with a staff role or a protected name unless by an administrator.
    """
    if not people:
        raise Refused(_("Nobody was chosen."), _("Tick at least one person."))
    if len(people) > MOST_SLIPS:
        raise Refused(_("At most %(count)d slips are made at once.") % {"count": MOST_SLIPS}, _("Choose fewer people."))
    for person in people:
        allowed(actor, Capability.MANAGE_PEOPLE, person)
        _fit_for_code(person, actor)
        if person.last_login is not None:
            raise Refused(
                _("%(person)s has signed in before: a slip is for the first time only.") % {"person": person.username},
                _("Make a recovery code on the person's page."),
            )
        if is_protected_or_staff(person):
            administrators_only(actor)
    return [_make(person, actor, Purpose.FIRST, SLIP_LASTS, code="people.slip-made") for person in people]


@transaction.atomic
def make_recovery(*, user: User, actor: User | None) -> Made:
    """A one-time code for somebody who can no longer sign in; codes made before for the person no longer hold.

    It lasts 24 hours, 2 where an instructor makes it. Made by an administrator for somebody with a staff role or a
    protected name, it opens nothing until a second administrator confirms it. actor: None at the server's console.
    Raises Refused: for oneself, outside what the actor's role reaches, where there is no second administrator.
    """
    _fit_for_code(user, actor)
    lasts, second = RECOVERY_LASTS, False
    if actor is not None:
        if is_protected_or_staff(user):
            if not access.is_administrator(actor):
                raise Refused(
                    _("This account is recovered only by two administrators together."), _("Ask an administrator.")
                )
            second = True
            others = RoleGrant.objects.on().filter(role=Role.ADMINISTRATOR, user__is_active=True)
            if not others.exclude(user__in=[actor, user]).exists():
                raise Refused(
                    _("Two administrators are needed, and there is no second one."),
                    _("At the console of the server, run: manage.py recovery_code %(name)s") % {"name": user.username},
                )
        else:
            allowed(actor, Capability.RECOVERY_CODE, user)
            if access.through(actor, Capability.RECOVERY_CODE, user) == Role.INSTRUCTOR:
                lasts = INSTRUCTORS_RECOVERY_LASTS
    made = _make(user, actor, Purpose.RECOVERY, lasts, code="people.recovery-made", second=second)
    notify(user, "people.recovery-made", url=reverse("told"), actor=actor, key=f"recovery {made.row.pk}")
    return made


@transaction.atomic
def confirm_recovery(*, code: LoginCode, actor: User) -> LoginCode:
    """The second administrator agrees: from now on the code opens the account. Raises Refused."""
    administrators_only(actor)
    row = LoginCode.objects.select_for_update(of=("self",)).select_related("user", "made_by").get(pk=code.pk)
    _refuse_ended(row)
    if not row.needs_second or row.confirmed_by_id is not None:
        raise Refused(_("This code needs no confirmation, or has it already."))
    if actor.pk in (row.made_by_id, row.user_id):
        raise Refused(
            _("The second administrator is somebody else than the first, and than the holder of the account."),
            _("Ask another administrator."),
        )
    _made_by_somebody_who_may(row)
    row.confirmed_by = actor
    row.save(update_fields=["confirmed_by"])
    record_change(actor=actor, code="people.recovery-confirmed", obj=row.user)
    return row


@transaction.atomic
def withdraw_code(*, code: LoginCode, actor: User) -> None:
    """Take back a code that has not been used. The holder may, and whoever could have made it. Raises Refused."""
    row = LoginCode.objects.select_for_update(of=("self",)).select_related("user").get(pk=code.pk)
    if actor.pk not in (row.user_id, row.made_by_id):
        wanted = Capability.MANAGE_PEOPLE if row.purpose == Purpose.FIRST else Capability.RECOVERY_CODE
        allowed(actor, wanted, row.user)
    _refuse_ended(row)
    row.withdrawn = timezone.now()
    row.save(update_fields=["withdrawn"])
    record_change(actor=actor, code="people.code-withdrawn", obj=row.user)


def _fit_for_code(person: User, actor: User | None) -> None:
    if actor is not None and actor.pk == person.pk:
        raise Refused(
            _("Nobody makes a code for their own account."),
            _("Ask your training manager, or change the password on your account page."),
        )
    if not person.is_active:
        raise Refused(_("This account is closed."), _("Open it again first."))


def _make(
    person: User, actor: User | None, purpose: str, lasts: dt.timedelta, *, code: str, second: bool = False
) -> Made:
    now = timezone.now()
    earlier = LoginCode.objects.filter(user=person, used=None, withdrawn=None)
    earlier.update(withdrawn=now)
    text = new_code()
    row = LoginCode.objects.create(
        user=person,
        purpose=purpose,
        digest=digest("login", parse(text) or ""),
        made_by=actor,
        needs_second=second,
        expires=now + lasts,
    )
    record_change(actor=actor, code=code, obj=person, after={"expires": row.expires})
    return Made(row, text)


# --- using ----------------------------------------------------------------------------------------------------------


def look_at(*, login: str, text: str) -> LoginCode:
    """The code that `text` says for the account that `login` names, while it opens it.

    Raises Refused: one sentence for every wrong pair, so that nobody learns which half was right; the reason where both
    are right but the code no longer opens anything.
    """
    row = code_for(login=login, text=text)
    if row is None:
        raise Refused(
            _("The name or the code is not right."),
            _("Compare them with the slip, sign by sign. For a new code, ask your training manager."),
        )
    _refuse_useless(row)
    return row


@transaction.atomic
def use_code(*, code: LoginCode, password: str) -> LoginCode:
    """Give the account a new password, once. Sessions end, running attempts freeze (`account_recovered`).

    Where two administrators or the console opened it, second factors are taken off too: their device may be what was
    lost. Raises Refused when the code no longer opens anything.
    """
    row = LoginCode.objects.select_for_update(of=("self",)).select_related("user", "made_by").get(pk=code.pk)
    _refuse_useless(row)
    now = timezone.now()
    person = User.objects.select_for_update().get(pk=row.user_id)
    row.used = now
    row.save(update_fields=["used"])
    person.set_password(password)
    person.save(update_fields=["password"])
    end_sessions(user=person, now=now)
    recovery = row.purpose == Purpose.RECOVERY
    if recovery and (row.needs_second or row.made_by_id is None):
        Authenticator.objects.filter(user=person).delete()
    if recovery:
        account_recovered.send(sender=LoginCode, user=person, at=now)
    record_change(
        actor=person, code="people.recovery-used" if recovery else "people.slip-used", obj=person, after={"at": now}
    )
    row.user = person
    return row


@transaction.atomic
def acknowledge(*, user: User) -> int:
    """The holder has read who made recovery codes for the account: what was frozen goes on. Gives how many were new."""
    now = timezone.now()
    told = LoginCode.objects.filter(user=user, purpose=Purpose.RECOVERY, told=None).update(told=now)
    recovery_acknowledged.send(sender=LoginCode, user=user, at=now)
    if told:
        record_change(actor=user, code="people.recovery-read", obj=user)
    return told


def _refuse_ended(row: LoginCode) -> None:
    if row.used is not None:
        raise Refused(
            _("This code has been used already. It works once."),
            _("If it was not you, tell your training manager at once, and ask for a new code."),
        )
    if row.withdrawn is not None:
        raise Refused(_("This code has been withdrawn, or replaced by a newer one."), _("Ask for a new code."))
    if row.expires <= timezone.now():
        raise Refused(_("This code has expired."), _("Ask your training manager for a new one."))


def _refuse_useless(row: LoginCode) -> None:
    _refuse_ended(row)
    if not row.user.is_active:
        raise Refused(_("This account is closed."), _("Ask your training manager."))
    if row.needs_second and row.confirmed_by_id is None:
        raise Refused(_("This code waits for a second administrator."), _("Ask the administrator who gave it to you."))
    _made_by_somebody_who_may(row)


def _made_by_somebody_who_may(row: LoginCode) -> None:
    """What the holder was given since, or what the maker has lost since, counts: a slip in a drawer is no way in."""
    maker, person = row.made_by, row.user
    if row.purpose == Purpose.FIRST and person.last_login is not None:
        raise Refused(
            _("This slip was for the first sign-in, which has been."),
            _("Sign in with the password, or ask for a code."),
        )
    if maker is None:
        return
    access.forget(maker)
    guarded = is_protected_or_staff(person)
    if guarded and (row.purpose == Purpose.FIRST or row.needs_second):
        good = access.is_administrator(maker)
    elif row.purpose == Purpose.FIRST:
        good = maker.is_active
    else:
        good = not guarded and access.can(maker, Capability.RECOVERY_CODE, person)
    if not good:
        raise Refused(_("This code no longer holds: roles have changed since it was made."), _("Ask for a new code."))
