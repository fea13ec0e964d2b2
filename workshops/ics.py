"""Calendar entries (RFC 5545, RFC 5546): discreet ones, that say the code of a workshop and nothing of its subject.

One entry for each workshop, repeated daily from the earliest beginning to the latest end of its sessions. `SEQUENCE` is
the workshop's revision, so that calendars follow changes and a cancellation takes the entry out.
"""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress

from operations.notify import Attachment
from workshops.models import Session, Workshop

PLACE = "Kalanso"  # what a calendar on a phone may say
DAY_BEGINS, DAY_ENDS = dt.time(8, 30), dt.time(16, 30)  # where no session is planned yet


def entry(workshop: Workshop, *, attendee: str = "", cancelled: bool = False, method: str = "") -> bytes:
    """The calendar file of a workshop. `method`: "PUBLISH" for a file that somebody fetches; else a request, or a
    cancellation. The sessions are read, 1 query unless they were fetched."""
    gone = cancelled or workshop.status == Workshop.Status.CANCELLED
    calendar = Calendar()
    calendar.add("prodid", "-//Kalanso//Kalanso//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method if method and not gone else "CANCEL" if gone else "REQUEST")
    calendar.add_component(_event(workshop, attendee=attendee, cancelled=gone))
    content: bytes = calendar.to_ical()
    return content


def method_of(workshop: Workshop, *, cancelled: bool = False) -> str:
    """REQUEST, or CANCEL for what does not take place (for this person)."""
    return "CANCEL" if cancelled or workshop.status == Workshop.Status.CANCELLED else "REQUEST"


def attachment(workshop: Workshop, *, attendee: str, cancelled: bool = False) -> Attachment:
    """The entry as it goes with an e-mail."""
    return Attachment(
        name=f"{workshop.code}.ics",
        content=entry(workshop, attendee=attendee, cancelled=cancelled).decode(),
        subtype="calendar",
        parameters={"method": method_of(workshop, cancelled=cancelled)},
    )


def _event(workshop: Workshop, *, attendee: str, cancelled: bool) -> Event:
    sessions = [session for session in workshop.sessions.all() if not session.cancelled]
    days = sorted({session.day for session in sessions}) or [workshop.starts]
    starts, ends = _hours(sessions)
    event = Event()
    event.add("uid", f"{workshop.pk}@kalanso")
    event.add("dtstamp", timezone.now())
    event.add("sequence", workshop.revision)
    event.add("summary", f"{PLACE} {workshop.code}")
    event.add("dtstart", _utc(days[0], starts))
    event.add("dtend", _utc(days[0], ends))
    if (length := (days[-1] - days[0]).days) > 0:
        event.add("rrule", {"freq": "daily", "count": length + 1})
        for number in range(length):
            if (day := days[0] + dt.timedelta(days=number)) not in days:
                event.add("exdate", _utc(day, starts))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    event["organizer"] = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    if attendee:
        who = vCalAddress(f"mailto:{attendee}")
        who.params["partstat"] = "NEEDS-ACTION"
        event["attendee"] = who
    return event


def _hours(sessions: list[Session]) -> tuple[dt.time, dt.time]:
    if not sessions:
        return DAY_BEGINS, DAY_ENDS
    return min(session.starts for session in sessions), max(session.ends for session in sessions)


def _utc(day: dt.date, hour: dt.time) -> dt.datetime:
    """The hour of the place, as the same moment everywhere."""
    local = timezone.make_aware(dt.datetime.combine(day, hour))
    return local.astimezone(dt.UTC)
