"""From a curriculum folder to rows and pages, all or nothing.

Loading the same again changes nothing; an edit in a file changes exactly what it is about. What the folder does not hold
(a course, a source, a page that an author made) is left alone. Pages: `lms.curriculum.pages`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.coreutils import get_content_languages
from wagtail.models import Locale, Page

from assessments.models import Quiz
from assessments.services.bank import QuestionEntry, store_questions, store_quiz
from content.models import Figure, FigureFile, HomePage, KeptDocument, Norm, Source, Term
from content.pages import ensure_site, load_pages
from content.services import store_figure, store_norms, store_sources, store_terms
from content.signals import documents_kept
from content.translation import store_translations
from courses import publication
from courses.models import Course, Guide
from lms.curriculum import effects
from lms.curriculum.files import Files
from lms.curriculum.model import CourseData, Curriculum, QuestionData
from lms.curriculum.nodes import Node, course_node, final_key, practice_key
from lms.curriculum.pages import Changes, PageWriter
from lms.models import LoadedFolder
from operations.audit import record_change
from programme import services as programme

Progress = Callable[[int, int, str], None]

# What decides how a folder becomes rows and pages, and pages texts: a new version of it goes through the same folder again.
_CODE = ("lms/curriculum", "content", "courses", "assessments", "programme")
_SHOWS = frozenset({"views", "urls", "forms", "queries", "wagtail_hooks", "templatetags", "curriculum", "migrations"})


@dataclass(slots=True)
class Report:
    """What a load did. `notes` are sentences for whoever loads."""

    changed: bool = False
    courses: int = 0
    created: int = 0
    updated: int = 0
    moved: int = 0
    retired: int = 0
    kept: int = 0
    questions: int = 0
    figures: int = 0
    documents: int = 0
    rendered: int = 0  # courses whose texts were written again
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Plain data for the summary."""
        return asdict(self)


