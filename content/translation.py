"""Loaded translations as the translation desk (wagtail-localize) knows them.

A page that a loader wrote in two languages is unknown to the desk, and publishing its source there would put the source's
words into the live translation. So every loaded translation is stored as the desk's own segments, and where one is
missing or outdated, what is live stays live (`keep_live_words`).

The desk's own way to take a page in costs some ten queries a sentence; this does it with a dozen a batch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from wagtail.fields import StreamField
from wagtail.models import Locale, Page
from wagtail_localize.models import (
    OverridableSegment,
    String,
    StringSegment,
    StringTranslation,
    TranslatableObject,
    Translation,
    TranslationContext,
    TranslationSource,
    get_schema_version,
)
from wagtail_localize.segments import OverridableSegmentValue, StringSegmentValue
from wagtail_localize.segments.extract import extract_segments

_BATCH = 200  # rows of one INSERT: SQLite takes only so many parameters


def store_translation(source_page: Page, translated_page: Page) -> None:
    """As `store_translations`, for one pair."""
    store_translations([(source_page, translated_page)])


@transaction.atomic
def store_translations(pairs: Iterable[tuple[Page, Page]]) -> None:
    """Tell the translation desk that the second page of each pair is the translation of the first.

    A page may come several times, once with each of its translations. Both are saved and published as they stand, of their specific type, and share translation key and block ids: a
    sentence is known by its place. Doing it again is harmless; sentences that changed replace what the desk knew.
    """
    listed = list(pairs)
    if not listed:
        return
    pages = list({page.translation_key: page for page, _translated in listed}.values())
    page_type = ContentType.objects.get_for_model(Page)
    TranslatableObject.objects.bulk_create(
        [TranslatableObject(translation_key=page.translation_key, content_type=page_type) for page in pages],
        ignore_conflicts=True,
        batch_size=_BATCH,
    )
    sources, changed = _sources(pages)
    segments = {page.translation_key: extract_segments(page) for page in pages}
    contexts = _contexts(pages, segments)
    strings = _strings(pages, segments)
    for locale_ids in {(page.locale_id, translated.locale_id) for page, translated in listed}:
        _ensure_translations(
            [
                sources[page.translation_key]
                for page, translated in listed
                if (page.locale_id, translated.locale_id) == locale_ids
            ],
            locale_ids[1],
        )
    _write_segments(pages, changed, sources, segments, contexts, strings)
    _write_words(listed, segments, contexts, strings)


def _sources(pages: list[Page]) -> tuple[dict[UUID, TranslationSource], set[UUID]]:
    """The desk's copy of each page by key, and the keys of those whose content is new."""
    existing = {
        (source.object_id, source.locale_id): source
        for source in TranslationSource.objects.filter(object__in=[page.translation_key for page in pages])
    }
    now = timezone.now()
    versions: dict[str, str] = {}
    made, updated, changed = [], [], set()
    for page in pages:
        label = page._meta.app_label
        if label not in versions:
            versions[label] = get_schema_version(label)
        content = page.to_json()
        source = existing.get((page.translation_key, page.locale_id))
        if source is not None and json.loads(source.content_json) == json.loads(content):
            continue
        changed.add(page.translation_key)
        if source is None:
            source = TranslationSource(
                object_id=page.translation_key,
                locale_id=page.locale_id,
                specific_content_type=ContentType.objects.get_for_model(type(page)),
            )
            made.append(source)
        else:
            updated.append(source)
        source.object_repr = str(page)[:200]
        source.content_json = content
        source.schema_version = versions[label]
        source.last_updated_at = now
    TranslationSource.objects.bulk_create(made, batch_size=_BATCH)
    TranslationSource.objects.bulk_update(
        updated, ["object_repr", "content_json", "schema_version", "last_updated_at"], batch_size=20
    )
    locales = {page.locale_id for page in pages}
    found = TranslationSource.objects.filter(object__in=[page.translation_key for page in pages], locale__in=locales)
    by_place = {(source.object_id, source.locale_id): source for source in found}
    return {page.translation_key: by_place[page.translation_key, page.locale_id] for page in pages}, changed


def _contexts(pages: list[Page], segments: dict[UUID, list[Any]]) -> dict[tuple[UUID, str], TranslationContext]:
    """The place of each segment, by page and path."""
    wanted = []
    for page in pages:
        kinds = _block_kinds(page)
        for path in dict.fromkeys(segment.path for segment in segments[page.translation_key]):
            wanted.append(
                TranslationContext(
                    object_id=page.translation_key,
                    path=path,
                    path_id=TranslationContext._get_path_id(path),
                    field_path=_field_path(path, kinds),
                )
            )
    TranslationContext.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=_BATCH)
    rows = TranslationContext.objects.filter(object__in=[page.translation_key for page in pages])
    return {(context.object_id, context.path): context for context in rows}


def _block_kinds(page: Page) -> dict[str, str]:
    """The kind of each block of a page by its id."""
    return {
        block["id"]: block["type"]
        for field in page._meta.get_fields()
        if isinstance(field, StreamField)
        for block in field.value_from_object(page).raw_data
    }


def _field_path(path: str, kinds: dict[str, str]) -> str:
    """`body.<id>.text` → `body.case.text`, as the desk writes it."""
    return ".".join(kinds.get(part, part) for part in path.split("."))


