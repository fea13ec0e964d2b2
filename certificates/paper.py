"""What stands on the paper of a credential, all of it from the credential's own row. Only the square code asks more."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from django.conf import settings

from certificates import compact, pdf, status
from certificates.keys import current_key
from certificates.logos import as_svg
from certificates.models import Credential
from people.models import User
from people.names import is_protected


def name_on_paper(user: User) -> str:
    """The name as it is printed: full name, else the username; one line, without control and direction marks, which
    could make one name look like another."""
    return one_line(user.display_name) or user.username


def one_line(name: str) -> str:
    """A name as above; empty where nothing of it is left."""
    kept = (c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())[:300]


def languages_of(credential: Credential) -> list[str]:
    """The languages in which there is a paper: those of the course that certificates are written in, else French."""
    return [language for language in pdf.WORDS if credential.title.get(language)] or ["fr"]


def content_of(credential: Credential, language: str, *, code: str = "") -> pdf.CertificateContent:
    """What is printed, all of it from the credential's own row. code: what the square code holds, if not the address
    alone (`square_code`). No query."""
    printed = credential.paper.get(language, {})
    titles = credential.title
    return pdf.CertificateContent(
        language="en" if language == "en" else "fr",
        number=credential.number,
        holder=credential.holder_name,
        title=titles.get(language) or next(filter(None, titles.values()), credential.number),
        course_title=printed.get("course_title", ""),
        reason=printed.get("reason", ""),
        heading=printed.get("heading", ""),
        signatories=[(one["name"], one["title"]) for one in printed.get("signatories", ())],
        logo=as_svg(printed.get("logo", "")),
        objectives=credential.objectives.get(language, []),
        issued=credential.issued,
        expires=credential.expires,
        minutes=credential.paper.get("minutes"),
        verify_url=verify_address(credential.number),
        code=code,
        letterhead=printed.get("letterhead", []),
        motto=printed.get("motto", ""),
        issuer=printed.get("issuer", ""),
        signatory=printed.get("signatory", ""),
        signatory_title=printed.get("signatory_title", ""),
        place=printed.get("place", ""),
        stamp_space=printed.get("stamp_space", True),
        kind=_PAPERS[credential.kind],
    )


def specimen_of(credential: Credential, language: str) -> pdf.CertificateContent:
    """The same with nobody's name, no number and a square code that leads to the form alone: how it will look."""
    words = pdf.WORDS["en" if language == "en" else "fr"]
    return replace(
        content_of(credential, language),
        number=words["specimen"],
        holder=words["somebody"],
        verify_url=f"{settings.SITE_URL}/verify/",
        specimen=True,
    )


_PAPERS: dict[str, pdf.Kind] = {
    Credential.Kind.ATTENDANCE: "attendance",
    Credential.Kind.COMPETENCE: "competence",
    Credential.Kind.TRAINER: "trainer",
}


def is_hidden(credential: Credential) -> bool:
    """Whether no machine-readable form may say whose it is. No query for a credential of `queries.for_strangers`."""
    if credential.protected or (credential.holder_id is None and credential.registration_id is None):
        return True
    if hasattr(credential, "pseudonym"):
        return credential.pseudonym is not None
    return credential.holder is not None and is_protected(credential.holder)


def verify_address(number: str) -> str:
    """Where a certificate is verified: without a language, so that each reader's own is used."""
    return f"{settings.SITE_URL}/verify/{number}"


def square_code(credential: Credential, language: str) -> str:
    """What the square code holds: the address, and behind the # what a phone verifies without a network. Five queries
    at most. Raises SigningKeyError."""
    titles = credential.title
    hidden = is_hidden(credential)
    said = compact.Compact(
        number=credential.number,
        kind=credential.kind,
        issued=credential.issued,
        expires=credential.expires,
        index=status.index_of(credential),
        holder="" if hidden else credential.holder_name,
        title="" if hidden else titles.get(language) or next(filter(None, titles.values()), ""),
        reserved=credential.reserved_at,
    )
    return f"{verify_address(credential.number)}#{compact.write(said, current_key())}"
