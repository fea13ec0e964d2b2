"""The catalogue: what a person may see, searched and filtered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery
from wagtail.search.backends import get_search_backend

from content.folding import fold
from courses import rules
from courses.models import Activity, Course, CourseText, Enrolment
from courses.queries.shared import (
    Standing,
    audiences_of,
    best_text,
    effective_outlines,
    listed,
    newest_enrolments,
    progress_by_enrolment,
)
from operations.addresses import neutral
from operations.words import in_language
from people.access import Person

PAGE_SIZE = 12
QUERY_LENGTH = 200
QUERY_WORDS = 10
DURATIONS: dict[str, tuple[int, int]] = {"short": (0, 59), "medium": (60, 180), "long": (181, 100_000)}  # minutes


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Card:
    code: str
    text: CourseText
    audiences: list[str]
    minutes: int
    level: str
    lessons: int
    needs: bool  # other courses come first
    enrolment: Enrolment | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    query: str
    page: Page[CourseText]
    cards: list[Card]  # of this page
    total: int
    options: dict[str, list[Option]]  # audience, domain, language, duration
    chosen: dict[str, Option]  # the filters that are on


def words_of(query: str) -> list[str]:
    """The words to search for: folded, without signs, few enough."""
    return [word[:60] for word in re.findall(r"[^\W_]+", fold(query[:QUERY_LENGTH]))[:QUERY_WORDS]]


def matching_courses(query: str) -> list[int] | None:
    """Ids of the courses in whose words, in any language, all words of the query occur, the best first; the last one
    may be the beginning of a word. None where the query has no words. One query."""
    words = words_of(query)
    if not words:
        return None
    texts = CourseText.objects.filter(live=True).only("pk", "course_id")
    found = get_search_backend().autocomplete(" ".join(words), texts, operator="and")
    return list(dict.fromkeys(text.course_id for text in found))


def catalogue_for(
    person: Person,
    *,
    language: str,
    query: str = "",
    audience: str = "",
    domain: str = "",
    spoken: str = "",
    duration: str = "",
    page: int = 1,
) -> Catalogue:
    """The courses that this person may see, searched and filtered, 12 on a page.

    `spoken`: only courses that have words in this language. `audience`, `domain`: as they stand in addresses
    (`operations.addresses.neutral`). Filters that do not exist are ignored.
    SQL: 2, 1 more for a search, 2 more for a person with enrolments (3 where an outline has changed since).
    """
    matches = matching_courses(query)
    texts = _live_texts(person)
    by_course: dict[int, list[CourseText]] = {}
    for text in texts:
        by_course.setdefault(text.course_id, []).append(text)
    audiences = audiences_of(by_course)
    rows = [(best_text(found, language), found) for found in by_course.values()]
    options = _options(
        rows, audiences, {"audience": audience, "domain": domain, "language": spoken, "duration": duration}
    )
    chosen = {
        name: next(option for option in found if option.chosen)
        for name, found in options.items()
        if any(option.chosen for option in found)
    }

    def wanted(text: CourseText, found: Sequence[CourseText]) -> bool:
        course = text.course
        shortest, longest = DURATIONS.get(duration, (0, 100_000))
        return (
            (matches is None or course.pk in matches)
            and (
                "audience" not in chosen or audience in {neutral(slug) for slug, _name in audiences.get(course.pk, ())}
            )
            and ("domain" not in chosen or neutral(course.domain_id) == domain)
            and ("language" not in chosen or any(other.language == spoken for other in found))
            and shortest <= course.minutes <= longest
        )

    kept = [text for text, found in rows if text is not None and wanted(text, found)]
    if matches is not None:
        kept.sort(key=lambda text: matches.index(text.course_id))
    else:
        kept.sort(key=lambda text: text.course.code)
    paginator = Paginator(kept, PAGE_SIZE)
    try:
        shown = paginator.page(page)
    except EmptyPage:
        shown = paginator.page(paginator.num_pages if page > 1 else 1)
    cards = [_card(text, audiences.get(text.course_id, [])) for text in shown.object_list]
    if person.is_authenticated:
        cards = _with_standing(cards, person)
    return Catalogue(
        query=query[:QUERY_LENGTH].strip(), page=shown, cards=cards, total=len(kept), options=options, chosen=chosen
    )


def _live_texts(person: Person) -> QuerySet[CourseText]:
    lessons = (
        Activity.objects.filter(course=OuterRef("course"), retired=False, kind="lesson")
        .order_by()
        .values("course")
        .annotate(number=Count("pk"))
        .values("number")
    )
    through = Course.prerequisites.through.objects.filter(from_course=OuterRef("course"))
    return (
        CourseText.objects.filter(live=True, course__in=Course.objects.visible_to(person))
        .select_related("course", "course__domain")
        .only(
            "language",
            "title",
            "summary",
            "weight",
            "course__code",
            "course__minutes",
            "course__level",
            "course__domain__words",
            "course__domain__position",
        )
        .annotate(lessons=Subquery(lessons, output_field=IntegerField()), needs=Exists(through))
    )


def _options(
    rows: Sequence[tuple[CourseText | None, Sequence[CourseText]]],
    audiences: Mapping[int, Sequence[tuple[str, str]]],
    given: Mapping[str, str],
) -> dict[str, list[Option]]:
    """What can be filtered by: only what at least one course has, so that no choice leads nowhere by itself."""
    found_audiences = dict(pair for pairs in audiences.values() for pair in pairs)
    domains = {text.course.domain_id: text.course.domain for text, _texts in rows if text is not None}
    spoken = {text.language for _text, texts in rows for text in texts}
    values: dict[str, list[tuple[str, str]]] = {
        "audience": sorted(
            ((neutral(slug), name) for slug, name in found_audiences.items()), key=lambda pair: fold(pair[1])
        ),
        "domain": [
            (neutral(slug), in_language(domain.words))
            for slug, domain in sorted(domains.items(), key=lambda pair: pair[1].position)
        ],
        "language": [(code, name) for code, name in settings.ALL_LANGUAGES if code in spoken],
        "duration": [(name, "") for name in DURATIONS],
    }
    return {
        name: [Option(value, words, value == given.get(name)) for value, words in pairs]
        for name, pairs in values.items()
    }


def _card(text: CourseText, audiences: Sequence[tuple[str, str]]) -> Card:
    course = text.course
    return Card(
        code=course.code,
        text=text,
        audiences=listed(audiences),
        minutes=course.minutes,
        level=course.get_level_display(),
        lessons=getattr(text, "lessons", None) or 0,
        needs=getattr(text, "needs", False),
    )


def _with_standing(cards: list[Card], person: Person) -> list[Card]:
    newest: dict[int, Enrolment] = {}
    for enrolment in newest_enrolments(person).filter(course__in=[card.text.course_id for card in cards]):
        newest.setdefault(enrolment.course_id, enrolment)
    progress = progress_by_enrolment(newest.values())
    outlines = effective_outlines(newest.values(), progress)
    found = []
    for card in cards:
        own = newest.get(card.text.course_id)
        if own is None:
            found.append(card)
            continue
        done, total = rules.counts(outlines[own.pk], progress[own.pk])
        found.append(replace(card, enrolment=own, standing=Standing([], [], done, total, 0, 0, None)))
    return found
