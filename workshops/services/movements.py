"""What becomes of a registration: invited, accepted, declined, replaced, withdrawn; arrivals; people who are only counted."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import audit
from operations.errors import Refused
from people.checks import allowed, words
from people.models import User
from people.models.accounts import Sex
from people.names import hidden_from
from people.policy import Capability
from workshops import telling
from workshops.models import Counted, Registration, Session, Workshop
from workshops.rules import STANDING, groups_to_count
from workshops.services.designation import record_state
from workshops.services.registration import register, seats_left

_State, _Origin = Registration.State, Registration.Origin
MOST_COUNTED = 2000


@transaction.atomic
def add(
    *,
    workshop: Workshop,
    user: User | None = None,
    name: str = "",
    state: str = _State.ACCEPTED,
    origin: str = _Origin.LIST,
    actor: User | None = None,
    **facts: Any,
) -> Registration:
    """Put somebody on the list and, where they have an account, tell them. As `register`; a protected person is invited."""
    state = state_for(user, actor=actor, state=state)
    row = register(workshop=workshop, user=user, name=name, state=state, origin=origin, actor=actor, **facts)
    telling.one(row, telling.KINDS[row.state], actor=actor)
    return row


def state_for(user: User | None, *, actor: User | None, state: str) -> str:
    """The state that `actor` may give: whoever teaches a protected person reads the name, so nobody gets to it by putting
    the pseudonym on a list of their own; the person is invited, and accepts or not. At most 3 queries."""
    if state in Registration.EXPECTED and user is not None and actor is not None and hidden_from(actor, {user.pk}):
        return _State.INVITED
    return state


@transaction.atomic
def register_self(*, workshop: Workshop, user: User) -> Registration:
    """The person registers where registration is open; on the waiting list where all seats are taken. Raises Refused."""
    held = Workshop.objects.select_for_update().get(pk=workshop.pk)
    if (
        held.entry != Workshop.Entry.OPEN
        or held.status != Workshop.Status.ANNOUNCED
        or held.ends < timezone.localdate()
    ):
        raise Refused(_("Registration for this workshop is not open."), _("Ask your training manager."))
    state = _State.ACCEPTED if seats_left(held) > 0 else _State.WAITING
    return register(workshop=held, user=user, state=state, origin=_Origin.SELF, actor=user, checked=True)


@transaction.atomic
def answer(*, registration: Registration, accepts: bool, user: User, reason: str = "") -> Registration:
    """The person accepts an invitation, or declines a place. Asked again, nothing changes. Raises Refused for another's,
    for a workshop that is over or called off, and where the seat is gone."""
    if registration.user_id != user.pk:
        raise Refused(_("This invitation is somebody else’s."), _("Open your own workshops."))
    row, workshop = _held(registration)
    if row.state not in (_State.INVITED, _State.ACCEPTED, _State.WAITING):
        raise Refused(_("There is nothing to answer any more."), _("Look at your workshops again."))
    if workshop.ends < timezone.localdate():
        raise Refused(_("This workshop is over."), _("Nothing is to be answered."))
    if accepts and row.state == _State.INVITED:
        _to(row, _State.ACCEPTED if seats_left(workshop) > 0 else _State.WAITING, actor=user)
    elif not accepts:
        _to(row, _State.WITHDRAWN, actor=user, reason=reason)
    return row


@transaction.atomic
def give_seat(*, registration: Registration, actor: User | None = None) -> Registration:
    """Give a seat to somebody who waits or was invited: the list proposes, a person decides. Raises Refused without a
    seat, for another state, or where the actor may not."""
    allowed(actor, Capability.MANAGE_COHORTS, registration)
    row, workshop = _held(registration)
    if row.state not in (_State.WAITING, _State.INVITED):
        raise Refused(_("Only people who wait or were invited are given a seat."), _("Look at the list again."))
    if row.origin == _Origin.DESIGNATION and row.decided_at is None:
        raise Refused(_("The director has not decided yet."), _("The proposal is decided first."))
    asked_for_it = row.origin in (_Origin.SELF, _Origin.DESIGNATION)
    if not asked_for_it and state_for(row.user, actor=actor, state=_State.ACCEPTED) != _State.ACCEPTED:
        raise Refused(_("A protected person accepts an invitation themselves."), _("Wait for their answer."))
    if seats_left(workshop) <= 0:
        raise Refused(_("All seats are taken."), _("Wait until one is free, or give the workshop more seats."))
    return _to(row, _State.ACCEPTED, actor=actor)


@transaction.atomic
def withdraw(*, registration: Registration, reason: str, actor: User | None = None) -> Registration:
    """Take somebody off the list, with a reason. Raises Refused where attendance was recorded."""
    allowed(actor, Capability.MANAGE_COHORTS, registration)
    row, _workshop = _held(registration)
    if row.state not in STANDING:
        raise Refused(_("This person is off the list already."), _("Look at the list again."))
    if row.marks.exists():
        raise Refused(_("Attendance was recorded for this person."), _("They stay on the list; absence says the rest."))
    reason = words(reason, label=_("Reason"), longest=300, required=True)
    return _to(row, _State.WITHDRAWN, actor=actor, reason=reason)


@transaction.atomic
def replace(
    *,
    registration: Registration,
    user: User | None = None,
    name: str = "",
    reason: str = "",
    actor: User | None = None,
    **facts: Any,
) -> Registration:
    """Put somebody in the place of somebody else (« X replaces Y »), with a number of their own. Raises Refused where the
    other is off the list, where attendance was recorded for them, or where it is the same person."""
    allowed(actor, Capability.MANAGE_COHORTS, registration)
    row, workshop = _held(registration)
    if row.state not in STANDING:
        raise Refused(_("This person is off the list already."), _("Add the other person by themselves."))
    if row.marks.exists():
        raise Refused(_("Attendance was recorded for this person."), _("Add the other person as an arrival."))
    if user is not None and workshop.registrations.filter(user=user, state__in=STANDING).exists():
        raise Refused(_("This person is on the list already."), _("Choose somebody else."))
    state = state_for(user, actor=actor, state=row.state)
    _to(row, _State.REPLACED, actor=actor, reason=reason)
    facts.setdefault("institution", row.institution if user is None else None)
    made = register(
        workshop=workshop,
        user=user,
        name=name,
        state=state,
        origin=_Origin.REPLACEMENT,
        actor=actor,
        checked=True,
        replaces=row,
        **facts,
    )
    telling.one(made, telling.KINDS[made.state], actor=actor)
    return made


@transaction.atomic
def arrive(
    *, workshop: Workshop, user: User | None = None, name: str = "", actor: User | None = None, **facts: Any
) -> Registration:
    """Somebody came without being announced: they are on the list, with a number, also over the number of seats. A
    protected person stands there by the pseudonym alone."""
    if user is not None and actor is not None and (hidden := hidden_from(actor, {user.pk})):
        name, user, facts = hidden[user.pk], None, {"protected": True}
    return register(
        workshop=workshop,
        user=user,
        name=name,
        state=_State.ACCEPTED,
        origin=_Origin.ARRIVAL,
        actor=actor,
        over_capacity=True,
        **facts,
    )


def _held(registration: Registration) -> tuple[Registration, Workshop]:
    workshop = Workshop.objects.select_for_update().select_related("organiser").get(pk=registration.workshop_id)
    if workshop.status == Workshop.Status.CANCELLED:
        raise Refused(_("This workshop is cancelled."), _("Nothing is to be changed any more."))
    if workshop.status == Workshop.Status.CLOSED:
        raise Refused(_("The attendance of this workshop is closed."), _("Nothing is to be changed any more."))
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    row.workshop = workshop
    return row, workshop


def _to(row: Registration, state: str, *, actor: User | None, reason: str = "") -> Registration:
    before, row.state = row.state, state
    row.reason = words(reason, label=_("Reason"), longest=300)
    row.decided_at, row.decided_by = timezone.now(), actor
    row.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    record_state(row, before=before, actor=actor)
    told = before in telling.CONCERNED or state in telling.CONCERNED
    if told and (kind := telling.KINDS.get(state)):
        telling.one(row, kind, actor=actor)
    return row


@transaction.atomic
def count_people(
    *,
    workshop: Workshop,
    group: str,
    people: int,
    sex: str = "",
    band: str = "",
    session: Session | None = None,
    actor: User | None = None,
) -> Counted | None:
    """Say how many people of a group were there who are only counted; 0 takes the line away. Raises Refused for a group,
    a sex or an age that is none, or where the actor may not."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    if group not in dict(groups_to_count()) or sex not in ("", *Sex.values) or band not in Counted.Band.values:
        raise Refused(_("This group is not known."), _("Choose one of the list."))
    if not 0 <= people <= MOST_COUNTED:
        raise Refused(_("This number cannot be."), _("Give a number from 0 to 2000."))
    if session is not None and session.workshop_id != workshop.pk:
        raise Refused(_("This session belongs to another workshop."), _("Choose one of this workshop."))
    key = {"workshop": workshop, "session": session, "group": group, "sex": sex, "band": band}
    Counted.objects.filter(**key).delete()
    row = Counted.objects.create(**key, people=people) if people else None
    audit.record_change(
        actor=actor,
        code="workshops.counted",
        obj=workshop,
        after={"workshop": workshop.code, "people": people},
        branch=workshop.organiser.path,
    )
    return row
