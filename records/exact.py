"""JSON whose decimals stay exact: 66.67 is written, kept and read as 66.67, never as a binary fraction."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any


def dumps(value: Any, *, canonical: bool = False) -> str:
    """The JSON text of `value` (str, bool, None, int, Decimal, float, list, dict with text keys).

    Canonical: keys sorted, numbers in their shortest form, so that equal contents give equal texts.
    Raises TypeError for anything else, ValueError for a number that JSON does not know.
    """
    if isinstance(value, str):
        return encode_basestring_ascii(str(value))
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return _number(value, canonical)
    if isinstance(value, dict):
        parts = []
        for name in sorted(value) if canonical else value:
            item = value[name]  # mostly a short text: no call of its own
            text = encode_basestring_ascii(item) if type(item) is str else dumps(item, canonical=canonical)
            parts.append(f"{_name(name)}:{text}")
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(dumps(item, canonical=canonical) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} is not a JSON value.")


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError("The names in a JSON object are text.")
    return encode_basestring_ascii(str(name))


def _number(value: float | Decimal, canonical: bool) -> str:
    if (isinstance(value, float) and not math.isfinite(value)) or (
        isinstance(value, Decimal) and not value.is_finite()
    ):
        raise ValueError("JSON knows finite numbers only.")
    if not canonical:
        return float.__repr__(value) if isinstance(value, float) else str(value)
    number = Decimal(float.__repr__(value)) if isinstance(value, float) else Decimal(value)
    digits = number.as_tuple().digits
    if not any(digits):
        return "0"
    # Not Decimal.normalize(): it rounds to the context's precision.
    sign, _, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    return f"{'-' if sign else ''}{short}e{int(exponent) + len(text) - len(short)}"


def loads(text: str | bytes) -> Any:
    """The value of a JSON text; numbers with a fraction or an exponent come as Decimal."""
    return json.loads(text, parse_float=Decimal)


class Encoder(json.JSONEncoder):
    """For models.JSONField."""

    def encode(self, o: Any) -> str:
        return dumps(o)


class Decoder(json.JSONDecoder):
    """For models.JSONField."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})
