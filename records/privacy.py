"""What the learning record knows of a person: everything under their record keys, and nothing without them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Max, Min
from django.utils.translation import gettext_lazy as _

from people import privacy
from people.models import User
from people.privacy import written
from records import exact
from records.models import RecordKey, Statement


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    privacy.register(
        "records",
        label=_("Learning record"),
        export=export,
        erase=erase,
        move=move,
        back=back,
        files=files,
        remains=remains,
        covers=[RecordKey],
        words={
            "pseudonyms": _("Pseudonyms"),
            "statements": _("Statements in the learning record"),
            "count": _("Statements"),
            "first": _("The first"),
            "last": _("The last"),
            "keys": _("Link between the person and the learning record"),
        },
    )


def _keys(user: User) -> list[Any]:
    return list(RecordKey.objects.filter(user=user).order_by("created").values_list("key", flat=True))


def export(user: User) -> dict[str, Any]:
    """The pseudonyms and how much stands under them; the statements themselves are a file."""
    keys = _keys(user)
    span = Statement.objects.filter(actor__in=keys).aggregate(first=Min("timestamp"), last=Max("timestamp"))
    return {
        "pseudonyms": [str(key) for key in keys],
        "count": Statement.objects.filter(actor__in=keys).count(),
        "first": written(span["first"]),
        "last": written(span["last"]),
    }


def files(user: User) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Every statement about the person, as it was recorded (xAPI 1.0.3)."""
    if keys := _keys(user):
        yield "record.json", lambda: _statements(keys)


def _statements(keys: list[Any]) -> bytes:
    rows = Statement.objects.filter(actor__in=keys).order_by("timestamp", "id").values_list("body", flat=True)
    return json.dumps(list(rows), ensure_ascii=False, indent=1, cls=exact.Encoder).encode()


def erase(user: User) -> dict[str, int]:
    """Cut the link between the person and the record; the record itself is never changed."""
    return {"keys": RecordKey.objects.filter(user=user).update(user=None)}


def remains(user: User) -> dict[str, int]:
    return {"statements": Statement.objects.filter(actor__in=_keys(user)).count()}


def move(source: User, target: User) -> dict[str, Any]:
    """Give the keys to `target`: what was learnt under them is then theirs. New statements use one key only."""
    keys = [[str(key), main] for key, main in RecordKey.objects.filter(user=source).values_list("key", "main")]
    rows = RecordKey.objects.filter(pk__in=[key for key, _main in keys])
    if RecordKey.objects.filter(user=target, main=True).exists():
        rows.update(user=target, main=False)
    else:
        rows.update(user=target)
    return {"keys": keys}


def back(moved: Any, source: User, target: User) -> None:
    for key, main in moved["keys"]:
        RecordKey.objects.filter(pk=key, user=target).update(user=source, main=main)
