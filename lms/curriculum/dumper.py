"""From rows and pages back to a curriculum folder: what is published now, authors' edits included.

What is derived is not written: titles of quiz pages, outlines, rendered texts. A published page that a language lacks has
the words of the site's own language there, and the notes say so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from wagtail.models import Page

from assessments.models import AssignmentPage, Question, Quiz, QuizPage
from content import models as content
from content.markdown import Block
from courses.models import Course, CoursePage, Guide, LessonPage, ModulePage
from lms.curriculum.model import (
    AssessmentData,
    AssignmentData,
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
    Programme,
    QuestionData,
    Source,
    Term,
    Words,
    WorkshopData,
)
from lms.curriculum.nodes import CoursesPage, final_key, words_of
from lms.models import LoadedPage
from programme import models as programme
from workshops.models import WorkshopPage

_NAME = re.compile(r"[0-9]{2,}-[a-z0-9]+(?:-[a-z0-9]+)*$")


@dataclass(slots=True)
class Dump:
    """The curriculum, and sentences about what it could not take along as it stands."""

    curriculum: Curriculum
    notes: list[str] = field(default_factory=list)


def dump() -> Dump:
    """Read the whole curriculum from the database. SQL: some ten queries, and eight a course."""
    return _Dump().run()


class _Dump:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.locales: tuple[str, ...] = ()
        self.figures = dict(content.Figure.objects.values_list("pk", "name"))
        self.loaded = {(row.key, row.language): row for row in LoadedPage.objects.all()}

    def run(self) -> Dump:
        courses = self.listed()
        self.locales = self.languages(courses)
        curriculum = Curriculum(
            programme=self.programme(),
            sources=tuple(self.sources()),
            norms=tuple(self.norms()),
            glossary=tuple(self.glossary()),
            courses=tuple(self.course(row, pages) for row, pages in courses),
            documents=tuple(
                Document(row.path, row.kind, row.text) for row in content.KeptDocument.objects.order_by("path")
            ),
            locales=self.locales,
        )
        return Dump(curriculum, self.notes)

    def listed(self) -> list[tuple[Course, dict[str, CoursePage]]]:
        """The courses that are published in the site's language, with their pages by language."""
        found = []
        for row in Course.objects.order_by("slug"):
            pages = {
                page.locale.language_code: page
                for page in CoursePage.objects.filter(course=row, live=True).select_related("locale")
            }
            if settings.LANGUAGE_CODE in pages and Quiz.objects.filter(key=final_key(row.key)).exists():
                found.append((row, pages))
            else:
                self.notes.append(_("The course %(code)s is not published and was left out.") % {"code": row.code})
        return found

    def languages(self, courses: list[tuple[Course, dict[str, CoursePage]]]) -> tuple[str, ...]:
        """French, English and each further language that at least half of the courses have, as the reader finds them."""
        counts: dict[str, int] = defaultdict(int)
        for _row, pages in courses:
            for code in pages:
                counts[code] += 1
        more = sorted(code for code, count in counts.items() if code not in ("fr", "en") and 2 * count >= len(courses))
        return ("fr", "en", *more)

    def words(self, mapping: Mapping[str, str]) -> Words:
        """A text in every language of the folder."""
        fallback = mapping.get(settings.LANGUAGE_CODE) or next(iter(mapping.values()), "")
        return {locale: mapping.get(locale) or fallback for locale in self.locales}

    # --- programme, bibliography, norms, glossary

    def programme(self) -> Programme:
        edition = programme.Edition.objects.first() or programme.Edition(extra={})
        extra = dict(edition.extra)
        rest: dict[str, dict[str, Json]] = extra.pop("entries", {})

        def section(name: str, rows: Iterable[Any], facts: Callable[[Any], Json] = lambda row: {}) -> tuple[Entry, ...]:
            return tuple(
                Entry(row.slug, self.words(row.words), _given(facts(row)) | rest.get(name, {}).get(row.slug, {}))
                for row in rows
            )

        def number(row: Any) -> Json:
            return {"number": row.number}

        def place(row: Any) -> Json:
            return {"priority": row.priority_id, "domain": row.domain_id}

        sections = {
            "domains": section("domains", programme.Domain.objects.all(), number),
            "priorities": section("priorities", programme.Priority.objects.all(), number),
            "matrix": section("matrix", programme.Cell.objects.all(), lambda row: place(row) | {"marked": row.marked}),
            "activities": section("activities", programme.PlannedActivity.objects.all(), place),
            "trainings": section(
                "trainings",
                programme.Training.objects.all(),
                lambda row: {
                    "status": row.status,
                    "date": row.date,
                    "place": row.place,
                    "audience": row.audiences,
                    "organisations": row.organisations,
                    "sessions": row.sessions,
                },
            ),
            "actors": section(
                "actors", programme.Actor.objects.all(), lambda row: {"kind": row.kind, "ended": row.ended}
            ),
            "legal_framework": section(
                "legal_framework",
                programme.LegalText.objects.all(),
                lambda row: {"date": row.date, "status": row.status, "source": row.source},
            ),
            "audiences": section("audiences", programme.Audience.objects.filter(beneficiary=False)),
            "beneficiaries": section("beneficiaries", programme.Audience.objects.filter(beneficiary=True)),
            "facts": section(
                "facts",
                programme.Fact.objects.all(),
                lambda row: {
                    "as_of": row.as_of,
                    "value": _number(row.value),
                    "unit": row.unit,
                    "approximate": row.approximate or None,
                },
            ),
            "ministry_plan_axes": section("ministry_plan_axes", programme.PlanAxis.objects.all()),
        }
        return Programme(
            source=edition.source,
            as_of=edition.as_of,
            checked=edition.checked,
            review_by=edition.review_by,
            sections={
                name: entries for name, entries in sections.items() if entries or name in ("domains", "priorities")
            },
            extra=extra,
        )

    def sources(self) -> Iterable[Source]:
        for row in content.Source.objects.order_by("file", "position", "slug"):
            yield Source(
                id=row.slug,
                title=row.title,
                author_or_publisher=row.author,
                year=int(row.year),
                kind=row.kind,
                url=row.url,
                checked=row.checked,
                checked_against=row.checked_against,
                file=row.file or "sources-site.yaml",
                extra=row.extra,
            )

    def norms(self) -> Iterable[Norm]:
        for row in content.Norm.objects.order_by("position", "slug"):
            yield Norm(row.slug, row.source_id, _number(row.number), self.words(row.label), row.extra)

    def glossary(self) -> Iterable[Term]:
        for row in content.Term.objects.order_by("file", "position", "slug"):
            yield Term(
                self.words(row.term),
                self.words(row.definition),
                row.source_id or "",
                row.file or "glossary-site.yaml",
                row.extra,
            )

    # --- courses

    def course(self, row: Course, pages: dict[str, CoursePage]) -> CourseData:
        source = pages[settings.LANGUAGE_CODE]
        below: dict[str, list[CoursesPage]] = defaultdict(list)
        for page in source.get_descendants().filter(live=True).order_by("path").specific():
            below[page.path[: -page.steplen]].append(page)
        keys = [page.translation_key for siblings in below.values() for page in siblings]
        found = Page.objects.filter(translation_key__in=keys, live=True).select_related("locale").specific()
        everything = {(page.translation_key, page.locale.language_code): page for page in found}
        everything |= {(row.key, language): page for language, page in pages.items()}
        words = {
            place: words_of(page, self.figures) for place, page in everything.items() if not isinstance(page, QuizPage)
        }
        mine = self.translated(row.key, words)
        questions = list(
            Question.objects.filter(course=row, retired=False).select_related("current").order_by("position", "slug")
        )
        modules = [page for page in below[source.path] if isinstance(page, ModulePage)]
        names = _names(modules)
        extra = dict(row.extra)
        certificate = extra.pop("certificate", {})
        return CourseData(
            slug=row.slug,
            key=row.key,
            code=row.code,
            owner=row.owner,
            tier=row.tier,
            visibility=row.visibility,
            title=self.each(mine, "title"),
            summary=self.each(mine, "summary"),
            objectives=tuple(
                {locale: mine[locale]["objectives"][place] for locale in self.locales}
                for place in range(min(len(mine[locale]["objectives"]) for locale in self.locales))
            ),
            audiences=self.ordered(row, "audiences", row.audiences.order_by("position").values_list("pk", flat=True)),
            domain=row.domain_id,
            priorities=self.ordered(
                row, "priorities", row.priorities.order_by("position").values_list("pk", flat=True)
            ),
            minutes=row.minutes,
            level=row.level,
            prerequisites=self.ordered(
                row, "prerequisites", row.prerequisites.order_by("code").values_list("slug", flat=True)
            ),
            pass_mark=row.pass_mark,
            certificate_title=self.each(mine, "certificate_title"),
            validity_months=row.validity_months,
            modules=tuple(self.module(page, names[page.pk], below[page.path], words, questions) for page in modules),
            assessment=self.assessment(row),
            exam=tuple(self.question(question) for question in questions if question.use == "exam"),
            guides=self.guides(row),
            figures=self.pictures(row),
            workshops=self.workshops(
                [page for page in below[source.path] if not isinstance(page, ModulePage)],
                words,
                lambda step: step.slug if isinstance(step, AssignmentPage) else "final_assessment",
            ),
            extra=extra | ({"certificate": certificate} if certificate else {}),
            assignments=self.assignments(below[source.path], words),
        )

    def ordered(self, row: Course, name: str, values: Iterable[str]) -> tuple[str, ...]:
        """The values in the order that the folder gave them, new ones last."""
        kept = self.kept(row.key, settings.LANGUAGE_CODE).get(name, [])
        return tuple(sorted(values, key=lambda value: kept.index(value) if value in kept else len(kept)))

    def translated(self, key: UUID, words: Mapping[tuple[UUID, str], Json]) -> dict[str, Json]:
        """What the page says in every language of the folder."""
        source = words[key, settings.LANGUAGE_CODE]
        found = {}
        for locale in self.locales:
            if (key, locale) not in words:
                self.notes.append(
                    _("“%(title)s” is not published in “%(language)s”: the words of “%(source)s” stand there.")
                    % {"title": source["title"], "language": locale, "source": settings.LANGUAGE_CODE}
                )
            found[locale] = words.get((key, locale), source)
        return found

    def each(self, words: Mapping[str, Json], name: str) -> Words:
        return {locale: words[locale][name] for locale in self.locales}

    def said(self, words: Mapping[str, Json], name: str) -> Words:
        """As `each`, for what may be left out: empty where the site's own language says nothing."""
        source = words[settings.LANGUAGE_CODE][name]
        if not source.strip():
            return {}
        return {locale: said if (said := words[locale][name]).strip() else source for locale in self.locales}

    def module(
        self,
        page: ModulePage,
        name: str,
        children: list[CoursesPage],
        words: Mapping[tuple[UUID, str], Json],
        questions: list[Question],
    ) -> ModuleData:
        mine = self.translated(page.translation_key, words)
        lessons = [child for child in children if isinstance(child, LessonPage)]
        names = _names(lessons)
        asked = tuple(self.question(question) for question in questions if question.module_key == page.translation_key)
        practice = "practice" if any(question.use == "practice" for question in asked) else ""
        return ModuleData(
            name=name,
            key=page.translation_key,
            title=self.each(mine, "title"),
            summary=self.each(mine, "summary"),
            lessons=tuple(self.lesson(lesson, names[lesson.pk], words) for lesson in lessons),
            questions=asked,
            workshops=self.workshops(
                children,
                words,
                lambda step: step.slug if isinstance(step, AssignmentPage) else names.get(step.pk, practice),
            ),
            extra=self.kept(page.translation_key, settings.LANGUAGE_CODE).get("extra", {}),
            assignments=self.assignments(children, words),
        )

    def assignments(
        self, pages: list[CoursesPage], words: Mapping[tuple[UUID, str], Json]
    ) -> tuple[AssignmentData, ...]:
        """The written work among these pages."""
        found = []
        for page in pages:
            if isinstance(page, AssignmentPage):
                mine = self.translated(page.translation_key, words)
                found.append(
                    AssignmentData(
                        id=page.slug,
                        key=page.translation_key,
                        title=self.each(mine, "title"),
                        task=self.each(mine, "task"),
                        rubric=page.rubric,
                        answer=page.answer,
                        minutes=page.minutes,
                        required=page.required,
                        least_words=page.least_words,
                        most_words=page.most_words,
                        attempts=page.attempts_allowed,
                    )
                )
        return tuple(found)

    def kept(self, key: UUID, language: str) -> Json:
        """What the folder said of a page and no field of it holds."""
        row = self.loaded.get((key, language))
        return dict(row.extra) if row is not None else {}

    def lesson(self, page: LessonPage, name: str, words: Mapping[tuple[UUID, str], Json]) -> LessonData:
        key = page.translation_key
        mine = self.translated(key, words)
        source = mine[settings.LANGUAGE_CODE]
        return LessonData(
            name=name,
            key=key,
            words={
                locale: LessonWords(
                    title=said["title"],
                    objectives=tuple(said["objectives"]),
                    blocks=tuple(Block(kind, value) for kind, value in said["body"]),
                    extra=self.kept(key, locale).get("extra", {}),
                )
                for locale, said in mine.items()
            },
            minutes=source["minutes"],
            sources=tuple(source["sources"]),
            norms=tuple(source["norms"]),
            audio=bool(self.kept(key, settings.LANGUAGE_CODE).get("audio")),
            as_of=source["as_of"],
            checked=source["checked"],
            review_by=source["review_by"],
        )

    def workshops(
        self,
        steps: list[CoursesPage],
        words: Mapping[tuple[UUID, str], Json],
        name: Callable[[CoursesPage], str],
    ) -> tuple[WorkshopData, ...]:
        """The workshops among the steps of a module or course, with the name of the step that each stands before."""
        found: list[WorkshopData] = []
        before = ""
        for page in reversed(steps):
            if not isinstance(page, WorkshopPage):
                before = name(page)
                continue
            key = page.translation_key
            mine = self.translated(key, words)
            found.append(
                WorkshopData(
                    key=key,
                    title=self.each(mine, "title"),
                    minutes=page.minutes,
                    required=page.required,
                    summary=self.said(mine, "summary"),
                    before=before,
                    extra=self.kept(key, settings.LANGUAGE_CODE).get("extra", {}),
                )
            )
        return tuple(reversed(found))

    def assessment(self, row: Course) -> AssessmentData:
        key = final_key(row.key)
        quiz = Quiz.objects.get(key=key)
        return AssessmentData(
            blueprint=tuple(BlueprintLine(line["objective"], line["count"]) for line in quiz.blueprint),
            time_limit_minutes=quiz.time_limit or 60,
            attempts_allowed=quiz.attempts_allowed or 3,
            shuffle=quiz.shuffle,
            extra=self.kept(key, settings.LANGUAGE_CODE).get("extra", {}),
        )

    def question(self, row: Question) -> QuestionData:
        assert row.current is not None
        body = dict(row.current.body)
        return QuestionData(
            id=row.slug,
            use=row.use,
            type=row.kind,
            difficulty=row.difficulty,
            objective=row.objective,
            bloom=row.bloom,
            prompt=self.words(body.pop("prompt")),
            explanation=self.words(body.pop("explanation")),
            source=row.source,
            extra=body.pop("extra", {}),
            body=body,
        )

    def guides(self, row: Course) -> dict[str, GuideData]:
        found = {
            guide.language: GuideData(guide.title, guide.front, guide.body)
            for guide in Guide.objects.filter(course=row)
        }
        return {locale: found[locale] for locale in self.locales if locale in found}

    def pictures(self, row: Course) -> dict[str, dict[str, bytes]]:
        found: dict[str, dict[str, bytes]] = {}
        files = content.FigureFile.objects.filter(figure__owner=row.slug).select_related("figure")
        for file in files.order_by("figure__name", "language"):
            name = file.file.name or ""
            if file.language in self.locales and name.endswith(".svg"):
                with default_storage.open(name) as stream:
                    found.setdefault(file.figure.name, {})[file.language] = stream.read()
        return found


def _names(pages: Iterable[CoursesPage]) -> dict[int, str]:
    """The name of each page's folder or file: its slug; a number comes before one that has none."""
    listed = list(pages)
    taken = {page.slug for page in listed}
    names = {}
    for place, page in enumerate(listed, 1):
        name = page.slug
        if not _NAME.match(name):
            plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "page"
            name, number = f"{place:02}-{plain}", place
            while name in taken:
                number += 1
                name = f"{number:02}-{plain}"
        taken.add(name)
        names[page.pk] = name
    return names


def _given(facts: Json) -> Json:
    """Without what is empty."""
    return {name: value for name, value in facts.items() if value not in ("", None, [], {})}


def _number(text: str) -> Any:
    """The number that a column of texts holds; the text where it is none."""
    for kind in (int, float):
        try:
            if str(kind(text)) == text:
                return kind(text)
        except ValueError:
            continue
    return text
