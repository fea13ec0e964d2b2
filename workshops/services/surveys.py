"""Surveys: the evaluation at the end of a workshop, and what has changed at work three months later. Answers are kept without
anything that leads to a person.

After three months those who came are asked, and those who supervised one of them at work on the day the survey opens; these
speak of their unit, once for each workshop, not of a person. Supervisors of protected people are not told: the message
would say where these have been. Everybody is reminded, those who have answered too: whom a reminder left out would
else have answered before its day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import override

from assessments.kinds.base import values
from operations import jobs, notify
from operations.errors import Refused
from operations.mail import language_of
from people.checks import allowed, words
from people.models import Protection, Supervision, User
from people.policy import Capability
from workshops.models import Registration, SurveyAnswer, SurveyReceipt, Workshop
from workshops.rules import may_survey, who_came
from workshops.survey import NOT_APPLICABLE, SUPERVISOR, TRAINEE, TRANSFER, Form, Item, Survey, read_survey

JOB = "workshops.after"
ADDRESSES = {TRAINEE: "my-workshop-after", SUPERVISOR: "my-workshop-after-team"}


# --- the evaluation ---------------------------------------------------------------------------------------------------


@transaction.atomic
def answer_survey(*, registration: Registration, user: User, data: Mapping[str, Any]) -> None:
    """Keep a participant's evaluation without anything that leads to them; once. Raises Refused."""
    if registration.user_id != user.pk or not may_survey(registration.workshop, registration):
        raise Refused(_("The evaluation is not open to you."), _("Ask the facilitator."))
    survey, answers = _evaluation(data)
    _once(f"{survey.id} {registration.pk}")
    _keep(registration.workshop, survey, TRAINEE, answers, timezone.localdate())


