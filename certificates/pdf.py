"""The certificate on paper: one A4 page, PDF/A-3a and PDF/UA-1, made with typst.

What is printed is data for the template `typst/certificate.typ`, handed over as JSON; no source text is ever put
together. The fonts are those inside the typst wheel (Libertinus Serif and DejaVu Sans Mono, both free licences): the
machine's own are ignored, so that the same content gives the same bytes everywhere. The words of the paper are kept
here, in the language of the paper, not in the interface's catalogues: they change only with the paper itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

from operations.paper import SHOWN, compile_pdf, printable, qr, unprintable

__all__ = [
    "SHOWN",
    "TEMPLATE",
    "CertificateContent",
    "for_workshop",
    "printable",
    "render",
    "render_together",
    "typographic",
    "unprintable",
]

Language = Literal["fr", "en"]
Kind = Literal["competence", "attendance", "trainer"]

TEMPLATE = Path(__file__).parent / "typst" / "certificate.typ"
NNBSP, NBSP = "\u202f", "\u00a0"


@dataclass(frozen=True, kw_only=True)
class CertificateContent:
    """Everything that is printed. Personal data: the holder's name. Nothing here is kept by this module.

    `title` is the credential's title, `course_title` the course it rests on (left out where it adds nothing).
    `minutes` is the length of the training. `reason` says for what it is given, where that is not the course;
    `heading` names the kind in other words than ours. `signatories`: (name, title) of those who sign beside the first. `logo`: SVG.
    A `specimen` says on its face that it is none. `letterhead` goes from the state down to the service; `motto` stands
    under its first line. With `stamp_space`, room is left for a signature in ink and a stamp. `code` is what the square
    code holds; without it, `verify_url`.
    """

    language: Language
    number: str
    holder: str
    title: str
    issued: date
    verify_url: str
    issuer: str
    course_title: str = ""
    objectives: list[str] = field(default_factory=list)
    expires: date | None = None
    minutes: int | None = None
    letterhead: list[str] = field(default_factory=list)
    motto: str = ""
    signatory: str = ""
    signatory_title: str = ""
    place: str = ""
    stamp_space: bool = True
    kind: Kind = "competence"
    code: str = ""
    reason: str = ""
    heading: str = ""
    signatories: list[tuple[str, str]] = field(default_factory=list)
    logo: str = ""
    specimen: bool = False


WORDS = {
    "fr": {
        "competence": "Certificat de compétence",
        "attendance": "Attestation de participation",
        "trainer": "Certificat de formation de formateurs",
        "given": "est délivré à",
        "given_attendance": "est délivrée à",
        "for_competence": "pour avoir terminé le cours {course} et réussi son évaluation finale",
        "for_competence_bare": "pour avoir terminé le cours et réussi son évaluation finale",
        "for_attendance": "pour sa participation complète à la formation {course}",
        "for_attendance_bare": "pour sa participation complète à la formation",
        "for_trainer": "pour avoir accompli toutes les étapes du parcours {course}",
        "for_trainer_bare": "pour avoir accompli toutes les étapes du parcours de formation de formateurs",
        "objectives": "Capacités démontrées",
        "objectives_attendance": "Objectifs de la formation",
        "more_one": "et 1 autre objectif",
        "more": "et {count} autres objectifs",
        "issued": "Délivré le",
        "expires": "Valable jusqu’au",
        "unlimited": "Sans limite de durée",
        "validity": "Validité",
        "length": "Durée de la formation",
        "number": "Numéro",
        "done_at": "Fait à {place}, le {date}",
        "done_on": "Fait le {date}",
        "stamp": "Signature et cachet",
        "verify": "Pour vérifier ce certificat, scannez le code ou ouvrez",
        "signed": f"Signature électronique{NBSP}: {{issuer}}",
        "qr": "Code carré à scanner pour vérifier le certificat {number} à l’adresse {url}",
        "quoted": f"«{NNBSP}{{}}{NNBSP}»",
        "document": "{kind} {number}",
        "for_workshop": "pour sa participation à l’atelier tenu à {place} {days}",
        "on_day": "le {first}",
        "on_days": "du {first} au {last}",
        "specimen": "Spécimen sans valeur",
        "somebody": "Prénom Nom",
    },
    "en": {
        "competence": "Certificate of competence",
        "attendance": "Certificate of attendance",
        "trainer": "Trainer certificate",
        "given": "is awarded to",
        "given_attendance": "is awarded to",
        "for_competence": "for completing the course {course} and passing its final assessment",
        "for_competence_bare": "for completing the course and passing its final assessment",
        "for_attendance": "for attending the whole of the training {course}",
        "for_attendance_bare": "for attending the whole of the training",
        "for_trainer": "for completing every stage of the pathway {course}",
        "for_trainer_bare": "for completing every stage of the training of trainers",
        "objectives": "Demonstrated abilities",
        "objectives_attendance": "Objectives of the training",
        "more_one": "and 1 further objective",
        "more": "and {count} further objectives",
        "issued": "Awarded on",
        "expires": "Valid until",
        "unlimited": "No end date",
        "validity": "Validity",
        "length": "Length of training",
        "number": "Number",
        "done_at": "Done at {place}, {date}",
        "done_on": "Done on {date}",
        "stamp": "Signature and stamp",
        "verify": "To verify this certificate, scan the code or open",
        "signed": "Electronic signature: {issuer}",
        "qr": "Square code to scan to verify certificate {number} at {url}",
        "quoted": "“{}”",
        "document": "{kind} {number}",
        "for_workshop": "for taking part in the workshop held in {place} {days}",
        "on_day": "on {first}",
        "on_days": "from {first} to {last}",
        "specimen": "Specimen without value",
        "somebody": "First name Last name",
    },
}

MONTHS = {
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}

# Longer texts are cut with an ellipsis: the page would not hold them at a size that can be read.
_LONGEST = {"holder": 300, "title": 300, "objective": 400, "line": 160}


def for_workshop(language: str, place: str, first: date, last: date, sentence: str = "") -> str:
    """For what a certificate of a workshop is given, in the language of the paper; `sentence`: in other words than ours,
    with {place} and {days} in them."""
    words = WORDS[language]
    written: Language = "en" if language == "en" else "fr"
    days = {"first": written_date(first, written), "last": written_date(last, written)}
    when = words["on_day" if first == last else "on_days"].format(**days)
    return (sentence or words["for_workshop"]).replace("{days}", when).replace("{place}", place)


def render_together(contents: Sequence[CertificateContent], made: date) -> bytes:
    """Return these certificates as one PDF for printing, a page each, in this order: not signed (PDF/A-2a, PDF/UA-1).

    Raises ValueError as `render` does, and where there is none."""
    if not contents:
        raise ValueError("Nothing to print.")
    moment = datetime.combine(made, time(12), tzinfo=UTC)
    data = {"papers": [_data(content) for content in contents]}
    return compile_pdf(TEMPLATE, data, timestamp=moment, standards=["a-2a", "ua-1"])


def render(content: CertificateContent) -> bytes:
    """Return the certificate as a PDF of one page (PDF/A-3a, PDF/UA-1, not yet signed).

    The same content always gives the same bytes: the date inside the file is the date of issue. Characters that no
    font shows appear as a square, control and direction marks disappear (see `printable`). Raises ValueError when
    the number, the holder or the title is empty, or the language or kind is unknown. Threads take turns.
    """
    moment = datetime.combine(content.issued, time(12), tzinfo=UTC)
    return compile_pdf(TEMPLATE, {"papers": [_data(content)]}, timestamp=moment, standards=["a-3a", "ua-1"])


def written_date(day: date, language: Language) -> str:
    """Return the date in words: 24 novembre 2026, 1er janvier 2027; 24 November 2026."""
    first = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{first}{NBSP}{MONTHS[language][day.month - 1]}{NBSP}{day.year}"


def written_length(minutes: int) -> str:
    """Return a length of training: 45 min, 4 h, 4 h 30 (the same in both languages)."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NBSP}min"
    return f"{hours}{NBSP}h{NBSP}{rest:02d}" if rest else f"{hours}{NBSP}h"


