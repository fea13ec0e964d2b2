"""The copy of a person's data: asked for by them, made by a job, fetched for seven days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override

from operations import jobs
from operations.audit import record_change
from operations.notify import notify
from people import bundle
from people.models import DataExport, User
from people.retention import EXPORT_DAYS, drop_exports

JOB = "people.export"
GIVEN_UP = dt.timedelta(days=1)  # a copy that did not become ready in that time may be asked for again


@transaction.atomic
def ask_export(*, user: User) -> DataExport:
    """Ask for a copy of everything the site knows of a person, in the active language. The one that is being made is
    given where there is one; earlier ones are deleted."""
    User.objects.select_for_update().get(pk=user.pk)
    mine = DataExport.objects.filter(user=user)
    making = mine.filter(ready=None, asked__gt=timezone.now() - GIVEN_UP).first()
    if making is not None and (job := job_of(making)) is not None and job.status != jobs.Job.Status.FAILED:
        return making
    drop_exports(list(mine))
    export = DataExport.objects.create(user=user, language=get_language() or "fr")
    jobs.ask(JOB, arguments={"export": str(export.pk)}, key=_key(export), asked_by=user)
    record_change(actor=user, code="people.export-asked", obj=user)
    return export


def _key(export: DataExport) -> str:
    return f"{JOB} {export.pk}"


def job_of(export: DataExport) -> jobs.Job | None:
    """The work that makes this copy. 1 query."""
    return jobs.Job.objects.filter(key=_key(export)).first()


def make_export(job: jobs.Work) -> dict[str, Any]:
    """Handler of `JOB`. A copy that was deleted meanwhile, or is ready, is not made again."""
    export = DataExport.objects.select_related("user").filter(pk=job.arguments["export"]).first()
    if export is None or export.ready is not None:
        return {"made": False}
    with override(export.language):
        content = bundle.make(export.user, progress=job.progress)
    name = f"exports/{export.pk.hex}.zip"
    if default_storage.exists(name):  # an earlier try died before it could say so
        default_storage.delete(name)
    name = default_storage.save(name, ContentFile(content))
    now = timezone.now()
    with transaction.atomic():
        kept = DataExport.objects.filter(pk=export.pk, ready=None).update(
            ready=now, expires=now + dt.timedelta(days=EXPORT_DAYS), file=name, weight=len(content)
        )
        if kept:
            with override(export.user.language or export.language):
                address = reverse("my-data")
            notify(export.user, "people.export-ready", url=address, key=f"export {export.pk}")
    if not kept:
        default_storage.delete(name)
    return {"made": bool(kept)}
