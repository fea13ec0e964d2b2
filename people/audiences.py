"""The audiences that people may belong to. Their words are the programme's, which stands above and says them here."""

from __future__ import annotations

from collections.abc import Callable

Source = Callable[[], list[tuple[str, str]]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Say, in `AppConfig.ready`, who knows the audiences: `source()` gives (slug, name in the active language)."""
    _sources[:] = [source]


def choices() -> list[tuple[str, str]]:
    """(slug, name in the active language) of every audience, in the programme's order. 1 query."""
    return _sources[0]() if _sources else []


def is_known(slug: str) -> bool:
    """Whether there is such an audience. 1 query."""
    return any(slug == known for known, _name in choices())
