from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from workshops.models.people import Registration
from workshops.models.plan import Workshop


class TestSitting(models.Model):
    """A participant's test before or after a workshop, on a phone or from paper. Joined by the participant's number; an
    individual result is for the participant alone (`SEE_PRE_POST`).

    Personal data. Kept with the registration.
    """

    class Moment(models.TextChoices):
        PRE = "pre", _("before")
        POST = "post", _("after")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="sittings")
    moment = models.CharField(max_length=4, choices=Moment)
    form = models.CharField(max_length=1, default="A")  # A or B: half of the group begins with each
    answers = models.JSONField(default=dict)  # {question slug: answer as given}; none given: « I do not know yet »
    versions = models.JSONField(default=dict)  # {question slug: id of the question version that was asked}
    points = models.JSONField(default=dict)  # {question slug: share reached, 0 to 1}
    on_paper = models.BooleanField(default=False)
    stored = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registration", "moment"], name="workshops_sitting_once")]


class SurveyAnswer(models.Model):
    """One filled survey form. Nothing leads to a person, and `stored` is only a day; of the survey after three months, the
    day on which it opened for everybody. No personal data but what somebody writes in an open answer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="survey_answers")
    survey = models.CharField(max_length=64)  # id of the survey in the curriculum
    digest = models.CharField(max_length=64)  # of the survey's text as it was asked
    form = models.CharField(max_length=16, blank=True)  # trainee, supervisor
    answers = models.JSONField(default=dict)
    stored = models.DateField()


class SurveyReceipt(models.Model):
    """That a registration, or a supervisor, has answered a survey, and nothing else: no time, no workshop, no way back.

    `digest` is an HMAC of the registration (or of workshop and supervisor) under the site's secret key. A list of the people who answered would do as a
    guard, too, but would stand beside the answers for everybody who reads the database; a one-time token in a link would
    have to be kept as spent just the same, and could be handed on. What stays: whoever holds both the database and the
    key can try each of them and learn that somebody answered, and a file of SQLite keeps the order in which rows of
    this table and of the answers were written. Neither is read by any page.

    No personal data to those without the key. Kept with the answers.
    """

    digest = models.CharField(max_length=64, primary_key=True)


class Outcome(models.Model):
    """An output or a recommendation of a workshop, followed up. Personal data: who wrote it. Kept with the workshop."""

    class Kind(models.TextChoices):
        OUTPUT = "output", _("output")
        RECOMMENDATION = "recommendation", _("recommendation")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        UNDERWAY = "underway", _("under way")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="outcomes")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.RECOMMENDATION)
    text = models.TextField(_("text"), max_length=2000)
    addressee = models.CharField(_("for whom"), max_length=200, blank=True)
    due = models.DateField(_("by when"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    changed = models.DateTimeField(auto_now=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["kind", "pk"]


class Allowance(models.Model):
    """What a participant is paid for one day, computed from attendance: kept apart from the training record, on no report
    and no list but the sheet that is signed for it. Personal data; kept 10 years from the workshop (accounts)."""

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="allowances")
    day = models.DateField()
    amount = models.DecimalField(max_digits=10, decimal_places=0)  # whole CFA francs

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registration", "day"], name="workshops_allowance_once")]