def code_digest() -> str:
    """Digest of what decides what becomes of a folder: code, templates of blocks, catalogues of the content's languages.
    What only shows or asks has no part in it."""
    digest = hashlib.sha256()
    for name in _CODE:
        room = settings.BASE_DIR / name
        files = [path for path in room.rglob("*.py") if not _SHOWS & {*path.relative_to(room).with_suffix("").parts}]
        for path in sorted([*files, *room.glob("templates/content/blocks/*.html"), *room.glob("information/*.md")]):
            digest.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    for language, _name in settings.WAGTAIL_CONTENT_LANGUAGES:
        for folder in settings.LOCALE_PATHS:
            path = Path(folder) / language / "LC_MESSAGES" / "django.po"
            if path.exists():
                digest.update(f"{language}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_loaded(digest: str) -> bool:
    """Whether the folder with this digest is what was loaded last, by the code as it is. One query."""
    last = LoadedFolder.objects.first()
    return last is not None and (last.digest, last.code) == (digest, code_digest())


@transaction.atomic
def load(
    curriculum: Curriculum, *, overwrite: bool = False, force: bool = False, progress: Progress | None = None
) -> Report:
    """Take a whole folder in; gives what was changed.

    overwrite: the folder's words win over those that authors have edited on the site. force: write the texts of all
    courses again, also where no page has changed. progress(done, total, what) is called as it goes. The curriculum must have been read without problems and have no `conflicts` with the site.
    """
    with publication.paused():
        return _Load(curriculum, overwrite, force, progress or (lambda done, total, what: None)).run()


class _Load:
    """One run."""

    def __init__(self, curriculum: Curriculum, overwrite: bool, force: bool, progress: Progress) -> None:
        self.curriculum = curriculum
        self.overwrite = overwrite
        self.progress = progress
        self.report = Report(courses=len(curriculum.courses))
        self.nodes = {course.key: course_node(course, curriculum.locales) for course in curriculum.courses}
        self.total = sum(2 + len(curriculum.locales) * len(list(node.walk())) for node in self.nodes.values())
        self.done = 0
        self.what = ""
        self.last = LoadedFolder.objects.first() or LoadedFolder()
        self.code = code_digest()
        self.renewed: set[UUID] = set()  # courses whose facts have changed
        self.outdated: dict[int, set[UUID]] = {}  # lessons whose terms, sources or norms have changed, by course
        self.everything = force or self.last.code != self.code  # texts were written by other code

    def step(self, what: str = "") -> None:
        self.what = what or self.what
        self.done += 1
        self.progress(self.done, self.total, self.what)

    def run(self) -> Report:
        # One load at a time: a second one waits here, then finds what the first one made.
        Page.objects.select_for_update().get(pk=Page.get_first_root_node().pk)
        self.report.changed |= bool(load_pages())
        self.reference()
        homes = self.homes()
        rows = self.courses()
        for course in self.curriculum.courses:
            self.what = course.slug
            self.course(course, rows[course.key], homes)
        self.others()
        self.documents()
        self.left_alone()
        report = self.report
        report.notes.sort()
        if (self.last.digest, self.last.code) != (self.curriculum.digest, self.code):
            row = LoadedFolder.objects.create(digest=self.curriculum.digest, code=self.code, summary=report.as_json())
            if report.changed:
                counts = {"created": report.created, "updated": report.updated, "retired": report.retired}
                record_change(actor=None, code="lms.curriculum-loaded", obj=row, after=counts)
        return report

    # --- programme, bibliography, norms, glossary

    def reference(self) -> None:
        planned = _planned()
        programme.load(self.curriculum.programme)
        self.report.changed |= planned != _planned()
        before = effects.snapshot()
        store_sources(self.curriculum.sources)
        store_norms(self.curriculum.norms)
        store_terms(self.curriculum.glossary)
        self.forget_terms()
        after = effects.snapshot()
        self.report.changed |= before != after
        self.outdated = effects.outdated(before, after)

    def forget_terms(self) -> None:
        """Let go of terms that their file no longer holds; a file that shares few terms with ours is another's."""
        wanted: dict[str, set[str]] = {}
        for term in self.curriculum.glossary:
            wanted.setdefault(term.file, set()).add(term.term[settings.LANGUAGE_CODE])
        for file, terms in wanted.items():
            known = {
                pk: words.get(settings.LANGUAGE_CODE)
                for pk, words in Term.objects.filter(file=file).values_list("pk", "term")
            }
            gone = [pk for pk, words in known.items() if words not in terms]
            if gone and 2 * len(gone) < len(known):
                Term.objects.filter(pk__in=gone).delete()

    # --- languages

    def homes(self) -> dict[str, HomePage]:
        """The home page of each language of the folder."""
        homes = dict(ensure_site())
        source = homes[settings.LANGUAGE_CODE]
        for code in self.curriculum.locales:
            if code not in homes:
                locale, _made = Locale.objects.get_or_create(language_code=code)
                home = HomePage.objects.filter(locale=locale, depth=2).first()
                if home is None:
                    root = Page.get_first_root_node()
                    home = HomePage(
                        title=source.title, slug=code, locale=locale, translation_key=source.translation_key
                    )
                    root.add_child(instance=home)
                    home.save_revision().publish()
                homes[code] = home
            if code not in get_content_languages():
                self.report.notes.append(
                    _(
                        "The texts in “%(code)s” are loaded, but this language is not switched on: add it to the "
                        "settings LANGUAGES and CONTENT_LANGUAGES."
                    )
                    % {"code": code}
                )
        return {code: HomePage.objects.select_related("locale").get(pk=home.pk) for code, home in homes.items()}

    # --- courses

    def courses(self) -> dict[UUID, Course]:
        """The rows of the courses, by key."""
        rows = {row.key: row for row in Course.objects.filter(key__in=self.nodes)}
        self.release(rows)
        for course in self.curriculum.courses:
            facts = _facts(course)
            row = rows.get(course.key)
            if row is None:
                rows[course.key] = Course.objects.create(key=course.key, **facts)
            elif any(getattr(row, name) != value for name, value in facts.items()):
                if row.slug != course.slug:
                    Figure.objects.filter(owner=row.slug).update(owner=course.slug)
                for name, value in facts.items():
                    setattr(row, name, value)
                row.save()
                self.renewed.add(course.key)
        by_slug = {course.slug: rows[course.key] for course in self.curriculum.courses}
        for course in self.curriculum.courses:
            row = rows[course.key]
            self.link(row, row.audiences, set(course.audiences))
            self.link(row, row.priorities, set(course.priorities))
            self.link(row, row.prerequisites, {by_slug[slug].pk for slug in course.prerequisites})
        return rows

    def release(self, rows: dict[UUID, Course]) -> None:
        """Free the codes and slugs that courses of the folder hand to each other."""
        for course in self.curriculum.courses:
            row = rows.get(course.key)
            if row is not None and (row.code, row.slug) != (course.code, course.slug):
                Course.objects.filter(pk=row.pk).update(code=f"-{row.pk}", slug=f"-{row.pk}")

    def link(self, row: Course, related: Any, wanted: set[Any]) -> None:
        if set(related.values_list("pk", flat=True)) != wanted:
            related.set(wanted)
            self.renewed.add(row.key)

    def course(self, course: CourseData, row: Course, homes: dict[str, HomePage]) -> None:
        node = self.nodes[course.key]
        rules = _rules(row)
        figures, drawn = self.figures(course)
        self.quizzes(course, row)
        stored = store_questions(course=row, questions=_questions(course))
        self.guides(course, row)
        self.step()
        changes = PageWriter(
            node,
            course=row.pk,
            homes=homes,
            figures=figures,
            overwrite=self.overwrite,
            step=self.step,
        ).write()
        self.translate(node, changes)
        asked = bool(stored.created or stored.changed or stored.retired)
        asked |= rules != _rules(row)
        changed = bool(changes) or course.key in self.renewed or asked or drawn
        keys = {key for key, _language in changes.written} | self.outdated.get(row.pk, set())
        if asked:
            keys |= _quiz_keys(node)
        if changed or keys or self.everything:
            self.report.rendered += 1
            publication.publish(row, only=None if self.everything or drawn else keys)
        self.report.changed |= changed
        self.report.questions += len(stored.created) + len(stored.changed) + len(stored.retired)
        for name in ("created", "updated", "moved", "retired", "kept"):
            setattr(self.report, name, getattr(self.report, name) + len(getattr(changes, name)))
        self.report.notes += changes.kept
        self.step()

    def translate(self, node: Node, changes: Changes) -> None:
        """Tell the translation desk what each page that was written says in each language."""
        source = settings.LANGUAGE_CODE
        written = changes.written
        keys = {key for key, _language in written}
        found = Page.objects.filter(translation_key__in=keys).select_related("locale").specific()
        pages = {(page.translation_key, page.locale.language_code): page for page in found}
        for language in self.curriculum.locales:
            if language != source:
                store_translations(
                    (pages[key, source], pages[key, language])
                    for key in keys
                    if (key, source) in pages
                    and (key, language) in pages
                    and ((key, language) in written or (key, source) in written)
                )

    def figures(self, course: CourseData) -> tuple[dict[str, int], bool]:
        """The id of each figure of the course by name, and whether a picture has changed."""
        files = FigureFile.objects.filter(figure__owner=course.slug).select_related("figure")
        known = {(file.figure.name, file.language): (file.digest, file.figure.tier) for file in files}
        changed = 0
        for name, pictures in course.figures.items():
            for language, data in pictures.items():
                if known.get((name, language)) != (hashlib.sha256(data).hexdigest(), course.tier):
                    store_figure(owner=course.slug, name=name, language=language, data=data, tier=course.tier)
                    changed += 1
        self.report.figures += changed
        return dict(Figure.objects.filter(owner=course.slug).values_list("name", "pk")), bool(changed)

    def quizzes(self, course: CourseData, row: Course) -> None:
        for module in course.modules:
            if any(question.use == "practice" for question in module.questions):
                store_quiz(course=row, key=practice_key(module.key), use="practice", module_key=module.key)
        store_quiz(
            course=row,
            key=final_key(course.key),
            use="exam",
            blueprint=[asdict(line) for line in course.assessment.blueprint],
            time_limit=course.assessment.time_limit_minutes,
            attempts_allowed=course.assessment.attempts_allowed,
            shuffle=course.assessment.shuffle,
        )

    def guides(self, course: CourseData, row: Course) -> None:
        known = {guide.language: guide for guide in Guide.objects.filter(course=row)}
        for language, data in course.guides.items():
            guide = known.pop(language, None) or Guide(course=row, language=language)
            facts = {"title": data.title, "front": data.front, "body": data.body}
            if guide.pk is None or any(getattr(guide, name) != value for name, value in facts.items()):
                for name, value in facts.items():
                    setattr(guide, name, value)
                guide.save()
                self.report.changed = True
        if known and not course.guides:
            Guide.objects.filter(course=row).delete()
            self.report.changed = True

    # --- what the folder does not hold, and what is kept

    def others(self) -> None:
        """Courses that the folder does not hold: their texts may name terms and sources that changed."""
        for row in Course.objects.exclude(key__in=self.nodes):
            if self.everything or row.pk in self.outdated:
                self.report.rendered += 1
                publication.publish(row, only=None if self.everything else self.outdated[row.pk])

    def left_alone(self) -> None:
        codes = list(Course.objects.exclude(key__in=self.nodes).values_list("code", flat=True))
        if codes:
            self.report.notes.append(
                _("These courses are not in the folder and were left alone: %(codes)s.") % {"codes": ", ".join(codes)}
            )
        listed = {source.id for source in self.curriculum.sources} | {norm.id for norm in self.curriculum.norms}
        known = [*Source.objects.values_list("pk", flat=True), *Norm.objects.values_list("pk", flat=True)]
        if others := sum(slug not in listed for slug in known):
            self.report.notes.append(
                ngettext(
                    "%(count)d source or norm of this site is not in the folder and was left alone.",
                    "%(count)d sources and norms of this site are not in the folder and were left alone.",
                    others,
                )
                % {"count": others}
            )

    def documents(self) -> None:
        known = dict(KeptDocument.objects.values_list("path", "digest"))
        kinds = {document.kind for document in self.curriculum.documents}
        wanted = {
            document.path: KeptDocument(
                path=document.path,
                kind=document.kind,
                digest=hashlib.sha256(document.text.encode()).hexdigest(),
                text=document.text,
            )
            for document in self.curriculum.documents
        }
        changed = [row for path, row in wanted.items() if known.get(path) != row.digest]
        gone, _each = KeptDocument.objects.filter(kind__in=kinds).exclude(path__in=wanted).delete()
        KeptDocument.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["path"],
            update_fields=["kind", "digest", "text"],
            batch_size=50,
        )
        self.report.changed |= bool(changed or gone)
        documents_kept.send(sender=KeptDocument, kinds=kinds)
        self.report.documents = len(wanted)
        rooms = sorted(kinds - {"note"})
        if rooms:
            self.report.notes.append(
                ngettext(
                    "%(count)d file was checked and kept for the rooms to come (%(kinds)s).",
                    "%(count)d files were checked and kept for the rooms to come (%(kinds)s).",
                    len(wanted),
                )
                % {"count": sum(row.kind != "note" for row in wanted.values()), "kinds": ", ".join(rooms)}
            )


