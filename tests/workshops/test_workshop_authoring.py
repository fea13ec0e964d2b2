"""Authors put a workshop into a course in Wagtail; a reviewer publishes it; the translation desk gives it English words."""

from __future__ import annotations

import pytest
from django.conf import settings
from wagtail.models import Locale
from wagtail_localize.models import StringSegment, StringTranslation, Translation, TranslationSource

from content.translation import store_translation
from courses import services as courses
from courses.models import Activity, ActivityText, LessonPage, ModulePage
from courses.queries import current_outline
from courses.wagtail_hooks import pinned
from tests.courses import build
from tests.workshops.blended import add_step, hold, on_list, planned
from workshops.models import WorkshopPage

pytestmark = pytest.mark.django_db

ADD = "/authoring/pages/add/workshops/workshoppage/{}/"
FORM = {
    "title": "Deux jours en salle",
    "slug": "deux-jours",
    "summary": "On apporte son registre.",
    "minutes": "720",
    "required": "on",
    "comments-TOTAL_FORMS": "0",
    "comments-INITIAL_FORMS": "0",
}


@pytest.fixture
def course(cast):
    return build.make_course("W1", lessons=(1,))


def above(course, where: str):
    page = build.source_page(course)
    return page if where == "course" else ModulePage.objects.child_of(page).first()


@pytest.mark.parametrize("where", ["course", "module"])
def test_an_author_adds_it_and_somebody_else_publishes_it(
    where, course, cast, client_for, django_capture_on_commit_callbacks
):
    parent = above(course, where)
    author = client_for(cast.oumar)
    assert "workshops/workshoppage" in author.get(f"/authoring/pages/{parent.pk}/add_subpage/").content.decode()
    assert author.get(ADD.format(parent.pk)).status_code == 200
    assert author.post(ADD.format(parent.pk), FORM).status_code == 302
    page = WorkshopPage.objects.get()
    assert not page.live
    assert not Activity.objects.filter(kind="workshop").exists()
    with django_capture_on_commit_callbacks(execute=True):
        reviewer = client_for(cast.fanta)
        edit = f"/authoring/pages/{page.pk}/edit/"
        assert reviewer.get(edit).status_code == 200
        assert reviewer.post(edit, {**FORM, "action-publish": "1"}).status_code == 302
    page.refresh_from_db()
    assert page.live
    outline = current_outline(course.pk)
    entry = (outline["modules"][0]["activities"][1:] if where == "module" else outline["final"])[0]
    assert (entry["kind"], entry["rule"], entry["minutes"], entry["required"]) == ("workshop", "attended", 720, True)
    text = course.texts.get(language="fr")
    assert text.titles[entry["key"]] == "Deux jours en salle"
    assert page.get_url_parts()[2] == f"/fr/c/W1/{entry['ref']}/"


def test_nothing_stands_below_it_and_it_stands_below_no_lesson(course, cast, client_for):
    page = above(course, "module")
    lesson = LessonPage.objects.child_of(page).first()
    assert client_for(cast.oumar).get(ADD.format(lesson.pk)).status_code in (302, 403)
    assert WorkshopPage.allowed_subpage_models() == []


def test_the_translation_desk_gives_it_english_words_and_the_facts_stay(
    course, cast, django_capture_on_commit_callbacks
):
    page = above(course, "module").add_child(
        instance=WorkshopPage(title="Deux jours", slug="deux", summary="On s'exerce.", minutes=600)
    )
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    source, _made = TranslationSource.update_or_create_from_instance(page)
    translation = Translation.objects.create(source=source, target_locale=Locale.objects.get(language_code="en"))
    for segment in StringSegment.objects.filter(source=source).select_related("context"):
        words = {"title": "Two days", "summary": "We practise."}[segment.context.path]
        StringTranslation.objects.create(
            translation_of=segment.string,
            context=segment.context,
            locale=translation.target_locale,
            data=words,
        )
    with django_capture_on_commit_callbacks(execute=True):
        translation.save_target(publish=True)
    english = WorkshopPage.objects.get(translation_key=page.translation_key, locale__language_code="en")
    assert (english.title, english.summary, english.minutes) == ("Two days", "We practise.", 600)
    assert english.get_parent().locale.language_code == "en"
    key = str(page.translation_key)
    text = course.texts.get(language="en")
    assert (text.titles[key], text.facts[key]["summary"]) == ("Two days", "We practise.")
    assert text.facts[key]["languages"] == ["en", "fr"]
    assert course.outline_versions.count() == 2  # words make no further version


def test_publishing_the_source_leaves_the_english_words(course, django_capture_on_commit_callbacks):
    key = add_step(course)
    pair = {page.locale.language_code: page for page in WorkshopPage.objects.filter(translation_key=key)}
    for page in pair.values():
        page.save_revision().publish()
    store_translation(pair["fr"], pair["en"])
    translation = Translation.objects.get(source__object_id=key)
    pair["fr"].title = "Trois jours"
    pair["fr"].minutes = 900
    pair["fr"].save_revision().publish()
    translation.source.update_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        translation.save_target(publish=True)
    english = WorkshopPage.objects.get(pk=pair["en"].pk)
    assert (english.title, english.minutes) == ("Two days in Koulikoro", 900)


def test_a_page_that_learners_stand_on_is_not_deleted_and_comes_back_with_what_was_attended(
    course, cast, django_capture_on_commit_callbacks
):
    key = add_step(course)
    enrolment = courses.enrol(user=cast.awa, course=course)
    page = WorkshopPage.objects.get(translation_key=key, locale__language_code=settings.LANGUAGE_CODE)
    assert pinned([page])
    workshop = planned(cast.issa, course)
    (row,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {row: 4})
    with django_capture_on_commit_callbacks(execute=True):
        page.unpublish()
    assert Activity.objects.get(key=key).retired
    assert ActivityText.objects.filter(key=key, language="fr").exists()
    assert build.finished(enrolment) == {key}  # what a person has completed stays completed
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    assert not Activity.objects.get(key=key).retired
