"""Reading of a curriculum folder. Everything that is wrong is reported in one run; bad content raises nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from content.markdown import Block, cells, join, scan
from lms.curriculum.documents import Doc, FrontMatter, parse_markdown, parse_yaml
from lms.curriculum.fields import LANGUAGES, LOCALE, NAME, NO_KEY, SLUG, Fields, each
from lms.curriculum.figures import check_svg
from lms.curriculum.files import Files
from lms.curriculum.model import (
    AssessmentData,
    BlueprintLine,
    CourseData,
    Curriculum,
    Document,
    Entry,
    GuideData,
    Json,
    LessonData,
    LessonWords,
    ModuleData,
    Norm,
    Problem,
    Programme,
    QuestionData,
    Source,
    Term,
    Words,
)
from lms.curriculum.questions import check_bank, read_questions, signature

SECTIONS = (
    *("domains", "priorities", "matrix", "activities", "trainings", "actors", "legal_framework", "audiences"),
    *("beneficiaries", "facts", "ministry_plan_axes"),
)
NEEDED_SECTIONS = ("domains", "priorities", "audiences")
BY_SLUG = ("audiences", "beneficiaries")
SOURCE_KINDS = ("law", "standard", "paper", "report", "seed")
TIERS = ("open", "staff", "restricted")
VISIBILITIES = ("public-page", "audience", "invitation")
LEVELS = ("foundation", "intermediate", "advanced")
DOCUMENT_FOLDERS = ("surveys", "rubrics", "pathways", "calibration")
LONGEST_TITLE = 250
LONGEST_OBJECTIVE = 500
LONGEST = {"heading": 250, "case": 200, "warning": 200, "figure": 500}  # of heading, title, title, alternative text

_LOCALISED = re.compile(r"(?P<stem>.+)\.(?P<locale>[a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.(?P<ending>md|svg)$")
_MODULE_NAME = re.compile(r"[0-9]{2,}-[a-z0-9]+(?:-[a-z0-9]+)*$")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]*$")
_ADDRESS = re.compile(r"https?://[^\s/]+\S*$")


def read(folder: Path) -> tuple[Curriculum | None, list[Problem]]:
    """Read a folder in the format of content/curriculum/FORMAT.md.

    Gives the curriculum and no problem, or None and all that is wrong, in the order of files and lines. The folder's
    locales are French, English and each one that at least half of the titles of courses and of the programme's domains,
    priorities and audiences have; a text that lacks one of them is a problem.
    """
    reading = _Reading(Path(folder))
    curriculum = reading.run()
    problems = sorted(set(reading.problems))
    return (None if problems else curriculum), problems


class _Anything(set[str]):
    """The ids of a file that could not be read: whatever refers to them is not reported as well."""

    def __contains__(self, value: object) -> bool:
        return True


class _Reading:
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

    def run(self) -> Curriculum | None:
        if not self.files.content:
            if not self.problems:
                self.wrong(".", 0, "", _("The folder is empty."))
            return None
        self.locales = self.find_locales()
        sources = self.sources()
        norms = self.norms()
        programme = self.programme()
        glossary = self.glossary()
        if not self.course_names:
            self.wrong("courses", 0, "", _("The folder holds no course."))
        courses = [course for name in self.course_names if (course := self.course(name))]
        self.check_cycles(courses)
        documents = self.documents()
        if programme is None:
            return None
        return Curriculum(
            programme=programme,
            sources=sources,
            norms=norms,
            glossary=glossary,
            courses=tuple(courses),
            documents=documents,
            locales=self.locales,
            digest=self.files.digest(),
        )

    # --- files

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

    # --- reference data

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
        self.source_ids = set(seen) if names and all(self.docs.get(name) for name in names) else _Anything()
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
        self.norm_ids = set(seen) if self.docs.get("norms.yaml") else _Anything()
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
            self.entry_ids = dict.fromkeys(SECTIONS, _Anything())
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

    # --- courses

    def course(self, name: str) -> CourseData | None:
        base = f"courses/{name}/"
        doc = self.doc(f"{base}course.yaml")
        module_names = self.files.folders(f"{base}modules/")
        top = self.fields(doc) if doc else None
        if doc is None or top is None or not top.ok:
            return None
        slug = top.text("slug", form=SLUG, longest=100)
        if slug and slug != name:
            top.wrong("slug", _("The slug is “%(slug)s”, but the folder is “%(name)s”.") % {"slug": slug, "name": name})
        code = top.text("code", form=_CODE, longest=16)
        top.once("code", code, self.codes)
        key = self.key(top)
        objectives = self.objectives(top)
        assessment_fields = top.inner("final_assessment")
        assessment = self.assessment(assessment_fields, len(objectives))
        certificate = top.inner("certificate")
        self.check_listed(top, "modules", module_names, f"{base}modules", _MODULE_NAME)
        figures = self.figures(base)
        modules = tuple(
            module
            for module_name in top.texts("modules")
            if module_name in module_names
            and (module := self.module(f"{base}modules/{module_name}/", module_name, len(objectives), figures))
        )
        exam = self.questions(f"{base}exam.yaml", ("exam",), len(objectives))
        check_bank(assessment.blueprint, exam, assessment_fields)
        self.check_overlap(f"{base}exam.yaml", [question for module in modules for question in module.questions], exam)
        self.check_course_files(base)
        months = certificate.whole("validity_months", 1, 1200, required=False)
        return CourseData(
            slug=name,
            key=key,
            code=code,
            owner=top.text("owner", form=NAME, longest=64),
            tier=top.text("tier", choices=TIERS),
            visibility=top.text("visibility", choices=VISIBILITIES),
            title=top.words("title", longest=LONGEST_TITLE),
            summary=top.words("summary"),
            objectives=objectives,
            audiences=top.references("audiences", self.entry_ids.get("audiences", ())),
            domain=top.reference("domain", self.entry_ids.get("domains", ())),
            priorities=top.references("priorities", self.entry_ids.get("priorities", ())),
            minutes=top.whole("minutes", 1, 30000),
            level=top.text("level", choices=LEVELS),
            prerequisites=top.references("prerequisites", set(self.course_names)),
            pass_mark=top.whole("pass_mark", 0, 100),
            certificate_title=certificate.words("title", longest=LONGEST_TITLE),
            validity_months=months or None,
            modules=modules,
            assessment=assessment,
            exam=exam,
            guides=self.guides(base),
            figures=figures,
            extra=top.rest() | ({"certificate": more} if (more := certificate.rest()) else {}),
        )

    def key(self, fields: Fields) -> UUID:
        key = fields.key()
        if key != NO_KEY:
            fields.once("key", str(key), self.keys)
        return key

    def objectives(self, top: Fields) -> tuple[Words, ...]:
        value = top.data.get("objectives")
        result = tuple(entry.check_words(entry.data, "") for entry in top.items("objectives"))
        if isinstance(value, list) and not value:
            top.wrong("objectives", _("There must be one objective at least."))
        # Positions are referred to: one that is broken still counts.
        return result if not isinstance(value, list) or len(result) == len(value) else tuple({} for _item in value)

    def assessment(self, fields: Fields, objectives: int) -> AssessmentData:
        lines = []
        seen: set[int] = set()
        for line in fields.items("blueprint"):
            objective = line.whole("objective", 0, max(objectives - 1, 0))
            if objective in seen and isinstance(line.data.get("objective"), int):
                line.wrong("objective", _("Objective %(number)d stands here twice.") % {"number": objective})
            seen.add(objective)
            lines.append(BlueprintLine(objective, line.whole("count", 1, 100)))
        if isinstance(fields.data.get("blueprint"), list) and not lines:
            fields.wrong("blueprint", _("There must be one line at least."))
        return AssessmentData(
            blueprint=tuple(lines),
            time_limit_minutes=fields.whole("time_limit_minutes", 1, 1440),
            attempts_allowed=fields.whole("attempts_allowed", 1, 100),
            shuffle=fields.truth("shuffle"),
            extra=fields.rest(),
        )

    def check_listed(self, fields: Fields, name: str, found: Iterable[str], folder: str, form: re.Pattern[str]) -> None:
        """Report what a list names and the folder lacks, what is named twice, and what the list leaves out."""
        listed = fields.texts(name)
        value = fields.data.get(name)
        for position, item in enumerate(listed):
            at = (value, position)
            if not form.match(item):
                fields.wrong(name, _("“%(name)s” does not have the form 01-some-name.") % {"name": item[:80]}, at=at)
            elif item in listed[:position]:
                fields.wrong(name, _("“%(name)s” stands here twice.") % {"name": item}, at=at)
            elif item not in found:
                reason = _("“%(name)s” is missing in %(folder)s.") % {"name": item, "folder": folder}
                fields.wrong(name, reason, at=at)
        if isinstance(value, list):
            for item in sorted(set(found) - set(listed)):
                reason = _("“%(name)s” stands in %(folder)s but not in this list.") % {"name": item, "folder": folder}
                fields.wrong(name, reason)

    def check_course_files(self, base: str) -> None:
        expected = re.compile(
            r"(?:course\.yaml|exam\.yaml|figures/[^/]+\.svg|facilitator-guide\.[^/]+\.md"
            r"|modules/[^/]+/(?:module\.yaml|questions\.yaml|[^/]+\.md))$"
        )
        for path in self.files.under(base):
            if not expected.match(path[len(base) :]):
                self.wrong(path, 0, "", _("The format has no place for this file."))

    def check_cycles(self, courses: list[CourseData]) -> None:
        needs = {course.slug: course.prerequisites for course in courses}
        for course in courses:
            reached: set[str] = set()
            ahead = list(course.prerequisites)
            while ahead:
                slug = ahead.pop()
                if slug not in reached:
                    reached.add(slug)
                    ahead.extend(needs.get(slug, ()))
            if course.slug in reached:
                file = f"courses/{course.slug}/course.yaml"
                doc = self.docs[file]
                line = doc.line(doc.data, "prerequisites") if doc else 0
                self.wrong(file, line, "prerequisites", _("This course ends up requiring itself."))

    def questions(self, name: str, uses: tuple[str, ...], objectives: int) -> tuple[QuestionData, ...]:
        doc = self.doc(name)
        if doc is None:
            return ()
        return read_questions(
            doc,
            uses=uses,
            objectives=objectives,
            sources=self.source_ids,
            seen=self.question_ids,
            fields=Fields(doc, {}, "", self.locales, self.problems),
        )

    def check_overlap(self, exam_file: str, others: list[QuestionData], exam: tuple[QuestionData, ...]) -> None:
        """Report a question that serves two uses under two ids."""
        first: dict[Any, QuestionData] = {}
        for question in [*others, *exam]:
            same = first.setdefault(signature(question), question)
            if same.use != question.use:
                reason = _("Question “%(id)s” (%(use)s) is the same as “%(other)s” (%(other_use)s).") % {
                    "id": question.id,
                    "use": question.use,
                    "other": same.id,
                    "other_use": same.use,
                }
                place, _colon, line = self.question_ids.get(question.id, f"{exam_file}:0").rpartition(":")
                self.wrong(place, int(line), f"{question.id}.prompt", reason)

    # --- modules and lessons

    def module(self, base: str, name: str, objectives: int, figures: dict[str, dict[str, bytes]]) -> ModuleData | None:
        doc = self.doc(f"{base}module.yaml")
        stems = self.localised(base, "md")
        questions = self.questions(f"{base}questions.yaml", ("practice", "prepost"), objectives)
        top = self.fields(doc) if doc else None
        if top is None or not top.ok:
            return None
        self.check_listed(top, "lessons", stems, base.rstrip("/"), _MODULE_NAME)
        listed = top.texts("lessons")
        return ModuleData(
            name=name,
            key=self.key(top),
            title=top.words("title", longest=LONGEST_TITLE),
            summary=top.words("summary"),
            lessons=tuple(
                lesson for stem in listed if stem in stems and (lesson := self.lesson(f"{base}{stem}", stem, figures))
            ),
            questions=questions,
            extra=top.rest(),
        )

    def localised(self, base: str, ending: str) -> dict[str, set[str]]:
        """The files `<stem>.<locale>.<ending>` directly in a folder, as {stem: locales}; what is missing is reported."""
        found: dict[str, set[str]] = {}
        for path in self.files.under(base):
            rest = path[len(base) :]
            if "/" in rest or not rest.endswith(f".{ending}"):
                continue
            match = _LOCALISED.match(rest)
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

    def blocks(self, path: str, matter: FrontMatter, locale: str) -> list[tuple[int, Block]]:
        numbered, errors = scan(matter.body, locale=locale)
        for error in errors:
            self.wrong(path, matter.body_line + error.line - 1, "", error.message)
        return [(matter.body_line + line - 1, block) for line, block in numbered]

    def lesson(self, base: str, name: str, figures: dict[str, dict[str, bytes]]) -> LessonData | None:
        facts: dict[str, tuple[Any, ...]] = {}
        words: dict[str, LessonWords] = {}
        first: tuple[str, list[tuple[int, Block]]] | None = None
        for locale in self.locales:
            path = f"{base}.{locale}.md"
            matter = self.markdown(path)
            if matter is None:
                continue
            head = self.fields(matter.head)
            title = head.text("title", longest=LONGEST_TITLE)
            objectives = head.texts("objectives")
            mine = {
                "key": head.key(),
                "minutes": head.whole("minutes", 1, 3000),
                "sources": head.references("sources", self.source_ids),
                "norms": head.references("norms", self.norm_ids, required=False),
                "audio": head.truth("audio"),
                "as_of": head.date("as_of", required=False),
                "checked": head.date("checked", required=False),
                "review_by": head.date("review_by", required=False),
                "objectives": len(objectives),
            }
            for field, value in mine.items():
                known, place = facts.setdefault(field, (value, path))
                if known != value:
                    head.wrong(field, _("This differs from %(file)s.") % {"file": place})
            for place, objective in enumerate(objectives):
                if len(objective) > LONGEST_OBJECTIVE:
                    reason = _("This text has more than %(count)d characters.") % {"count": LONGEST_OBJECTIVE}
                    head.wrong("objectives", reason, at=(head.data["objectives"], place))
            blocks = self.blocks(path, matter, locale)
            self.check_lengths(path, blocks)
            if not blocks:
                self.wrong(path, matter.body_line, "", _("The lesson has no text."))
            self.check_figures(path, blocks, figures)
            if first is None:
                first = (path, blocks)
                if mine["key"] != NO_KEY:
                    head.once("key", str(mine["key"]), self.keys)
            else:
                self.check_structure(path, blocks, *first)
            words[locale] = LessonWords(title, objectives, tuple(block for _line, block in blocks), head.rest())
        if not facts:
            return None
        told = {field: value for field, (value, _path) in facts.items() if field != "objectives"}
        return LessonData(name=name, words=words, **told)

    def check_lengths(self, path: str, blocks: list[tuple[int, Block]]) -> None:
        """What a page has no room for, authors could not save either."""
        for line, block in blocks:
            value = block.value
            words = value if isinstance(value, str) else value.get("alt" if block.type == "figure" else "title", "")
            if block.type in LONGEST and len(words) > LONGEST[block.type]:
                reason = _("This text has more than %(count)d characters.") % {"count": LONGEST[block.type]}
                self.wrong(path, line, block.type, reason)

    def check_figures(self, path: str, blocks: list[tuple[int, Block]], figures: dict[str, dict[str, bytes]]) -> None:
        for line, block in blocks:
            if block.type == "figure" and isinstance(block.value, dict) and block.value["name"] not in figures:
                reason = _("There is no figure “%(name)s” in the course's folder of figures.")
                self.wrong(path, line, "", reason % {"name": block.value["name"]})

    def check_structure(
        self, path: str, blocks: list[tuple[int, Block]], other_path: str, others: list[tuple[int, Block]]
    ) -> None:
        """Report where the blocks of a locale stop being those of the first."""
        for (line, block), (other_line, other) in zip(blocks, others, strict=False):
            if _shape(block) != _shape(other):
                reason = _("The structure differs: here “%(here)s”, but “%(there)s” in %(file)s, line %(line)d.") % {
                    "here": _shape_told(block),
                    "there": _shape_told(other),
                    "file": other_path,
                    "line": other_line,
                }
                self.wrong(path, line, "", reason)
                return
        if len(blocks) != len(others):
            reason = _("The structure differs: %(here)d blocks here, but %(there)d in %(file)s.") % {
                "here": len(blocks),
                "there": len(others),
                "file": other_path,
            }
            self.wrong(path, 0, "", reason)

    def figures(self, base: str) -> dict[str, dict[str, bytes]]:
        found = self.localised(f"{base}figures/", "svg")
        result: dict[str, dict[str, bytes]] = {}
        for stem, locales in found.items():
            for locale in sorted(locales):
                path = f"{base}figures/{stem}.{locale}.svg"
                if not SLUG.match(stem):
                    self.wrong(path, 0, "", _("The name of a figure has small letters, digits and hyphens only."))
                for reason in check_svg(self.files.content[path]):
                    self.wrong(path, 0, "", reason)
                result.setdefault(stem, {})[locale] = self.files.content[path]
        return result

    def guides(self, base: str) -> dict[str, GuideData]:
        result = {}
        guides = self.localised(base, "md")
        for stem in guides:
            if stem != "facilitator-guide":
                continue  # reported by check_course_files
            for locale in self.locales:
                path = f"{base}{stem}.{locale}.md"
                matter = self.markdown(path)
                if matter is None:
                    continue
                head = self.fields(matter.head)
                title = head.text("title", longest=LONGEST_TITLE)
                blocks = [block for _line, block in self.blocks(path, matter, locale)]
                body = "" if any(problem.file == path for problem in self.problems) else join(blocks, locale=locale)
                result[locale] = GuideData(title, head.rest(), body)
        return result

    # --- documents of the rooms to come

    def documents(self) -> tuple[Document, ...]:
        result = []
        ids: dict[tuple[str, str], dict[str, str]] = {}
        for path in self.files.content:
            top, _slash, rest = path.partition("/")
            if top == "courses" and "/" in rest:
                continue
            if rest and top not in DOCUMENT_FOLDERS:
                self.wrong(path, 0, "", _("The format has no place for this file."))
                continue
            if not rest and path.endswith(".yaml"):
                if path not in ("programme.yaml", "norms.yaml") and not path.startswith(("sources-", "glossary-")):
                    self.wrong(path, 0, "", _("The format has no place for this file."))
                continue
            text = self.files.text(path)
            if text is None:
                continue
            data = self.document_data(path, text, rest != "")
            if rest and isinstance(data, dict) and isinstance(data.get("id"), str) and path.endswith(".yaml"):
                doc = self.docs[path]
                assert doc is not None
                self.fields(doc).once("id", data["id"], ids.setdefault((top, "id"), {}))
            result.append(Document(path, top if rest else "note", text, data))
        return tuple(result)

    def document_data(self, path: str, text: str, in_folder: bool) -> Any:
        if not in_folder:
            return None
        if path.endswith(".yaml"):
            doc = self.doc(path)
            if doc is None:
                return None
            self.check_mappings(doc, doc.data, "")
            return doc.data
        if path.endswith(".md"):
            match = _LOCALISED.match(path)
            if match and match["locale"] in self.locales:
                for locale in self.locales:
                    other = f"{match['stem']}.{locale}.md"
                    if other not in self.files.content:
                        self.wrong(other, 0, "", _("This file is missing."))
            matter = parse_markdown(text, path, self.problems) if text.startswith("---") else None
            if matter is None:
                return None
            self.check_mappings(matter.head, matter.head.data, "")
            return matter.head.data
        return None

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


def _shape(block: Block) -> tuple[Any, ...]:
    """What the locales of a block must have in common."""
    if block.type == "figure" and isinstance(block.value, dict):
        return block.type, block.value["name"]
    if block.type == "table" and isinstance(block.value, str):
        rows = block.value.split("\n")
        return block.type, len(rows), len(cells(rows[0]))
    return (block.type,)


def _shape_told(block: Block) -> str:
    shape = _shape(block)
    if block.type == "table":
        return f"table {shape[1]} × {shape[2]}"
    return " ".join(str(part) for part in shape)
