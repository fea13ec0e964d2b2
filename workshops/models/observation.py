from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from workshops.models.plan import Session, Workshop


class Observation(models.Model):
    """One observer's scores of one trainer in one session, with a rubric of the curriculum. A second observer's is another
    row; neither reads the other before both are given.

    `scores` = {criterion: {"level": 1–4, "facts": what was seen}}. Personal data: how somebody teaches. Kept with the
    account of the trainer; the observer's name with it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("being filled in")
        GIVEN = "given", _("given")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workshop = models.ForeignKey(Workshop, on_delete=models.PROTECT, null=True, related_name="observations")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="observations")
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="observed")
    observer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="observations"
    )
    rubric = models.CharField(max_length=64)  # id in the curriculum
    digest = models.CharField(max_length=64)  # of the rubric's text as it was used
    recording = models.BooleanField(_("from a recording"), default=False)
    minutes = models.PositiveSmallIntegerField(_("minutes observed"), default=45)
    scores = models.JSONField(default=dict)
    strengths = models.TextField(_("strengths"), max_length=2000, blank=True)
    next_steps = models.TextField(_("next steps"), max_length=2000, blank=True)
    reply = models.TextField(_("reply of the trainer"), max_length=2000, blank=True)
    status = models.CharField(max_length=6, choices=Status, default=Status.DRAFT)
    started = models.DateTimeField(auto_now_add=True)
    given = models.DateTimeField(null=True)
    replied = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "trainer", "observer"], name="workshops_observed_once")
        ]
