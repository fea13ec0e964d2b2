"""What each room knows of a person: to be given to them, erased at their request, moved when two accounts become one.

A room that holds personal data says in `AppConfig.ready` how it does these things; nobody else reads its tables:

    privacy.register("courses", label=_("Courses"), export=…, erase=…, move=…, back=…, covers=[Enrolment, Note])

Order matters: rooms are asked from the top down, as their rows rest on those below (`ORDER` is the order of
registration, reversed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise

from people.models import User

Words = str | Promise
Export = Callable[[User], Any]
Erase = Callable[[User], Mapping[str, int]]
Move = Callable[[User, User], Any]
Back = Callable[[Any, User, User], None]
Files = Callable[[User], Iterable[tuple[str, Callable[[], bytes]]]]
Remains = Callable[[User], Mapping[str, int]]
Hindrance = Callable[[User, User], str]


@dataclass(frozen=True, slots=True)
class Collector:
    """How one room gives, erases and moves what it knows of a person."""

    name: str
    export: Export
    erase: Erase
    move: Move | None
    back: Back | None
    label: Words
    words: Mapping[str, Words] = field(default_factory=dict)
    covers: tuple[type[Model], ...] = ()
    files: Files | None = None
    remains: Remains | None = None
    hinders: Hindrance | None = None


_collectors: dict[str, Collector] = {}


def register(
    name: str,
    *,
    export: Export,
    erase: Erase,
    move: Move | None = None,
    back: Back | None = None,
    label: Words = "",
    words: Mapping[str, Words] | None = None,
    covers: Iterable[type[Model]] = (),
    files: Files | None = None,
    remains: Remains | None = None,
    hinders: Hindrance | None = None,
) -> None:
    """Say what a room does with what it knows of a person. All functions run inside a transaction.

    export(user): JSON values (dictionaries, lists, texts, numbers; days and moments as ISO texts), in the active
    language, for the person alone. erase(user): what was taken away or made anonymous, {what: count}; a second time
    finds nothing. move(source, target): gives what is source's to target and returns, as JSON, what was moved;
    back(moved, source, target): undoes exactly that.

    label, words: how the room and the keys of its export read. covers: the models that these functions deal with.
    files(user): (name, bytes when called) of files that belong to the export. remains(user): what will stay without
    the person, {what: count}, its keys among `words`. hinders(source, target): a whole sentence where the accounts
    cannot become one at this moment, else "".
    """
    _collectors[name] = Collector(
        name, export, erase, move, back, label or name, dict(words or {}), tuple(covers), files, remains, hinders
    )


def collectors() -> list[Collector]:
    """Every room's, the uppermost first."""
    return list(reversed(_collectors.values()))
