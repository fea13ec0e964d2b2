"""Single, multiple and true/false: options to tick.

Multiple: (right picks - wrong picks) / number of right options, never below 0. Two of three and nothing wrong is 2/3;
ticking everything gains nothing over knowing.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from assessments.kinds.base import NOTHING, Answer, Body, Grade, Part, localise, shuffled, texts_of, values

_NUMBER = re.compile(r"[-+−]?\d[\d\s.,]*(\s?%)?")


def _options(body: Body) -> list[Mapping[str, Any]]:
    return list(body.get("options") or [])


def _all_numbers(options: list[Mapping[str, Any]]) -> bool:
    return all(_NUMBER.fullmatch(text.strip()) for option in options for text in texts_of(option).values())


class _Choice:
    name: str
    several = False
    fixed_order = False

    def _picked(self, body: Body, answer: Answer | None) -> list[str]:
        given = answer if isinstance(answer, list) else [answer]
        picked = [option["id"] for option in _options(body) if option["id"] in given]
        return picked if self.several else picked[:1]

    def is_answered(self, answer: Answer | None) -> bool:
        return bool(answer)

    def present(
        self, body: Body, lang: str, *, seed: int | str, item_id: str, answer: Answer | None = None
    ) -> dict[str, Any]:
        options = {option["id"]: option for option in _options(body)}
        # Numbers out of sequence only cost reading time.
        keep = self.fixed_order or _all_numbers(list(options.values()))
        order = list(options) if keep else shuffled(options, seed, item_id)
        picked = self._picked(body, answer)
        return {
            "kind": self.name,
            "name": item_id,
            "choices": [{"id": i, "text": localise(options[i], lang), "chosen": i in picked} for i in order],
        }

    def review(self, body: Body, answer: Answer | None, lang: str) -> dict[str, Any]:
        picked = self._picked(body, answer)
        rows = []
        for option in _options(body):
            chosen, correct = option["id"] in picked, option.get("correct") is True
            verdict = {(True, True): "right", (True, False): "wrong", (False, True): "expected"}.get((chosen, correct))
            feedback = localise(option.get("feedback"), lang)
            rows.append(
                {
                    "id": option["id"],
                    "text": localise(option, lang),
                    "chosen": chosen,
                    "correct": correct,
                    "verdict": verdict,
                    "feedback": feedback if verdict and feedback.text else None,
                }
            )
        return {"kind": self.name, "grade": self.grade(body, answer), "answered": bool(picked), "options": rows}

    def grade(self, body: Body, answer: Answer | None) -> Grade:
        raise NotImplementedError


class Single(_Choice):
    """One option; all or nothing. The answer is the option's id."""

    name = "single"

    def parse(self, body: Body, data: Mapping[str, Any], prefix: str) -> Answer | None:
        known = {option["id"] for option in _options(body)}
        return next((value for value in values(data, prefix) if value in known), None)

    def grade(self, body: Body, answer: Answer | None) -> Grade:
        picked = self._picked(body, answer) if isinstance(answer, str) else []
        if not picked:
            return NOTHING
        right = any(option.get("correct") is True for option in _options(body) if option["id"] == picked[0])
        return Grade(Fraction(right), (Part(picked[0], right),))


class TrueFalse(Single):
    """Single with two fixed options, always in the author's order (« Vrai », « Faux »)."""

    name = "truefalse"
    fixed_order = True


class Multiple(_Choice):
    """Any number of options. The answer is the list of their ids, in the author's order."""

    name = "multiple"
    several = True

    def parse(self, body: Body, data: Mapping[str, Any], prefix: str) -> Answer | None:
        return self._picked(body, values(data, prefix)) or None

    def grade(self, body: Body, answer: Answer | None) -> Grade:
        picked = self._picked(body, answer) if isinstance(answer, list) else []
        key = {option["id"] for option in _options(body) if option.get("correct") is True}
        if not picked or not key:
            return NOTHING
        hits = sum(one in key for one in picked)
        score = max(Fraction(0), Fraction(hits - (len(picked) - hits), len(key)))
        return Grade(score, tuple(Part(o["id"], (o["id"] in picked) == (o["id"] in key)) for o in _options(body)))
