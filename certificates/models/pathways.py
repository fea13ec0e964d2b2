"""The road from participant to certified trainer and on: the pathway as data, those who walk it, what was decided."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certificates.models.credentials import Credential
from courses.models import Course
from operations.words import in_language


class Pathway(models.Model):
    """A pathway as the curriculum's file holds it (`pathways/<id>.yaml`): stages with requirements, evidence and signer.
    Stages that were decided keep their outcome when the definition changes. No personal data."""

    slug = models.SlugField(max_length=64, primary_key=True)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the file; an administrator's own wording has none
    changed = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return in_language(self.definition.get("title", {})) or self.slug

    @property
    def stages(self) -> list[dict[str, Any]]:
        """The stages, in order."""
        return sorted(self.definition["stages"], key=lambda stage: stage["order"])

    def stage(self, slug: str) -> dict[str, Any]:
        """Raises KeyError for a stage that the pathway does not have."""
        for stage in self.definition["stages"]:
            if stage["id"] == slug:
                return dict(stage)
        raise KeyError(slug)


class Candidate(models.Model):
    """A person on a pathway, and once they are certified their card in the register of trainers.
    Personal data: what somebody works towards, and what trainers say of themselves; kept with the account."""

    class State(models.TextChoices):
        OPEN = "open", _("under way")
        DONE = "done", _("all stages signed")
        LEFT = "left", _("left")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pathway = models.ForeignKey(Pathway, on_delete=models.PROTECT, related_name="candidates")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="candidacies")
    courses = models.ManyToManyField(Course, related_name="+", blank=True)  # that they want to deliver
    mentor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="mentees"
    )
    state = models.CharField(max_length=5, choices=State, default=State.OPEN)
    begun = models.DateField(auto_now_add=True)
    credential = models.ForeignKey(Credential, on_delete=models.SET_NULL, null=True, related_name="candidacies")
    # In the register of trainers: what the trainer says of themselves, and whether the public may read the name.
    languages = models.JSONField(_("languages"), default=list, blank=True)  # codes
    regions = models.JSONField(_("regions"), default=list, blank=True)  # as institutions call theirs
    available = models.CharField(_("availability"), max_length=200, blank=True)
    available_from = models.DateField(_("available from"), null=True, blank=True)
    available_until = models.DateField(_("available until"), null=True, blank=True)
    public = models.BooleanField(_("my name may stand in the public register"), default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pathway", "user"], condition=Q(state="open"), name="certificates_one_open_candidacy"
            )
        ]


class StageDecision(models.Model):
    """What was decided of a stage, by whom, on what. Never changed: the newest counts. Personal data; kept with the
    candidacy, and the signer's name with it."""

    class Outcome(models.TextChoices):
        PASSED = "passed", _("passed")
        NOT_YET = "not-yet", _("not yet")

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="decisions")
    stage = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.TextField(_("reason"), max_length=2000, blank=True)
    facts = models.JSONField(default=list)  # what was met, as at the decision: [{"type", "done", "asked"}]
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    signed_as = models.CharField(max_length=24)  # system, certified-trainer, master-trainer …
    provisional = models.BooleanField(default=False)  # signed by a provisional master trainer: a peer reads it again
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["decided", "pk"]


class StageEvidence(models.Model):
    """A document or a note that a candidate brings for a stage; it counts once somebody with that right has accepted it.
    Personal data; kept with the candidacy."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="evidence")
    stage = models.CharField(max_length=64)
    title = models.CharField(_("title"), max_length=200)
    note = models.TextField(_("note"), max_length=4000, blank=True)
    file = models.FileField(_("file"), upload_to="candidates/", blank=True)
    added = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    accepted = models.DateTimeField(null=True)
    refused = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        ordering = ["added"]


class Panelist(models.Model):
    """One member's opinion in a panel of three. Personal data; kept with the candidacy."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="panel")
    stage = models.CharField(max_length=64)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    outside = models.BooleanField()  # of the candidate's service
    outcome = models.CharField(max_length=8, choices=StageDecision.Outcome)
    reason = models.TextField(max_length=2000, blank=True)
    given = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["candidate", "stage", "member"], name="certificates_panel_once")]


class Appeal(models.Model):
    """A candidate's appeal against a decision, and the answer. Personal data; kept with the candidacy."""

    decision = models.OneToOneField(StageDecision, on_delete=models.CASCADE, related_name="appeal")
    text = models.TextField(_("appeal"), max_length=4000)
    lodged = models.DateTimeField(auto_now_add=True)
    answer = models.TextField(_("answer"), max_length=4000, blank=True)
    upheld = models.BooleanField(null=True)
    answered = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
