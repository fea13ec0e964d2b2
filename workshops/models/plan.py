from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.models import Course
from people.models import Institution
from people.models.institutions import Project


class Workshop(models.Model):
    """A workshop: one group, one place, one or more days. Free-standing, or part of a course.

    `code` is what addresses, messages, calendars and file names call it (« A-2026-014 »): it names no subject.
    Personal data: who planned it, the support contact. Kept for ever (what certificates rest on); the contact as long as
    the workshop is open.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("being planned")
        ANNOUNCED = "announced", _("announced")
        CLOSED = "closed", _("attendance closed")
        CANCELLED = "cancelled", _("cancelled")

    class Entry(models.TextChoices):
        DESIGNATION = "designation", _("institutions propose, the organiser decides")
        OPEN = "open", _("open registration")
        LIST = "list", _("a list")
        INVITATION = "invitation", _("by invitation")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(_("code"), max_length=16, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, null=True, blank=True, related_name="workshops", verbose_name=_("course")
    )
    organiser = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="workshops", verbose_name=_("organising institution")
    )
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, null=True, blank=True, related_name="workshops", verbose_name=_("project")
    )
    venue = models.CharField(_("venue"), max_length=200, blank=True)
    place = models.CharField(_("town"), max_length=100)
    region = models.CharField(_("region"), max_length=64, blank=True)
    language = models.CharField(_("language of the workshop"), max_length=8, default="fr")
    starts = models.DateField(_("first day"))
    ends = models.DateField(_("last day"))
    capacity = models.PositiveSmallIntegerField(
        _("seats"), default=20, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    entry = models.CharField(_("how people come in"), max_length=12, choices=Entry, default=Entry.LIST)
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.DRAFT)
    support_contact = models.CharField(
        _("support contact"),
        max_length=200,
        blank=True,
        help_text=_("Name and telephone of a psychologist or social worker who can be reached all day."),
    )
    with_tests = models.BooleanField(_("a test before and after"), default=True)
    min_share = models.PositiveSmallIntegerField(
        _("attendance required, in percent of the sessions"), default=80, validators=[MaxValueValidator(100)]
    )
    allowance = models.DecimalField(
        _("allowance per day"),
        max_digits=10,
        decimal_places=0,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )  # whole CFA francs
    costs = models.DecimalField(
        _("costs"), max_digits=12, decimal_places=0, null=True, blank=True, validators=[MinValueValidator(0)]
    )  # whole CFA francs
    cancelled_because = models.CharField(_("why it was cancelled"), max_length=300, blank=True)
    revision = models.PositiveIntegerField(default=0)  # SEQUENCE of its calendar entry (RFC 5545 §3.8.7.4)
    closed_at = models.DateTimeField(_("attendance closed on"), null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("workshop")
        verbose_name_plural = _("workshops")
        ordering = ["-starts", "code"]
        constraints = [models.CheckConstraint(name="workshops_dates", condition=Q(ends__gte=F("starts")))]

    def __str__(self) -> str:
        return self.code


class Facilitator(models.Model):
    """Somebody who leads, helps, or learns to lead a workshop. Personal data; kept with the workshop (who trained whom)."""

    class Part(models.TextChoices):
        LEAD = "lead", _("leads")
        CO = "co", _("co-facilitates")

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="facilitators")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="facilitates")
    part = models.CharField(_("part"), max_length=4, choices=Part, default=Part.LEAD)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workshop", "user"], name="workshops_facilitator_once")]


class Session(models.Model):
    """A half-day or so of a workshop, for which a list is called. Times are those of the place (the site's time zone).
    No personal data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="sessions")
    day = models.DateField(_("day"))
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    title = models.CharField(_("title"), max_length=200, blank=True)
    required = models.BooleanField(_("counts for attendance"), default=True)
    cancelled = models.BooleanField(_("cancelled"), default=False)

    class Meta:
        verbose_name = _("session")
        ordering = ["day", "starts"]
        constraints = [models.CheckConstraint(name="workshops_session_times", condition=Q(ends__gt=F("starts")))]


class AgendaItem(models.Model):
    """A line of a session's agenda, first taken from the facilitator guide, then edited. No personal data."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="agenda")
    position = models.PositiveSmallIntegerField()
    starts = models.TimeField(_("from"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), validators=[MinValueValidator(1), MaxValueValidator(600)])
    title = models.CharField(_("sequence"), max_length=300)
    trace = models.CharField(_("what remains of it"), max_length=200, blank=True)
    pause = models.BooleanField(_("break, meal or prayer"), default=False)
    cut = models.PositiveSmallIntegerField(
        _("cut first if we start late"), null=True, blank=True
    )  # 1 is cut first; none: never

    class Meta:
        ordering = ["position"]


class Feast(models.Model):
    """A feast, or a period such as Ramadan, on which workshops are planned otherwise. Edited by administrators: feasts that
    follow the moon are announced a day before. No personal data."""

    name = models.JSONField(default=dict)  # {"fr": …, "en": …}
    starts = models.DateField(_("first day"))
    ends = models.DateField(_("last day"))
    working = models.BooleanField(_("a period with shorter hours, not days off"), default=False)
    expected = models.BooleanField(_("expected, to be confirmed"), default=False)

    class Meta:
        ordering = ["starts"]
        constraints = [models.CheckConstraint(name="workshops_feast_dates", condition=Q(ends__gte=F("starts")))]
