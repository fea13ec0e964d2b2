"""Signed pages: filed as photographs, looked at by those who manage the workshop."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from operations import audit
from operations.errors import Refused
from people import access
from people.checks import allowed
from people.models import User
from people.policy import Capability
from workshops.models import Session, Sheet

SHEET_BYTES = 10_000_000
_SIGNATURES = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png", b"%PDF-": "pdf"}


@transaction.atomic
def file_sheet(*, session: Session, file: UploadedFile[Any], actor: User, protected: bool = False) -> Sheet:
    """File the photograph of a signed page; the same page twice is kept once.

    Raises Refused for what is no JPEG, PNG or PDF by its own first bytes, for more than 10 MB, or where the actor may not.
    """
    allowed(actor, Capability.MANAGE_COHORTS, session)
    if (file.size or 0) > SHEET_BYTES:
        raise Refused(_("The file is too large: 10 MB at most."), _("Take the photograph again, smaller."))
    data = file.read()
    ending = next((name for start, name in _SIGNATURES.items() if data.startswith(start)), None)
    if ending is None:
        raise Refused(_("This is no photograph and no PDF."), _("Choose a JPEG, PNG or PDF file."))
    digest = hashlib.sha256(data).hexdigest()
    known = Sheet.objects.filter(session=session, digest=digest).first()
    if known is not None:
        return known
    row = Sheet(session=session, protected=protected, digest=digest, by=actor)
    row.file.save(f"{digest[:32]}.{ending}", ContentFile(data), save=True)
    audit.record_change(
        actor=actor,
        code="workshops.sheet",
        obj=session,
        after={"workshop": session.workshop.code},
        branch=session.workshop.organiser.path,
    )
    return row


@transaction.atomic
def look_at_sheet(*, sheet: Sheet, actor: User, reason: str = "") -> bytes:
    """The page as it was filed; each look at one of protected people is written down. Raises Refused where the actor may
    not, where a reason must be given first, or where the file is gone."""
    workshop = sheet.session.workshop
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    if sheet.protected:
        allowed(actor, Capability.NAME_OF_PROTECTED, workshop)
        if access.needs_reason(actor, Capability.NAME_OF_PROTECTED, workshop) and not reason.strip():
            raise Refused(_("Say first why you look."), _("It is written down with the look."))
        audit.record_look(
            actor=actor,
            code="workshops.looked-at-sheet",
            obj=sheet.session,
            reason=reason,
            branch=workshop.organiser.path,
        )
    try:
        with sheet.file.open("rb") as file:
            return bytes(file.read())
    except OSError as error:
        raise Refused(_("The file of this page is gone."), _("Ask an administrator.")) from error
