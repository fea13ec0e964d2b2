from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from records import exact


class InsertOnlyError(TypeError):
    """A programme tried to change or delete what is written once."""


class RecordKey(models.Model):
    """A random pseudonym under which a person's learning is recorded (xAPI account name).

    Personal data: the link between person and pseudonym. Kept with the account; erasing it makes the record anonymous.
    """

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="record_keys")
    created = models.DateTimeField(auto_now_add=True)
    main = models.BooleanField(default=True)  # new statements use it; merged people bring further keys

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(main=True, user__isnull=False), name="records_one_main_key"
            )
        ]


class Statement(models.Model):
    """An xAPI 1.0.3 statement. Insert-only: the database refuses updates and deletes (`records.guard`).

    Personal data: pseudonymous. Kept for ever; never a name, an e-mail or free text.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    actor = models.UUIDField(db_index=True)  # a RecordKey
    verb = models.CharField(max_length=255)  # the verb's IRI
    activity = models.CharField(max_length=255)  # the object's IRI
    registration = models.UUIDField(null=True, db_index=True)
    timestamp = models.DateTimeField()
    stored = models.DateTimeField(db_index=True)
    authority = models.CharField(max_length=64)
    body = models.JSONField(encoder=exact.Encoder, decoder=exact.Decoder)  # as sent, without stored and authority

    class Meta:
        indexes = [models.Index(fields=["activity", "verb"])]

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise InsertOnlyError("A statement is never changed: void it and record another.")
        super().save(**{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise InsertOnlyError("A statement is never deleted: void it.")


class Voiding(models.Model):
    """A statement that no longer counts, and the statement that says so (xAPI 1.0.3 Data §2.3.2). Insert-only.

    No personal data of its own. Kept for ever.
    """

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="voiding")
    by = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="+")

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise InsertOnlyError("A voiding is never changed.")
        super().save(**{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise InsertOnlyError("A voiding is never deleted.")
