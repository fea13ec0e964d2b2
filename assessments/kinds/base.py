"""What all question kinds share: the grade, reading a posted form, and words in the right language."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any, Protocol

from django.utils.html import format_html
from django.utils.safestring import SafeString

from content.markdown import typeset

Body = Mapping[str, Any]
Answer = Any  # what json.dumps takes: str, list[str], dict[str, str] or dict[str, int]

SOURCE_LANGUAGE = "fr"
RIGHT_TO_LEFT = frozenset({"ar", "nqo"})
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One thing that could be right or wrong by itself: an option, a pair, a place, a gap."""

    id: str
    right: bool


@dataclass(frozen=True)
class Grade:
    """`score` lies between 0 and 1 and is exact; only `scoring` rounds, and only for the eye."""

    score: Fraction
    parts: tuple[Part, ...] = ()

    @property
    def full(self) -> bool:
        return self.score == 1


NOTHING = Grade(Fraction(0))


@dataclass(frozen=True)
class Text:
    """Words with their language; `foreign` when the page asked for another one."""

    text: str
    lang: str
    foreign: bool

    def __str__(self) -> str:
        return self.text

    @property
    def attrs(self) -> SafeString:
        """The attributes of the element that holds these words; empty when the page's own language serves."""
        if not self.foreign:
            return SafeString("")
        return format_html(' lang="{}" dir="{}"', self.lang, "rtl" if self.lang in RIGHT_TO_LEFT else "ltr")


class Kind(Protocol):
    """The one interface of all question kinds. Every function is pure and deterministic.

    parse    posted fields → answer to store, or None when nothing was given. Unknown ids, repeats and absurd lengths
             are dropped; it never raises.
    grade    the stored answer → Grade; an answer of another shape than `parse` gives counts as none.
    present  what a page needs to ask the question, and nothing that tells the key. `lang` is the page's language,
             `item_id` the question's stable id (and the fields' prefix), `seed` the attempt's.
    review   what a page shows after submission: verdicts, feedback, expected answers, and the answer as it was typed.
    """

    name: str

    def parse(self, body: Body, data: Mapping[str, Any], prefix: str) -> Answer | None: ...
    def is_answered(self, answer: Answer | None) -> bool: ...
    def grade(self, body: Body, answer: Answer | None) -> Grade: ...
    def present(
        self, body: Body, lang: str, *, seed: int | str, item_id: str, answer: Answer | None = None
    ) -> dict[str, Any]: ...
    def review(self, body: Body, answer: Answer | None, lang: str) -> dict[str, Any]: ...


def texts_of(source: Mapping[str, Any]) -> dict[str, str]:
    """The entries of an option or a text whose key is a language; ids, marks and feedback are left out."""
    return {
        key: value
        for key, value in source.items()
        if key not in ("id", "right_id") and isinstance(value, str) and value and _LANGUAGE.fullmatch(key)
    }


def localise(source: Mapping[str, Any] | None, lang: str) -> Text:
    """The words for a page in `lang`: that language, its base language, French, or whichever exists, typeset for
    reading (never for grading)."""
    texts = texts_of(source or {})
    for choice in (lang, lang.partition("-")[0], SOURCE_LANGUAGE, *texts):
        if choice in texts:
            words = typeset(texts[choice], lang=choice)
            return Text(words, choice, foreign=choice != lang and choice != lang.partition("-")[0])
    return Text("", lang, foreign=False)


def field(prefix: str, part: str | int) -> str:
    """The form field of one part of a question. Ids hold no dot, so no two questions can share a field."""
    return f"{prefix}.{part}"


def values(data: Mapping[str, Any], name: str) -> list[str]:
    """All strings posted under `name`, from a QueryDict or a plain mapping of strings or lists."""
    if hasattr(data, "getlist"):
        found = data.getlist(name)
    else:
        found = data.get(name)
        if not isinstance(found, list | tuple):
            found = [found]
    return [value for value in found if isinstance(value, str)]


def typed(data: Mapping[str, Any], name: str, limit: int) -> str:
    """What a person typed, clipped to `limit` characters and without characters that a database refuses."""
    found = values(data, name)
    if not found:
        return ""
    clipped = found[-1][: limit * 4]
    kept = "".join(" " if c in "\t\r\n" else c for c in clipped if unicodedata.category(c) != "Cs")
    return "".join(c for c in kept if unicodedata.category(c) != "Cc").strip()[:limit].strip()


def shuffled(ids: Iterable[str], *salt: object) -> list[str]:
    """The ids in an order that depends only on them and on `salt`: the same on every machine and Python version."""

    def place(one: str) -> bytes:
        return sha256("\x1f".join([*map(str, salt), one]).encode("utf-8", "replace")).digest()

    return sorted(ids, key=place)


def share(parts: Sequence[Part]) -> Grade:
    """Partial credit by part: how many are right, out of how many there are."""
    if not parts:
        return NOTHING
    return Grade(Fraction(sum(part.right for part in parts), len(parts)), tuple(parts))
