"""What a phone or a form says of a session, read into plain values. Pure: nothing here touches the database.

A phone without network keeps what it recorded until the server has answered for it, item by item. So one item that cannot
be read never holds back the others: it comes back with a sentence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime, parse_time
from django.utils.translation import gettext as _

from operations.errors import Refused
from workshops.models import Mark

MOST = 2000  # items at once: ten sessions of two hundred people
KINDS = ("arrivals", "head_counts", "marks")


@dataclass(frozen=True, slots=True)
class HeadCountIn:
    id: UUID
    session: UUID
    people: int
    made: dt.datetime


@dataclass(frozen=True, slots=True)
class ArrivalIn:
    """Somebody who came without being announced, or in place of somebody (`replaces`: a registration)."""

    id: UUID  # of the registration that it becomes
    name: str
    made: dt.datetime
    sex: str = ""
    institution: str = ""  # code
    post: str = ""
    staff_number: str = ""
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class MarkIn:
    id: UUID
    session: UUID
    registration: UUID
    status: str
    made: dt.datetime
    arrived: dt.time | None = None
    left: dt.time | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was sent at once, in the order in which it counts: arrivals, head counts, marks. `unread`: (id as sent, why)."""

    arrivals: list[ArrivalIn] = field(default_factory=list)
    head_counts: list[HeadCountIn] = field(default_factory=list)
    marks: list[MarkIn] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    device: str = ""


def read_batch(data: Any) -> Batch:
    """Read {"device", "arrivals": […], "head_counts": […], "marks": […]}. Raises Refused where it is nothing of the kind,
    or too much at once."""
    if not isinstance(data, Mapping) or not all(isinstance(data.get(kind, []), list) for kind in KINDS):
        raise Refused(_("This is no attendance."), _("Open the list again and send it once more."))
    if sum(len(data.get(kind, [])) for kind in KINDS) > MOST:
        raise Refused(_("Too much was sent at once."), _("Send it in parts."))
    unread: list[tuple[str, str]] = []

    def each(kind: str, read: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
        found = []
        for item in data.get(kind, []):
            try:
                found.append(read(item))
            except (AttributeError, KeyError, TypeError, ValueError):
                name = str(item.get("id", ""))[:40] if isinstance(item, Mapping) else ""
                unread.append((name, _("This entry cannot be read.")))
        return found

    return Batch(
        arrivals=each("arrivals", _arrival),
        head_counts=each("head_counts", _head_count),
        marks=each("marks", _mark),
        unread=unread,
        device=str(data.get("device", ""))[:40],
    )


def _arrival(item: Mapping[str, Any]) -> ArrivalIn:
    return ArrivalIn(
        id=UUID(item["id"]),
        name=_text(item["name"], 300),
        made=_moment(item["made"]),
        sex=item.get("sex", "") if item.get("sex", "") in ("f", "m") else "",
        institution=_text(item.get("institution", ""), 64),
        post=_text(item.get("post", ""), 160),
        staff_number=_text(item.get("staff_number", ""), 32),
        replaces=UUID(item["replaces"]) if item.get("replaces") else None,
    )


def _head_count(item: Mapping[str, Any]) -> HeadCountIn:
    people = int(item["people"])
    if not 0 <= people <= 2000:
        raise ValueError
    return HeadCountIn(UUID(item["id"]), UUID(item["session"]), people, _moment(item["made"]))


def _mark(item: Mapping[str, Any]) -> MarkIn:
    return MarkIn(
        id=UUID(item["id"]),
        session=UUID(item["session"]),
        registration=UUID(item["registration"]),
        status=Mark.Status(item["status"]).value,
        made=_moment(item["made"]),
        arrived=_hour(item.get("arrived")),
        left=_hour(item.get("left")),
        reason=_text(item.get("reason", ""), 300),
    )


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    return " ".join(value.split())[:longest]


def _hour(value: Any) -> dt.time | None:
    if not value:
        return None
    found = parse_time(value)
    if found is None:
        raise ValueError
    return found


def _moment(value: Any) -> dt.datetime:
    found = parse_datetime(value)
    if found is None or found.tzinfo is None:
        raise ValueError
    return found
