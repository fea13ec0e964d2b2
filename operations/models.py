from __future__ import annotations

import uuid
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
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
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (Status.WAITING, Status.RUNNING)
    GIVEN_UP = (Status.FAILED, Status.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64, db_index=True)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=128, unique=True, null=True, blank=True)  # the same work is asked for once
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.WAITING, db_index=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(
        null=True, editable=False
    )  # of the worker that has it: what an earlier one says is not heard
    created = models.DateTimeField(auto_now_add=True)
    run_after = models.DateTimeField(db_index=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)


class Kept(models.QuerySet["AuditEntry"]):
    """Rows that are written once. Only `forget_before` takes any away."""

    def update(self, **values: Any) -> int:
        raise TypeError("The audit trail is not changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("The audit trail is not deleted: forget_before() takes away what was kept long enough.")

    def forget_before(self, moment: datetime) -> int:
        """Delete what was kept long enough; returns how many rows."""
        return AuditEntry._base_manager.filter(when__lt=moment).delete()[0]


class AuditEntry(models.Model):
    """One change that matters, or one look that must be known: who, what (a code that becomes a sentence on screen),
    which object, which person it is about, before, after, why, when.

    Personal data: who acted, and what the change was about. Kept 5 years. Insert-only: saving a row again or deleting
    it raises TypeError; no trigger, for erasing a person empties `actor` and `about`.
    """

    when = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    code = models.CharField(max_length=64, db_index=True)
    object_kind = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    about = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    look = models.BooleanField(default=False)  # nothing changed: somebody looked
    by_machine = models.BooleanField(default=False)  # without an actor from the first, not through erasure
    reason = models.CharField(max_length=500, blank=True)
    # The institution where it happened, by its number: that stays when the institution moves in the tree.
    branch = models.PositiveBigIntegerField(null=True)

    objects = Kept.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["object_kind", "object_id"]),
            models.Index(fields=["branch", "when"], name="operations_audit_branch"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("The audit trail is not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("The audit trail is not deleted.")


class Mode(models.TextChoices):
    """When e-mails about messages go out."""

    NOW = "now", _("at once")
    DAILY = "daily", _("once a day")
    WEEKLY = "weekly", _("once a week")
    NONE = "none", _("never")


class Preference(models.Model):
    """How a person wants to hear of messages. Personal data; kept with the account. No row: the defaults."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="message_preference"
    )
    mode = models.CharField(max_length=6, choices=Mode, default=Mode.NOW)
    # No e-mail between these hours of the site's time zone; the same hour twice: no quiet hours.
    quiet_from = models.TimeField(default=time(20, 0))
    quiet_to = models.TimeField(default=time(7, 0))


class Delivery(models.Model):
    """One e-mail about one message or several. It goes out once or not at all: `sending` is committed before the mail
    server is called, and a delivery found in that state later is never tried again.

    Personal data: who was written to, and when. Kept 90 days after it ended.
    """

    class Mode(models.TextChoices):
        URGENT = "urgent", _("whatever the hour")
        NOW = Mode.NOW.value, Mode.NOW.label
        DAILY = Mode.DAILY.value, Mode.DAILY.label
        WEEKLY = Mode.WEEKLY.value, Mode.WEEKLY.label

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        UNKNOWN = "unknown", _("perhaps sent")  # the process died, or the line broke, while sending
        REFUSED = "refused", _("refused")  # the mail server would not have it
        NEEDLESS = "needless", _("no longer needed")  # read meanwhile, or the account was closed

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=6, choices=Mode)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    due = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            # What comes while an e-mail waits goes into that e-mail.
            models.UniqueConstraint(
                fields=["recipient", "mode"], condition=Q(state="waiting"), name="operations_one_waiting_delivery"
            )
        ]
        indexes = [models.Index(fields=["state", "due"], name="operations_delivery_due")]


class Message(models.Model):
    """Something a person is told: a row of their inbox. The words come from `kind` and `context`, in the language in
    which they are read. Neither names the subject of a course, only its code.

    Personal data. Kept a year. A message that its reader deletes keeps `kind` and `key` for that time, so that the
    same news is not told again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=64)
    key = models.CharField(max_length=128, null=True)
    context = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)  # a path of this site
    created = models.DateTimeField(default=timezone.now)
    read = models.DateTimeField(null=True)
    deleted = models.DateTimeField(null=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.SET_NULL, null=True, related_name="messages")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="operations_message_once")]
        indexes = [models.Index(fields=["recipient", "-created"], name="operations_inbox")]
