"""Reads for the reference pages: bibliography, norms, glossary."""

from __future__ import annotations

from dataclasses import dataclass, field

from content.converters import NormRef, norm_ref
from content.folding import fold
from content.models import Norm, Source, Term
from operations.words import in_language, language_of


@dataclass(frozen=True, slots=True)
class SourceNorms:
    """A source with its norms."""

    source: Source
    norms: list[Norm]


@dataclass(slots=True)
class Explained:
    """A word of the glossary in the language it is given in, with each of its definitions."""

    slug: str
    term: str
    language: str
    definitions: list[Term] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of the alphabet with its words."""

    letter: str
    terms: list[Explained]


def sources(*, kind: str = "", search: str = "") -> list[Source]:
    """The bibliography in the order of titles; `search` (any case and accents) finds title, author, year. One query."""
    rows = Source.objects.all()
    if kind:
        rows = rows.filter(kind=kind)
    wanted = fold(search).split()
    found = [row for row in rows if not wanted or _holds(f"{row.title} {row.author} {row.year}", wanted)]
    return sorted(found, key=lambda row: fold(row.title))


def kinds_in_use() -> list[str]:
    """The kinds of source that occur. One query."""
    return list(Source.objects.order_by("kind").values_list("kind", flat=True).distinct())


def norms_by_source() -> list[SourceNorms]:
    """Every source that has norms, with them in order. One query."""
    found: dict[str, SourceNorms] = {}
    for norm in Norm.objects.select_related("source"):
        found.setdefault(norm.source_id, SourceNorms(norm.source, [])).norms.append(norm)
    return list(found.values())


def glossary(*, search: str = "") -> list[Letter]:
    """The glossary in the interface language (else in the site's) by letter; two definitions of one word stand together.

    `search` (any case and accents) finds words and definitions. One query.
    """
    wanted = fold(search).split()
    words: dict[str, Explained] = {}
    for term in Term.objects.select_related("source"):
        name = in_language(term.term)
        if not name or (wanted and not _holds(f"{name} {in_language(term.definition)}", wanted)):
            continue
        entry = words.setdefault(fold(name), Explained(term.slug, name, language_of(term.term)))
        entry.definitions.append(term)
    letters: dict[str, Letter] = {}
    for key in sorted(words):
        first = next((character for character in key if character.isalnum()), "#").upper()
        letters.setdefault(first, Letter(first, [])).terms.append(words[key])
    return list(letters.values())


def _holds(text: str, wanted: list[str]) -> bool:
    folded = fold(text)
    return all(word in folded for word in wanted)


def norm_by_ref(ref: NormRef) -> Norm | None:
    """The norm of an address, with its source. 2 queries."""
    slugs = Norm.objects.order_by().values_list("slug", flat=True)
    slug = next((slug for slug in slugs if norm_ref(slug) == ref), None)
    return Norm.objects.select_related("source").filter(slug=slug).first() if slug else None
