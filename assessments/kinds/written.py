"""Numeric, short and cloze: answers that a person types.

A form accepted in one language is accepted in all: a trainee may read in French and answer in English.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from assessments.kinds.base import NOTHING, Answer, Body, Grade, Part, Text, field, localise, share, texts_of, typed
from content.folding import fold

NUMBER_LIMIT = 60
WORDS_LIMIT = 200
GAP_LIMIT = 100

_GAP = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_JOINERS = re.compile(r"[\s'\-_]+")
_EDGES = ' .,;:!?…"«»“”„()[]'

_SPACE = r"[ \u00a0\u2009\u202f']"
_NUMBER = re.compile(
    rf"\s*(?P<sign>[-+−]?)\s*(?P<digits>\d{{1,3}}(?:{_SPACE}\d{{3}})+(?:[.,٫]\d+)?|\d[\d.,٫٬]*|[.,٫]\d+)(?P<rest>\D*)",
    re.DOTALL,
)


def read_number(text: str) -> Decimal | None:
    """The number at the head of `text`, or None when there is none, or more than one.

    Decimals with comma or point; thousands with (narrow, no-break) spaces, or with a sign that occurs twice, or comes
    before the other one; a unit after the number is ignored. A lone comma or point is always the decimal one.
    """
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    digits = re.sub(_SPACE, "", found["digits"]).replace("٫", ",").replace("٬", "").rstrip(".,")
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        thousands, decimal = (",", ".") if point > comma else (".", ",")
        if digits.count(decimal) > 1:
            return None
        digits = digits.replace(thousands, "").replace(decimal, ".")
    elif digits.count(",") > 1 or digits.count(".") > 1:
        if not re.fullmatch(r"\d{1,3}([.,]\d{3})+", digits):
            return None
        digits = re.sub(r"[.,]", "", digits)
    try:
        number = Decimal(digits.replace(",", "."))
    except InvalidOperation:
        return None
    # copy_negate keeps every digit; the minus operator would round to the context's precision.
    return number.copy_negate() if found["sign"] in ("-", "−") and number else number


def same_words(text: str) -> str:
    """The form in which two written answers are compared: folded, joiners as spaces, no punctuation at the edges."""
    return _JOINERS.sub(" ", fold(text)).strip(_EDGES)


def _decimal(value: object) -> Decimal:
    # YAML and JSON give binary floats; their shortest decimal writing is what the author typed.
    number = Decimal(str(value))
    return number.to_integral_value() if number == number.to_integral_value() else number.normalize()


class Numeric:
    """All or nothing; `tolerance` is inclusive. The answer is the text as typed."""

    name = "numeric"

    def parse(self, body: Body, data: Mapping[str, Any], prefix: str) -> Answer | None:
        return typed(data, prefix, NUMBER_LIMIT) or None

    def is_answered(self, answer: Answer | None) -> bool:
        return isinstance(answer, str) and bool(answer.strip())

    def grade(self, body: Body, answer: Answer | None) -> Grade:
        number = read_number(answer) if isinstance(answer, str) else None
        if number is None:
            return NOTHING
        distance = abs(Fraction(number) - Fraction(_decimal(body["value"])))
        right = distance <= Fraction(_decimal(body.get("tolerance") or 0))
        return Grade(Fraction(right), (Part("value", right),))

    def present(
        self, body: Body, lang: str, *, seed: int | str, item_id: str, answer: Answer | None = None
    ) -> dict[str, Any]:
        given = answer if isinstance(answer, str) else ""
        unit = localise(body.get("unit"), lang)
        return {
            "kind": self.name,
            "name": item_id,
            "unit": unit if unit.text else None,
            "given": given,
            "unreadable": bool(given) and read_number(given) is None,
        }

    def review(self, body: Body, answer: Answer | None, lang: str) -> dict[str, Any]:
        given = answer if isinstance(answer, str) else ""
        unit = localise(body.get("unit"), lang)
        return {
            "kind": self.name,
            "grade": self.grade(body, answer),
            "answered": self.is_answered(answer),
            "given": given,
            "unreadable": bool(given) and read_number(given) is None,
            "unit": unit if unit.text else None,
            "expected": _decimal(body["value"]),
            "tolerance": _decimal(body.get("tolerance") or 0),
        }


class Short:
    """All or nothing against the accepted forms of every language. The answer is the text as typed."""

    name = "short"

    def _accepted(self, body: Body) -> dict[str, list[str]]:
        return {lang: list(forms) for lang, forms in (body.get("accepted") or {}).items() if forms}

    def parse(self, body: Body, data: Mapping[str, Any], prefix: str) -> Answer | None:
        return typed(data, prefix, WORDS_LIMIT) or None

    def is_answered(self, answer: Answer | None) -> bool:
        return isinstance(answer, str) and bool(answer.strip())

    def grade(self, body: Body, answer: Answer | None) -> Grade:
        forms = (form for forms in self._accepted(body).values() for form in forms)
        right = isinstance(answer, str) and _matches(answer, forms)
        return Grade(Fraction(right), (Part("answer", right),))

    def present(
        self, body: Body, lang: str, *, seed: int | str, item_id: str, answer: Answer | None = None
    ) -> dict[str, Any]:
        return {"kind": self.name, "name": item_id, "given": answer if isinstance(answer, str) else ""}

    def review(self, body: Body, answer: Answer | None, lang: str) -> dict[str, Any]:
        return {
            "kind": self.name,
            "grade": self.grade(body, answer),
            "answered": self.is_answered(answer),
            "given": answer if isinstance(answer, str) else "",
            "expected": localise({key: forms[0] for key, forms in self._accepted(body).items()}, lang),
        }


class Cloze:
    """Counts gaps; gap n takes the forms of gap n in every language. The answer is the list of texts as typed.

    The source text says how many gaps there are; a translation with another number is not shown.
    """

    name = "cloze"

    def _gaps(self, text: str) -> list[list[str]]:
        return [[form.strip() for form in gap.split("|") if form.strip()] for gap in _GAP.findall(text)]

    def _usable(self, body: Body) -> dict[str, str]:
        texts = texts_of(body.get("text") or {})
        count = len(self._gaps(localise(texts, "fr").text))
        return {lang: text for lang, text in texts.items() if len(self._gaps(text)) == count}

    def _accepted(self, body: Body) -> list[list[str]]:
        by_language = [self._gaps(text) for text in self._usable(body).values()]
        return [[form for forms in gap for form in forms] for gap in zip(*by_language, strict=True)]

    def _given(self, body: Body, answer: Answer | None) -> list[str]:
        count = len(self._accepted(body))
        given = [one if isinstance(one, str) else "" for one in answer] if isinstance(answer, list) else []
        return (given + [""] * count)[:count]

    def parse(self, body: Body, data: Mapping[str, Any], prefix: str) -> Answer | None:
        numbers = range(1, len(self._accepted(body)) + 1)
        given = [typed(data, field(prefix, number), GAP_LIMIT) for number in numbers]
        return given if any(given) else None

    def is_answered(self, answer: Answer | None) -> bool:
        return isinstance(answer, list) and any(isinstance(one, str) and one.strip() for one in answer)

    def grade(self, body: Body, answer: Answer | None) -> Grade:
        pairs = zip(self._given(body, answer), self._accepted(body), strict=True)
        return share([Part(str(n), _matches(given, forms)) for n, (given, forms) in enumerate(pairs, start=1)])

    def _segments(self, text: Text) -> list[str | None]:
        """Words, None for a gap, words, None, … words."""
        pieces = _GAP.sub("\x00", text.text).split("\x00")
        joined: list[str | None] = [pieces[0]]
        for piece in pieces[1:]:
            joined += [None, piece]
        return joined

    def _walk(self, text: Text) -> Iterable[tuple[int | None, str]]:
        number = 0
        for piece in self._segments(text):
            if piece is None:
                number += 1
                yield number, ""
            elif piece:
                yield None, piece

    def present(
        self, body: Body, lang: str, *, seed: int | str, item_id: str, answer: Answer | None = None
    ) -> dict[str, Any]:
        given = self._given(body, answer)
        text = localise(self._usable(body), lang)
        segments = [
            {"words": words}
            if number is None
            else {"gap": number, "name": field(item_id, number), "given": given[number - 1]}
            for number, words in self._walk(text)
        ]
        return {
            "kind": self.name,
            "name": item_id,
            "attrs": text.attrs,
            "segments": segments,
            "gaps": len(given),
            "missing": given.count("") if any(given) else 0,
        }

    def review(self, body: Body, answer: Answer | None, lang: str) -> dict[str, Any]:
        given, grade = self._given(body, answer), self.grade(body, answer)
        text = localise(self._usable(body), lang)
        expected = self._gaps(text.text)
        segments = [
            {"words": words}
            if number is None
            else {
                "gap": number,
                "given": given[number - 1],
                "right": grade.parts[number - 1].right,
                "expected": next(iter(expected[number - 1]), ""),
            }
            for number, words in self._walk(text)
        ]
        return {
            "kind": self.name,
            "grade": grade,
            "answered": any(given),
            "attrs": text.attrs,
            "segments": segments,
        }


def _matches(given: str, forms: Iterable[str]) -> bool:
    words = same_words(given)
    return bool(words) and any(words == same_words(form) for form in forms)
