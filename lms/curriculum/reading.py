"""What reading the parts of a curriculum folder shares: files, parsed once; places of problems; languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from lms.curriculum.documents import Doc, FrontMatter, parse_markdown, parse_yaml
from lms.curriculum.fields import LOCALE, NO_KEY, Fields, each
from lms.curriculum.files import Files
from lms.curriculum.model import Json, Problem

NEEDED_SECTIONS = ("domains", "priorities", "audiences")
LONGEST_TITLE = 250
LOCALISED = re.compile(r"(?P<stem>.+)\.(?P<locale>[a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.(?P<ending>md|svg)$")


class Anything(set[str]):
    """The ids of a file that could not be read: whatever refers to them is not reported as well."""

    def __contains__(self, value: object) -> bool:
        return True


class Reading:
    """One run: what was found so far, and what is wrong."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[Problem] = []
        self.files = Files(folder, self.problems)
        self.docs: dict[str, Doc | None] = {}
        self.locales: tuple[str, ...] = ("fr", "en")
        self.keys: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        self.question_ids: dict[str, str] = {}
        self.source_ids: set[str] = set()
        self.norm_ids: set[str] = set()
        self.entry_ids: dict[str, set[str]] = {}
        self.course_names = self.files.folders("courses/")

    def wrong(self, file: str, line: int, field: str, reason: str) -> None:
        self.problems.append(Problem(file, line, field, reason))

    def doc(self, name: str, *, required: bool = True) -> Doc | None:
        """Parse a YAML file once; report it if it is required and missing."""
        if name not in self.docs:
            text = self.files.text(name)
            self.docs[name] = None if text is None else parse_yaml(text, name, self.problems)
        if required and name not in self.files.content:
            self.wrong(name, 0, "", _("This file is missing."))
        return self.docs[name]

    def fields(self, doc: Doc, data: Any = None, where: str = "") -> Fields:
        return Fields(doc, doc.data if data is None else data, where, self.locales, self.problems)

    def entries(self, name: str) -> Iterable[Fields]:
        """The mappings of a file that is a list."""
        doc = self.doc(name)
        if doc is None:
            return
        if not isinstance(doc.data, list):
            self.wrong(name, 1, "", _("This file must be a list."))
            return
        yield from each(doc, doc.data, "", self.locales, self.problems)

    def find_locales(self) -> tuple[str, ...]:
        labels: list[Json] = []
        programme = self.doc("programme.yaml", required=False)
        if programme and isinstance(programme.data, dict):
            for section in NEEDED_SECTIONS:
                entries = programme.data.get(section)
                labels += [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        for name in self.course_names:
            course = self.doc(f"courses/{name}/course.yaml", required=False)
            title = course.data.get("title") if course and isinstance(course.data, dict) else None
            labels += [title] if isinstance(title, dict) else []
        told = Counter(key for label in labels for key in label if key not in ("id", "slug", "number"))
        more = sorted(key for key, count in told.items() if LOCALE.match(key) and 2 * count >= len(labels))
        return ("fr", "en", *(locale for locale in more if locale not in ("fr", "en")))

    def key(self, fields: Fields) -> UUID:
        key = fields.key()
        if key != NO_KEY:
            fields.once("key", str(key), self.keys)
        return key

    def derived(self, fields: Fields, key: UUID, derive: Callable[[UUID], UUID]) -> None:
        """Keep the key that a quiz gets from that of its module or course for the quiz alone."""
        if key != NO_KEY:
            fields.once("key", str(derive(key)), self.keys)

    def localised(self, base: str, ending: str) -> dict[str, set[str]]:
        """The files `<stem>.<locale>.<ending>` directly in a folder, as {stem: locales}; what is missing is reported."""
        found: dict[str, set[str]] = {}
        for path in self.files.under(base):
            rest = path[len(base) :]
            if "/" in rest or not rest.endswith(f".{ending}"):
                continue
            match = LOCALISED.match(rest)
            if not match or match["locale"] not in self.locales:
                told = ", ".join(self.locales)
                reason = _("The name must end in a language of the folder (%(locales)s) and “.%(ending)s”.")
                self.wrong(path, 0, "", reason % {"locales": told, "ending": ending})
                continue
            found.setdefault(match["stem"], set()).add(match["locale"])
        for stem, locales in found.items():
            for locale in self.locales:
                if locale not in locales:
                    self.wrong(f"{base}{stem}.{locale}.{ending}", 0, "", _("This file is missing."))
        return found

    def markdown(self, path: str) -> FrontMatter | None:
        text = self.files.text(path)
        return None if text is None else parse_markdown(text, path, self.problems)

    def check_mappings(self, doc: Doc, value: Any, where: str) -> None:
        """In any data: a mapping with one locale has them all, ids in a list differ, sources are known."""
        if isinstance(value, list):
            seen: dict[str, str] = {}
            for position, item in enumerate(value):
                name = item.get("id") if isinstance(item, dict) else None
                if isinstance(name, str):
                    Fields(doc, item, where, self.locales, self.problems).once("id", name, seen)
                self.check_mappings(
                    doc, item, f"{where}.{name if isinstance(name, str) else f'[{position}]'}".strip(".")
                )
        elif isinstance(value, dict):
            if any(locale in value for locale in self.locales):
                self.check_locales(doc, value, where)
            for name in ("source", "sources"):
                told = value.get(name)
                for source in told if isinstance(told, list) else [told]:
                    if isinstance(source, str) and source not in self.source_ids:
                        reason = _("“%(value)s” is not known in this folder.") % {"value": source[:80]}
                        self.wrong(doc.file, doc.line(value, name), f"{where}.{name}".strip("."), reason)
            for name, item in value.items():
                self.check_mappings(doc, item, f"{where}.{name}".strip("."))

    def check_locales(self, doc: Doc, value: Json, where: str) -> None:
        for locale in self.locales:
            place = f"{where}.{locale}".strip(".")
            if value.get(locale) in (None, "", [], {}):
                reason = _("The text in “%(locale)s” is missing.") % {"locale": locale}
                self.wrong(doc.file, doc.line(value, locale), place, reason)
