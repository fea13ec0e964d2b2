"""Planning a workshop: its facts, its sessions, who leads it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from operations import audit
from operations.errors import Refused
from people.checks import allowed, words
from people.models import Institution, User
from people.policy import Capability
from workshops import agenda, telling
from workshops.models import AgendaItem, Facilitator, Registration, Session, Workshop
from workshops.rules import asks_for_contact

LONGEST = dt.timedelta(days=60)


@transaction.atomic
def plan_workshop(*, organiser: Institution, actor: User | None = None, **facts: Any) -> Workshop:
    """Begin a workshop; whoever plans it leads it. `facts`: the fields of `Workshop` that the organiser writes.

    Raises Refused where the actor may not plan for this institution, or a fact cannot be.
    """
    allowed(actor, Capability.PLAN_WORKSHOPS, organiser)
    workshop = Workshop(organiser=organiser, created_by=actor, **facts)
    check_facts(workshop)
    _numbered(workshop)
    if actor is not None:
        Facilitator.objects.create(workshop=workshop, user=actor, part=Facilitator.Part.LEAD)
    audit.record_change(
        actor=actor,
        code="workshops.planned",
        obj=workshop,
        after={"workshop": workshop.code},
        branch=organiser.path,
    )
    return workshop


def check_facts(workshop: Workshop) -> None:
    """Raises Refused, in words, for facts of a workshop that cannot be."""
    if workshop.ends < workshop.starts:
        raise Refused(_("The last day lies before the first."), _("Correct the dates."))
    if workshop.ends - workshop.starts > LONGEST:
        raise Refused(_("A workshop lasts sixty days at most."), _("Plan two workshops."))
    try:
        workshop.full_clean(exclude=["code", "organiser", "course", "project", "created_by", "closed_by", "closed_at"])
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error


def _numbered(workshop: Workshop) -> None:
    """Save it under the next code of its year: « A-2026-014 »."""
    year = workshop.starts.year
    while True:
        newest = Workshop.objects.filter(code__startswith=f"A-{year}-").order_by("-code").values_list("code", flat=True)
        workshop.code = f"A-{year}-{int((newest.first() or '-0').rpartition('-')[2]) + 1:03d}"
        try:
            with transaction.atomic():
                workshop.save()
            return
        except IntegrityError:  # somebody else took this code
            if not Workshop.objects.filter(code=workshop.code).exists():
                raise


@transaction.atomic
def set_facilitator(*, workshop: Workshop, user: User, part: str, actor: User | None = None) -> Facilitator:
    """Let somebody lead or co-facilitate; asked again, their part changes. Raises Refused where the actor may not."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    if not user.is_active:
        raise Refused(_("This account is closed."), _("Choose somebody else."))
    if workshop.status == Workshop.Status.ANNOUNCED:
        _leads_nothing_else(workshop, [user.pk])
    row, _new = Facilitator.objects.update_or_create(workshop=workshop, user=user, defaults={"part": part})
    audit.record_change(
        actor=actor,
        code="workshops.facilitator",
        obj=workshop,
        after={"workshop": workshop.code, "part": part},
        about=user,
        branch=workshop.organiser.path,
    )
    return row


