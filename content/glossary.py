"""Finding the words of the glossary in a text: any case, plural or singular, the longest first. Pure but for one query."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from content.models import Term
from operations.addresses import neutral

_TOKEN = re.compile(r"<[^>]*>|&(?:#\w+|\w+);|\w+|[^\w<&]+|[<&]")
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_BETWEEN = re.compile(r"[ \t\n\u00a0\u202f'’‐‑–-]+$")
# Words here are links, titles or code already.
_CLOSED = frozenset({"a", "code", "pre", "th", "caption", "h1", "h2", "h3", "h4", "h5", "h6"})
_BRACKETS = re.compile(r"\(([^()]*)\)")


class _Entry(NamedTuple):
    slug: str
    stems: tuple[str, ...]
    exact: str  # an abbreviation is only meant in its own capitals


def stem(word: str) -> str:
    """A word without case and without the marks of a plural, in French and English (both sides are stemmed alike)."""
    word = word.casefold()
    if len(word) < 4:
        return word
    if word.endswith("aux"):
        return word[:-3] + "al"
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    if word.endswith(("s", "x")) and not word.endswith("ss"):
        return word[:-1]
    return word


def forms(term: str) -> list[str]:
    """What a term may look like in a text: « Chaîne de traçabilité (ou de conservation) » stands without its brackets,
    « Délinquant extrémiste violent (DEV) » also as DEV, « Prévenu, personne prévenue » as either."""
    found = [part.strip() for part in _BRACKETS.sub("", term).split(",")]
    found += [inner for inner in _BRACKETS.findall(term) if _is_abbreviation(inner)]
    return [form for form in found if form]


def _is_abbreviation(text: str) -> bool:
    return text.isupper() and len(text) <= 8 and " " not in text


@dataclass(frozen=True, slots=True)
class Glossary:
    """The terms of one language, ready to be found."""

    language: str
    _by_first: dict[str, list[_Entry]] = field(default_factory=dict)

    @classmethod
    def of(cls, language: str) -> Glossary:
        """All terms that have words in `language`. One query. A term that is too common a word to be linked wherever it
        stands says `link: false` in its file."""
        rows = Term.objects.order_by("position", "slug").values_list("slug", "term", "extra")
        linked = ((slug, words) for slug, words, extra in rows if extra.get("link") is not False)
        return cls.from_terms(language, ((slug, words[language]) for slug, words in linked if words.get(language)))

    @classmethod
    def from_terms(cls, language: str, terms: Iterable[tuple[str, str]]) -> Glossary:
        """Of (slug, term) pairs; where two are written alike, the first counts."""
        glossary = cls(language)
        seen: set[tuple[str, ...]] = set()
        for slug, term in terms:
            for form in forms(term):
                stems = tuple(stem(word) for word in re.findall(r"\w+", form))
                if stems and stems not in seen:
                    seen.add(stems)
                    entry = _Entry(slug, stems, form if _is_abbreviation(form) and len(stems) == 1 else "")
                    glossary._by_first.setdefault(stems[0], []).append(entry)
        for entries in glossary._by_first.values():
            entries.sort(key=lambda entry: -len(entry.stems))
        return glossary

    def link(self, html: str, found: list[str]) -> str:
        """`html` with the first occurrence of each term linked to the foot of the page; `found` (slugs seen so far in
        the lesson, in order) grows. Nothing changes inside links, headings, row and column heads or code."""
        tokens = _TOKEN.findall(html)
        out: list[str] = []
        closed = 0
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if token[0] == "<" and (tag := _TAG.match(token)):
                if tag[1].lower() in _CLOSED:
                    closed += -1 if token[1] == "/" else 1
            elif not closed and (token[0].isalnum() or token[0] == "_"):
                match = self._at(tokens, position, found)
                if match:
                    slug, end = match
                    found.append(slug)
                    words = "".join(tokens[position:end])
                    ref = neutral(slug)
                    out.append(f'<a class="term" href="#g-{ref}" id="t-{ref}">{words}</a>')
                    position = end
                    continue
            out.append(token)
            position += 1
        return "".join(out)

    def _at(self, tokens: list[str], position: int, found: list[str]) -> tuple[str, int] | None:
        """The longest term that begins at `position`, with the position after it. A term already found still counts as
        longest, so that « isolement prolongé » is not taken for « isolement » the second time."""
        for slug, stems, exact in self._by_first.get(stem(tokens[position]), ()):
            if exact and tokens[position] != exact:
                continue
            end = _end_of(stems, tokens, position)
            if end:
                return None if slug in found else (slug, end)
        return None


def _end_of(stems: tuple[str, ...], tokens: list[str], position: int) -> int | None:
    for number, wanted in enumerate(stems):
        if number:
            if position >= len(tokens) or not (_BETWEEN.match(tokens[position]) or tokens[position] == "&amp;"):
                return None
            position += 1
        if position >= len(tokens) or stem(tokens[position]) != wanted:
            return None
        position += 1
    return position


def without_links(html: str) -> str:
    """`html` with its terms as plain words and its blocks without landmarks: where several lessons stand on one page,
    their anchors and names would repeat."""
    plain = re.sub(r'<a class="term"[^>]*>(.*?)</a>', r"\1", html)
    return re.sub(r'(<section class="block[^"]*") aria-labelledby="[^"]*"', r"\1", plain)
