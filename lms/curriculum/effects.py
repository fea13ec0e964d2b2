"""Which rendered lessons are out of date when sources, norms or words of the glossary change."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import models

from content.glossary import Glossary
from content.models import Norm, Source, Term
from courses.models import ActivityText

_LINK = re.compile(r"</?a\b[^>]*>")

Rows = dict[type[models.Model], dict[str, dict[str, Any]]]


def snapshot() -> Rows:
    """The reference data as they stand. Three queries."""
    kinds: tuple[type[models.Model], ...] = (Source, Norm, Term)
    return {kind: {row["slug"]: row for row in kind._default_manager.values()} for kind in kinds}


def changed(before: Rows, after: Rows) -> dict[type[models.Model], set[str]]:
    """The slugs that were added, changed or removed."""
    return {
        kind: {
            slug for slug in before[kind].keys() | after[kind].keys() if before[kind].get(slug) != after[kind].get(slug)
        }
        for kind in after
    }


def outdated(before: Rows, after: Rows) -> dict[int, set[UUID]]:
    """The keys of the lessons whose text names or holds something that changed, by course. One query."""
    slugs = changed(before, after)
    if not any(slugs.values()):
        return {}
    words = [rows[slug]["term"] for rows in (before[Term], after[Term]) for slug in slugs[Term] if slug in rows]
    glossaries: dict[str, Glossary] = {}
    found: dict[int, set[UUID]] = defaultdict(set)
    for text in ActivityText.objects.exclude(html="").only("course", "key", "language", "html", "facts"):
        glossary = glossaries.get(text.language)
        if glossary is None:
            glossary = glossaries[text.language] = _glossary(text.language, words)
        if (
            _named(text.facts.get("sources", ()), slugs[Source])
            or _named(text.facts.get("norms", ()), slugs[Norm])
            or _named(text.facts.get("terms", ()), slugs[Term])
            or (words and _holds(text.html, glossary))
        ):
            found[text.course_id].add(text.key)
    return found


def _glossary(language: str, words: Iterable[Mapping[str, str]]) -> Glossary:
    return Glossary.from_terms(language, (("term", said[language]) for said in words if said.get(language)))


def _named(entries: Iterable[Mapping[str, Any]], slugs: Collection[str]) -> bool:
    return any(entry["slug"] in slugs for entry in entries)


def _holds(html: str, glossary: Glossary) -> bool:
    slugs: list[str] = []
    glossary.link(_LINK.sub("", html), slugs)
    return bool(slugs)
