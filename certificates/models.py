from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.models import Course, Enrolment


class Credential(models.Model):
    """What a person has earned, or attended. The one truth about it: every screen reads this row.

    Personal data: holder and name as printed. Number, title and dates are kept for ever (verification); the rest with
    the account. No form of a credential shows a score.
    """

    class Kind(models.TextChoices):
        ATTENDANCE = "attendance", _("attendance")
        COMPETENCE = "competence", _("competence")
        TRAINER = "trainer", _("trainer")

    class Status(models.TextChoices):
        RESERVED = "reserved", _("not yet confirmed")
        ISSUED = "issued", _("issued")
        REVOKED = "revoked", _("revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=8, choices=Status, default=Status.ISSUED)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="credentials"
    )
    holder_name = models.CharField(max_length=300)  # as printed
    course = models.ForeignKey(Course, on_delete=models.PROTECT, null=True, related_name="credentials")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.SET_NULL, null=True, related_name="credentials")
    title = models.JSONField(default=dict)  # {language: title}, as it stood at issue
    objectives = models.JSONField(default=dict)  # {language: [sentence]}
    rule = models.JSONField(default=dict)  # the rule that issued it: name, version, inputs
    issued = models.DateField()
    expires = models.DateField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    revocation_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "kind"], condition=~models.Q(status="revoked"), name="certificates_once"
            )
        ]


class Evidence(models.Model):
    """Why a credential was issued: one row per condition of the rule. Personal data; kept with the credential."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="evidence")
    code = models.CharField(max_length=32)  # lessons-finished, practice-done, assessment-passed, …
    statement = models.UUIDField(null=True)  # the statement that shows it
    facts = models.JSONField(default=dict)  # numbers for the sentence on screen


class Rendering(models.Model):
    """The signed PDF of a credential in one language, made once and kept. Personal data inside the file."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="renderings")
    language = models.CharField(max_length=8)
    file = models.FileField(upload_to="certificates/")
    digest = models.CharField(max_length=64)
    weight = models.PositiveIntegerField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "language"], name="certificates_rendering_once")]
