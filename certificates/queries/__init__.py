"""What screens read about credentials, each in a bounded number of SQL queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.models import Credential, Evidence, Rendering
from certificates.numbers import is_well_formed, normalise
from certificates.paper import languages_of
from certificates.pdf import typographic
from courses.models import Enrolment
from courses.queries import effective_outlines, progress_by_enrolment
from courses.rules import Condition, conditions
from operations.prepared import Prepared
from operations.words import in_language, language_of
from people.access import Person, is_administrator
from people.names import pseudonym_of


@dataclass(frozen=True, slots=True)
class Words:
    """A text with the language it is in, for the `lang` attribute."""

    text: str
    language: str


def title_of(credential: Credential) -> Words:
    """The title in the active language, else in the site's, else in any."""
    return _printed(credential.title, credential.number)


def _printed(texts: Mapping[str, str], otherwise: str = "") -> Words:
    """One of the texts, with the typography of the paper (no sign of punctuation begins a line)."""
    language = language_of(texts)
    return Words(typographic(in_language(texts) or otherwise, "en" if language == "en" else "fr"), language)


def objectives_of(credential: Credential) -> list[str]:
    """The objectives, in the language of the title."""
    language = language_of(credential.title)
    lines = credential.objectives.get(language, [])
    return [typographic(line, "en" if language == "en" else "fr") for line in lines]


def for_user(user: Person) -> list[Credential]:
    """A person's own credentials, the newest first, revoked ones included. One query; none for strangers."""
    if not user.is_authenticated:
        return []
    return _own(user.pk)


_own = Prepared(
    lambda user: (
        Credential.objects.filter(holder=user).select_related("course", "replaced_by").order_by("-issued", "-created")
    ),
    int,
)


def trainer_credential(person: Person) -> Credential | None:
    """What makes a person a certified trainer today, which is no role: the valid trainer's credential that holds
    longest. None: they are none. One query; none for strangers."""
    return trainer_among(for_user(person))


def trainer_among(credentials: Iterable[Credential]) -> Credential | None:
    """Of these credentials, the one that makes its holder a certified trainer today. No query."""
    valid = [
        credential
        for credential in credentials
        if credential.kind == Credential.Kind.TRAINER and credential.standing == Credential.Standing.VALID
    ]
    return max(valid, key=lambda credential: credential.expires or date.max, default=None)


def for_enrolments(ids: Iterable[UUID]) -> dict[UUID, Credential]:
    """The credential of each of these enrolments: the one that is not revoked, else the newest. One query."""
    found: dict[UUID, Credential] = {}
    for credential in Credential.objects.filter(enrolment__in=list(ids)).order_by("created"):
        before = found.get(credential.enrolment_id) if credential.enrolment_id else None
        if credential.enrolment_id and (before is None or credential.status != Credential.Status.REVOKED):
            found[credential.enrolment_id] = credential
    return found


def credential_for(person: Person, number: str) -> Credential | None:
    """A credential by its number, for its holder and for administrators (to whom a protected holder's name is shown
    only by `holder_shown`); None for everybody else. One query."""
    if not person.is_authenticated or (canonical := normalise(number)) is None:
        return None
    found = for_strangers().filter(number=canonical).select_related("course", "replaced_by", "holder").first()
    return found if found and (found.holder_id == person.pk or is_administrator(person)) else None


def holder_shown(credential: Credential, viewer: Person) -> str:
    """The name as printed, to the holder; to others too, unless the holder is protected: then the pseudonym.

    No query for a credential of `for_strangers`.
    """
    if viewer.is_authenticated and credential.holder_id == viewer.pk:
        return credential.holder_name
    pseudonym: str | None = getattr(credential, "pseudonym", None)
    if pseudonym is None and credential.protected:
        return _("protected")
    return pseudonym or credential.holder_name


@dataclass(frozen=True, slots=True)
class Paper:
    """A language in which the signed PDF can be fetched; `weight` in bytes, None until it is made."""

    language: str
    weight: int | None


def papers_of(credential: Credential) -> list[Paper]:
    """The languages of the signed PDF. None where it cannot be fetched. One query."""
    if credential.status != Credential.Status.ISSUED or credential.erased is not None:
        return []
    weights = dict(Rendering.objects.filter(credential=credential).values_list("language", "weight"))
    return [Paper(language, weights.get(language)) for language in languages_of(credential)]


def renewal_of(credential: Credential) -> str:
    """How a certificate that ends is renewed, in words; empty for one that does not end, or no longer counts. No query."""
    if credential.expires is None or credential.standing not in _RENEWABLE:
        return ""
    if credential.kind == Credential.Kind.TRAINER:
        return _("To renew it, pass the stage of renewal of your certification: its page says what is asked for.")
    if credential.workshop_id is not None:
        return _("To renew it, take part in a later workshop on the same course.")
    if credential.kind == Credential.Kind.ATTENDANCE:
        return _("To renew it, enrol in the course again and complete it: a new certificate is issued then.")
    return _(
        "To renew it, enrol in the course again, complete it and pass its final assessment: a new one is issued then."
    )


