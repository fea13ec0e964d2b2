from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DataExport(models.Model):
    """A copy of what the site knows of a person, made at their request. Its file lies under a random name.

    Personal data, all of it inside the file. Kept 7 days after it was made.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports")
    language = models.CharField(max_length=8)
    asked = models.DateTimeField(auto_now_add=True)
    ready = models.DateTimeField(null=True)
    expires = models.DateTimeField(null=True)
    file = models.CharField(max_length=200, blank=True)  # its name in the storage of files
    weight = models.PositiveIntegerField(default=0)  # bytes

    @property
    def is_open(self) -> bool:
        """Whether it can be fetched now."""
        return bool(self.file) and self.expires is not None and self.expires > timezone.now()


class ErasureRequest(models.Model):
    """A person asks to be erased. Personal data until it is done; then only when, and what remained, kept for ever.
    One that was withdrawn is kept a year."""

    class Status(models.TextChoices):
        ASKED = "asked", _("asked")
        DONE = "done", _("done")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="erasure_requests"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.ASKED)
    asked = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    remains = models.JSONField(default=dict)  # {room: {what: how many}} of what stays without a name

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(status="asked"), name="people_one_open_erasure")
        ]


class Merge(models.Model):
    """Two accounts of one person made one, by moving record keys and rows.

    Personal data. Kept 30 days, while it can be undone; then it goes, with what is left of the merged account.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kept = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    merged = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    moved = models.JSONField(default=dict)  # {room: what its `move` returned}
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undone = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=Q(undone__isnull=True), name="people_merged_once")
        ]


class Retention(models.Model):
    """When the rule of one kind of data (`people.retention`) was last enforced, and how much it removed then.

    No personal data.
    """

    kind = models.CharField(max_length=64, unique=True)
    enforced = models.DateTimeField()
    removed = models.PositiveIntegerField(default=0)
