"""Reading of modules: lessons, questions, figures, guides."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _

from content.markdown import Block, cells, join, scan
from content.pictures import inspect
from lms.curriculum.assignments import read_assignments
from lms.curriculum.documents import FrontMatter
from lms.curriculum.fields import NO_KEY, SLUG, Fields
from lms.curriculum.model import (
    AssignmentData,
    GuideData,
    LessonData,
    LessonWords,
    ModuleData,
    QuestionData,
    WorkshopData,
)
from lms.curriculum.nodes import practice_key
from lms.curriculum.questions import read_questions
from lms.curriculum.reading import LONGEST_TITLE
from lms.curriculum.reference import ReferenceReading

LONGEST_OBJECTIVE = 500
LONGEST = {"heading": 250, "case": 200, "warning": 200, "figure": 500}  # of heading, title, title, alternative text
NUMBERED_NAME = re.compile(r"[0-9]{2,}-[a-z0-9]+(?:-[a-z0-9]+)*$")


class LessonReading(ReferenceReading):
    """Modules with all that they hold."""

    def module(self, base: str, name: str, objectives: int, figures: dict[str, dict[str, bytes]]) -> ModuleData | None:
        doc = self.doc(f"{base}module.yaml")
        stems = self.localised(base, "md")
        questions = self.questions(f"{base}questions.yaml", ("practice", "prepost"), objectives)
        top = self.fields(doc) if doc else None
        if top is None or not top.ok:
            return None
        self.check_listed(top, "lessons", stems, base.rstrip("/"), NUMBERED_NAME)
        listed = top.texts("lessons")
        key = self.key(top)
        self.derived(top, key, practice_key)
        practice = ("practice",) if any(question.use == "practice" for question in questions) else ()
        assignments = self.assignments(f"{base}assignments.yaml")
        return ModuleData(
            name=name,
            key=key,
            title=top.words("title", longest=LONGEST_TITLE),
            summary=top.words("summary"),
            lessons=tuple(
                lesson for stem in listed if stem in stems and (lesson := self.lesson(f"{base}{stem}", stem, figures))
            ),
            questions=questions,
            workshops=self.workshops(top, (*listed, *practice, *(one.id for one in assignments))),
            extra=top.rest(),
            assignments=assignments,
        )

    def workshops(self, top: Fields, steps: Collection[str]) -> tuple[WorkshopData, ...]:
        """The workshops of a module or course; `steps`: what one may stand before."""
        return tuple(
            WorkshopData(
                key=self.key(entry),
                title=entry.words("title", longest=LONGEST_TITLE),
                minutes=entry.whole("minutes", 1, 30000),
                required=entry.truth("required"),
                summary=entry.words("summary", required=False),
                before=entry.reference("before", steps, required=False),
                extra=entry.rest(),
            )
            for entry in top.items("workshops", required=False)
        )

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

    def blocks(self, path: str, matter: FrontMatter, locale: str) -> list[tuple[int, Block]]:
        numbered, errors = scan(matter.body, locale=locale)
        for error in errors:
            self.wrong(path, matter.body_line + error.line - 1, "", error.message)
        return [(matter.body_line + line - 1, block) for line, block in numbered]

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

    def assignments(self, name: str) -> tuple[AssignmentData, ...]:
        """The written work of a file that need not be there."""
        doc = self.doc(name, required=False)
        if doc is None:
            return ()
        fields = Fields(doc, {}, "", self.locales, self.problems)
        return read_assignments(doc, rubrics=self.rubrics(), key=self.key, fields=fields)

    def rubrics(self) -> set[str]:
        """The ids of the folder's rubrics that say what is sufficient; a file is named after its rubric."""
        found = set()
        for path in self.files.under("rubrics/"):
            doc = self.doc(path) if path.endswith(".yaml") else None
            data = doc.data if doc else None
            if isinstance(data, dict) and path == f"rubrics/{data.get('id')}.yaml" and data.get("pass_rule"):
                found.add(data["id"])
        return found

    def figures(self, base: str) -> dict[str, dict[str, bytes]]:
        found = self.localised(f"{base}figures/", "svg")
        result: dict[str, dict[str, bytes]] = {}
        for stem, locales in found.items():
            for locale in sorted(locales):
                path = f"{base}figures/{stem}.{locale}.svg"
                if not SLUG.match(stem):
                    self.wrong(path, 0, "", _("The name of a figure has small letters, digits and hyphens only."))
                for reason in inspect(path, self.files.content[path])[1]:
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
