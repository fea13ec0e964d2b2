"""Credential numbers: KAL-2026-7F3K-9Q2M-XT41-9C.

A number is read from paper and typed on a phone, and whoever knows it sees the holder's name on the verification page.
So it is random (12 symbols of 27, 57 bits: at a thousand guesses a second and a million credentials issued, one hit in
about four and a half years) and never counts upwards.

Symbols: digits and capitals without vowels (no word can appear on a framed paper), without the letters taken for a
digit (I L O S Z B) and without U, taken for V. What a reader may have seen instead is put right by `normalise`.

The last two symbols check the year and the twelve others: the whole is read as a number to base 27 and divided by
727, the largest prime below 27². One wrong symbol, or any two exchanged, always leaves another remainder.
"""

import re
import secrets
import unicodedata
from collections.abc import Callable

PREFIX = "KAL"
ALPHABET = "0123456789CDFGHJKMNPQRTVWXY"
_MODULUS = 727
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "S": "5", "Z": "2", "B": "8", "U": "V"})
_WRITTEN = re.compile(rf"(?:KA[L1I])?(?P<year>[0-9]{{4}})(?P<random>[{ALPHABET}]{{12}})(?P<check>[{ALPHABET}]{{2}})")
# Longer text cannot be a number with any sensible spacing; refusing it early bounds the work a stranger can cause.
_LONGEST = 80


def new_number(year: int, choose: Callable[[str], str] = secrets.choice) -> str:
    """Return a fresh random number for a credential issued in `year` (1000 to 9999, else ValueError).

    `choose` draws one symbol: another than the default is for invented credentials only, since it can be guessed.
    Uniqueness is the database's to enforce: the caller draws again on a collision.
    """
    if not 1000 <= year <= 9999:
        raise ValueError(f"Not a year of four digits: {year}")
    drawn = "".join(choose(ALPHABET) for _ in range(12))
    return _written(str(year), drawn, _check(f"{year}{drawn}"))


def normalise(text: str) -> str | None:
    """Return the number in its one canonical form, or None when the text does not have the shape of a number.

    Accepts lower case, any or no hyphens and spaces, a missing prefix, full-width letters, and look-alikes (O for 0,
    I or L for 1, S for 5, Z for 2, B for 8, U for V). The check symbols are not compared here: see `is_well_formed`.
    """
    if len(text) > _LONGEST:
        return None
    folded = unicodedata.normalize("NFKC", text).upper()
    symbols = "".join(c for c in folded if unicodedata.category(c)[0] not in "ZCP" and c != "−")
    match = _WRITTEN.fullmatch(symbols.translate(_LOOK_ALIKES))
    return _written(match["year"], match["random"], match["check"]) if match else None


def is_well_formed(text: str) -> bool:
    """Tell whether the text, once normalised, is a number whose check symbols agree: if not, it was mistyped."""
    number = normalise(text)
    if number is None:
        return False
    symbols = number.replace("-", "")[len(PREFIX) :]
    return _check(symbols[:-2]) == symbols[-2:]


def _check(symbols: str) -> str:
    remainder = 0
    for symbol in symbols:
        remainder = (remainder * len(ALPHABET) + _VALUES[symbol]) % _MODULUS
    first, second = divmod(remainder, len(ALPHABET))
    return ALPHABET[first] + ALPHABET[second]


def _written(year: str, drawn: str, check: str) -> str:
    return "-".join([PREFIX, year, drawn[:4], drawn[4:8], drawn[8:], check])
