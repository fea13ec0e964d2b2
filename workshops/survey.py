"""The surveys of a workshop, as the curriculum writes them: the evaluation at its end (`surveys/course-evaluation.yaml`), and
what has changed at work after three months (`surveys/workplace-transfer-3-months.yaml`). Read, not kept.

Pure but for one read of the documents.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from content.models import KeptDocument
from operations.words import in_language

EVALUATION = "surveys/course-evaluation.yaml"
TRANSFER = "surveys/workplace-transfer-3-months.yaml"
TRAINEE, SUPERVISOR = "trainee", "supervisor"
NOT_APPLICABLE = "na"
# Under this mean of five, the evaluation's own words (`use_of_results`) ask for a review.
ALARMING = 3.5
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    kind: str  # likert or frequency (on the scale), choice or multiple (of the options), open
    words: Words
    most: int  # characters of an open answer
    options: list[tuple[str, Words]]

    def __str__(self) -> str:
        return in_language(self.words)

    @property
    def open(self) -> bool:
        return self.kind == "open"


@dataclass(frozen=True, slots=True)
class Form:
    """What one kind of people is asked."""

    title: Words
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Survey:
    id: str
    digest: str
    title: Words
    intro: Words
    confidentiality: Words
    least: int  # answers from which on results are told
    points: list[tuple[int, Words]]
    not_applicable: Words
    forms: Mapping[str, Form]
    rules: list[Words]  # what becomes of the answers, and what to do with a grave one
    send_after: int  # days after attendance is closed
    remind_after: int

    @property
    def values(self) -> list[int]:
        return [value for value, _words in self.points]

    def window(self, closed: dt.date) -> tuple[dt.date, dt.date, dt.date]:
        """The days on which a survey that comes later opens and is recalled, and the first on which it is over: it stays
        open after the reminder as long as before. What is told only then cannot be read as a difference of two looks."""
        opens = closed + dt.timedelta(days=self.send_after)
        reminds = closed + dt.timedelta(days=self.remind_after)
        return opens, reminds, reminds + (reminds - opens)


def read_surveys(*paths: str) -> dict[str, Survey]:
    """The surveys of these paths, those that the curriculum has. 1 query."""
    return {kept.path: _read(kept) for kept in KeptDocument.objects.filter(path__in=paths)}


def read_survey(path: str = EVALUATION) -> Survey | None:
    """One survey; None where the curriculum has none. 1 query."""
    return read_surveys(path).get(path)


def _read(kept: KeptDocument) -> Survey:
    data = yaml.safe_load(kept.text)
    scale = data["scale"]
    # A document with a single list of items asks the participants.
    forms = data.get("forms") or {TRAINEE: {"title": data["title"], "items": data["items"]}}
    return Survey(
        id=str(data["id"]),
        digest=kept.digest,
        title=_words(data["title"]),
        intro=_words(data.get("intro", {})),
        confidentiality=_words(data.get("confidentiality", {})),
        least=max(5, int(data.get("minimum_group_to_report", 5))),
        points=[(int(point["value"]), _words(point)) for point in scale["points"]],
        not_applicable=_words(scale.get("not_applicable", {})),
        forms={
            name: Form(
                _words(form.get("title", {})),
                [_item(item) for item in form["items"] if item.get("applies_to", "workshop") == "workshop"],
            )
            for name, form in forms.items()
        },
        rules=[_words(data[part]) for part in ("analysis", "safeguards", "use_of_results") if part in data],
        send_after=int(data.get("send_after_days", 0)),
        remind_after=int(data.get("reminder_after_days", 0)),
    )


def _item(item: Mapping[str, Any]) -> Item:
    options: list[tuple[str, Words]] = [(str(option["id"]), _words(option)) for option in item.get("options", ())]
    return Item(str(item["id"]), str(item["type"]), _words(item), int(item.get("max_chars", 600)), options)


def _words(source: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in source.items() if isinstance(value, str) and 2 <= len(key) <= 3}
