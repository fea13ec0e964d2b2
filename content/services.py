"""Every write of the room: figures, bibliography, norms, glossary, reports of errors."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from content.models import ErrorReport, Figure, FigureFile, Norm, Source, Term, Tier
from content.pictures import inspect
from content.signals import figure_changed, terms_changed
from operations.audit import record_change
from operations.errors import Refused
from operations.notify import notify
from people.models import User

REPORT_LENGTH = 4000
REPORTS_PER_HOUR = 10  # of one person
UNSIGNED_REPORTS_PER_HOUR = 60  # of everybody who is not signed in: a full room, not a flood


# --- figures ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def store_figure(
    *, owner: str, name: str, language: str, data: bytes, tier: str = Tier.STAFF, filename: str = ""
) -> Figure:
    """Keep the file of a figure in one language under the hash of its bytes; the same bytes again change nothing.

    `owner`: slug of the course, "" for none; `filename` says what the bytes claim to be (default: an SVG).
    Raises Refused with a sentence for everything that is wrong with the picture. Sends `figure_changed`.
    """
    picture, reasons = inspect(filename or f"{name}.svg", data)
    if picture is None:
        raise Refused(" ".join(reasons))
    if tier not in Tier.values:
        raise Refused(_("“%(tier)s” is not a level of sensitivity.") % {"tier": tier})
    digest = hashlib.sha256(data).hexdigest()
    path = f"figures/{digest}.{picture.extension}"
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(data))
    figure, created = Figure.objects.get_or_create(owner=owner, name=name, defaults={"tier": tier})
    if not created and figure.tier != tier:
        figure.tier = tier
        figure.save(update_fields=["tier"])
    before = FigureFile.objects.filter(figure=figure, language=language).values_list("digest", flat=True).first()
    if before != digest:
        FigureFile.objects.update_or_create(
            figure=figure,
            language=language,
            defaults={
                "file": path,
                "digest": digest,
                "width": picture.width,
                "height": picture.height,
                "weight": len(data),
                "text": picture.text,
            },
        )
        if before:
            figure_changed.send(sender=Figure, figure=figure)
    return figure


# --- bibliography, norms, glossary ------------------------------------------------------------------------------------


class SourceEntry(Protocol):
    """An entry of the bibliography, as the curriculum folder gives it."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def author_or_publisher(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def checked(self) -> str: ...
    @property
    def checked_against(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...


class NormEntry(Protocol):
    """A norm, as the curriculum folder gives it."""

    @property
    def id(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def number(self) -> int | str: ...
    @property
    def label(self) -> Mapping[str, str]: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...


class TermEntry(Protocol):
    """A word of the glossary, as the curriculum folder gives it."""

    @property
    def term(self) -> Mapping[str, str]: ...
    @property
    def definition(self) -> Mapping[str, str]: ...
    @property
    def source(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...


@transaction.atomic
def store_sources(entries: Iterable[SourceEntry]) -> int:
    """Add or update entries of the bibliography by their id, in this order; how many there were."""
    rows = [
        Source(
            slug=entry.id,
            title=entry.title,
            author=entry.author_or_publisher,
            year=str(entry.year),
            url=entry.url or "",
            kind=entry.kind,
            checked=entry.checked or "",
            checked_against=entry.checked_against or "",
            position=position,
            file=entry.file,
            extra=dict(entry.extra),
        )
        for position, entry in enumerate(entries)
    ]
    Source.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=[
            *("title", "author", "year", "url", "kind", "checked", "checked_against", "position", "file", "extra")
        ],
    )
    return len(rows)


@transaction.atomic
def store_norms(entries: Iterable[NormEntry]) -> int:
    """Add or update norms by their id, in this order; their sources must be there (IntegrityError)."""
    rows = [
        Norm(
            slug=entry.id,
            source_id=entry.source,
            number=str(entry.number),
            label=dict(entry.label),
            position=position,
            extra=dict(entry.extra),
        )
        for position, entry in enumerate(entries)
    ]
    Norm.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["source", "number", "label", "position", "extra"],
    )
    return len(rows)


@transaction.atomic
def store_terms(entries: Iterable[TermEntry]) -> int:
    """Add or update the words of the glossary, in this order; their sources must be there.

    A term's slug comes from its words in the site's language, so that it is the same on every installation; the second
    of two terms written alike gets a number. Sends `terms_changed` where something changed.
    """
    rows: list[Term] = []
    used: set[str] = set()
    for position, entry in enumerate(entries):
        slug = term_slug(entry.term, used=used)
        used.add(slug)
        rows.append(
            Term(
                slug=slug,
                term=dict(entry.term),
                definition=dict(entry.definition),
                source_id=entry.source or None,
                position=position,
                file=entry.file,
                extra=dict(entry.extra),
            )
        )
    fields = ("term", "definition", "source_id", "position", "file", "extra")
    before = {term.slug: [getattr(term, name) for name in fields] for term in Term.objects.all()}
    changed = [row for row in rows if before.get(row.slug) != [getattr(row, name) for name in fields]]
    Term.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["term", "definition", "source", "position", "file", "extra"],
    )
    if changed:
        terms_changed.send(sender=Term)
    return len(rows)


