"""What each room knows of a person: to be given to them, erased at their request, moved when two accounts become one.

A room that holds personal data says in `AppConfig.ready` how it does these things; nobody else reads its tables:

    privacy.register("courses", label=_("Courses"), export=…, erase=…, move=…, back=…, covers=[Enrolment, Note])

Order matters: rooms are asked from the top down, as their rows rest on those below; that is the order of
INSTALLED_APPS, and so of registration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Model, QuerySet
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
    return list(_collectors.values())


# --- what the rooms share -------------------------------------------------------------------------------------------


def written(moment: date | None) -> str | None:
    """A day or a moment as it stands in an export."""
    if moment is None:
        return None
    return moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else moment.isoformat()


def hand_over(rows: QuerySet[Any], field: str, target: User) -> list[Any]:
    """Give the rows to `target` by their `field`. Returns their primary keys, for `hand_back`."""
    ids = list(rows.values_list("pk", flat=True))
    rows.model._base_manager.filter(pk__in=ids).update(**{field: target.pk})
    return [pk if isinstance(pk, int) else str(pk) for pk in ids]


def hand_back(model: type[Model], field: str, ids: Iterable[Any], source: User, target: User) -> None:
    """Give back what `hand_over` gave; what was deleted or given away since is left alone."""
    rows = model._base_manager.filter(pk__in=list(ids), **{field: target.pk})
    rows.update(**{field: source.pk})
