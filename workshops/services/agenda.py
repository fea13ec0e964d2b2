"""The agenda of a workshop: taken from the facilitator guide of its course, then edited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from operations import audit
from operations.errors import Refused
from people.checks import administrators_only, allowed, words
from people.models import User
from people.policy import Capability
from workshops import agenda, telling
from workshops.models import AgendaItem, Feast, Session, Workshop
from workshops.rules import guide_of, working_days

LINES = 40  # of one session


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


# What a new installation begins with: the feasts of Mali with a fixed day for these years, and those that follow the moon,
# as they are expected. Administrators correct them.
_FIXED = ((1, 1, "Nouvel An", "New Year"), (1, 20, "Fête de l'armée", "Army Day"), (3, 26, "Journée des martyrs", "Martyrs' Day"),
    (5, 1, "Fête du travail", "Labour Day"), (5, 25, "Journée de l'Afrique", "Africa Day"),
    (9, 22, "Fête de l'indépendance", "Independence Day"), (12, 25, "Noël", "Christmas"))  # fmt: skip
_YEARS = (2026, 2027, 2028)
_MOON = (
    ("2027-02-08", "2027-03-09", "Ramadan", "Ramadan", True),
    ("2027-03-10", "2027-03-11", "Korité", "Eid al-Fitr", False),
    ("2027-05-16", "2027-05-17", "Tabaski", "Eid al-Adha", False),
    ("2027-08-15", "2027-08-15", "Maouloud", "Mawlid", False),
    ("2027-08-22", "2027-08-22", "Baptême du Prophète", "Baptism of the Prophet", False),
    ("2028-01-28", "2028-02-26", "Ramadan", "Ramadan", True),
    ("2028-02-27", "2028-02-28", "Korité", "Eid al-Fitr", False),
    ("2028-05-05", "2028-05-06", "Tabaski", "Eid al-Adha", False),
)


@transaction.atomic
def plant_feasts() -> int:
    """Begin the calendar, where it is empty; returns how many days or periods were written."""
    if Feast.objects.exists():
        return 0
    rows = [
        Feast(name={"fr": fr, "en": en}, starts=dt.date(year, month, day), ends=dt.date(year, month, day))
        for year in _YEARS
        for month, day, fr, en in _FIXED
    ]
    rows += [
        Feast(
            name={"fr": fr, "en": en},
            starts=dt.date.fromisoformat(starts),
            ends=dt.date.fromisoformat(ends),
            working=working,
            expected=True,
        )
        for starts, ends, fr, en, working in _MOON
    ]
    return len(Feast.objects.bulk_create(rows))


@transaction.atomic
def remove_feast(*, feast: Feast, actor: User | None = None) -> None:
    """Take a feast out of the calendar. Raises Refused for everybody but administrators."""
    administrators_only(actor)
    audit.record_change(
        actor=actor, code="workshops.feast-removed", obj=feast, before={"starts": feast.starts, "ends": feast.ends}
    )
    feast.delete()
