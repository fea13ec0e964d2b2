"""Reads of background work, shaped for its page."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from operations import jobs
from operations.models import Job


def jobs_asked_by(person: AbstractBaseUser) -> QuerySet[Job]:
    """What a person asked for, newest first. One query."""
    return Job.objects.filter(asked_by=person.pk).order_by("-created")


def all_jobs() -> QuerySet[Job]:
    """Everything that was asked for, newest first, without regular work that went well. One query."""
    uneventful = {"kind__in": jobs.periodic_kinds(), "status": Job.Status.DONE, "asked_by": None}
    return Job.objects.exclude(**uneventful).select_related("asked_by").order_by("-created")
