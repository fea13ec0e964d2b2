from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.models import Course, Enrolment
from operations import clock
from workshops.models import Registration, Workshop


class CredentialQuerySet(models.QuerySet["Credential"]):
    def live(self) -> CredentialQuerySet:
        """Those that have not been revoked, whatever their dates."""
        return self.exclude(status=Credential.Status.REVOKED)

    def given(self) -> CredentialQuerySet:
        """Those that were issued at some time, revoked ones too: without numbers that are, or were only, reserved."""
        return self.exclude(status=Credential.Status.RESERVED).exclude(
            status=Credential.Status.REVOKED, reserved_at__isnull=False, confirmed_at__isnull=True
        )


class Credential(models.Model):
    """What a person has earned, or attended. The one truth about it: every screen reads this row.

    Personal data: holder and name as printed. Number, title and dates are kept for ever (verification); the rest with
    the account (`certificates.privacy`). No form of a credential shows a score.
    """

    class Kind(models.TextChoices):
        ATTENDANCE = "attendance", _("attendance")
        COMPETENCE = "competence", _("competence")
        TRAINER = "trainer", _("trainer")

    class Status(models.TextChoices):
        RESERVED = "reserved", _("not yet confirmed")
        ISSUED = "issued", _("issued")
        REVOKED = "revoked", _("revoked")

    class Standing(models.TextChoices):
        """What a stranger is told: the status, and whether the dates still hold."""

        RESERVED = "reserved", _("not yet confirmed")
        VALID = "valid", _("valid")
        EXPIRED = "expired", _("expired")
        REVOKED = "revoked", _("revoked")
        CANCELLED = "cancelled", _("prepared, but not issued")
        ERASED = "erased", _("erased at the holder’s request")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("number"), max_length=32, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ISSUED)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="credentials"
    )
    holder_name = models.CharField(_("name as printed"), max_length=300)
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, null=True, related_name="credentials", verbose_name=_("course")
    )
    enrolment = models.ForeignKey(Enrolment, on_delete=models.SET_NULL, null=True, related_name="credentials")
    workshop = models.ForeignKey(
        Workshop, on_delete=models.PROTECT, null=True, related_name="credentials", verbose_name=_("workshop")
    )
    registration = models.ForeignKey(Registration, on_delete=models.SET_NULL, null=True, related_name="credentials")
    # Its holder signed the separate sheet of a workshop: no name outside, also without an account to protect.
    protected = models.BooleanField(default=False)
    # When the number was kept for a paper printed before attendance was closed, and when it was confirmed.
    reserved_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    title = models.JSONField(default=dict)  # {language: title}, as it stood at issue
    objectives = models.JSONField(default=dict)  # {language: [sentence]}
    # What else stands on the paper, as at issue: {"minutes": 270, "fr": {"course_title", "issuer", "letterhead", …}}
    paper = models.JSONField(default=dict)
    rule = models.JSONField(default=dict)  # the rule that issued it: name, version, inputs (no score)
    issued = models.DateField(_("issued on"))
    expires = models.DateField(_("valid until"), null=True)  # the last day on which it holds; none: for good
    created = models.DateTimeField(auto_now_add=True)
    replaces = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="replaced_by")
    revoked_at = models.DateTimeField(_("revoked on"), null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("revoked by")
    )
    revocation_reason = models.TextField(_("reason"), blank=True)
    erased = models.DateTimeField(
        _("erased on"), null=True, editable=False
    )  # holder and name are gone, at their request

    # Its bit in the revocation list (`certificates.status`), random; none until a machine-readable form is made.
    status_index = models.PositiveIntegerField(unique=True, null=True, editable=False)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "kind"], condition=~models.Q(status="revoked"), name="certificates_once"
            ),
            models.UniqueConstraint(
                fields=["registration", "kind"],
                condition=~models.Q(status="revoked"),
                name="certificates_registration_once",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def standing(self) -> str:
        """Its `Standing` today, by the site's own calendar. The last day of validity counts as valid."""
        if self.erased is not None:
            return self.Standing.ERASED
        if self.status == self.Status.REVOKED:
            return self.Standing.CANCELLED if self.never_issued else self.Standing.REVOKED
        if self.status == self.Status.RESERVED:
            return self.Standing.RESERVED
        if self.expires is not None and self.expires < clock.today():
            return self.Standing.EXPIRED
        return self.Standing.VALID

    @property
    def never_issued(self) -> bool:
        """Whether its number was reserved and never confirmed."""
        return self.reserved_at is not None and self.confirmed_at is None

    @property
    def code(self) -> str:
        """What messages call it: the neutral code of the workshop or course, else its number."""
        if self.workshop is not None:
            return self.workshop.code
        return self.course.code if self.course is not None else self.number

    def get_standing_display(self) -> str:
        return str(self.Standing(self.standing).label)


class Evidence(models.Model):
    """Why a credential was issued: one row per condition of the rule. Personal data; kept with the credential."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="evidence")
    code = models.CharField(max_length=32)  # lessons-finished, practice-done, assessment-passed, …
    statement = models.UUIDField(null=True)  # the statement that shows it
    facts = models.JSONField(default=dict)  # numbers for the sentence on screen, and the day; no score

    class Meta:
        ordering = ["pk"]


class HandOver(models.Model):
    """That a paper was handed over: on which day, by whom, and to whom where it was not the holder.

    Personal data: who received what from whom. Kept with the credential.
    """

    credential = models.OneToOneField(Credential, on_delete=models.CASCADE, related_name="handover")
    day = models.DateField(_("handed over on"))
    proxy = models.CharField(_("received by, in the holder’s place"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    recorded = models.DateTimeField(auto_now_add=True)


class Rendering(models.Model):
    """The signed PDF of a credential in one language, made once. Personal data inside the file; kept with the account."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="renderings")
    language = models.CharField(max_length=8)
    file = models.FileField(upload_to="certificates/")
    digest = models.CharField(max_length=64, db_index=True)  # SHA-256 of the file, in hexadecimal
    weight = models.PositiveIntegerField()  # bytes
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "language"], name="certificates_rendering_once")]
