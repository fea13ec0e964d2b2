"""From published pages to the rows that learners' screens read: the outline, and the words in each language.

The page tree of the site's own language alone gives set, order and facts; other languages only bring words. The
receivers at the end call this after the transaction that changed a page; a bulk load pauses them and calls
`publish_outline` and `write_texts` itself.
"""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.signals import post_delete
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished, post_page_move

from content.folding import fold
from content.glossary import Glossary
from content.markdown import typeset
from content.models import Figure, Term
from content.rendering import render_body
from content.signals import figure_changed, terms_changed
from courses import kinds, rules
from courses.models import (
    Activity,
    ActivityPage,
    ActivityProgress,
    ActivityText,
    Course,
    CoursePage,
    CourseText,
    Enrolment,
    LessonPage,
    ModulePage,
    OutlineVersion,
)
from courses.services import evaluate

TITLE_WEIGHT = 5  # a word of the title counts as often in a search
_TAGS = re.compile(r"<[^>]+>")
_WORD = re.compile(r"[^\W_]+")


# --- outline --------------------------------------------------------------------------------------------------------


@transaction.atomic
def publish_outline(course: Course) -> OutlineVersion | None:
    """Write the rows of the current outline from the source-language pages, and a new version where it has changed.

    Steps that are gone are retired, and people who had finished everything else are completed. Returns the current
    version; None (and nothing changes) where the course page does not exist or is not published.
    Raises ValueError where two steps of the course would have the same address.
    """
    Course.objects.select_for_update().get(pk=course.pk)
    page = CoursePage.objects.filter(course=course, locale__language_code=settings.LANGUAGE_CODE).first()
    current = OutlineVersion.objects.filter(course=course).order_by("-number").first()
    if page is None or not page.live:
        return current
    outline = _outline_of(page, course)
    retired = _write_activities(course, outline)
    if current is None or current.outline != outline:
        number = current.number + 1 if current else 1
        current = OutlineVersion.objects.create(course=course, number=number, outline=outline)
    if retired:
        _complete_those_who_waited(course, retired)
    return current


def _outline_of(page: CoursePage, course: Course) -> dict[str, Any]:
    modules: dict[str, dict[str, Any]] = {}  # by tree path
    final: list[dict[str, Any]] = []
    below = page.get_descendants().filter(live=True).order_by("path").specific().defer_streamfields()
    for child in below:
        parent = child.path[: -child.steplen]
        if isinstance(child, ModulePage) and parent == page.path:
            modules[child.path] = {"key": str(child.translation_key), "activities": []}
        elif isinstance(child, ActivityPage):
            if parent == page.path:
                final.append(_entry(child))
            elif parent in modules:
                modules[parent]["activities"].append(_entry(child))
    return {
        "pass_mark": course.pass_mark,
        "modules": [module for module in modules.values() if module["activities"]],
        "final": final,
    }


def _entry(page: ActivityPage) -> dict[str, Any]:
    return {
        "key": str(page.translation_key),
        "ref": page.translation_key.hex[:8],
        "kind": page.kind,
        "required": page.required,
        "minutes": page.minutes,
        "rule": page.rule,
    }


def _write_activities(course: Course, outline: dict[str, Any]) -> set[UUID]:
    """Bring the rows up to date; gives the keys that are retired now and were not before."""
    rows: dict[UUID, Activity] = {}
    for module in [*outline["modules"], {"key": None, "activities": outline["final"]}]:
        for entry in module["activities"]:
            key = UUID(entry["key"])
            rows[key] = Activity(
                key=key,
                ref=entry["ref"],
                course=course,
                module_key=UUID(module["key"]) if module["key"] else None,
                position=len(rows),
                kind=entry["kind"],
                required=entry["required"],
                minutes=entry["minutes"],
                rule=entry["rule"],
                retired=False,
            )
    gone = Activity.objects.filter(course=course, retired=False).exclude(key__in=rows)
    retired = set(gone.values_list("key", flat=True))
    refs = [row.ref for row in rows.values()]
    taken = Activity.objects.filter(course=course, ref__in=refs).exclude(key__in=rows).exists()
    if taken or len(set(refs)) < len(refs):
        raise ValueError(f"Two steps of {course.code} have keys that begin with the same eight digits.")
    gone.update(retired=True)
    Activity.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["ref", "course", "module_key", "position", "kind", "required", "minutes", "rule", "retired"],
    )
    return retired


def _complete_those_who_waited(course: Course, retired: Collection[UUID]) -> None:
    """A removed step leaves no one below 100 %: apply the rule to everybody whom only these steps kept waiting."""
    finished = Count("progress", filter=Q(progress__status=ActivityProgress.Status.COMPLETED))
    waiting = (
        Enrolment.objects.filter(course=course, status=Enrolment.Status.ACTIVE)
        .select_related("outline", "course", "user")
        .annotate(finished=finished)
    )
    needed: dict[int, int] = {}
    for enrolment in waiting.iterator(chunk_size=500):
        if enrolment.outline_id not in needed:
            required = [entry for entry in rules.steps(enrolment.outline.outline) if entry["required"]]
            needed[enrolment.outline_id] = len([entry for entry in required if rules.key_of(entry) not in retired])
        if enrolment.finished >= needed[enrolment.outline_id]:
            evaluate(enrolment=enrolment)