_RENEWABLE = (Credential.Standing.VALID, Credential.Standing.EXPIRED)


# --- why, and why not -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition that was met: its sentence without the day, and the day (ISO) on which it was."""

    sentence: str
    day: str


def evidence_of(credential: Credential) -> list[Reason]:
    """Why it was issued, in words of the active language, never a score. One query."""
    return [Reason(_sentence(row), row.facts.get("day", "")) for row in credential.evidence.all()]


def _sentence(row: Evidence) -> str:
    numbers: dict[str, Any] = {"done": row.facts.get("done", 0), "total": row.facts.get("total", 0)}
    if row.code == "lessons-finished":
        return ngettext("%(done)d lesson of %(total)d", "%(done)d lessons of %(total)d", numbers["done"]) % numbers
    if row.code == "practice-done":
        return (
            ngettext("%(done)d practice quiz of %(total)d", "%(done)d practice quizzes of %(total)d", numbers["done"])
            % numbers
        )
    if row.code == "workshop-attended":
        return ngettext("%(done)d workshop of %(total)d", "%(done)d workshops of %(total)d", numbers["done"]) % numbers
    if row.code == "work-graded":
        return (
            ngettext(
                "%(done)d written work of %(total)d graded as sufficient",
                "%(done)d written works of %(total)d graded as sufficient",
                numbers["done"],
            )
            % numbers
        )
    if row.code == "assessment-passed":
        return _("Final assessment passed")
    if row.code == "sessions-attended":
        return ngettext("%(done)d session of %(total)d", "%(done)d sessions of %(total)d", numbers["done"]) % numbers
    if row.code == "by-hand":
        return _("Issued by an administrator: %(reason)s") % {"reason": row.facts.get("reason", "")}
    if row.code == "stage-passed":
        words = in_language(row.facts.get("title", {})) or row.facts.get("stage", "")
        return _("Stage of the pathway passed: %(stage)s") % {"stage": words}
    return ngettext("%(done)d activity of %(total)d", "%(done)d activities of %(total)d", numbers["done"]) % numbers


def why_not(enrolment: Enrolment) -> list[Condition]:
    """What is still missing before this enrolment earns its certificate, in words; empty where nothing is.

    Two queries (three where the outline has changed since), plus the enrolment's course and outline if not loaded.
    """
    if enrolment.status == Enrolment.Status.COMPLETED:
        return []
    progress = progress_by_enrolment([enrolment])
    outlines = effective_outlines([enrolment], progress)
    found = conditions(enrolment, outlines[enrolment.pk], progress[enrolment.pk])
    return [condition for condition in found if condition.met != "yes"]


# --- verification ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verified:
    """All that a stranger is told: nothing else of the credential leaves this function."""

    number: str
    standing: str
    holder: str  # empty for a protected person
    title: Words
    kind: str
    issued: Any
    expires: Any
    revoked: Any
    erased: Any
    issuer: Words
    word: bool  # it was confirmed by the holder's word


def for_strangers() -> QuerySet[Credential]:
    """Credentials that know whether their holder is protected: what `stranger_view` asks for."""
    return Credential.objects.annotate(pseudonym=pseudonym_of("holder"))


def by_number(number: str) -> Credential | None:
    """The credential of a number in its canonical form, for `stranger_view`. One query."""
    return for_strangers().filter(number=number).first()


def is_protected(credential: Credential) -> bool:
    """Whether no name is shown with this credential (of `for_strangers`)."""
    return credential.protected or needs_word(credential)


def needs_word(credential: Credential) -> bool:
    """Whether only a word of the holder's confirms this credential (of `for_strangers`). Without an account there is
    nobody who could have chosen one."""
    return getattr(credential, "pseudonym", None) is not None


def stranger_view(credential: Credential) -> Verified:
    """The part of a credential (of `for_strangers`) that strangers see, those who told the word where one is needed.

    A protected holder's name is not in it. No query.
    """
    issuers = {
        language: paper.get("issuer", "") for language, paper in credential.paper.items() if language != "minutes"
    }
    return Verified(
        number=credential.number,
        standing=credential.standing,
        holder="" if is_protected(credential) else credential.holder_name,
        title=title_of(credential),
        kind=credential.kind,
        issued=credential.issued,
        expires=credential.expires,
        revoked=credential.revoked_at,
        erased=credential.erased,
        issuer=_printed(issuers),
        word=needs_word(credential),
    )


def canonical(text: str) -> str | None:
    """The number that was meant, or None where it cannot be one of ours: wrong shape, or check symbols that disagree."""
    return normalise(text) if is_well_formed(text) else None


def by_digest(digest: str) -> Credential | None:
    """The credential whose paper has this SHA-256: then the file is, byte for byte, the one that was signed, for
    `stranger_view`. One query."""
    return for_strangers().filter(renderings__digest=digest).first()
