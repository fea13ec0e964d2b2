"""The whole paper pack of a workshop, made in the background."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from operations import audit, jobs
from people.checks import allowed
from people.models import User
from people.policy import Capability
from workshops import paper
from workshops.models import Workshop

JOB = "workshops.pack"


@transaction.atomic
def ask_pack(*, workshop: Workshop, actor: User) -> jobs.Job:
    """Ask for the paper pack as the workshop stands now, in the active language. Raises Refused."""
    allowed(actor, Capability.SEE_COHORTS, workshop)
    audit.record_change(
        actor=actor,
        code="workshops.pack",
        obj=workshop,
        after={"workshop": workshop.code},
        branch=workshop.organiser.path,
    )
    arguments = {"workshop": str(workshop.pk), "language": get_language() or "fr"}
    return jobs.ask(JOB, arguments=arguments, asked_by=actor)


def make_pack(job: jobs.Work) -> dict[str, Any]:
    """Handler of `JOB`: write the file, in place of an earlier one of the same language."""
    workshop = Workshop.objects.select_related("organiser", "course").get(pk=job.arguments["workshop"])
    with override(job.arguments["language"]):
        content = paper.render_pack(workshop, progress=job.progress)
    name = name_of(workshop)
    if default_storage.exists(name):
        default_storage.delete(name)
    default_storage.save(name, ContentFile(content))
    return {"file": name, "weight": len(content)}


def name_of(workshop: Workshop) -> str:
    """Where the pack lies: no address leads there but the one that asks who may."""
    return f"packs/{workshop.pk.hex}.pdf"


def newest(workshop: Workshop) -> jobs.Job | None:
    """The newest work on the pack of this workshop. 1 query."""
    rows = jobs.Job.objects.filter(kind=JOB, arguments__workshop=str(workshop.pk))
    return rows.order_by("-created").first()


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    jobs.register(JOB, make_pack, name=_("The paper pack of a workshop"))