@transaction.atomic
def add_session(
    *,
    workshop: Workshop,
    day: dt.date,
    starts: dt.time,
    ends: dt.time,
    title: str = "",
    required: bool = True,
    actor: User | None = None,
) -> Session:
    """Add a session. Raises Refused outside the workshop's days, over another session, or where the actor may not."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    if not workshop.starts <= day <= workshop.ends:
        raise Refused(_("This day is not one of the workshop’s."), _("Choose a day of the workshop."))
    if ends <= starts:
        raise Refused(_("The session ends before it begins."), _("Correct the hours."))
    if Session.objects.filter(workshop=workshop, day=day, starts__lt=ends, ends__gt=starts, cancelled=False).exists():
        raise Refused(_("Another session is held at that time."), _("Choose other hours."))
    made = Session.objects.create(workshop=workshop, day=day, starts=starts, ends=ends, title=title, required=required)
    telling.changed(workshop)
    return made


# --- changing ---------------------------------------------------------------------------------------------------------

# What people on the list are told of when it changes.
_TOLD = ("starts", "ends", "place", "venue")


@transaction.atomic
def change_workshop(*, workshop: Workshop, actor: User | None = None, **facts: Any) -> Workshop:
    """Change the facts of a workshop. When the first day moves, its sessions move along; whoever is on the list is told
    once, some minutes after the last change. Raises Refused where the actor may not, where a fact cannot be, where the
    workshop is over, or where a session would be left outside its days."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    held = _still_open(workshop)
    before = {name: getattr(held, name) for name in facts}
    for name, value in facts.items():
        setattr(held, name, value)
    check_facts(held)
    taken = held.registrations.filter(state__in=Registration.EXPECTED).count()
    if held.capacity < taken:
        raise Refused(
            _("%(count)d people are on the list already.") % {"count": taken}, _("Give at least as many seats.")
        )
    held.save()
    if "starts" in before:
        _move_sessions(held, held.starts - before["starts"])
    told = [name for name in before if name in _TOLD and before[name] != getattr(held, name)]
    changed = [name for name in before if before[name] != getattr(held, name)]
    if not changed:
        return held
    days = {name: value for name, value in before.items() if name in ("starts", "ends") and name in changed}
    audit.record_change(
        actor=actor,
        code="workshops.changed",
        obj=held,
        before=days,
        after={"workshop": held.code, "fields": sorted(changed), **{name: getattr(held, name) for name in days}},
        branch=held.organiser.path,
    )
    if days and held.status == Workshop.Status.ANNOUNCED:
        _leads_nothing_else(held, [row.user_id for row in held.facilitators.all()])
    if told:
        telling.changed(held)
    return held


def _leads_nothing_else(workshop: Workshop, users: list[int | None]) -> None:
    """Raises Refused where one of these leads another announced workshop on the same days. (One that is being planned is
    only shown: plans change.)"""
    other = (
        Facilitator.objects.filter(
            user__in=[user for user in users if user is not None],
            workshop__status=Workshop.Status.ANNOUNCED,
            workshop__starts__lte=workshop.ends,
            workshop__ends__gte=workshop.starts,
        )
        .exclude(workshop=workshop.pk)
        .select_related("workshop")
        .first()
    )
    if other is not None:
        raise Refused(
            _("A facilitator leads %(code)s on the same days.") % {"code": other.workshop.code},
            _("Choose other days, or let somebody else lead one of the two."),
        )


def _still_open(workshop: Workshop) -> Workshop:
    held = Workshop.objects.select_for_update().select_related("organiser").get(pk=workshop.pk)
    if held.status == Workshop.Status.CANCELLED:
        raise Refused(_("This workshop is cancelled."), _("Plan another one."))
    if held.status == Workshop.Status.CLOSED:
        raise Refused(_("The attendance of this workshop is closed."), _("What was held is not changed any more."))
    return held


def _move_sessions(workshop: Workshop, by: dt.timedelta) -> None:
    sessions = list(workshop.sessions.all())
    for session in sessions:
        session.day += by
        if not session.cancelled and not workshop.starts <= session.day <= workshop.ends:
            raise Refused(
                _("A session would lie outside the workshop’s days."), _("Remove the session first, or keep its day.")
            )
    if by:
        Session.objects.bulk_update(sessions, ["day"])


