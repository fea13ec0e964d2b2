"""Loaded translations in the translation desk: publishing the source never overwrites live words."""

from __future__ import annotations

import time

import pytest
from wagtail.models import Locale, Page
from wagtail_localize.models import StringSegment, StringTranslation, Translation, TranslationSource

from content.models import HomePage, InformationPage
from content.translation import store_translation, store_translations

pytestmark = pytest.mark.django_db


@pytest.fixture
def publish(django_capture_on_commit_callbacks):
    """What the desk does: take the source in again and publish the translation."""

    def run(source: InformationPage) -> Translation:
        translation = Translation.objects.get(source__object_id=source.translation_key)
        translation.source.update_from_db()
        with django_capture_on_commit_callbacks(execute=True):
            translation.save_target(publish=True)
        return translation

    return run


def words(page: InformationPage) -> list[object]:
    page = InformationPage.objects.get(pk=page.pk)
    return [
        page.title,
        page.slug,
        [
            (block.id, block.block_type, dict(block.value) if block.block_type == "reflect" else block.value)
            for block in page.body
        ],
    ]


def test_publishing_the_source_leaves_the_english_as_it_was(pair, publish) -> None:
    french, english = pair
    store_translation(french, english)
    before = words(english)
    translation = publish(french)
    assert words(english) == before
    assert translation.get_progress() == (5 - 1, 5 - 1)  # title and three blocks; the slug is not translated


def test_a_changed_french_sentence_waits_for_its_translation_and_the_live_one_stays(pair, publish) -> None:
    french, english = pair
    store_translation(french, english)
    before = words(english)
    french.body[1].value = "Au greffe, on écrit tout le jour même."
    french.title = "Le registre d'écrou"
    french.save_revision().publish()
    translation = publish(french)
    assert words(english) == before
    assert translation.get_progress() == (4, 2)
    missing = StringSegment.objects.filter(source=translation.source).annotate_translation(translation.target_locale)
    assert {row.context.path for row in missing if row.translation is None} == {"title", f"body.{french.body[1].id}"}


def test_a_new_sentence_is_added_in_the_source_language_beside_the_live_ones(pair, publish) -> None:
    french, english = pair
    store_translation(french, english)
    french.body.append(("text", "Un ajout."))
    french.save_revision().publish()
    publish(french)
    body = InformationPage.objects.get(pk=english.pk).body
    assert [block.value for block in body][1:] == [english.body[1].value, english.body[2].value, "Un ajout."]


def test_storing_again_is_harmless_and_follows_what_was_loaded(pair, publish) -> None:
    french, english = pair
    store_translations([pair])
    counts = [model.objects.count() for model in (TranslationSource, StringSegment, StringTranslation)]
    store_translations([pair, pair])
    assert counts == [model.objects.count() for model in (TranslationSource, StringSegment, StringTranslation)]
    english.body[1].value = "At the registry, everything is written."
    english.save_revision().publish()
    english = InformationPage.objects.get(pk=english.pk)
    store_translation(french, english)
    before = words(english)
    publish(french)
    assert words(english) == before


def test_two_translations_of_a_page_are_stored_in_one_call(pair) -> None:
    french, english = pair
    locale = Locale.objects.create(language_code="ar")
    home = Page.get_first_root_node().add_child(instance=HomePage(title="Kalanso", slug="ar", locale=locale))
    arabic = InformationPage(
        title="السجل",
        slug="essai",
        locale=locale,
        translation_key=french.translation_key,
        body=[
            {**block, "value": {"text": "ما الناقص؟"}} if block["type"] == "reflect" else {**block, "value": "سجل"}
            for block in french.body.raw_data
        ],
    )
    home.add_child(instance=arabic)
    arabic.save_revision().publish()
    store_translations([pair, (french, arabic)])
    source = TranslationSource.objects.get(object_id=french.translation_key)
    assert source.stringsegment_set.count() == 4
    assert set(source.translations.values_list("target_locale__language_code", flat=True)) == {"en", "ar"}
    assert [translation.get_progress() for translation in source.translations.all()] == [(4, 4), (4, 4)]
    before = words(english), words(arabic)
    for translation in source.translations.all():
        translation.save_target(publish=True)
    assert (words(english), words(arabic)) == before


def test_the_desk_sees_what_it_would_have_made_itself(pair) -> None:
    """Our batch and the library's own way give the same rows."""
    french, english = pair
    store_translation(french, english)
    source = TranslationSource.objects.get(object_id=french.translation_key)

    def rows() -> set[tuple[object, ...]]:
        strings = source.stringsegment_set.values_list("context__path", "context__field_path", "string__data", "order")
        others = source.overridablesegment_set.values_list("context__path", "context__field_path", "data_json", "order")
        return {*strings, *others}

    ours = rows()
    source.refresh_segments()
    assert rows() == ours


def test_a_pair_is_stored_with_a_bounded_number_of_queries(pair, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(22):
        store_translation(*pair)
    start = time.perf_counter()
    for _round in range(5):
        store_translation(*pair)
    assert (time.perf_counter() - start) / 5 < 0.2  # a load has some 130 of them; about 10 ms on a small machine


def test_the_buttons_of_the_desk_leave_the_english_as_it_was(
    pair, client_for, cast, django_capture_on_commit_callbacks
) -> None:
    """“Sync translated pages, publish immediately”, then “publish” in the translation editor."""
    french, english = pair
    store_translation(french, english)
    before = words(english)
    french.body[1].value = "Au greffe, on écrit tout le jour même."
    french.save_revision().publish()
    desk = client_for(cast.admin)
    source = TranslationSource.objects.get(object_id=french.translation_key)
    with django_capture_on_commit_callbacks(execute=True):
        synced = desk.post(f"/authoring/localize/update/{source.pk}/", {"publish_translations": "on"})
    assert synced.status_code == 302 and words(english) == before
    editor = f"/authoring/pages/{english.pk}/edit/"
    assert "What is missing?" in desk.get(editor).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(editor, {"action": "publish"}).status_code == 302
    assert words(english) == before
    assert Translation.objects.get(source=source).get_progress() == (4, 3)
