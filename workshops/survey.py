"""The evaluation at the end of a workshop, as the curriculum writes it (`surveys/course-evaluation.yaml`): read, not kept.

Pure but for one read of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from content.models import KeptDocument
from operations.words import in_language

PATH = "surveys/course-evaluation.yaml"
NOT_APPLICABLE = "na"


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    open: bool
    words: Mapping[str, str]
    most: int  # characters of an open answer

    def __str__(self) -> str:
        return in_language(self.words)


@dataclass(frozen=True, slots=True)
class Survey:
    id: str
    digest: str
    title: Mapping[str, str]
    intro: Mapping[str, str]
    least: int  # answers from which on results are told
    points: list[tuple[int, Mapping[str, str]]]
    not_applicable: Mapping[str, str]
    items: list[Item]

    @property
    def values(self) -> list[int]:
        return [value for value, _words in self.points]


def read_survey() -> Survey | None:
    """The survey with the items that are for workshops; None where the curriculum has none. 1 query."""
    kept = KeptDocument.objects.filter(path=PATH).first()
    if kept is None:
        return None
    data = yaml.safe_load(kept.text)
    scale = data["scale"]
    return Survey(
        id=str(data["id"]),
        digest=kept.digest,
        title=_words(data["title"]),
        intro=_words(data.get("intro", {})),
        least=max(5, int(data.get("minimum_group_to_report", 5))),
        points=[(int(point["value"]), _words(point)) for point in scale["points"]],
        not_applicable=_words(scale.get("not_applicable", {})),
        items=[
            Item(str(item["id"]), item["type"] == "open", _words(item), int(item.get("max_chars", 600)))
            for item in data["items"]
            if item.get("applies_to", "workshop") == "workshop"
        ],
    )


def _words(source: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in source.items() if isinstance(value, str) and 2 <= len(key) <= 3}
