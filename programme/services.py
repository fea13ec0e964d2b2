"""Taking the programme in from the curriculum folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from django.db import transaction

from programme.models import (
    Actor,
    Audience,
    Cell,
    Domain,
    Edition,
    Entry,
    Fact,
    LegalText,
    PlanAxis,
    PlannedActivity,
    Priority,
    Training,
)


class Listed(Protocol):
    """An entry of a section: its id, its words per language, its facts."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> Mapping[str, str]: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class Read(Protocol):
    """The programme as the curriculum folder gives it: sections by name, each a list of entries."""

    @property
    def source(self) -> str: ...
    @property
    def as_of(self) -> str: ...
    @property
    def checked(self) -> str: ...
    @property
    def review_by(self) -> str: ...
    @property
    def sections(self) -> Mapping[str, Sequence[Listed]]: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...


@transaction.atomic
def load(programme: Read) -> None:
    """Add or update the whole programme by the ids of its entries, in the order of its sections; what the new edition
    no longer names goes away, but for domains, priorities and audiences, which courses may rest on. Loading the same
    again changes nothing.

    Keys that the models do not know are kept in `Edition.extra` as {"entries": {section: {id: {key: value}}}}.
    """
    sections = programme.sections
    rest: dict[str, dict[str, dict[str, Any]]] = {}

    def entries(section: str, *known: str) -> Iterable[tuple[int, Listed]]:
        for position, entry in enumerate(sections.get(section, ())):
            if unknown := {key: value for key, value in entry.data.items() if key not in known}:
                rest.setdefault(section, {})[entry.id] = unknown
            yield position, entry

    for model, section in ((Domain, "domains"), (Priority, "priorities")):
        _store(model, [_row(model, at, entry, number=entry.data["number"]) for at, entry in entries(section, "number")])
    audiences = [_row(Audience, at, entry, beneficiary=False) for at, entry in entries("audiences")]
    audiences += [_row(Audience, at, entry, beneficiary=True) for at, entry in entries("beneficiaries")]
    _store(Audience, audiences)
    place = ("priority", "domain")
    _store(
        Cell,
        [
            _row(Cell, at, entry, **_place(entry), marked=bool(entry.data.get("marked")))
            for at, entry in entries("matrix", *place, "marked")
        ],
        forget=True,
    )
    _store(
        PlannedActivity,
        [_row(PlannedActivity, at, entry, **_place(entry)) for at, entry in entries("activities", *place)],
        forget=True,
    )
    _store(
        Training,
        [
            _row(
                Training,
                at,
                entry,
                status=entry.data["status"],
                date=_text(entry.data.get("date")),
                place=dict(entry.data.get("place") or {}),
                audiences=list(entry.data.get("audience") or []),
                organisations=list(entry.data.get("organisations") or []),
                sessions=entry.data.get("sessions"),
            )
            for at, entry in entries("trainings", "status", "date", "place", "audience", "organisations", "sessions")
        ],
        forget=True,
    )
    _store(
        Actor,
        [
            _row(Actor, at, entry, kind=entry.data["kind"], ended=_text(entry.data.get("ended")))
            for at, entry in entries("actors", "kind", "ended")
        ],
        forget=True,
    )
    _store(
        LegalText,
        [
            _row(
                LegalText,
                at,
                entry,
                date=_text(entry.data["date"]),
                status=entry.data["status"],
                source=_text(entry.data.get("source")),
            )
            for at, entry in entries("legal_framework", "date", "status", "source")
        ],
        forget=True,
    )
    _store(
        Fact,
        [
            _row(
                Fact,
                at,
                entry,
                as_of=_text(entry.data["as_of"]),
                value=_text(entry.data["value"]),
                unit=_text(entry.data.get("unit")),
                approximate=bool(entry.data.get("approximate")),
            )
            for at, entry in entries("facts", "as_of", "value", "unit", "approximate")
        ],
        forget=True,
    )
    _store(PlanAxis, [_row(PlanAxis, at, entry) for at, entry in entries("ministry_plan_axes")], forget=True)
    extra = dict(programme.extra) | ({"entries": rest} if rest else {})
    Edition.objects.update_or_create(
        pk=1,
        defaults={
            "source": programme.source,
            "as_of": _text(programme.as_of),
            "checked": _text(programme.checked),
            "review_by": _text(programme.review_by),
            "extra": extra,
        },
    )


def _place(entry: Listed) -> dict[str, str]:
    return {"priority_id": entry.data["priority"], "domain_id": entry.data["domain"]}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _row(model: type[Entry], position: int, entry: Listed, **facts: Any) -> Entry:
    return model(slug=entry.id, words=dict(entry.label), position=position, **facts)


def _store(model: type[Entry], rows: Sequence[Entry], *, forget: bool = False) -> None:
    fields = [field.name for field in model._meta.concrete_fields if field.name != "slug"]
    model._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=["slug"], update_fields=fields)
    if forget:
        model._default_manager.exclude(pk__in=[row.pk for row in rows]).delete()
