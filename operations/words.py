"""Words kept per language in one JSON mapping: {"fr": "…", "en": "…"}."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import get_language


def in_language(words: Mapping[str, str], language: str | None = None) -> str:
    """The text in `language` (default: the active one), else in the site's language, else any, else an empty string."""
    return words.get(language_of(words, language), "")


def language_of(words: Mapping[str, str], language: str | None = None) -> str:
    """The language in which `in_language` answers, for the `lang` attribute; the site's where there is no text."""
    for candidate in (language or get_language() or settings.LANGUAGE_CODE, settings.LANGUAGE_CODE):
        if words.get(candidate):
            return candidate
    return next((code for code, text in words.items() if text), settings.LANGUAGE_CODE)