# --- words ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def write_texts(course: Course, language: str, *, only: Collection[UUID] | None = None) -> CourseText | None:
    """Write the words of a course and of its steps in one language, from the published pages of that language.

    Call after `publish_outline`. `only`: keys of the steps to render again (default: all). A step without a published
    page in the language is shown in the site's; what was retired keeps its last words. None where the course has no
    published page in the language: an older text then stays for the people enrolled, out of the catalogue.
    """
    page = CoursePage.objects.filter(course=course, locale__language_code=language).first()
    if page is None or not page.live:
        CourseText.objects.filter(course=course, language=language).update(live=False)
        return CourseText.objects.filter(course=course, language=language).first()
    activities = list(Activity.objects.filter(course=course))
    current = {row.key for row in activities if not row.retired}
    there = set(ActivityText.objects.filter(course=course, language=language).values_list("key", flat=True))
    render = current if only is None else current & set(only) | current - there
    written = _write_activity_texts(course, language, render, current)
    old = CourseText.objects.filter(course=course, language=language).first()
    source = CourseText.objects.filter(course=course, language=settings.LANGUAGE_CODE).first()
    modules = ModulePage.objects.filter(
        locale__language_code=language,
        live=True,
        translation_key__in={row.module_key for row in activities if row.module_key},
    )
    titles = {**(old.titles if old else {}), **(source.titles if source else {})}
    titles |= {str(row.key): row.title for row in written}
    titles |= {str(module.translation_key): typeset(module.title, lang=language) for module in modules}
    summaries = dict(source.summaries) if source else {}
    summaries |= {
        str(module.translation_key): typeset(module.summary, lang=language) for module in modules if module.summary
    }
    facts = dict(source.facts) if source else {}
    facts |= {str(row.key): {**row.facts.get("outline", {}), "weight": row.weight, "languages": []} for row in written}
    objectives = [typeset(str(block.value), lang=language) for block in page.objectives]
    shown = [row for row in written if row.key in current]
    text, _created = CourseText.objects.update_or_create(
        course=course,
        language=language,
        defaults={
            "title": typeset(page.title, lang=language),
            "summary": typeset(page.summary, lang=language),
            "objectives": objectives,
            "certificate_title": page.certificate_title,
            "titles": titles,
            "summaries": summaries,
            "facts": facts,
            "weight": sum(facts.get(str(key), {}).get("weight", 0) for key in current),
            "live": True,
            "folded": _words_of(page, objectives, titles, summaries, shown),
        },
    )
    _note_languages(course)
    return text


def _note_languages(course: Course) -> None:
    """Say in every text of the course in which languages each step can be read."""
    spoken: dict[str, list[str]] = {}
    for key, code in ActivityText.objects.filter(course=course).order_by("language").values_list("key", "language"):
        spoken.setdefault(str(key), []).append(code)
    for text in CourseText.objects.filter(course=course).only("facts"):
        facts = {key: {**fact, "languages": spoken.get(key, [])} for key, fact in text.facts.items()}
        if facts != text.facts:
            CourseText.objects.filter(pk=text.pk).update(facts=facts)


def _words_of(
    page: CoursePage,
    objectives: list[str],
    titles: dict[str, str],
    summaries: dict[str, str],
    written: Collection[ActivityText],
) -> str:
    """All words, folded, one space between them, so that both search engines cut them at the same places."""
    texts = [
        *[f"{page.course.code} {page.title}"] * TITLE_WEIGHT,
        page.summary,
        *objectives,
        *(words for _key, words in sorted(titles.items())),
        *(words for _key, words in sorted(summaries.items())),
        *(html.unescape(_TAGS.sub(" ", row.html)) for row in written),
    ]
    return " ".join(_WORD.findall(fold(" ".join(texts))))


def _write_activity_texts(
    course: Course, language: str, render: Collection[UUID], current: Collection[UUID]
) -> list[ActivityText]:
    """Render the steps `render` from their published pages; gives all texts of the course in the language."""
    pages = Page.objects.filter(locale__language_code=language, live=True, translation_key__in=render).specific()
    glossary: Glossary | None = None
    explained: dict[str, Term] = {}
    rows = []
    for page in pages:
        if not isinstance(page, ActivityPage):
            continue
        row = ActivityText(
            course=course,
            key=page.translation_key,
            language=language,
            page=page.pk,
            revision=page.live_revision_id,
            title=typeset(page.title, lang=language),
            html=kinds.words_of(page),
            facts={"outline": kinds.facts_of(page)},
        )
        if isinstance(page, LessonPage):
            if glossary is None:
                glossary = Glossary.of(language)
                explained = {term.slug: term for term in Term.objects.all()}
            rendering = render_body(page.body, language=language, course_slug=course.slug, terms=glossary)
            row.html = rendering.html
            row.weight = rendering.weight_bytes
            row.facts |= {
                "objectives": [typeset(str(block.value), lang=language) for block in page.objectives],
                "sources": [_source(block.value) for block in page.sources if block.value is not None],
                "norms": [
                    {"slug": norm.slug, "number": norm.number, "label": norm.label}
                    for norm in (block.value for block in page.norms)
                    if norm is not None
                ],
                "terms": [_term(explained[slug], language) for slug in rendering.term_slugs if slug in explained],
                "reflections": rendering.reflections,
                "as_of": page.as_of,
                "checked": page.checked,
                "review_by": page.review_by,
            }
        rows.append(row)
    ActivityText.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key", "language"],
        update_fields=["course", "page", "revision", "title", "html", "facts", "weight"],
    )
    # A current step whose page in this language is no longer published falls back to the site's language.
    missing = set(render) - {row.key for row in rows}
    if language != settings.LANGUAGE_CODE and missing:
        ActivityText.objects.filter(language=language, key__in=missing & set(current)).delete()
    return list(ActivityText.objects.filter(course=course, language=language).order_by("key"))


