"""What people are told of a workshop, and the calendar entry that goes with it. Neither names the subject: only the code.

Somebody who changes the dates often changes the hours next. So a change is told some minutes after the last one, once.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from operations import jobs, notify
from operations.mail import language_of
from operations.models import Message
from people.models import User
from workshops import ics
from workshops.models import Facilitator, Registration, Workshop
from workshops.rules import STANDING

JOB = "workshops.tell"
QUIET = dt.timedelta(minutes=10)
_State = Registration.State
CONCERNED = (_State.INVITED, _State.ACCEPTED)
KINDS: dict[str, str] = {
    _State.INVITED: "workshops.invited",
    _State.ACCEPTED: "workshops.accepted",
    _State.WAITING: "workshops.waiting",
    _State.REFUSED: "workshops.refused",
    _State.REPLACED: "workshops.off-the-list",
    _State.WITHDRAWN: "workshops.off-the-list",
}


def changed(workshop: Workshop) -> None:
    """Note that days, hours or place have changed; told once things have been quiet, if the workshop is announced."""
    with transaction.atomic():
        held = Workshop.objects.select_for_update().get(pk=workshop.pk)
        held.revision += 1
        held.save(update_fields=["revision"])
        workshop.revision = held.revision
        if held.status == Workshop.Status.ANNOUNCED:
            jobs.ask(
                JOB,
                arguments={"workshop": str(held.pk), "revision": held.revision},
                key=f"{JOB} {held.pk} {held.revision}",
                run_after=timezone.now() + QUIET,
            )


def tell_changes(job: jobs.Work) -> dict[str, int]:
    """Handler of `JOB`: tell of the change, unless another one came after it."""
    workshop = Workshop.objects.filter(pk=job.arguments["workshop"], status=Workshop.Status.ANNOUNCED).first()
    if workshop is None or workshop.revision != job.arguments["revision"]:
        return {"told": 0}
    return {"told": _tell(workshop, "workshops.moved", f"moved {workshop.revision}", facilitators=True)}


def announced(workshop: Workshop) -> None:
    """Tell those who are on the list already, each by their state."""
    for row in workshop.registrations.filter(state__in=KINDS, user__is_active=True).select_related("user", "workshop"):
        if row.state in STANDING:
            one(row, KINDS[row.state])


def cancelled(workshop: Workshop) -> None:
    """Tell everybody on the list, once, that it does not take place."""
    _tell(workshop, "workshops.called-off", "called off", facilitators=True)


def one(registration: Registration, kind: str, *, actor: User | None = None) -> None:
    """Tell the person of one registration; people without an account are told by whoever knows them."""
    person = registration.user
    if person is None or registration.workshop.status != Workshop.Status.ANNOUNCED:
        return
    _send(registration.workshop, person, kind, f"{kind} {registration.pk} {registration.state}", actor=actor)


def _tell(workshop: Workshop, kind: str, key: str, *, facilitators: bool = False) -> int:
    with transaction.atomic():
        rows = workshop.registrations.filter(state__in=CONCERNED, user__is_active=True).select_related("user")
        people = {row.user.pk: row.user for row in rows if row.user is not None}
        if facilitators:
            leading = Facilitator.objects.filter(workshop=workshop, user__is_active=True).select_related("user")
            people |= {row.user.pk: row.user for row in leading if row.user is not None}
        for person in people.values():
            _send(workshop, person, kind, f"workshop {workshop.pk} {key}")
    return len(people)


def _send(workshop: Workshop, person: User, kind: str, key: str, *, actor: User | None = None) -> None:
    with override(language_of(person)):
        address = reverse("my-workshop", args=[workshop.pk])
    context = {"code": workshop.code, "day": workshop.starts, "workshop": str(workshop.pk)}
    notify.notify(person, kind, context=context, url=address, key=key, actor=actor)


def desk_address(workshop: Workshop, person: User) -> str:
    """The list of the workshop, in the language of whoever is told."""
    with override(language_of(person)):
        return reverse("workshop-people", args=[workshop.pk])


def call_address(workshop: Workshop, person: User) -> str:
    """The call to which somebody answered."""
    with override(language_of(person)):
        return reverse("workshop-propose", args=[workshop.pk])


def calendar_entry(message: Message) -> list[notify.Attachment]:
    """The calendar entry of the workshop that a message is about, as it stands now."""
    workshop = Workshop.objects.filter(pk=_id(message)).prefetch_related("sessions").first()
    if workshop is None:
        return []
    gone = message.kind in ("workshops.called-off", "workshops.off-the-list")
    address = getattr(message.recipient, "email", "")
    return [ics.attachment(workshop, attendee=address, cancelled=gone)]


def _id(message: Message) -> Any:
    return message.context.get("workshop") or None


def register() -> None:
    """How the messages read. Called once, from `AppConfig.ready`."""
    jobs.register(JOB, tell_changes, name=_("A change of a workshop is told"))
    heading = _("Workshop")
    for kind, body, urgent in (
        (
            "workshops.invited",
            _("You are expected at workshop %(code)s, from %(day)s. Please accept or decline."),
            False,
        ),
        ("workshops.accepted", _("You have a place in workshop %(code)s, from %(day)s."), False),
        ("workshops.moved", _("Day, hours or place of workshop %(code)s have changed. First day: %(day)s."), True),
        ("workshops.called-off", _("Workshop %(code)s, planned from %(day)s, does not take place."), True),
        ("workshops.off-the-list", _("You are no longer on the list of workshop %(code)s."), False),
    ):
        notify.register(kind, subject=heading, body=body, urgent=urgent, attach=calendar_entry)
    for kind, body in (
        ("workshops.waiting", _("You are on the waiting list of workshop %(code)s, from %(day)s.")),
        ("workshops.refused", _("You have no place in workshop %(code)s. Its page gives the reason.")),
    ):
        notify.register(kind, subject=heading, body=body)
    notify.register(
        "workshops.proposed",
        subject=heading,
        body=_("People were proposed for workshop %(code)s. Please accept or refuse."),
    )
    notify.register(
        "workshops.decided", subject=heading, body=_("A proposal of yours for workshop %(code)s was decided.")
    )