@transaction.atomic
def type_survey(*, workshop: Workshop, actor: User, data: Mapping[str, Any]) -> None:
    """Keep an evaluation that was filled in on paper. Raises Refused where the actor may not, or more would be kept than
    people were expected."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    held = Workshop.objects.select_for_update().get(pk=workshop.pk)
    survey, answers = _evaluation(data)
    expected = held.registrations.filter(state__in=Registration.EXPECTED).count()
    if held.survey_answers.filter(survey=survey.id).count() >= expected:
        raise Refused(_("There are as many answers as people on the list."), _("Is this sheet kept already?"))
    _keep(held, survey, TRAINEE, answers, timezone.localdate())


def _evaluation(data: Mapping[str, Any]) -> tuple[Survey, dict[str, Any]]:
    survey = read_survey()
    if survey is None:
        raise Refused(_("There is no evaluation."), _("Ask an administrator."))
    return survey, _answers(survey, survey.forms[TRAINEE], data)


# --- three months later -----------------------------------------------------------------------------------------------


def open_form(*, workshop: Workshop, user: User, form: str, survey: Survey | None) -> bool:
    """Whether this form of the later survey is open to the person today. 2 queries at most."""
    if survey is None or form not in survey.forms or workshop.closed_at is None:
        return False
    opens, _reminds, over = survey.window(timezone.localdate(workshop.closed_at))
    return opens <= timezone.localdate() < over and asked_of(workshop=workshop, user=user, form=form, opens=opens)


def asked_of(*, workshop: Workshop, user: User, form: str, opens: dt.date) -> bool:
    """Whether the later survey asks the person this form. 1 query."""
    came = who_came(workshop).filter(user__isnull=False)
    if form == TRAINEE:
        return came.filter(user=user).exists()
    return _supervising(workshop, opens).filter(supervisor=user).exists()


def _supervising(workshop: Workshop, opens: dt.date) -> QuerySet[Supervision]:
    """Who supervised one of those who came, on that day; those of protected people apart. Lazy."""
    people = who_came(workshop).filter(user__isnull=False).exclude(protected=True).values("user")
    hidden = Protection.objects.on().values("user")
    rows: QuerySet[Supervision] = Supervision.objects.on(opens).filter(person__in=people).exclude(person__in=hidden)
    return rows


@transaction.atomic
def answer_transfer(*, workshop: Workshop, form: str, user: User, data: Mapping[str, Any]) -> None:
    """Keep what a participant, or a supervisor, says of the work since; once, without anything that leads to them. Raises
    Refused."""
    survey = read_survey(TRANSFER)
    if survey is None or not open_form(workshop=workshop, user=user, form=form, survey=survey):
        raise Refused(_("This form is not open to you now."), _("The message about it says until when it is open."))
    opens, _reminds, _over = survey.window(timezone.localdate(workshop.closed_at))
    answers = _answers(survey, survey.forms[form], data)
    if form == TRAINEE:
        row = who_came(workshop).filter(user=user).order_by("number").values_list("pk", flat=True).first()
        _once(f"{survey.id} {row}")
    else:
        _once(f"{survey.id} {form} {workshop.pk} {user.pk}")
    # The day of the answer would point at whoever was here that day: the day on which it opened is everybody's.
    _keep(workshop, survey, form, answers, opens)


def ask_after(job: jobs.Work | None = None) -> dict[str, int]:
    """Handler of the nightly job: tell those whom the later survey asks that it is open, and remind them once. Repeating
    it tells nobody twice."""
    survey, today = read_survey(TRANSFER), timezone.localdate()
    if survey is None:
        return {"workshops": 0}
    longest = survey.window(today)[2] - today
    closed = Workshop.objects.filter(closed_at__isnull=False, closed_at__date__gt=today - longest)
    due = [row for row in closed.order_by("closed_at") if _is_open(row, survey, today)]
    for number, workshop in enumerate(due, start=1):
        _ask(workshop, survey, today)
        if job is not None:
            job.progress(number, len(due))
    return {"workshops": len(due)}


def _is_open(workshop: Workshop, survey: Survey, today: dt.date) -> bool:
    opens, _reminds, over = survey.window(timezone.localdate(workshop.closed_at))
    return opens <= today < over


@transaction.atomic
def _ask(workshop: Workshop, survey: Survey, today: dt.date) -> None:
    opens, reminds, over = survey.window(timezone.localdate(workshop.closed_at))
    kind = "workshops.after-reminder" if today >= reminds else "workshops.after"
    asked: dict[str, list[User]] = {TRAINEE: [], SUPERVISOR: []}
    asked[TRAINEE] = list(User.objects.filter(pk__in=who_came(workshop).values("user"), is_active=True))
    supervisors = _supervising(workshop, opens).values("supervisor")
    asked[SUPERVISOR] = list(User.objects.filter(pk__in=supervisors, is_active=True))
    for form, people in asked.items():
        for person in people if form in survey.forms else []:
            with override(language_of(person)):
                address = reverse(ADDRESSES[form], args=[workshop.pk])
            context = {"code": workshop.code, "day": over - dt.timedelta(days=1)}
            key = f"{kind} {form} {workshop.pk}"
            notify.notify(person, kind, context=context, url=address, key=key)


# --- shared -----------------------------------------------------------------------------------------------------------


def _answers(survey: Survey, form: Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """What was answered; what is no answer to a question counts as none given. Raises Refused where nothing is left, and
    for words that cannot be kept."""
    known = {str(value): value for value in survey.values}
    answers = {}
    for item in form.items:
        given = _answer(item, known, data)
        if given not in ("", []):
            answers[item.id] = given
    if not answers:
        raise Refused(_("Nothing is answered."), _("Answer at least one question."))
    return answers


def _answer(item: Item, known: Mapping[str, int], data: Mapping[str, Any]) -> Any:
    said = [one.strip() for one in values(data, item.id)]
    first = said[0] if said else ""
    options = [id for id, _words in item.options]
    if item.open:
        return words(first, label=str(item), longest=item.most)
    if item.kind == "multiple":
        return [id for id in options if id in said]
    if item.options:
        return first if first in options else ""
    return NOT_APPLICABLE if first == NOT_APPLICABLE else known.get(first, "")


def _once(whom: str) -> None:
    digest = salted_hmac("workshops.survey", whom, algorithm="sha256").hexdigest()
    _row, new = SurveyReceipt.objects.get_or_create(digest=digest)
    if not new:
        raise Refused(_("You have answered already. Thank you."))


def _keep(workshop: Workshop, survey: Survey, form: str, answers: dict[str, Any], day: dt.date) -> None:
    SurveyAnswer.objects.create(
        workshop=workshop, survey=survey.id, digest=survey.digest, form=form, answers=answers, stored=day
    )