@transaction.atomic
def announce(*, workshop: Workshop, actor: User | None = None) -> Workshop:
    """Make the workshop known: those invited or accepted are told, institutions and people may come forward. Raises
    Refused where it lacks sessions, or a support contact although its course asks for one, or is announced already."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    held = _still_open(workshop)
    if held.status != Workshop.Status.DRAFT:
        raise Refused(_("This workshop is announced already."), _("Changes are told by themselves."))
    if not held.sessions.filter(cancelled=False).exists():
        raise Refused(_("The workshop has no session yet."), _("Add a session, or take them from the guide."))
    if asks_for_contact(held) and not held.support_contact:
        raise Refused(
            _("The course asks for a support contact who can be reached all day."),
            _("Name one among the facts of the workshop."),
        )
    _leads_nothing_else(held, [row.user_id for row in held.facilitators.all()])
    held.status = Workshop.Status.ANNOUNCED
    held.save(update_fields=["status"])
    audit.record_change(
        actor=actor,
        code="workshops.announced",
        obj=held,
        after={"workshop": held.code},
        branch=held.organiser.path,
    )
    telling.announced(held)
    return held


@transaction.atomic
def cancel_workshop(*, workshop: Workshop, reason: str, actor: User | None = None) -> Workshop:
    """Call a workshop off; everybody on the list is told once, with an entry that takes it out of calendars. Raises
    Refused without a reason, where it is over, or where the actor may not."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    held = _still_open(workshop)
    announced = held.status == Workshop.Status.ANNOUNCED
    held.cancelled_because = words(reason, label=_("Reason"), longest=300, required=True)
    held.status = Workshop.Status.CANCELLED
    held.revision += 1
    held.save(update_fields=["cancelled_because", "status", "revision"])
    audit.record_change(
        actor=actor,
        code="workshops.cancelled",
        obj=held,
        after={"workshop": held.code},
        branch=held.organiser.path,
    )
    if announced:
        telling.cancelled(held)
    return held


@transaction.atomic
def remove_facilitator(*, facilitator: Facilitator, actor: User | None = None) -> None:
    """Take somebody off who leads or co-facilitates. Raises Refused for the only one who leads."""
    workshop = facilitator.workshop
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    leads = workshop.facilitators.filter(part=Facilitator.Part.LEAD, user__isnull=False).exclude(pk=facilitator.pk)
    if not leads.exists():
        raise Refused(_("Somebody must lead the workshop."), _("Let somebody else lead it first."))
    audit.record_change(
        actor=actor,
        code="workshops.facilitator-removed",
        obj=workshop,
        before={"part": facilitator.part},
        after={"workshop": workshop.code},
        about=facilitator.user,
        branch=workshop.organiser.path,
    )
    facilitator.delete()


@transaction.atomic
def change_session(
    *,
    session: Session,
    day: dt.date,
    starts: dt.time,
    ends: dt.time,
    title: str = "",
    required: bool = True,
    actor: User | None = None,
) -> Session:
    """Change a session; its agenda moves along with its beginning. Raises Refused as `add_session`, and once attendance
    was recorded in it."""
    workshop = session.workshop
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    held = _still_open(workshop)
    moved = (session.day, session.starts, session.ends) != (day, starts, ends)
    if moved:
        _untouched(session)
    if not held.starts <= day <= held.ends:
        raise Refused(_("This day is not one of the workshop’s."), _("Choose a day of the workshop."))
    if ends <= starts:
        raise Refused(_("The session ends before it begins."), _("Correct the hours."))
    others = Session.objects.filter(workshop=workshop, day=day, starts__lt=ends, ends__gt=starts, cancelled=False)
    if others.exclude(pk=session.pk).exists():
        raise Refused(_("Another session is held at that time."), _("Choose other hours."))
    shift = agenda.between(session.starts, starts)
    session.day, session.starts, session.ends, session.title, session.required = day, starts, ends, title, required
    session.save()
    if shift:
        items = list(session.agenda.all())
        for item in items:
            item.starts = agenda.plus(item.starts, shift)
        AgendaItem.objects.bulk_update(items, ["starts"])
    if moved:
        telling.changed(workshop)
    return session


@transaction.atomic
def remove_session(*, session: Session, actor: User | None = None) -> None:
    """Take a session out of the plan. Raises Refused once attendance was recorded in it."""
    allowed(actor, Capability.MANAGE_COHORTS, session.workshop)
    _still_open(session.workshop)
    _untouched(session)
    session.delete()
    telling.changed(session.workshop)


def _untouched(session: Session) -> None:
    if session.marks.exists() or session.head_counts.exists() or session.sheets.exists():
        raise Refused(_("Attendance was recorded in this session."), _("It stays as it was held; add another session."))
