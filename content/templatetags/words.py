"""Words kept per language, in templates."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from operations.words import in_language, language_of

register = template.Library()


@register.filter
def said(words: Mapping[str, str]) -> str:
    """The text in the interface language, else in the site's."""
    return in_language(words or {})


@register.filter
def language(words: Mapping[str, str]) -> str:
    """The language in which `said` answers, for `lang_attrs`."""
    return language_of(words or {})


@register.filter
def shortaddress(url: str) -> str:
    """An address as it is read: without its scheme and, where it is long, without its end."""
    short = url.partition("://")[2].removeprefix("www.").rstrip("/")
    return short if len(short) <= 60 else f"{short[:59]}…"
