from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """A piece of background work. The row is the queue: committed with the change that asks for it,
    claimed with a lease, safe to run again.

    Personal data: who asked. Kept 90 days after it ended.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64, db_index=True)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=128, unique=True, null=True, blank=True)  # the same work is asked for once
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING, db_index=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)
    run_after = models.DateTimeField(db_index=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)


class AuditEntry(models.Model):
    """One change that matters: who, what (a code that becomes a sentence on screen), which object, before, after, when.

    Personal data: who acted, and what the change was about. Kept 5 years. Insert-only by convention.
    """

    when = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    code = models.CharField(max_length=64, db_index=True)
    object_kind = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["object_kind", "object_id"])]
