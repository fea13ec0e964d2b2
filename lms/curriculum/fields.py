"""Checked access to a mapping of a parsed file: each method gives the value, or reports what is wrong and gives an empty
value of the right type, so that reading goes on and finds the rest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from lms.curriculum.documents import Doc
from lms.curriculum.model import Json, Problem, Words

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*$")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*$")
LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]+)*$")
DATE = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?$")
NO_KEY = UUID(int=0)

# Languages that may come to a folder: a stray one is told apart from an unknown field.
LANGUAGES = frozenset({"fr", "en", "ar", "bm", "ff", "ses", "taq", "nqo"})


class Fields:
    """The keys of one mapping; `where` is its place, for the reports."""

    def __init__(self, doc: Doc, data: Any, where: str, locales: tuple[str, ...], problems: list[Problem]) -> None:
        self.doc = doc
        self.where = where
        self.locales = locales
        self.problems = problems
        self.asked: set[str] = set()
        self.data: Json = data if isinstance(data, dict) else {}
        self.ok = isinstance(data, dict)
        if not self.ok:
            self.wrong("", _("This must be a mapping of keys and values."))

    def wrong(self, name: str, reason: str, *, at: tuple[Any, Any] | None = None) -> None:
        """Report a problem with a key; `at` = (container, key) where it stands deeper."""
        line = self.doc.line(*at) if at else self.doc.line(self.data, name.split(".")[0])
        place = ".".join(part for part in (self.where, name) if part)
        self.problems.append(Problem(self.doc.file, line, place, reason))

    def _value(self, name: str, required: bool) -> Any:
        self.asked.add(name)
        value = self.data.get(name)
        if value is None and required and self.ok:
            self.wrong(name, _("This value is missing."))
        return value

    def text(
        self,
        name: str,
        *,
        required: bool = True,
        form: re.Pattern[str] | None = None,
        choices: Collection[str] | None = None,
        longest: int | None = None,
    ) -> str:
        """A text, not empty; of a form or out of some choices."""
        value = self._value(name, required)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.wrong(name, _("This must be a text that is not empty."))
            return ""
        if form and not form.match(value):
            self.wrong(name, _("“%(value)s” does not have the form expected here.") % {"value": value[:80]})
        if choices is not None and value not in choices:
            known = ", ".join(sorted(choices))
            self.wrong(name, _("“%(value)s” is not one of: %(known)s.") % {"value": value[:80], "known": known[:300]})
        self._short(name, value, longest)
        return value

    def _short(self, name: str, value: str, longest: int | None, at: tuple[Any, Any] | None = None) -> None:
        if longest and len(value) > longest:
            self.wrong(name, _("This text has more than %(count)d characters.") % {"count": longest}, at=at)

    def reference(self, name: str, known: Collection[str], *, required: bool = True) -> str:
        """The id of something that must exist."""
        value = self.text(name, required=required)
        if value and value not in known:
            self.wrong(name, _("“%(value)s” is not known in this folder.") % {"value": value[:80]})
        return value

    def references(self, name: str, known: Collection[str], *, required: bool = True) -> tuple[str, ...]:
        """A list of ids that must exist, each once."""
        values = self.texts(name, required=required)
        for position, value in enumerate(values):
            if value not in known:
                reason = _("“%(value)s” is not known in this folder.") % {"value": value[:80]}
                self.wrong(name, reason, at=(self.data.get(name), position))
            elif value in values[:position]:
                reason = _("“%(value)s” stands here twice.") % {"value": value[:80]}
                self.wrong(name, reason, at=(self.data.get(name), position))
        return values

    def texts(self, name: str, *, required: bool = True) -> tuple[str, ...]:
        """A list of texts."""
        value = self._value(name, required)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.wrong(name, _("This must be a list of texts."))
            return ()
        return tuple(value)

    def whole(self, name: str, low: int, high: int, *, required: bool = True) -> int:
        """A whole number from `low` to `high`; 0 where it is missing."""
        value = self._value(name, required)
        if value is None:
            return 0
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.wrong(name, _("This must be a whole number from %(low)d to %(high)d.") % {"low": low, "high": high})
            return 0
        return value

    def truth(self, name: str, *, required: bool = True) -> bool:
        """True or false."""
        value = self._value(name, required)
        if value is not None and not isinstance(value, bool):
            self.wrong(name, _("This must be true or false."))
        return value is True

    def date(self, name: str, *, required: bool = True) -> str:
        """A year, month or day as a text: "2026", "2026-11" or "2026-11-30"."""
        value = self._value(name, required)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            return ""
        if not isinstance(value, str) or not DATE.match(value):
            self.wrong(name, _("This must be a year, a month or a day, such as 2026-11."))
            return ""
        return value

    def key(self, name: str = "key") -> UUID:
        """A UUID in its usual form."""
        value = self._value(name, True)
        if value is None:
            return NO_KEY
        try:
            key = UUID(value)
        except (ValueError, AttributeError, TypeError):
            key = NO_KEY
        if key == NO_KEY or str(key) != value.lower():
            self.wrong(name, _("This must be a UUID, such as 1fe1e26c-714b-4012-98e7-35d4454a615a."))
            return NO_KEY
        return key

    def words(self, name: str, *, required: bool = True, longest: int | None = None) -> Words:
        """A mapping with a text for every locale and nothing else."""
        value = self._value(name, required)
        return {} if value is None else self.check_words(value, name, longest=longest)

    def check_words(self, value: Any, name: str, *, known: Collection[str] = (), longest: int | None = None) -> Words:
        """The texts per locale that stand in the mapping `value`, beside the keys `known`."""
        if not isinstance(value, dict):
            self.wrong(name, _("This must be a mapping with a text for each language."))
            return {}
        dot = f"{name}." if name else ""
        for locale in self.locales:
            text = value.get(locale)
            if text is None:
                reason = _("The text in “%(locale)s” is missing.") % {"locale": locale}
                self.wrong(f"{dot}{locale}", reason, at=(value, None))
            elif not isinstance(text, str) or not text.strip():
                reason = _("This must be a text that is not empty.")
                self.wrong(f"{dot}{locale}", reason, at=(value, locale))
            else:
                self._short(f"{dot}{locale}", text, longest, (value, locale))
        for other in value:
            if other not in known and other not in self.locales:
                reason = _("“%(name)s” is neither a language of this folder nor a known field.") % {"name": other[:40]}
                self.wrong(f"{dot}{other}", reason, at=(value, other))
        return {locale: value[locale] for locale in self.locales if isinstance(value.get(locale), str)}

    def items(self, name: str, *, required: bool = True) -> Iterator[Fields]:
        """The mappings of a list, each as Fields."""
        value = self._value(name, required)
        if value is None:
            return
        if not isinstance(value, list):
            self.wrong(name, _("This must be a list."))
            return
        yield from each(self.doc, value, f"{self.where}.{name}" if self.where else name, self.locales, self.problems)

    def inner(self, name: str) -> Fields:
        """A mapping inside this one."""
        value = self._value(name, True)
        if value is None:
            value = {}
        where = f"{self.where}.{name}" if self.where else name
        if not isinstance(value, dict):
            self.wrong(name, _("This must be a mapping of keys and values."))
            value = {}
        fields = Fields(self.doc, value, where, self.locales, self.problems)
        fields.ok = value is self.data.get(name)
        return fields

    def once(self, name: str, value: str, seen: dict[str, str]) -> None:
        """Report an id that was used before; `seen` = {id: place} is added to."""
        if not value:
            return
        place = f"{self.doc.file}:{self.doc.line(self.data, name)}"
        if value in seen:
            self.wrong(name, _("“%(value)s” is used already in %(place)s.") % {"value": value, "place": seen[value]})
        seen.setdefault(value, place)

    def rest(self) -> Json:
        """What no method asked for: kept as it is."""
        return {name: value for name, value in self.data.items() if name not in self.asked}


def each(
    doc: Doc, values: list[Any], where: str, locales: tuple[str, ...], problems: list[Problem]
) -> Iterator[Fields]:
    """The mappings of a list, each as Fields, named by their id or place in the list."""
    for position, value in enumerate(values):
        name = value.get("id", value.get("slug")) if isinstance(value, dict) else None
        part = name if isinstance(name, str) and name else f"[{position}]"
        if not isinstance(value, dict):
            place = f"{where}.{part}" if where else part
            problems.append(
                Problem(doc.file, doc.line(values, position), place, _("This must be a mapping of keys and values."))
            )
            continue
        yield Fields(doc, value, f"{where}.{part}" if where else part, locales, problems)
