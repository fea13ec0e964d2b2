"""The audit trail: one row for each change that matters and each look that must be known.

A code in the row becomes a sentence on screen, and the names and values of what changed become words, in the reader's
language. Names of people are never in a row, only who they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, TypeVar, cast

from django.contrib.auth.models import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import AuditEntry

Show = Callable[[Any], Any]
T = TypeVar("T")

_sentences: dict[str, Any] = {}
_words: dict[str, tuple[Any, Show | None]] = {}
_families: dict[str, Any] = {"operations": gettext_lazy("The site")}
_locate: list[Callable[[AbstractBaseUser], str]] = []


def register(code: str, sentence: Any) -> None:
    """Say, in `AppConfig.ready`, how a code reads on screen.

    code: "room.what-happened", at most 64 characters. sentence: gettext_lazy, whole; it may name `%(object)s` and,
    as `%(before_x)s` and `%(after_x)s`, the values of `x` before and after: "The due date moved from %(before_due)s
    to %(after_due)s."
    """
    _sentences[code] = sentence


def register_family(room: str, label: Any) -> None:
    """Say how the codes of a room are called together ("certificates.…": "Certificates")."""
    _families[room] = label


def register_words(name: str, label: Any, show: Show | None = None) -> None:
    """Say how the name of a value reads ("role": "Role"), and the value itself (`show("manager")`: "manager").

    name: the value's, or "room.name" where the rooms mean different things by it.
    """
    _words[name] = (label, show)


def register_place(locate: Callable[[AbstractBaseUser], str]) -> None:
    """Say who knows where a person belongs: the path of the institution, "" for nowhere."""
    _locate[:] = [locate]


_memory: ContextVar[dict[Any, Any] | None] = ContextVar("audit_memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within it, what `remembered` looks up is looked up once: for lists of rows."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def remembered(key: Hashable, look_up: Callable[[], T]) -> T:
    """For `show` functions that need the database: what `look_up` gives, within `remembering` the first time only."""
    memory = _memory.get()
    if memory is None:
        return look_up()
    if key not in memory:
        memory[key] = look_up()
    return cast("T", memory[key])


def codes() -> dict[str, Any]:
    """Every code that has a sentence."""
    return dict(_sentences)


def families() -> list[tuple[str, str]]:
    """(room, label in the active language) of every room that has codes, by label."""
    rooms = {code.split(".", 1)[0] for code in _sentences}
    return sorted(((room, str(_families.get(room, room))) for room in rooms), key=lambda pair: pair[1])


# --- writing --------------------------------------------------------------------------------------------------------


def record_change(
    *,
    actor: AbstractBaseUser | None,
    code: str,
    obj: Model | tuple[str, str],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    about: AbstractBaseUser | None = None,
    reason: str = "",
    branch: str | None = None,
) -> AuditEntry:
    """Write a row in the current transaction.

    actor: who did it; None for the machine. obj: a saved model instance, or (kind, id). before, after: the values that
    changed, plain or dates, decimals and UUIDs; no secrets, no names of people and no free text. about: the person
    whom it concerns (default: `obj`, where that is a person). branch: the path of the institution where it happened
    (default: that of `about`). Raises LookupError for an unknown code.
    """
    return _write(actor, code, obj, before, after, about, reason, branch, look=False)


def record_look(
    *,
    actor: AbstractBaseUser | None,
    code: str,
    obj: Model | tuple[str, str],
    reason: str = "",
    about: AbstractBaseUser | None = None,
    branch: str | None = None,
) -> AuditEntry:
    """Write down that somebody looked at what is not shown without a trace, and why. Otherwise as `record_change`."""
    return _write(actor, code, obj, None, None, about, reason, branch, look=True)


def _write(
    actor: AbstractBaseUser | None,
    code: str,
    obj: Model | tuple[str, str],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    about: AbstractBaseUser | None,
    reason: str,
    branch: str | None,
    *,
    look: bool,
) -> AuditEntry:
    if code not in _sentences:
        raise LookupError(f"The audit code “{code}” has no sentence: register it in AppConfig.ready.")
    kind, id = (obj._meta.label_lower, str(obj.pk)) if isinstance(obj, Model) else obj
    if about is None and isinstance(obj, AbstractBaseUser):
        about = obj
    if branch is None and about is not None and _locate:
        branch = _locate[0](about)
    return AuditEntry.objects.create(
        actor_id=actor.pk if actor is not None else None,
        code=code,
        object_kind=kind,
        object_id=id,
        about_id=about.pk if about is not None else None,
        before=_plain(before),
        after=_plain(after),
        reason=" ".join(reason.split())[:500],
        look=look,
        by_machine=actor is None,
        branch=int(branch.rstrip("/").rsplit("/", 1)[-1]) if branch else None,
    )


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(values or {}), cls=DjangoJSONEncoder))
    return plain


# --- reading --------------------------------------------------------------------------------------------------------


def sentence(entry: AuditEntry) -> str:
    """What happened, in the active language."""
    words = _sentences.get(entry.code)
    if words is None:  # written by a version that knew more
        return _("A change was made (%(code)s).") % {"code": entry.code}
    values = {
        "object": f"{entry.object_kind} {entry.object_id}",
        **{f"before_{name}": _shown(_words_for(entry, name), value) for name, value in entry.before.items()},
        **{f"after_{name}": _shown(_words_for(entry, name), value) for name, value in entry.after.items()},
    }
    return str(words) % _Lenient(values)


def differences(entry: AuditEntry) -> Iterator[tuple[str, str, str]]:
    """Name, value before and value after, in the active language, of what the row says changed."""
    for name in dict.fromkeys([*entry.before, *entry.after]):
        words = _words_for(entry, name)
        label = str(words[0]) if words[0] else name.replace("_", " ")
        before, after = (
            _shown(words, values[name]) if name in values else "" for values in (entry.before, entry.after)
        )
        yield label, before, after


_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NO_WORDS: tuple[Any, Show | None] = ("", None)


def _words_for(entry: AuditEntry, name: str) -> tuple[Any, Show | None]:
    room = entry.code.split(".", 1)[0]
    return _words.get(f"{room}.{name}") or _words.get(name, _NO_WORDS)


def _shown(words: tuple[Any, Show | None], value: Any) -> str:
    """A value in words."""
    show = words[1]
    if show is not None and value not in (None, ""):
        try:
            return str(show(value))
        except (ValueError, LookupError, TypeError):  # written by a version with other values
            return str(value)
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_shown(_NO_WORDS, one) for one in value) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(_NO_WORDS, one)}" for key, one in value.items()) or "–"
    if isinstance(value, str) and _DATE.match(value):
        try:
            if len(value) == 10:
                return date_format(date.fromisoformat(value), "DATE_FORMAT")
            moment = parse_datetime(value)
        except ValueError:
            return value
        return date_format(_here(moment), "DATETIME_FORMAT") if moment else value
    return str(localize(value)) if isinstance(value, float) else str(value)


def _here(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


class _Lenient(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "…"
