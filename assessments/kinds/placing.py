"""Matching and ordering: things to put together or in sequence, both by `<select>`.

Matching counts pairs. Ordering counts places: an item earns its part when it stands at its own place, so one item taken
out of the middle and put first costs every place it moved. A place given to two items earns nothing for either.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from assessments.kinds.base import Answer, Body, Grade, Part, field, localise, share, shuffled, values

SELECT_WIDTH = 28  # characters that a closed select shows on a 320 px screen


class Matching:
    """The answer maps the id of a left side to the id of the right side chosen for it."""

    name = "matching"

    def _pairs(self, body: Body) -> list[Mapping[str, Any]]:
        return list(body.get("pairs") or [])

    def _given(self, body: Body, answer: Answer | None) -> dict[str, str]:
        if not isinstance(answer, dict):
            return {}
        rights = {pair["right_id"] for pair in self._pairs(body)}
        found = ((pair["id"], answer.get(pair["id"])) for pair in self._pairs(body))
        return {left: right for left, right in found if isinstance(right, str) and right in rights}

    def parse(self, body: Body, data: Mapping[str, Any], prefix: str) -> Answer | None:
        posted = {pair["id"]: values(data, field(prefix, pair["id"])) for pair in self._pairs(body)}
        return self._given(body, {left: found[-1] for left, found in posted.items() if found}) or None

    def is_answered(self, answer: Answer | None) -> bool:
        return bool(answer)

    def grade(self, body: Body, answer: Answer | None) -> Grade:
        given = self._given(body, answer)
        return share([Part(pair["id"], given.get(pair["id"]) == pair["right_id"]) for pair in self._pairs(body)])

    def present(
        self, body: Body, lang: str, *, seed: int | str, item_id: str, answer: Answer | None = None
    ) -> dict[str, Any]:
        given = self._given(body, answer)
        rights = {pair["right_id"]: localise(pair["right"], lang) for pair in self._pairs(body)}
        lefts = {pair["id"]: localise(pair["left"], lang) for pair in self._pairs(body)}
        order = shuffled(rights, seed, item_id, "right")
        return {
            "kind": self.name,
            "name": item_id,
            "rows": [
                {
                    "id": left,
                    "name": field(item_id, left),
                    "text": lefts[left],
                    "choices": [{"id": r, "text": rights[r], "chosen": given.get(left) == r} for r in order],
                }
                for left in shuffled(lefts, seed, item_id, "left")
            ],
            "choices": [rights[r] for r in order],
            # A closed select cuts long words on a phone, so the page also lists them.
            "long": any(len(right.text) > SELECT_WIDTH for right in rights.values()),
            "missing": len(lefts) - len(given) if given else 0,
        }

    def review(self, body: Body, answer: Answer | None, lang: str) -> dict[str, Any]:
        given = self._given(body, answer)
        rights = {pair["right_id"]: localise(pair["right"], lang) for pair in self._pairs(body)}
        return {
            "kind": self.name,
            "grade": self.grade(body, answer),
            "answered": bool(given),
            "rows": [
                {
                    "id": pair["id"],
                    "text": localise(pair["left"], lang),
                    "given": rights[given[pair["id"]]] if pair["id"] in given else None,
                    "expected": rights[pair["right_id"]],
                    "right": given.get(pair["id"]) == pair["right_id"],
                }
                for pair in self._pairs(body)
            ],
        }


class Ordering:
    """The answer maps the id of an item to the place given to it, from 1."""

    name = "ordering"

    def _items(self, body: Body) -> list[Mapping[str, Any]]:
        return list(body.get("items") or [])

    def _given(self, body: Body, answer: Answer | None) -> dict[str, int]:
        if not isinstance(answer, dict):
            return {}
        items = self._items(body)
        found = ((item["id"], answer.get(item["id"])) for item in items)
        return {i: place for i, place in found if type(place) is int and 1 <= place <= len(items)}

    def parse(self, body: Body, data: Mapping[str, Any], prefix: str) -> Answer | None:
        items = self._items(body)
        places = {str(place): place for place in range(1, len(items) + 1)}
        posted = {item["id"]: values(data, field(prefix, item["id"])) for item in items}
        return {i: places[found[-1]] for i, found in posted.items() if found and found[-1] in places} or None

    def is_answered(self, answer: Answer | None) -> bool:
        return bool(answer)

    def grade(self, body: Body, answer: Answer | None) -> Grade:
        given = self._given(body, answer)
        used = Counter(given.values())
        return share(
            [
                Part(item["id"], given.get(item["id"]) == place and used[place] == 1)
                for place, item in enumerate(self._items(body), start=1)
            ]
        )

    def present(
        self, body: Body, lang: str, *, seed: int | str, item_id: str, answer: Answer | None = None
    ) -> dict[str, Any]:
        given = self._given(body, answer)
        items = {item["id"]: localise(item, lang) for item in self._items(body)}
        order = shuffled(items, seed, item_id)
        # Two items have only one other order, so refusing the right one there would give it away.
        if order == list(items) and len(order) > 2:
            order = order[1:] + order[:1]
        places = range(1, len(items) + 1)
        repeated = sorted(place for place, times in Counter(given.values()).items() if times > 1)
        return {
            "kind": self.name,
            "name": item_id,
            "rows": [
                {
                    "id": i,
                    "name": field(item_id, i),
                    "text": items[i],
                    "places": [{"place": place, "chosen": given.get(i) == place} for place in places],
                }
                for i in order
            ],
            "repeated": repeated,
            "missing": len(items) - len(given) if given else 0,
        }

    def review(self, body: Body, answer: Answer | None, lang: str) -> dict[str, Any]:
        given, grade = self._given(body, answer), self.grade(body, answer)
        right = {part.id: part.right for part in grade.parts}
        used = Counter(given.values())
        return {
            "kind": self.name,
            "grade": grade,
            "answered": bool(given),
            "rows": [
                {
                    "id": item["id"],
                    "text": localise(item, lang),
                    "place": place,
                    "given": given.get(item["id"]),
                    "shared": used[given.get(item["id"], 0)] > 1,
                    "right": right[item["id"]],
                }
                for place, item in enumerate(self._items(body), start=1)
            ],
        }
