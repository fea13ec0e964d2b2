"""What rooms above add to the desk: parts of a person's page, and what needs attention on its first screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from people.access import Person
from people.models import Institution, User


class Detail(StrEnum):
    """How much of a person's learning the viewer may see."""

    RESULTS = "results"  # status and final results; answers to single questions never
    CERTIFIED = "certified"  # only whether the person is certified


@dataclass(frozen=True, slots=True)
class Attention:
    """A line of the desk's first screen: whole words, how many, and where to deal with it."""

    words: str
    count: int
    address: str


Collect = Callable[[User, Person, Detail], Mapping[str, Any] | None]
Watch = Callable[[Person, Sequence[Institution] | None], Attention | None]

_panels: dict[str, tuple[int, str, Collect]] = {}
_watches: dict[str, Watch] = {}


def register(name: str, template: str, collect: Collect, *, position: int) -> None:
    """Add a part to a person's page, in `AppConfig.ready`.

    `collect(person, viewer, detail)` gives the context of the template, or None where there is nothing to show; it
    keeps to `detail` and states its number of queries.
    """
    _panels[name] = (position, template, collect)


def register_attention(name: str, watch: Watch) -> None:
    """Add a line to the desk's first screen: `watch(viewer, institutions)`; None for the institutions: the whole site."""
    _watches[name] = watch


def panels_of(person: User, viewer: Person, detail: Detail) -> list[tuple[str, Mapping[str, Any]]]:
    """(template, context) of every part, in order."""
    found = []
    for _position, template, collect in sorted(_panels.values(), key=lambda panel: panel[0]):
        if (context := collect(person, viewer, detail)) is not None:
            found.append((template, context))
    return found


def attention(viewer: Person, institutions: Sequence[Institution] | None) -> list[Attention]:
    """The lines that rooms above have to say."""
    return [line for watch in _watches.values() if (line := watch(viewer, institutions)) is not None and line.count]
