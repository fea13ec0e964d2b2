"""Planning a workshop: its facts, its sessions, who leads it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from operations import audit
from operations.errors import Refused
from people.checks import allowed
from people.models import Institution, User
from people.policy import Capability
from workshops.models import Facilitator, Session, Workshop

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
    return Session.objects.create(workshop=workshop, day=day, starts=starts, ends=ends, title=title, required=required)
