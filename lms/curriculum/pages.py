"""Writing the pages of one course: made, changed, moved, put in order, retired. Called within the loader's transaction.

What the folder says of a page is compared with what it said last time (`LoadedPage`), not with the page: so a page whose
file did not change stays as it is, and an author's edits are overwritten only when they are told to be.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from wagtail.models import Page, ReferenceIndex
from wagtail.signal_handlers import disable_reference_index_auto_update
from wagtail.signals import page_published

from assessments.models import Quiz, QuizPage
from content.models import HomePage
from courses.models import CoursePage, LessonPage
from lms.curriculum.identity import Known, assign, text_of
from lms.curriculum.model import Json
from lms.curriculum.nodes import CoursesPage, Node, digest, words_of
from lms.models import LoadedPage

Place = tuple[UUID, str]  # key and language of a page


@dataclass(slots=True)
class Changes:
    """What was done to pages, by place; `kept` are sentences about pages that authors have edited."""

    created: list[Place] = field(default_factory=list)
    updated: list[Place] = field(default_factory=list)
    moved: list[Place] = field(default_factory=list)
    retired: list[Place] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    ordered: bool = False

    @property
    def written(self) -> set[Place]:
        return {*self.created, *self.updated}

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.moved or self.retired or self.ordered)


class PageWriter:
    """Brings the pages of a course to what `node` says, in each language.

    `figures`: id by name. The quizzes of the course must be there. `step` is called after each page.
    """

    def __init__(
        self,
        node: Node,
        *,
        course: int,
        homes: Mapping[str, HomePage],
        figures: Mapping[str, int],
        overwrite: bool,
        step: Callable[[], None],
    ) -> None:
        self.node = node
        self.course = course
        self.homes = homes
        self.languages = sorted(node.words, key=lambda code: (code != settings.LANGUAGE_CODE, code))
        self.figures = figures
        self.names = {pk: name for name, pk in figures.items()}
        self.quizzes = dict(Quiz.objects.filter(course=course).values_list("key", "pk"))
        self.overwrite = overwrite
        self.step = step
        self.changes = Changes()
        self.keys = {below.key for below in node.walk()}
        self.rows = {(row.key, row.language): row for row in LoadedPage.objects.filter(course=node.key)}
        self.numbers = {
            key: dict(row.numbers) for (key, language), row in self.rows.items() if language == settings.LANGUAGE_CODE
        }
        self.pages: dict[Place, CoursesPage] = {}
        self.fetch()

    def fetch(self) -> None:
        """Read the pages anew: after a move or a new slug their paths are others."""
        keys = self.keys | {key for key, _language in self.rows}
        found = Page.objects.filter(translation_key__in=keys).select_related("locale").specific()
        self.pages = {(page.translation_key, page.locale.language_code): page for page in found}

    def write(self) -> Changes:
        """Do it all; gives what was done."""
        self.retire()
        with disable_reference_index_auto_update():  # else three times a page
            for language in self.languages:
                for node in self.node.walk():
                    self.write_page(node, language)
                    self.step()
        for place in sorted(self.changes.written, key=str):
            ReferenceIndex.create_or_update_for_object(self.pages[place])
        for language in self.languages:
            for node in self.node.walk():
                self.order(node, language)
        self.remember()
        return self.changes

    # --- pages that the folder no longer holds

    def retire(self) -> None:
        """Unpublish them and give their slugs free. They stay: outlines and progress rest on them."""
        for (key, language), row in sorted(self.rows.items(), key=lambda item: (item[0][1], item[0][0])):
            page = self.pages.get((key, language))
            if key in self.keys or not row.digest:
                continue
            row.digest = ""
            row.save(update_fields=["digest"])
            if page is None:
                continue
            if page.live:
                page.unpublish()
            page.refresh_from_db()
            page.slug = f"{page.slug[:200]}-{key.hex[:8]}"
            page.save(update_fields=["slug", "url_path"], clean=False)  # type: ignore[call-arg]
            self.changes.retired.append((key, language))
        if self.changes.retired:
            self.fetch()

    # --- one page

    def write_page(self, node: Node, language: str) -> None:
        place = (node.key, language)
        words = node.words[language]
        row = self.rows.get(place)
        page = self.pages.get(place)
        if page is not None and row is not None and row.parent != (node.parent.key if node.parent else None):
            page = self.move(page, node, language)
        if page is None:
            page, revision = self.create(node, language)
        elif row is not None and row.digest == digest(words):
            return
        elif page.live and words_of(page, self.names) == words:
            revision = page.latest_revision_id
        elif self.overwrite or (row is not None and self.untouched(page, row)):
            revision = self.update(page, node, language)
        else:
            reason = _("%(file)s: the page “%(title)s” was edited on this site since; its words were kept.")
            self.changes.kept.append(reason % {"file": node.files[language], "title": page.title})
            return
        if row is None:
            row = self.rows[place] = LoadedPage(key=node.key, language=language, course=self.node.key)
        row.digest = digest(words)
        row.revision = revision

    def untouched(self, page: CoursesPage, row: LoadedPage) -> bool:
        """Whether nobody has edited or unpublished the page since the loader wrote it."""
        return row.revision == page.latest_revision_id and (page.live or not row.digest)

    def above(self, node: Node, language: str) -> Page:
        return self.pages[node.parent.key, language] if node.parent else self.homes[language]

    def create(self, node: Node, language: str) -> tuple[CoursesPage, int | None]:
        above = self.above(node, language)
        slug = self.free_slug(node.words[language]["slug"], above, None)
        values = self.values(node, language, None) | {"slug": slug}
        page = node.model(locale=self.homes[language].locale, translation_key=node.key, **values)
        above.add_child(instance=page)
        revision = page.save_revision(clean=False, changed=False)
        # What `revision.publish()` comes to for a page that is live and new, without reading and writing it a third time.
        page.live_revision = revision
        page.first_published_at = page.last_published_at = revision.created_at
        Page.objects.filter(pk=page.pk).update(
            live_revision=revision,
            first_published_at=page.first_published_at,
            last_published_at=page.last_published_at,
        )
        page_published.send(sender=type(page), instance=page, revision=revision)
        self.pages[node.key, language] = page
        self.changes.created.append((node.key, language))
        return page, revision.pk

    def update(self, page: CoursesPage, node: Node, language: str) -> int:
        values = self.values(node, language, page)
        values["slug"] = self.free_slug(values["slug"], self.above(node, language), page)
        renamed = page.slug != values["slug"]
        for name, value in values.items():
            setattr(page, name, value)
        revision = page.save_revision(clean=False)
        revision.publish()
        self.changes.updated.append((node.key, language))
        if renamed:
            self.fetch()
        return int(revision.pk)

    def free_slug(self, slug: str, above: Page, page: Page | None) -> str:
        """`slug`, taken from a page of this course that is about to get another one; or one that is free."""
        siblings = Page.objects.child_of(above)
        if page is not None:
            siblings = siblings.exclude(pk=page.pk)
        holder = siblings.filter(slug=slug).select_related("locale").first()
        if holder is None:
            return slug
        if holder.translation_key in self.keys:
            Page.objects.filter(pk=holder.pk).update(slug=f"{slug[:200]}-{holder.pk}")
            known = self.pages.get((holder.translation_key, holder.locale.language_code))
            if known is not None:
                known.slug = f"{slug[:200]}-{holder.pk}"
            return slug
        number = 2
        while siblings.filter(slug=f"{slug}-{number}").exists():
            number += 1
        return f"{slug}-{number}"

    def move(self, page: CoursesPage, node: Node, language: str) -> CoursesPage:
        """Put the page below the one that the folder says, if it is not there."""
        above = self.above(node, language)
        if not page.is_child_of(above):
            free = self.free_slug(page.slug, above, page)
            if free != page.slug:
                page.slug = free
                page.save(update_fields=["slug", "url_path"], clean=False)  # type: ignore[call-arg]
            page.move(above, pos="last-child")
            self.changes.moved.append((node.key, language))
            self.fetch()
        return self.pages[node.key, language]

    # --- what a page holds

    def values(self, node: Node, language: str, page: CoursesPage | None) -> Json:
        """The fields of the page."""
        words = node.words[language]
        values: Json = {name: words[name] for name in words if name not in _STREAMS and name != "quiz"}
        values["draft_title"] = words["title"]
        if "objectives" in words:
            values["objectives"] = [
                {"type": "line", "value": line, "id": str(uuid.uuid5(node.key, f"objective:{number}"))}
                for number, line in enumerate(words["objectives"], 1)
            ]
        if node.model is LessonPage:
            values["sources"] = _chosen("source", words["sources"], node.key)
            values["norms"] = _chosen("norm", words["norms"], node.key)
            values["body"] = self.body(node, language, page)
        elif node.model is CoursePage:
            values["course_id"] = self.course
        elif node.model is QuizPage:
            values["quiz_id"] = self.quizzes[node.key]
        return values

    def body(self, node: Node, language: str, page: CoursesPage | None) -> list[Json]:
        """The raw stream of a lesson, each block with its id. Languages share ids: block by block they are the same."""
        blocks: list[tuple[str, Any]] = [(kind, value) for kind, value in node.words[language]["body"]]
        source = self.pages.get((node.key, settings.LANGUAGE_CODE))
        shared = source.body.raw_data if language != settings.LANGUAGE_CODE and isinstance(source, LessonPage) else []
        if [kind for kind, _value in blocks] == [raw["type"] for raw in shared]:
            ids = [raw["id"] for raw in shared]
        else:
            if isinstance(page, LessonPage):
                known = self.known(page)
            else:
                known = [Known(raw["type"], "", raw["id"]) for raw in shared]
            ids, numbers = assign(blocks, known, key=node.key, numbers=self.numbers.get(node.key, {}))
            self.numbers[node.key] = numbers
        return [
            {"type": kind, "value": self.stored(kind, value), "id": identity}
            for (kind, value), identity in zip(blocks, ids, strict=True)
        ]

    def known(self, page: LessonPage) -> list[Known]:
        """The blocks that a page has now."""
        blocks = []
        for raw in page.body.raw_data:
            value = raw["value"]
            if raw["type"] == "figure":
                value = {"name": self.names.get(value["figure"], "")}
            blocks.append(Known(raw["type"], text_of(raw["type"], value), str(raw["id"])))
        return blocks

    def stored(self, kind: str, value: Any) -> Any:
        """The value of a block as the page keeps it: a figure by its id."""
        return {"figure": self.figures[value["name"]], "alt": value["alt"]} if kind == "figure" else value

    # --- order

    def order(self, node: Node, language: str) -> None:
        """Put the children in the folder's order, where that has changed; other pages stay behind the one before them."""
        row = self.rows.get((node.key, language))
        wanted = [child.key for child in node.children]
        if row is not None and row.children == [str(key) for key in wanted]:
            return
        above = self.pages[node.key, language]
        current = list(Page.objects.child_of(above).order_by("path"))
        sequence = _merged(current, wanted)
        for place, page in enumerate(sequence):
            if current[place].pk != page.pk:
                Page.objects.get(pk=page.pk).move(Page.objects.get(pk=current[place].pk), pos="left")
                current = list(Page.objects.child_of(above).order_by("path"))
                self.changes.ordered = True

    # --- what is remembered

    def remember(self) -> None:
        """Write the rows that say what the folder said."""
        before = {(row.key, row.language): row for row in LoadedPage.objects.filter(course=self.node.key)}
        changed = []
        for language in self.languages:
            for node in self.node.walk():
                row = self.rows.get((node.key, language))
                if row is None:
                    continue
                row.course = self.node.key
                row.parent = node.parent.key if node.parent else None
                row.children = [str(child.key) for child in node.children]
                row.extra = node.extra.get(language, {})
                row.numbers = self.numbers.get(node.key, {}) if language == settings.LANGUAGE_CODE else {}
                old = before.get((node.key, language))
                if old is None or any(getattr(old, name) != getattr(row, name) for name in _REMEMBERED):
                    changed.append(row)
        LoadedPage.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["key", "language"], update_fields=_REMEMBERED, batch_size=50
        )


_STREAMS = ("objectives", "body", "sources", "norms")
_REMEMBERED = ["course", "parent", "children", "digest", "revision", "numbers", "extra"]


def _chosen(kind: str, slugs: Sequence[str], key: UUID) -> list[Json]:
    """The raw stream of chosen sources or norms."""
    return [{"type": kind, "value": slug, "id": str(uuid.uuid5(key, f"{kind}:{slug}"))} for slug in slugs]


def _merged(current: Sequence[Page], wanted: Collection[UUID]) -> list[Page]:
    """The pages in the wanted order of keys; the others stay behind the page that they stand behind now."""
    ours = {page.translation_key: page for page in current}
    sequence = [ours[key] for key in wanted if key in ours]
    before: Page | None = None
    for page in current:
        if page.translation_key not in wanted:
            sequence.insert(sequence.index(before) + 1 if before is not None else 0, page)
        before = page
    return sequence
