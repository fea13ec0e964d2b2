from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from workshops.models.people import Registration
from workshops.models.plan import Session


class Mark(models.Model):
    """One thing that somebody recorded about one participant in one session. Never changed and never deleted: a correction
    is another mark, with its reason. `id` is made where it is recorded, so that sending twice changes nothing.

    Personal data: who was where, who wrote it. Kept with the registration.
    """

    class Status(models.TextChoices):
        PRESENT = "present", _("present")
        ABSENT = "absent", _("absent")
        EXCUSED = "excused", _("excused")

    class Source(models.TextChoices):
        CALL = "call", _("roll-call")
        CODE = "code", _("square code")
        SHEET = "sheet", _("typed in from the sheet")
        CORRECTION = "correction", _("correction")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="marks")
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="marks")
    status = models.CharField(_("presence"), max_length=8, choices=Status)
    arrived = models.TimeField(_("came at"), null=True, blank=True)
    left = models.TimeField(_("left at"), null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    made = models.DateTimeField()  # by the clock of the device: shown, never trusted
    stored = models.DateTimeField()  # by the server's
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    device = models.CharField(max_length=40, blank=True)  # made by the device, means nothing elsewhere
    batch = models.UUIDField(null=True)  # rows that were sent together

    class Meta:
        ordering = ["stored"]
        indexes = [models.Index(fields=["session", "registration"])]


class Presence(models.Model):
    """What the marks of one participant in one session come to: a projection, written only by
    `services.attendance`. `conflict`: two people recorded different things and nobody has settled it.

    Personal data. Kept with the registration.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="presences")
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="presences")
    status = models.CharField(_("presence"), max_length=8, choices=Mark.Status)
    conflict = models.BooleanField(default=False)
    flags = models.JSONField(default=list)  # codes: elsewhere, after-closing, in-bulk
    mark = models.ForeignKey(Mark, on_delete=models.CASCADE, related_name="+")
    statement = models.UUIDField(null=True)  # the `attended` statement, where the person has an account

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "registration"], name="workshops_presence_once")]


class HeadCount(models.Model):
    """How many people were in the room, typed before the list opens. Never changed: another row corrects it.
    Personal data: who counted. Kept with the workshop."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="head_counts")
    people = models.PositiveSmallIntegerField(_("people in the room"))
    made = models.DateTimeField()
    stored = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["stored"]


class Sheet(models.Model):
    """The photograph of a signed sheet. Personal data: names and signatures. Kept with the workshop; no report holds it
    unless it is asked for, and none one of protected people, each look at which is written down."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="sheets")
    protected = models.BooleanField(default=False)  # the separate sheet
    file = models.FileField(upload_to="sheets/")
    digest = models.CharField(max_length=64)  # SHA-256, in hexadecimal
    added = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
