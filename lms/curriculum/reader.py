"""Reading of a curriculum folder. Everything that is wrong is reported in one run; bad content raises nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from lms.curriculum.courses import CourseReading
from lms.curriculum.documents import parse_markdown
from lms.curriculum.model import Curriculum, Document, Problem
from lms.curriculum.reading import LOCALISED

DOCUMENT_FOLDERS = ("surveys", "rubrics", "pathways", "calibration")


def read(folder: Path) -> tuple[Curriculum | None, list[Problem]]:
    """Read a folder in the format of content/curriculum/FORMAT.md.

    Gives the curriculum and no problem, or None and all that is wrong, in the order of files and lines. The folder's
    locales are French, English and each one that at least half of the titles of courses and of the programme's domains,
    priorities and audiences have; a text that lacks one of them is a problem.
    """
    reading = _Reader(Path(folder))
    curriculum = reading.run()
    problems = sorted(set(reading.problems))
    return (None if problems else curriculum), problems


class _Reader(CourseReading):
    """One run over a whole folder."""

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
            match = LOCALISED.match(path)
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