def _planned() -> list[Any]:
    """All rows of the programme."""
    return [
        list(model._default_manager.order_by("pk").values()) for model in apps.get_app_config("programme").get_models()
    ]


def _facts(course: CourseData) -> dict[str, Any]:
    """The fields of a course's row."""
    return {
        "slug": course.slug,
        "code": course.code,
        "owner": course.owner,
        "tier": course.tier,
        "visibility": course.visibility,
        "domain_id": course.domain,
        "minutes": course.minutes,
        "level": course.level,
        "pass_mark": course.pass_mark,
        "validity_months": course.validity_months,
        "extra": course.extra,
    }


def _rules(row: Course) -> list[Any]:
    """What outline and texts take from the quizzes of a course."""
    return list(Quiz.objects.filter(course=row).order_by("pk").values())


def _quiz_keys(node: Node) -> set[UUID]:
    return {below.key for below in node.walk() if "quiz" in next(iter(below.words.values()))}


def _questions(course: CourseData) -> Iterable[QuestionEntry]:
    for module in course.modules:
        yield from (_question(entry, place, module.key) for place, entry in enumerate(module.questions))
    yield from (_question(entry, place, None) for place, entry in enumerate(course.exam))


def _question(entry: QuestionData, place: int, module_key: UUID | None) -> QuestionEntry:
    body = {**entry.body, "prompt": entry.prompt, "explanation": entry.explanation}
    if entry.extra:
        body["extra"] = entry.extra
    return QuestionEntry(
        slug=entry.id,
        use=entry.use,
        kind=entry.type,
        objective=entry.objective,
        difficulty=entry.difficulty,
        body=body,
        module_key=module_key,
        bloom=entry.bloom,
        source=entry.source,
        position=place,
    )


def folder_digest(folder: Path) -> str:
    """The digest that reading the folder would give, without reading what its files say; empty if it has problems."""
    problems: list[Any] = []
    files = Files(folder, problems)
    return "" if problems else files.digest()
