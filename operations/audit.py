"""The audit trail: one row for each change that matters. A code in the row becomes a sentence on screen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils.translation import gettext as _

from operations.models import AuditEntry

_sentences: dict[str, Any] = {}


def register(code: str, sentence: Any) -> None:
    """Say, in `AppConfig.ready`, how a code reads on screen.

    code: "room.what-happened", at most 64 characters. sentence: gettext_lazy, whole; it may name `%(object)s` and,
    as `%(before_x)s` and `%(after_x)s`, the values of `x` before and after: "The due date moved from %(before_due)s
    to %(after_due)s."
    """
    _sentences[code] = sentence


def record_change(
    *,
    actor: AbstractBaseUser | None,
    code: str,
    obj: Model | tuple[str, str],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write a row in the current transaction.

    actor: who did it; None for the machine. obj: a saved model instance, or (kind, id). before, after: the values that
    changed, plain or dates, decimals and UUIDs; no secrets and no free text. Raises LookupError for an unknown code.
    """
    if code not in _sentences:
        raise LookupError(f"The audit code “{code}” has no sentence: register it in AppConfig.ready.")
    kind, id = (obj._meta.label_lower, str(obj.pk)) if isinstance(obj, Model) else obj
    return AuditEntry.objects.create(
        actor_id=actor.pk if actor is not None else None,
        code=code,
        object_kind=kind,
        object_id=id,
        before=_plain(before),
        after=_plain(after),
    )


def sentence(entry: AuditEntry) -> str:
    """What happened, in the active language."""
    words = _sentences.get(entry.code)
    if words is None:  # written by a version that knew more
        return _("A change was made (%(code)s).") % {"code": entry.code}
    values = {
        "object": f"{entry.object_kind} {entry.object_id}",
        **{f"before_{name}": value for name, value in entry.before.items()},
        **{f"after_{name}": value for name, value in entry.after.items()},
    }
    return str(words) % _Lenient(values)


class _Lenient(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "…"


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(values or {}), cls=DjangoJSONEncoder))
    return plain