def _source(source: Any) -> dict[str, str]:
    return {
        "slug": source.slug,
        "title": source.title,
        "author": source.author,
        "year": source.year,
        "url": source.url,
    }


def _term(term: Term, language: str) -> dict[str, str]:
    return {
        "slug": term.slug,
        "term": typeset(term.term.get(language, ""), lang=language),
        "definition": typeset(term.definition.get(language, ""), lang=language),
    }


def publish(course: Course, *, only: Collection[UUID] | None = None) -> None:
    """The outline, then the words in every language that has a page: what a change in the source language asks for."""
    publish_outline(course)
    pages = CoursePage.objects.filter(course=course)
    languages = set(pages.values_list("locale__language_code", flat=True))
    languages |= set(CourseText.objects.filter(course=course).values_list("language", flat=True))
    # The site's language first: the others take from it what they lack.
    for language in sorted(languages, key=lambda code: (code != settings.LANGUAGE_CODE, code)):
        write_texts(course, language, only=only)


# --- after changes in the editor ------------------------------------------------------------------------------------

_state = threading.local()


@contextmanager
def paused() -> Iterator[None]:
    """Leave the receivers out: for a bulk load, which then calls `publish_outline` and `write_texts` by itself."""
    before = getattr(_state, "paused", False)
    _state.paused = True
    try:
        yield
    finally:
        _state.paused = before


def _changed(page: Page, path: str | None = None) -> None:
    """Ask for the course of `page` to be published again once this transaction is committed."""
    if getattr(_state, "paused", False):
        return
    path = path or page.path
    ancestors = [path[:end] for end in range(page.steplen, len(path) + 1, page.steplen)]
    course = CoursePage.objects.filter(path__in=ancestors).values_list("course", flat=True).first()
    if course is None and isinstance(page, CoursePage):
        course = page.course_id
    if course is None:
        return
    waiting: dict[int, set[UUID]] = _state.__dict__.setdefault("waiting", {})
    waiting.setdefault(course, set()).add(page.translation_key)
    transaction.on_commit(_publish_waiting)


def _publish_waiting() -> None:
    """Every change registers this, the first one to run does the work of all: one publication for a whole subtree."""
    waiting: dict[int, set[UUID]] = _state.__dict__.pop("waiting", {})
    for course in Course.objects.filter(pk__in=waiting):
        publish(course, only=waiting[course.pk])


def _is_ours(page: Page) -> bool:
    return isinstance(page, CoursePage | ModulePage | ActivityPage)


def on_published(sender: type[Page], instance: Page, **_kwargs: Any) -> None:
    if _is_ours(instance):
        _changed(instance)


def on_moved(sender: type[Page], instance: Page, parent_page_before: Page, **_kwargs: Any) -> None:
    specific = instance.specific_deferred
    if _is_ours(specific):
        _changed(specific)
        _changed(specific, path=parent_page_before.path)


def on_figure(sender: type[Figure], figure: Figure, **_kwargs: Any) -> None:
    """A figure has a new file: the lessons of its course show it under its new hash."""
    _everything(Course.objects.filter(slug=figure.owner))


def on_terms(sender: type[Term], **_kwargs: Any) -> None:
    """The glossary has changed: every lesson may explain other words."""
    _everything(Course.objects.all())


def _everything(courses: QuerySet[Course]) -> None:
    if getattr(_state, "paused", False):
        return
    waiting: dict[int, set[UUID]] = _state.__dict__.setdefault("waiting", {})
    for course, key in ActivityText.objects.filter(course__in=courses).values_list("course", "key").distinct():
        waiting.setdefault(course, set()).add(key)
    transaction.on_commit(_publish_waiting)


def connect() -> None:
    """Called in `AppConfig.ready`."""
    figure_changed.connect(on_figure, dispatch_uid="courses.publication")
    terms_changed.connect(on_terms, dispatch_uid="courses.publication")
    for signal in (page_published, page_unpublished, post_delete):
        signal.connect(on_published, dispatch_uid="courses.publication")
    post_page_move.connect(on_moved, dispatch_uid="courses.publication")
