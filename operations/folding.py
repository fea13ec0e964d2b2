"""Folding of text, so that what a person types on any keyboard meets what an author wrote.

Pure: no database, no settings. Search and short answers use the same function, so both forgive the same things.
"""

import re
import unicodedata

_APOSTROPHES = "\u2018\u2019\u201b\u02bc\u02bb\u02b9\u2032\u00b4\u0060\uff07"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"

# Applied before decomposition: U+00B4 would otherwise become a space and a mark.
_SIGNS = str.maketrans(dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_HYPHENS, "-"))

# Letters that Unicode does not decompose. Bambara, Fulfulde, Songhay and Tamasheq are often typed on French keyboards.
_LETTERS = str.maketrans(
    {
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ɓ": "b",
        "ɗ": "d",
        "ŋ": "n",
        "ɲ": "n",
        "ƴ": "y",
        "ɛ": "e",
        "ɔ": "o",
        "ə": "e",
        "ǝ": "e",
        "ɣ": "g",
        "ı": "i",
        "\u0640": None,  # tatweel only stretches a word
        "\u0671": "\u0627",  # alef wasla; the alefs with hamza or madda lose theirs as marks
        "\u0649": "\u064a",  # alef maksura, typed for a final yeh in much of Africa
    }
)
_MARKS = frozenset({"Mn", "Me", "Cf"})
_SPACES = re.compile(r"\s+")


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


def fold(text: str) -> str:
    """Give the form of `text` used for comparing: no case, accents, ligatures or invisible characters, single spaces.

    Apostrophes become ', dashes become -, and ɓ ɗ ŋ ɲ ƴ ɛ ɔ their plain letters; Arabic loses its vowel signs and the
    variants of alef. Folding twice changes nothing.
    """
    folded = _decomposed(text.translate(_SIGNS))
    # Compatibility forms can hide capitals and signs, hence the second round.
    folded = _decomposed(folded.casefold()).translate(_SIGNS)
    folded = "".join(c for c in folded if unicodedata.category(c) not in _MARKS).translate(_LETTERS)
    return _SPACES.sub(" ", folded).strip()