def _strings(pages: list[Page], segments: dict[UUID, list[Any]]) -> dict[tuple[int, UUID], int]:
    """The id of each sentence of the source pages by locale and hash."""
    wanted: dict[tuple[int, UUID], String] = {}
    for page in pages:
        for segment in segments[page.translation_key]:
            if isinstance(segment, StringSegmentValue):
                digest = String._get_data_hash(segment.string.data)
                wanted[page.locale_id, digest] = String(
                    locale_id=page.locale_id, data_hash=digest, data=segment.string.data
                )
    String.objects.bulk_create(wanted.values(), ignore_conflicts=True, batch_size=_BATCH)
    found: dict[tuple[int, UUID], int] = {}
    digests = [digest for _locale, digest in wanted]
    for start in range(0, len(digests), 500):
        rows = String.objects.filter(data_hash__in=digests[start : start + 500])
        found.update({(locale, digest): pk for pk, locale, digest in rows.values_list("pk", "locale_id", "data_hash")})
    return found


def _ensure_translations(sources: list[TranslationSource], locale_id: int) -> None:
    now = timezone.now()
    Translation.objects.bulk_create(
        [
            Translation(
                source=source,
                target_locale_id=locale_id,
                translations_last_updated_at=now,
                destination_last_updated_at=now,
            )
            for source in sources
        ],
        ignore_conflicts=True,
        batch_size=_BATCH,
    )
    Translation.objects.filter(source__in=sources, target_locale=locale_id, enabled=False).update(enabled=True)


def _write_segments(
    pages: list[Page],
    changed: set[UUID],
    sources: dict[UUID, TranslationSource],
    segments: dict[UUID, list[Any]],
    contexts: dict[tuple[UUID, str], TranslationContext],
    strings: dict[tuple[int, UUID], int],
) -> None:
    renewed = [sources[key] for key in changed]
    StringSegment.objects.filter(source__in=renewed).delete()
    OverridableSegment.objects.filter(source__in=renewed).delete()
    words: list[StringSegment] = []
    values: list[OverridableSegment] = []
    for page in pages:
        key = page.translation_key
        if key not in changed:
            continue
        if not all(isinstance(segment, StringSegmentValue | OverridableSegmentValue) for segment in segments[key]):
            sources[key].refresh_segments()  # rich text or translatable snippets: the desk's own way
            continue
        for segment in segments[key]:
            place = contexts[key, segment.path]
            if isinstance(segment, StringSegmentValue):
                words.append(
                    StringSegment(
                        source=sources[key],
                        context=place,
                        order=segment.order,
                        string_id=strings[page.locale_id, String._get_data_hash(segment.string.data)],
                        attrs=json.dumps(segment.attrs, cls=DjangoJSONEncoder),
                    )
                )
            else:
                data = json.dumps(segment.data, cls=DjangoJSONEncoder)
                values.append(
                    OverridableSegment(source=sources[key], context=place, order=segment.order, data_json=data)
                )
    StringSegment.objects.bulk_create(words, batch_size=_BATCH)
    OverridableSegment.objects.bulk_create(values, batch_size=_BATCH)


def _write_words(
    pairs: list[tuple[Page, Page]],
    segments: dict[UUID, list[Any]],
    contexts: dict[tuple[UUID, str], TranslationContext],
    strings: dict[tuple[int, UUID], int],
) -> None:
    now = timezone.now()
    wanted: dict[tuple[int, int, int], StringTranslation] = {}
    for page, translated in pairs:
        words = _live_words(translated)
        for segment in segments[page.translation_key]:
            if isinstance(segment, StringSegmentValue) and segment.path in words:
                string = strings[page.locale_id, String._get_data_hash(segment.string.data)]
                place = contexts[page.translation_key, segment.path]
                wanted[translated.locale_id, string, place.pk] = StringTranslation(
                    translation_of_id=string,
                    locale_id=translated.locale_id,
                    context=place,
                    data=words[segment.path].data,
                    translation_type=StringTranslation.TRANSLATION_TYPE_MANUAL,
                    created_at=now,
                    updated_at=now,
                )
    StringTranslation.objects.bulk_create(
        wanted.values(),
        update_conflicts=True,
        unique_fields=["locale", "translation_of", "context"],
        update_fields=["data", "translation_type", "has_error", "field_error", "updated_at"],
        batch_size=_BATCH // 2,
    )


def _live_words(page: Page) -> dict[str, Any]:
    """What a translated page says now, by place."""
    return {
        segment.path: segment.string for segment in extract_segments(page) if isinstance(segment, StringSegmentValue)
    }


def install() -> None:
    """Make the desk keep the live words of a translation wherever it would fall back to the source's.

    The desk publishes a page whose translation has gaps with the source's words in them: one French sentence that
    changes would put French into a live English lesson. It offers no setting for that, hence this change of one method.
    """
    if not getattr(TranslationSource._get_segments_for_translation, "keeps_live_words", False):
        TranslationSource._get_segments_for_translation = keep_live_words(
            TranslationSource._get_segments_for_translation
        )


def keep_live_words(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """`original` (of wagtail-localize), but a segment without a translation takes what the translated page says now."""

    def segments_for_translation(self: TranslationSource, locale: Locale, fallback: bool = False) -> list[Any]:
        segments = original(self, locale, fallback=fallback)
        if not fallback:
            return segments
        missing = set(
            StringSegment.objects.filter(source=self)
            .annotate_translation(locale)
            .filter(Q(translation__isnull=True) | Q(translation=""))
            .values_list("context__path", flat=True)
        )
        if not missing:
            return segments
        page = Page.objects.filter(translation_key=self.object_id, locale=locale).first()
        live = _live_words(page.specific) if page is not None else {}
        return [
            StringSegmentValue(segment.path, live[segment.path], attrs=segment.attrs, order=segment.order)
            if isinstance(segment, StringSegmentValue) and segment.path in missing and segment.path in live
            else segment
            for segment in segments
        ]

    segments_for_translation.keeps_live_words = True  # type: ignore[attr-defined]
    return segments_for_translation
