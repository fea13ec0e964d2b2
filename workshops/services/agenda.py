"""The agenda of a workshop: taken from the facilitator guide of its course, then edited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from courses.models import Guide
from operations import audit
from operations.errors import Refused
from people.checks import administrators_only, allowed, words
from people.models import User
from people.policy import Capability
from workshops import agenda, telling
from workshops.models import AgendaItem, Feast, Session, Workshop

LINES = 40  # of one session


def guide_of(workshop: Workshop) -> Guide | None:
    """The facilitator guide of the workshop's course, in the workshop's language, else in French. 1 query."""
    if workshop.course_id is None:
        return None
    guides = {guide.language: guide for guide in Guide.objects.filter(course=workshop.course_id)}
    return guides.get(workshop.language) or guides.get("fr") or next(iter(guides.values()), None)


def working_days(workshop: Workshop) -> list[agenda.Day]:
    """The days of the workshop without feasts; those of Ramadan are short. 1 query."""
    feasts = list(Feast.objects.filter(starts__lte=workshop.ends, ends__gte=workshop.starts))
    days = []
    for number in range((workshop.ends - workshop.starts).days + 1):
        date = workshop.starts + dt.timedelta(days=number)
        held = [feast for feast in feasts if feast.starts <= date <= feast.ends]
        if all(feast.working for feast in held):
            days.append(agenda.Day(date, short=bool(held)))
    return days


@transaction.atomic
def build_agenda(*, workshop: Workshop, starts: dt.time | None = None, actor: User | None = None) -> agenda.Plan:
    """Make the sessions and their agenda from the guide of the course; days that the guide does not fill get two half-days
    at the same hours. Sessions that were planned before are replaced.

    Returns the plan, with what found no hour. Raises Refused where there is no guide with a plan, where every day is a
    feast, where attendance was recorded already, or where the actor may not.
    """
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    guide = guide_of(workshop)
    usual, steps = agenda.read_guide(guide.body) if guide is not None else (dt.time(8, 30), [])
    if not steps:
        raise Refused(
            _("There is no facilitator guide with a plan for this course."), _("Add the sessions one by one.")
        )
    days = working_days(workshop)
    if not days:
        raise Refused(_("Every day of the workshop is a feast."), _("Choose other days, or correct the calendar."))
    if workshop.sessions.filter(marks__isnull=False).exists():
        raise Refused(_("Attendance was recorded already."), _("Change the sessions one by one."))
    plan = agenda.lay_out(steps, days, starts or usual)
    if not plan.halves:
        raise Refused(_("Nothing of the guide fits into these days."), _("Begin earlier, or choose other days."))
    workshop.sessions.all().delete()
    for half in plan.halves:
        session = Session.objects.create(workshop=workshop, day=half.date, starts=half.starts, ends=half.ends)
        AgendaItem.objects.bulk_create(_rows(session, half.items))
    _free_days(workshop, days, plan, starts or usual)
    telling.changed(workshop)
    return plan


def _rows(session: Session, items: Sequence[agenda.Placed]) -> list[AgendaItem]:
    return [
        AgendaItem(
            session=session,
            position=position,
            starts=item.starts,
            minutes=item.minutes,
            title=item.step.title,
            trace=item.step.trace,
            pause=item.step.pause,
            cut=item.cut,
        )
        for position, item in enumerate(items)
    ]


def _free_days(workshop: Workshop, days: Sequence[agenda.Day], plan: agenda.Plan, starts: dt.time) -> None:
    """Half-days without an agenda, on the days that the guide left empty."""
    filled = {half.date for half in plan.halves}
    half_days = [agenda.Step("", 210), agenda.Step("", 75, pause=True), agenda.Step("", 165)]
    for day in days:
        if day.date in filled:
            continue
        for half in agenda.lay_out(half_days, [day], starts).halves:
            Session.objects.create(workshop=workshop, day=half.date, starts=half.starts, ends=half.ends)


@dataclass(frozen=True, slots=True)
class Item:
    """A line as somebody wrote it."""

    minutes: int
    title: str
    trace: str = ""
    pause: bool = False
    cut: int | None = None


@transaction.atomic
def write_agenda(*, session: Session, items: Sequence[Item], actor: User | None = None) -> list[AgendaItem]:
    """Put these lines in place of the session's agenda; each begins when the one before ends. Raises Refused where they
    last longer than the session, are too many, or where the actor may not."""
    allowed(actor, Capability.MANAGE_COHORTS, session.workshop)
    if len(items) > LINES:
        raise Refused(_("A session holds forty lines at most."), _("Put some of them together."))
    length = agenda.between(session.starts, session.ends)
    total = sum(item.minutes for item in items)
    if any(not 1 <= item.minutes <= 600 for item in items):
        raise Refused(_("A line lasts from 1 to 600 minutes."), _("Correct the minutes."))
    if total > length:
        raise Refused(
            _("The lines last %(total)d minutes, the session %(length)d.") % {"total": total, "length": length},
            _("Shorten a line, or let the session end later."),
        )
    session.agenda.all().delete()
    now, rows = session.starts, []
    for position, item in enumerate(items):
        rows.append(
            AgendaItem(
                session=session,
                position=position,
                starts=now,
                minutes=item.minutes,
                title=words(item.title, label=_("Sequence"), longest=300, required=True),
                trace=words(item.trace, label=_("What remains of it"), longest=200),
                pause=item.pause,
                cut=item.cut,
            )
        )
        now = agenda.plus(now, item.minutes)
    return AgendaItem.objects.bulk_create(rows)


# --- the calendar of feasts -------------------------------------------------------------------------------------------


@transaction.atomic
def save_feast(
    *,
    feast: Feast | None = None,
    name: dict[str, str],
    starts: dt.date,
    ends: dt.date,
    working: bool = False,
    expected: bool = False,
    actor: User | None = None,
) -> Feast:
    """Write a feast, or a period with shorter hours. Raises Refused for everybody but administrators, and for dates that
    cannot be."""
    administrators_only(actor)
    if ends < starts:
        raise Refused(_("The last day lies before the first."), _("Correct the dates."))
    if (ends - starts).days > 40:
        raise Refused(_("A feast or a period lasts forty days at most."), _("Correct the dates."))
    name = {code: words(text, label=_("Name"), longest=100) for code, text in name.items()}
    if not any(name.values()):
        raise Refused(_("“%(field)s” is missing.") % {"field": _("Name")}, _("Fill it in."))
    feast = feast or Feast()
    feast.name, feast.starts, feast.ends, feast.working, feast.expected = name, starts, ends, working, expected
    feast.save()
    audit.record_change(actor=actor, code="workshops.feast", obj=feast, after={"starts": starts, "ends": ends})
    return feast


@transaction.atomic
def remove_feast(*, feast: Feast, actor: User | None = None) -> None:
    """Take a feast out of the calendar. Raises Refused for everybody but administrators."""
    administrators_only(actor)
    audit.record_change(
        actor=actor, code="workshops.feast-removed", obj=feast, before={"starts": feast.starts, "ends": feast.ends}
    )
    feast.delete()
