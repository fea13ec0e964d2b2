"""The register of trainers: what a trainer says of themselves, and what leaves it as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.models import Candidate
from certificates.queries.cascade import prepared
from certificates.queries.trainers import known_regions
from operations import audit, jobs
from operations.errors import Refused
from people import access
from people.checks import words
from people.models import User
from people.policy import Capability
from workshops.models import Workshop

CASCADE = "certificates.cascade"  # kind of job
_WRITTEN = ("languages", "regions", "available", "available_from", "available_until", "public")


@transaction.atomic
def save_card(
    *,
    candidate: Candidate,
    actor: User,
    languages: Collection[str] = (),
    regions: Collection[str] = (),
    available: str = "",
    available_from: dt.date | None = None,
    available_until: dt.date | None = None,
    public: bool = False,
) -> Candidate:
    """Write what the register says of a trainer: in which languages and regions they teach, when, and whether their name
    is public. Raises Refused for anybody but the trainer, before they are certified, and for what cannot be chosen."""
    held = Candidate.objects.select_for_update(of=("self",)).select_related("user").get(pk=candidate.pk)
    if actor.pk != held.user_id:
        raise Refused(_("Only the trainer may do this."))
    if held.credential_id is None:
        raise Refused(_("The register holds certified trainers."), _("Your card opens with your certificate."))
    spoken = [code for code, _name in settings.ALL_LANGUAGES]
    places = known_regions() | set(held.regions)
    if not set(languages) <= set(spoken) or not set(regions) <= places:
        raise Refused(_("A language or a region is not one of the list."), _("Choose from the list."))
    if available_from is not None and available_until is not None and available_until < available_from:
        raise Refused(_("The last day lies before the first."), _("Correct the dates."))
    before = [getattr(held, name) for name in _WRITTEN]
    held.languages = [code for code in spoken if code in languages]
    held.regions = sorted(set(regions))
    held.available = words(available, label=_("Availability"), longest=200)
    held.available_from, held.available_until, held.public = available_from, available_until, public
    changed = [name for name, old in zip(_WRITTEN, before, strict=True) if getattr(held, name) != old]
    if changed:
        held.save(update_fields=list(_WRITTEN))
        audit.record_change(
            actor=actor, code="certificates.trainer-card", obj=held, after={"fields": changed}, about=held.user
        )
    return held


@transaction.atomic
def note_register_export(*, actor: User, people: int, fields: Collection[str]) -> None:
    """Write down that the register left as a file. Raises Refused where the actor may not read it."""
    _note("certificates.trainers-exported", Capability.SEE_TRAINERS, actor, people, fields)


@transaction.atomic
def note_cascade_export(*, actor: User, people: int, fields: Collection[str]) -> None:
    """Write down that the cascade left as a file. Raises Refused where the actor may not read it."""
    _note("certificates.cascade-exported", Capability.SEE_CASCADE, actor, people, fields)


def _note(code: str, capability: Capability, actor: User, people: int, fields: Collection[str]) -> None:
    if not access.can(actor, capability):
        raise Refused(access.who_may(capability))
    branches = access.branches(actor, capability)
    audit.record_change(
        actor=actor,
        code=code,
        obj=("certificates.trainers", ""),
        after={"people": people, "fields": sorted(fields)},
        branch=branches[0].path if len(branches) == 1 else None,
    )


# --- the cascade, prepared --------------------------------------------------------------------------------------------


def on_attendance_closed(sender: object, *, workshop: Workshop, **others: Any) -> None:
    """Receiver of `workshops.signals.attendance_closed`: whoever opens the cascade next finds it worked out."""
    jobs.ask(CASCADE, key=f"{CASCADE} {workshop.pk} {timezone.now():%Y-%m-%dT%H:%M}")


def prepare_cascade(job: jobs.Work | None = None) -> dict[str, Any]:
    """Handler of the job; repeating it changes nothing."""
    return {"trainers": len(prepared().trainers)}
