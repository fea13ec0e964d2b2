from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ErasureRequest(models.Model):
    """A person asks to be erased. Personal data until it is done; then only when, and what remained."""

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
    remains = models.JSONField(default=dict)  # counts of what stays without a name


class Merge(models.Model):
    """Two accounts of one person made one, by moving record keys and rows. Can be undone for 30 days.

    Personal data; kept a year.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kept = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    merged = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    moved = models.JSONField(default=dict)  # {"room.Model": [primary keys]}
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undone = models.DateTimeField(null=True)


class Retention(models.Model):
    """When the rule of one kind of data was last enforced, and how much it removed. No personal data."""

    kind = models.CharField(max_length=64, unique=True)
    enforced = models.DateTimeField()
    removed = models.PositiveIntegerField(default=0)