def typographic(text: str, language: Language) -> str:
    """Return the text with typographic apostrophes and, in French, unbreakable spaces where the rules ask for them."""
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    if language == "fr":
        text = re.sub(r" ?« ?", f" «{NNBSP}", text).lstrip(" ") if "«" in text else text
        text = re.sub(r" ?»", f"{NNBSP}»", text)
        text = re.sub(r" ([;?!])", rf"{NNBSP}\1", text)
        text = re.sub(r" ([:%])", rf"{NBSP}\1", text)
    return text


def _data(content: CertificateContent) -> dict[str, object]:
    if content.language not in WORDS:
        raise ValueError(f"No certificate is written in this language: {content.language}")
    if content.kind not in ("competence", "attendance", "trainer"):
        raise ValueError(f"Unknown kind of certificate: {content.kind}")
    words, language = WORDS[content.language], content.language
    holder = printable(content.holder, _LONGEST["holder"])
    number = printable(content.number)
    title = typographic(printable(content.title, _LONGEST["title"]), language)
    if not (holder and number and title):
        raise ValueError("A certificate needs a number, a holder and a title.")

    attendance = content.kind == "attendance"
    course = typographic(printable(content.course_title, _LONGEST["title"]), language)
    reason = words[f"for_{content.kind}"].format(course=words["quoted"].format(course))
    if course.casefold() in title.casefold():
        reason = words[f"for_{content.kind}_bare"]
    if content.reason:
        reason = typographic(printable(content.reason, _LONGEST["objective"]), language)
    issued = written_date(content.issued, language)
    place = printable(content.place, _LONGEST["line"])
    facts = [[words["issued"], issued]]
    if content.expires:
        facts.append([words["expires"], written_date(content.expires, language)])
    else:
        facts.append([words["validity"], words["unlimited"]])
    if content.minutes:
        facts.append([words["length"], written_length(content.minutes)])
    objectives = [typographic(printable(text, _LONGEST["objective"]), language) for text in content.objectives]
    issuer = typographic(printable(content.issuer, _LONGEST["line"]), language)
    return {
        "language": language,
        "document_title": words["document"].format(kind=words[content.kind], number=number),
        "issuer": issuer,
        "letterhead": [typographic(printable(line, _LONGEST["line"]), language) for line in content.letterhead[:6]],
        "motto": typographic(printable(content.motto, _LONGEST["line"]), language),
        "logo": content.logo,
        "signatories": [
            [printable(name, _LONGEST["line"]), typographic(printable(role, _LONGEST["line"]), language)]
            for name, role in content.signatories[:2]
        ],
        "kind": typographic(printable(content.heading, _LONGEST["line"]), language) or words[content.kind],
        "specimen": words["specimen"] if content.specimen else "",
        "title": title,
        "given": words["given_attendance" if attendance else "given"],
        "holder": holder,
        "reason": reason,
        "objectives_label": words["objectives_attendance" if attendance else "objectives"],
        "objectives": [text for text in objectives if text],
        "more_one": words["more_one"],
        "more": words["more"],
        "facts": facts,
        "number_label": words["number"],
        "number": number,
        "done": words["done_at" if place else "done_on"].format(place=place, date=issued),
        "signatory": printable(content.signatory, _LONGEST["line"]),
        "signatory_title": typographic(printable(content.signatory_title, _LONGEST["line"]), language),
        "stamp": words["stamp"] if content.stamp_space else "",
        "verify": words["verify"],
        "verify_url": content.verify_url,
        "verify_shown": printable(content.verify_url).removeprefix("https://").removeprefix("http://"),
        "signed": words["signed"].format(issuer=issuer) if issuer else "",
        "qr": qr(content.code or content.verify_url),
        "qr_alt": words["qr"].format(number=number, url=printable(content.verify_url)),
    }
