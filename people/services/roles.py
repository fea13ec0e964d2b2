"""Roles held for a branch, and audiences, each from one day to another."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import clock
from operations.audit import record_change
from operations.errors import Refused
from operations.notify import notify
from people import access
from people.audiences import is_known
from people.checks import administrators_only, allowed, open_institution, sane_day
from people.models import Audience, Institution, Membership, Project, Role, RoleGrant, User
from people.policy import MAGISTRATES, Capability

PROVISIONAL_MONTHS = 12
LONGEST = dt.timedelta(days=10 * 366)


# --- roles ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: str,
    institution: Institution | None = None,
    project: Project | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    provisional: bool = False,
    actor: User | None = None,
) -> RoleGrant:
    """Give a role for an institution and everything below it (an observer's: for a project; an administrator's: for
    the whole site). It counts from the holder's next request on.

    A provisional master trainer's lasts twelve months at most. Raises Refused: for oneself, for a role that the actor
    may not give, outside the actor's branch, for days that cannot be.
    """
    if role not in Role.values:
        raise Refused(_("This role does not exist."), _("Choose one of the list."))
    if actor is not None and actor.pk == user.pk:
        raise Refused(_("Nobody gives a role to themselves."), _("Ask another manager or an administrator."))
    _place_fits(role, institution, project)
    allowed(actor, Capability.GRANT_ROLE, user)
    if actor is not None and Role(role) not in access.grantable_roles(actor, institution):
        raise Refused(
            _("Your role does not let you give the role “%(role)s” there.") % {"role": Role(role).label},
            _("Ask an administrator."),
        )
    held = User.objects.select_for_update().get(pk=user.pk)
    if not held.is_active:
        raise Refused(_("This account is closed."), _("Open it again first."))
    since, until = _span(held, since, until, by_hand=actor is not None)
    if provisional:
        until = _provisional_end(role, since, until)
    if role == Role.ADMINISTRATOR and since > clock.today():
        raise Refused(_("An administrator's role begins today."), _("Choose today's date."))
    same = _open(RoleGrant.objects.filter(user=held, role=role, institution=institution, project=project), since)
    if same.exists():
        raise Refused(_("The person already holds this role there."))
    grant = RoleGrant.objects.create(
        user=held,
        role=role,
        institution=institution,
        project=project,
        since=since,
        until=until,
        provisional=provisional,
        granted_by=actor,
    )
    read_anew(user)
    record_change(
        actor=actor,
        code="people.role-granted",
        obj=held,
        after={"role": role, "place": _place(grant), "since": since, "until": until, "provisional": provisional},
        branch=institution.path if institution else None,
    )
    _tell(held, "people.role-given", role=role, day=since, key=f"role {grant.pk}", actor=actor)
    return grant


@transaction.atomic
def end_role(*, grant: RoleGrant, day: dt.date | None = None, actor: User | None = None) -> None:
    """End a role on `day` (today: from the holder's next request on). A holder may lay down a role.

    Raises Refused: for a role that the actor may not give, and for the only administrator's.
    """
    held = (
        RoleGrant.objects.select_for_update(of=("self",))
        .select_related("institution", "project", "user")
        .get(pk=grant.pk)
    )
    if actor is not None and actor.pk != held.user_id:
        allowed(actor, Capability.GRANT_ROLE, held.user)
        if Role(held.role) not in access.grantable_roles(actor, held.institution):
            raise Refused(_("Your role does not let you end this role."), _("Ask an administrator."))
    day = sane_day(day)
    if day < clock.today() and actor is not None:
        raise Refused(_("A role ends today or later: what it opened was open."), _("Choose today's date."))
    if held.until is not None and held.until <= day:
        raise Refused(_("This role ends before that day, or has ended already."))
    if held.role == Role.ADMINISTRATOR:
        keep_an_administrator(without=held.user, day=day)
    before = held.until
    held.until = grant.until = max(day, held.since)
    held.save(update_fields=["until"])
    read_anew(held.user)
    record_change(
        actor=actor,
        code="people.role-ended",
        obj=held.user,
        before={"until": before},
        after={"role": held.role, "place": _place(held), "until": held.until},
        branch=held.institution.path if held.institution else None,
    )
    _tell(
        held.user, "people.role-ended", role=held.role, day=held.until, key=f"role {held.pk} {held.until}", actor=actor
    )


def keep_an_administrator(*, without: User, day: dt.date | None = None) -> None:
    """Raises Refused where nobody else would administer the site from `day` (today) on."""
    held = _open(RoleGrant.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True), day or clock.today())
    if held.filter(user=without).exists() and not held.exclude(user=without).exists():
        raise Refused(
            _("This is the only administrator: nobody could administer the site any more."),
            _("Make another person administrator first."),
        )


def read_anew(user: User) -> None:
    """Let an object in hand say what its roles have become."""
    user.refresh_from_db(fields=["is_superuser", "holds_roles"])
    access.forget(user)


# --- audiences ------------------------------------------------------------------------------------------------------


@transaction.atomic
def declare_audience(*, user: User, audience: str, actor: User | None = None) -> Audience:
    """The person says to belong to an audience; it opens nothing until it is confirmed. Raises Refused."""
    known_audience(audience)
    if actor is not None and actor.pk != user.pk:
        allowed(actor, Capability.CONFIRM_AUDIENCE, user)
    row, new = Audience.objects.get_or_create(user=user, audience=audience, until=None)
    if new:
        record_change(actor=actor, code="people.audience-declared", obj=user, after={"audience": audience})
    return row


@transaction.atomic
def confirm_audience(*, user: User, audience: str, actor: User | None = None) -> Audience:
    """Confirm, or say, that a person belongs to an audience. Raises Refused, also for one's own."""
    if actor is not None and actor.pk == user.pk:
        raise Refused(_("Nobody confirms their own audience."), _("Ask your manager."))
    allowed(actor, Capability.CONFIRM_AUDIENCE, user)
    return write_confirmed(user=user, audience=audience, actor=actor)


def write_confirmed(*, user: User, audience: str, actor: User | None) -> Audience:
    """As `confirm_audience`, for services that have asked the policy already."""
    known_audience(audience)
    row, _new = Audience.objects.get_or_create(user=user, audience=audience, until=None)
    if row.confirmed_at is None:
        row.confirmed_by, row.confirmed_at = actor, timezone.now()
        row.save(update_fields=["confirmed_by", "confirmed_at"])
        record_change(actor=actor, code="people.audience-confirmed", obj=user, after={"audience": audience})
    return row


@transaction.atomic
def end_audience(*, user: User, audience: str, day: dt.date | None = None, actor: User | None = None) -> None:
    """The person no longer belongs to an audience from that day on. Raises Refused.

    Only administrators take somebody out of the judiciary: managers, who may not see the results of judges and
    prosecutors, could otherwise look.
    """
    if actor is not None and actor.pk != user.pk:
        allowed(actor, Capability.CONFIRM_AUDIENCE, user)
        if audience == MAGISTRATES:
            administrators_only(actor)
    row = Audience.objects.select_for_update().filter(user=user, audience=audience, until__isnull=True).first()
    if row is None:
        return
    day = sane_day(day)
    row.until = max(day, row.since)
    row.save(update_fields=["until"])
    record_change(actor=actor, code="people.audience-ended", obj=user, after={"audience": audience, "day": row.until})


def known_audience(audience: str) -> None:
    """Raises Refused for an audience that the programme does not have."""
    if not is_known(audience):
        raise Refused(_("This audience does not exist."), _("Choose one of the list."))


# --- helpers --------------------------------------------------------------------------------------------------------


def _tell(user: User, kind: str, *, role: str, day: dt.date, key: str, actor: User | None) -> None:
    notify(user, kind, context={"role": role, "day": day}, url=reverse("account"), key=key, actor=actor)


def _open(rows: QuerySet[Any], day: dt.date) -> QuerySet[Any]:
    """Those that hold on `day` or later."""
    return rows.filter(Q(until__isnull=True) | Q(until__gt=day))


def _place(grant: RoleGrant) -> str:
    if grant.institution is not None:
        return grant.institution.code
    return grant.project.code if grant.project is not None else ""


def _place_fits(role: str, institution: Institution | None, project: Project | None) -> None:
    if role == Role.ADMINISTRATOR:
        if institution is not None or project is not None:
            raise Refused(_("An administrator's role is for the whole site."), _("Leave the institution empty."))
    elif role == Role.OBSERVER:
        if project is None or institution is not None:
            raise Refused(_("An observer's role is for a project."), _("Choose a project."))
    elif institution is None or project is not None:
        raise Refused(_("This role is held for an institution."), _("Choose an institution."))
    if institution is not None:
        open_institution(institution)


def _span(user: User, since: dt.date | None, until: dt.date | None, *, by_hand: bool) -> tuple[dt.date, dt.date | None]:
    since = sane_day(since)
    if by_hand and since < clock.today():
        raise Refused(_("A role begins today or later."), _("Choose today's date."))
    joined = Membership.objects.filter(user=user).order_by("since").values_list("since", flat=True).first()
    if joined is not None and since < joined:
        raise Refused(_("The role would begin before the person joined the service."), _("Choose a later date."))
    if until is not None and until <= since:
        raise Refused(_("The role would end before it begins."), _("Choose a later end."))
    if until is not None and until - since > LONGEST:
        raise Refused(_("The role would last more than ten years."), _("Choose a nearer end, or none."))
    return since, until


def _provisional_end(role: str, since: dt.date, until: dt.date | None) -> dt.date:
    if role != Role.MASTER:
        raise Refused(_("Only a master trainer's role can be provisional."))
    latest = _months_later(since, PROVISIONAL_MONTHS)
    if until is not None and until > latest:
        raise Refused(_("A provisional role lasts twelve months at most."), _("Choose a nearer end."))
    return until or latest


def _months_later(day: dt.date, months: int) -> dt.date:
    """The same day so many months later; 1 March for 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return day.replace(year=year, month=month + 1)
    except ValueError:
        return dt.date(year, month + 2, 1)