def term_slug(words: Mapping[str, str], *, used: set[str]) -> str:
    """A slug for a term that is not among those `used`."""
    text = words.get(settings.LANGUAGE_CODE) or next(iter(words.values()), "")
    base = slugify(text)[:90].strip("-") or "term"
    slug, number = base, 2
    while slug in used:
        slug, number = f"{base}-{number}", number + 1
    return slug


# --- reports of errors ------------------------------------------------------------------------------------------------


@transaction.atomic
def report_error(
    *, page_key: UUID, language: str, revision: int | None, owner: str, kind: str, text: str, reporter: User | None
) -> ErrorReport:
    """Put what a reader says of a page into the queue of its owner. The same words sent again (a lost answer, a second
    press) give the report that is there.

    Raises Refused: no words, too many, an unknown kind, too many reports within an hour.
    """
    text = text.strip()
    if not text:
        raise Refused(_("Say in a few words what is wrong."))
    if len(text) > REPORT_LENGTH:
        raise Refused(_("This text is too long. It can have %(count)d characters.") % {"count": REPORT_LENGTH})
    if kind not in ErrorReport.Kind.values:
        raise Refused(_("Choose whether you report an error or a danger."))
    same = ErrorReport.objects.filter(
        page_key=page_key, language=language, kind=kind, text=text, reporter=reporter, status=ErrorReport.Status.NEW
    ).first()
    if same is not None:
        return same
    recent = ErrorReport.objects.filter(reporter=reporter, created__gt=timezone.now() - dt.timedelta(hours=1)).count()
    if recent >= (REPORTS_PER_HOUR if reporter else UNSIGNED_REPORTS_PER_HOUR):
        raise Refused(
            _("Many reports came within an hour. Nothing was sent."), _("Keep your text and try again in an hour.")
        )
    return ErrorReport.objects.create(
        page_key=page_key, language=language, revision=revision, owner=owner, kind=kind, text=text, reporter=reporter
    )


@transaction.atomic
def handle_report(*, report: ErrorReport, answer: str, actor: User) -> ErrorReport:
    """Close a report with an answer (what was changed, or why nothing was). Closing it again changes the answer."""
    answer = answer.strip()
    if not answer:
        raise Refused(_("Say what was changed, or why nothing was."))
    report = ErrorReport.objects.select_for_update().get(pk=report.pk)
    before = {"status": report.status}
    report.status = ErrorReport.Status.HANDLED
    report.answer = answer[:REPORT_LENGTH]
    report.handled = report.handled or timezone.now()
    report.save(update_fields=["status", "answer", "handled"])
    record_change(
        actor=actor,
        code="content.report-handled",
        obj=report,
        before=before,
        after={"status": report.status},
    )
    if report.reporter is not None:
        notify(report.reporter, "content.report-handled", key=f"report {report.pk}", actor=actor)
    return report
