"""What comes after a workshop: outputs and recommendations, tests, allowances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import kinds
from operations import audit
from operations.errors import Refused
from people.checks import allowed, words
from people.models import User
from people.policy import Capability
from workshops.models import (
    Allowance,
    Mark,
    Outcome,
    Presence,
    Registration,
    TestSitting,
    Workshop,
)
from workshops.rules import form_of, may_sit, questions_of


@transaction.atomic
def note_names(*, workshop: Workshop, actor: User) -> None:
    """Write down that a report with names was made."""
    allowed(actor, Capability.SEE_COHORTS, workshop)
    _record("workshops.report-names", workshop, actor)


def _record(code: str, workshop: Workshop, actor: User, **after: object) -> None:
    audit.record_change(
        actor=actor,
        code=code,
        obj=workshop,
        after={"workshop": workshop.code, **after},
        branch=workshop.organiser.path,
    )


@transaction.atomic
def save_outcome(
    *,
    workshop: Workshop,
    actor: User,
    kind: str,
    text: str,
    addressee: str = "",
    due: dt.date | None = None,
    state: str = Outcome.State.OPEN,
    outcome: Outcome | None = None,
) -> Outcome:
    """Write down, or change, an output or a recommendation: for whom, by when, how far. Also after attendance is closed.
    Raises Refused where the actor may not, or nothing is written."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    row = outcome or Outcome(workshop=workshop)
    row.kind, row.state, row.due = Outcome.Kind(kind), Outcome.State(state), due
    row.text = words(text, label=_("Text"), longest=2000, required=True)
    row.addressee = words(addressee, label=_("For whom"), longest=200)
    row.by = actor
    row.save()
    _record("workshops.outcome", workshop, actor, outcome=row.kind, outcome_state=row.state)
    return row


# --- the tests --------------------------------------------------------------------------------------------------------


@transaction.atomic
def sit_test(*, registration: Registration, moment: str, user: User, data: Mapping[str, Any]) -> TestSitting:
    """Keep a participant's test; once. What is not answered, or « I do not know yet », counts 0. Raises Refused."""
    if registration.user_id != user.pk or not may_sit(registration.workshop, registration, moment):
        raise Refused(_("This test is not open to you now."), _("Ask the facilitator."))
    if registration.sittings.filter(moment=moment).exists():
        raise Refused(_("You have taken this test already."))
    return _sitting(registration, moment, user, data, on_paper=False)


@transaction.atomic
def type_test(*, workshop: Workshop, number: int, moment: str, actor: User, data: Mapping[str, Any]) -> TestSitting:
    """Keep a test that was taken on paper, by the participant's number. Typed in again, the later one stands; a test that
    was taken on a phone stays. Raises Refused."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    row = workshop.registrations.filter(number=number, state__in=Registration.EXPECTED).first()
    if row is None:
        raise Refused(
            _("Nobody on the list has number %(number)d.") % {"number": number}, _("Look at the sheet again.")
        )
    before = row.sittings.filter(moment=moment).first()
    if before is not None and not before.on_paper:
        raise Refused(_("Number %(number)d has taken this test on a phone.") % {"number": number})
    if before is not None:
        before.delete()
    return _sitting(row, moment, actor, data, on_paper=True)


def _sitting(
    registration: Registration, moment: str, by: User, data: Mapping[str, Any], *, on_paper: bool
) -> TestSitting:
    asked = questions_of(registration.workshop)
    if not asked:
        raise Refused(_("This workshop has no test."), _("Ask the organiser."))
    answers, versions, points = {}, {}, {}
    for question, version in asked:
        answer = kinds.parse(question.kind, version.body, data, question.slug)
        if answer is not None:
            answers[question.slug] = answer
        versions[question.slug] = version.pk
        points[question.slug] = float(kinds.grade(question.kind, version.body, answer).score)
    return TestSitting.objects.create(
        registration=registration,
        moment=TestSitting.Moment(moment),
        form=form_of(registration.number, moment),
        answers=answers,
        versions=versions,
        points=points,
        on_paper=on_paper,
        stored=timezone.now(),
        by=by,
    )


# --- allowances -------------------------------------------------------------------------------------------------------


@transaction.atomic
def work_out_allowances(*, workshop: Workshop, day: dt.date, actor: User) -> list[Allowance]:
    """What each participant is paid for a day, from that day's attendance, in the order of their numbers: the workshop's
    amount for whoever was present in a session. Worked out again, it follows the attendance.

    Raises Refused where the actor may not, no amount is set, the day has no session, or a contradiction is unsettled.
    """
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    held = Workshop.objects.select_for_update().get(pk=workshop.pk)
    if held.allowance is None:
        raise Refused(_("No allowance is set for this workshop."), _("Set it among the facts."))
    sessions = list(held.sessions.filter(day=day, cancelled=False))
    if not sessions:
        raise Refused(_("There is no session on this day."))
    rows = Presence.objects.filter(session__in=sessions)
    if rows.filter(conflict=True).exists():
        raise Refused(_("Two people recorded different things: settle it first."))
    present = rows.filter(status=Mark.Status.PRESENT).values("registration")
    people = held.registrations.filter(state__in=Registration.EXPECTED, pk__in=present).order_by("number")
    Allowance.objects.filter(registration__workshop=held, day=day).delete()
    made = Allowance.objects.bulk_create(
        Allowance(registration=row, day=day, amount=held.allowance) for row in people.select_related("user")
    )
    _record("workshops.allowances", held, actor, day=day.isoformat(), people=len(made))
    return made
