"""Numbered letters of designation, and the signed scan that is filed under the number."""

from __future__ import annotations

import datetime as dt

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import audit
from operations.errors import Refused
from people.checks import allowed, words
from people.models import Institution, User
from people.policy import Capability
from workshops.models import Letter, Registration, Workshop

LARGEST_SCAN = 10_000_000  # bytes
# How a file begins that a scanner or a phone makes.
KINDS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}


@transaction.atomic
def issue_letter(
    *,
    workshop: Workshop,
    institution: Institution,
    valid_from: dt.date,
    valid_until: dt.date,
    number: str = "",
    signatory: str = "",
    signatory_title: str = "",
    by_order: bool = False,
    actor: User | None = None,
) -> Letter:
    """Issue a letter for those of an institution (and below it) who are accepted and stand in no letter yet. Raises
    Refused where there is nobody, where the number is taken, for dates that cannot be, or where the actor may not."""
    allowed(actor, Capability.DECIDE_DESIGNATION, workshop)
    if valid_until < valid_from or valid_until < workshop.ends or valid_from > workshop.starts:
        raise Refused(_("The letter must hold on every day of the workshop."), _("Correct the dates."))
    rows = workshop.registrations.filter(state=Registration.State.ACCEPTED, letter=None)
    rows = rows.filter(institution__path__startswith=institution.path)
    if not rows.exists():
        raise Refused(
            _("Nobody of this institution is accepted and without a letter."), _("Decide on the proposals first.")
        )
    number = words(number, label=_("Number"), longest=40) or _next_number(workshop)
    try:
        with transaction.atomic():
            letter = Letter.objects.create(
                workshop=workshop,
                institution=institution,
                number=number,
                valid_from=valid_from,
                valid_until=valid_until,
                signatory=words(signatory, label=_("Name of the person who signs"), longest=160),
                signatory_title=words(signatory_title, label=_("Title of the person who signs"), longest=160),
                by_order=by_order,
                issued=timezone.localdate(),
                created_by=actor,
            )
    except IntegrityError as error:
        raise Refused(_("Another letter has this number."), _("Give another one.")) from error
    rows.update(letter=letter)
    audit.record_change(
        actor=actor,
        code="workshops.letter",
        obj=letter,
        after={"workshop": workshop.code, "number": number},
        branch=workshop.organiser.path,
    )
    return letter


def _next_number(workshop: Workshop) -> str:
    taken = set(workshop.letters.values_list("number", flat=True))
    return next(number for n in range(1, 1000) if (number := f"{workshop.code}/L{n:02d}") not in taken)


@transaction.atomic
def file_scan(*, letter: Letter, content: bytes, actor: User | None = None) -> Letter:
    """File the scan of the signed letter under its number; another one takes its place. Raises Refused for what is
    neither PDF nor a picture, or too large."""
    allowed(actor, Capability.DECIDE_DESIGNATION, letter.workshop)
    if len(content) > LARGEST_SCAN:
        raise Refused(_("The scan is larger than 10 MB."), _("Scan it in grey, with 200 dots an inch."))
    kind = next((kind for begins, kind in KINDS.items() if content.startswith(begins)), None)
    if kind is None:
        raise Refused(_("This file is neither PDF, JPEG nor PNG."), _("Scan the letter as one of these."))
    if old := letter.scan.name:
        storage = letter.scan.storage
        transaction.on_commit(lambda: storage.delete(old))
    letter.scan.save(f"{letter.pk}.{kind}", ContentFile(content), save=False)
    letter.scanned_at = timezone.now()
    letter.save(update_fields=["scan", "scanned_at"])
    audit.record_change(
        actor=actor,
        code="workshops.letter-filed",
        obj=letter,
        after={"workshop": letter.workshop.code, "number": letter.number},
        branch=letter.workshop.organiser.path,
    )
    return letter
