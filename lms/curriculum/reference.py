"""Reading of what lessons rest on: sources, norms, glossary, programme."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from lms.curriculum.fields import LANGUAGES, SLUG, Fields
from lms.curriculum.model import Entry, Norm, Programme, Source, Term
from lms.curriculum.reading import NEEDED_SECTIONS, Anything, Reading

SECTIONS = (
    *("domains", "priorities", "matrix", "activities", "trainings", "actors", "legal_framework", "audiences"),
    *("beneficiaries", "facts", "ministry_plan_axes"),
)
BY_SLUG = ("audiences", "beneficiaries")
SOURCE_KINDS = ("law", "standard", "paper", "report", "seed")

_ADDRESS = re.compile(r"https?://[^\s/]+\S*$")


class ReferenceReading(Reading):
    """Sources, norms, glossary, programme."""

    def sources(self) -> tuple[Source, ...]:
        names = [name for name in self.files.content if re.fullmatch(r"sources-[^/]+\.yaml", name)]
        if not names:
            self.wrong("sources-*.yaml", 0, "", _("The folder holds no file of sources."))
        seen: dict[str, str] = {}
        result = []
        for name in names:
            for entry in self.entries(name):
                identifier = entry.text("id", form=SLUG, longest=64)
                entry.once("id", identifier, seen)
                source = Source(
                    id=identifier,
                    title=entry.text("title"),
                    author_or_publisher=entry.text("author_or_publisher"),
                    year=entry.whole("year", 1000, 2200),
                    kind=entry.text("kind", choices=SOURCE_KINDS),
                    url=entry.text("url", required=False, form=_ADDRESS, longest=500),
                    checked=entry.date("checked", required=False),
                    checked_against=entry.text("checked_against", required=False, longest=32),
                    file=name,
                    extra=entry.rest(),
                )
                result.append(source)
        self.source_ids = set(seen) if names and all(self.docs.get(name) for name in names) else Anything()
        return tuple(result)

    def norms(self) -> tuple[Norm, ...]:
        seen: dict[str, str] = {}
        result = []
        for entry in self.entries("norms.yaml"):
            identifier = entry.text("id", form=SLUG, longest=64)
            entry.once("id", identifier, seen)
            source = entry.reference("source", self.source_ids)
            number = entry.data.get("number")
            if isinstance(number, int) and not isinstance(number, bool):
                entry.asked.add("number")
            else:
                number = entry.text("number", longest=16)
            result.append(Norm(identifier, source, number, entry.words("label"), entry.rest()))
        self.norm_ids = set(seen) if self.docs.get("norms.yaml") else Anything()
        return tuple(result)

    def glossary(self) -> tuple[Term, ...]:
        names = [name for name in self.files.content if re.fullmatch(r"glossary-[^/]+\.yaml", name)]
        result = []
        for name in names:
            seen: dict[str, str] = {}
            for entry in self.entries(name):
                words = {
                    part: {locale: entry.text(f"{part}_{locale}") for locale in self.locales}
                    for part in ("term", "definition")
                }
                entry.once(f"term_{self.locales[0]}", words["term"][self.locales[0]], seen)
                source = entry.reference("source", self.source_ids)
                for other in entry.rest():
                    if other.startswith(("term_", "definition_")):
                        entry.wrong(other, _("This is not a language of this folder."))
                result.append(Term(words["term"], words["definition"], source, name, entry.rest()))
        return tuple(result)

    def programme(self) -> Programme | None:
        doc = self.doc("programme.yaml")
        top = self.fields(doc) if doc else None
        if top is None or not top.ok:
            self.entry_ids = dict.fromkeys(SECTIONS, Anything())
            return None
        sections = {}
        for name in SECTIONS:
            if name in top.data or name in NEEDED_SECTIONS:
                sections[name] = self.section(top, name)
        self.check_programme(top)
        return Programme(
            source=top.reference("source", self.source_ids),
            as_of=top.date("as_of"),
            checked=top.date("checked"),
            review_by=top.date("review_by"),
            sections=sections,
            extra=top.rest(),
        )

    def section(self, top: Fields, name: str) -> tuple[Entry, ...]:
        identifying = "slug" if name in BY_SLUG else "id"
        seen: dict[str, str] = {}
        result = []
        for entry in top.items(name):
            identifier = entry.text(identifying, form=SLUG, longest=64)
            entry.once(identifying, identifier, seen)
            entry.asked.update(self.locales)
            data = {key: value for key, value in entry.rest().items() if value not in (None, "", [], {})}
            for stray in sorted(LANGUAGES & data.keys()):
                entry.wrong(stray, _("“%(name)s” is not a language of this folder.") % {"name": stray})
            label = entry.check_words(entry.data, "", known=entry.data.keys())
            if name in ("domains", "priorities"):
                entry.whole("number", 0, 1000)
            self.check_mappings(entry.doc, data, entry.where)
            result.append(Entry(identifier, label, data))
        self.entry_ids[name] = set(seen)
        return tuple(result)

    def check_programme(self, top: Fields) -> None:
        """What the entries of the programme say about each other and about sources."""
        people = self.entry_ids.get("audiences", set()) | self.entry_ids.get("beneficiaries", set())
        actors = self.entry_ids.get("actors", set())
        for name in ("matrix", "activities"):
            for entry in top.items(name, required=False):
                entry.reference("priority", self.entry_ids["priorities"])
                entry.reference("domain", self.entry_ids["domains"])
                if name == "matrix":
                    entry.truth("marked")
        for entry in top.items("trainings", required=False):
            entry.text("status", longest=16)
            entry.references("audience", people, required=False)
            entry.references("organisations", actors, required=False)
            if entry.data.get("sessions") is not None:
                entry.whole("sessions", 1, 1000)
        for entry in top.items("actors", required=False):
            entry.text("kind", longest=32)
        for entry in top.items("legal_framework", required=False):
            entry.date("date")
            entry.text("status", longest=32)
            entry.reference("source", self.source_ids, required=False)
        for entry in top.items("facts", required=False):
            entry.text("as_of", longest=32)
            if entry.data.get("value") is None:
                entry.wrong("value", _("This value is missing."))
