"""What authors publish becomes the outline and the words that learners' screens read."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory
from wagtail.models import Locale

from courses import publication, rules, services
from courses.models import Activity, ActivityText, CoursePage, CourseText, LessonPage, ModulePage, OutlineVersion
from courses.wagtail_hooks import keep_pinned_pages
from tests.courses import build

pytestmark = pytest.mark.django_db


def lesson(course, number: int, language: str = "fr") -> LessonPage:
    key = build.lesson_keys(course)[number]
    return LessonPage.objects.get(translation_key=key, locale__language_code=language)


def test_the_outline_has_the_order_of_the_source_tree():
    course = build.make_course(lessons=(2, 1))
    outline = course.outline_versions.get().outline
    modules = ModulePage.objects.child_of(build.source_page(course))
    assert [module["key"] for module in outline["modules"]] == [str(module.translation_key) for module in modules]
    assert [len(module["activities"]) for module in outline["modules"]] == [2, 1]
    first = outline["modules"][0]["activities"][0]
    assert first["ref"] == first["key"][:8]
    assert (first["kind"], first["rule"], first["required"], first["minutes"]) == ("lesson", "declared", True, 20)
    assert Activity.objects.filter(course=course, retired=False).count() == 3


def test_publishing_again_changes_nothing():
    course = build.make_course()
    texts = CourseText.objects.filter(course=course).order_by("language")
    before = list(texts.values("titles", "facts", "folded", "weight"))
    publication.publish(course)
    assert course.outline_versions.count() == 1
    assert list(texts.values("titles", "facts", "folded", "weight")) == before


def test_new_words_make_no_new_version_but_are_shown(django_capture_on_commit_callbacks):
    course = build.make_course()
    page = lesson(course, 0)
    page.title = "Un autre titre"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    assert course.outline_versions.count() == 1
    text = CourseText.objects.get(course=course, language="fr")
    assert text.titles[str(page.translation_key)] == "Un autre titre"
    assert "un autre titre" in text.folded
    stored = ActivityText.objects.get(key=page.translation_key, language="fr")
    page.refresh_from_db()
    assert stored.title == "Un autre titre"
    assert stored.revision == page.live_revision_id


@pytest.mark.parametrize("change", ["minutes", "required", "moved"])
def test_a_change_of_facts_makes_a_new_version(change, django_capture_on_commit_callbacks):
    course = build.make_course()
    page = lesson(course, 0)
    with django_capture_on_commit_callbacks(execute=True):
        if change == "moved":
            page.move(ModulePage.objects.child_of(build.source_page(course)).last(), pos="last-child")
        else:
            page.minutes = 45 if change == "minutes" else page.minutes
            page.required = change != "required"
            page.save_revision().publish()
    assert course.outline_versions.count() == 2
    newest = course.outline_versions.order_by("-number").first().outline
    entry = rules.find(newest, key=page.translation_key)
    assert entry["minutes"] == page.minutes
    assert entry["required"] == page.required
    if change == "moved":
        assert [len(module["activities"]) for module in newest["modules"]] == [1, 3]


def test_a_pass_mark_that_changes_makes_a_new_version():
    course = build.make_course()
    course.pass_mark = 80
    course.save()
    publication.publish_outline(course)
    assert [version.outline["pass_mark"] for version in course.outline_versions.order_by("number")] == [70, 80]


def test_an_unpublished_lesson_is_retired_and_those_who_began_before_keep_their_version(
    django_capture_on_commit_callbacks, cast
):
    course = build.make_course()
    enrolment = services.enrol(user=cast.awa, course=course)
    page = lesson(course, 1)
    with django_capture_on_commit_callbacks(execute=True):
        page.unpublish()
    assert Activity.objects.get(key=page.translation_key).retired
    later = services.enrol(user=cast.seydou, course=course)
    assert rules.find(later.outline.outline, key=page.translation_key) is None
    enrolment.refresh_from_db()
    assert enrolment.outline.number == 1
    assert ActivityText.objects.filter(key=page.translation_key, language="fr").exists()
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    assert not Activity.objects.get(key=page.translation_key).retired
    assert course.outline_versions.count() == 3


def test_a_translation_brings_words_but_no_order(django_capture_on_commit_callbacks):
    course = build.make_course()
    page = lesson(course, 0, "en")
    modules = ModulePage.objects.child_of(CoursePage.objects.get(course=course, locale__language_code="en"))
    with django_capture_on_commit_callbacks(execute=True):
        page.move(modules.last(), pos="last-child")
    assert course.outline_versions.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        page.refresh_from_db()
        page.unpublish()
    assert course.outline_versions.count() == 1
    assert not ActivityText.objects.filter(key=page.translation_key, language="en").exists()
    english = CourseText.objects.get(course=course, language="en")
    french = CourseText.objects.get(course=course, language="fr")
    assert english.titles[str(page.translation_key)] == french.titles[str(page.translation_key)]
    assert french.facts[str(page.translation_key)]["languages"] == ["fr"]


def test_a_whole_course_taken_back_keeps_its_outline_and_leaves_the_catalogue(django_capture_on_commit_callbacks):
    course = build.make_course()
    with django_capture_on_commit_callbacks(execute=True):
        build.source_page(course).unpublish()
    assert not CourseText.objects.get(course=course, language="fr").live
    assert course.outline_versions.count() == 1
    assert not Activity.objects.filter(course=course, retired=True).exists()


def test_lessons_published_before_their_course_page_are_written_with_it(django_capture_on_commit_callbacks):
    course = build.make_course(publish=False)
    with django_capture_on_commit_callbacks(execute=True):
        build.source_page(course).save_revision().publish()
    assert ActivityText.objects.filter(course=course, language="fr").count() == 4


def test_a_load_that_pauses_publishes_nothing_by_itself(django_capture_on_commit_callbacks):
    course = build.make_course(publish=False)
    with django_capture_on_commit_callbacks(execute=True), publication.paused():
        build.source_page(course).save_revision().publish()
    assert not OutlineVersion.objects.filter(course=course).exists()


def test_two_steps_with_the_same_address_are_refused():
    course = build.make_course()
    first = build.lesson_keys(course)[0]
    twin = uuid.UUID(hex=first.hex[:8] + uuid.uuid4().hex[8:])
    module = ModulePage.objects.child_of(build.source_page(course)).first()
    with publication.paused():
        module.add_child(instance=build.lesson_page("Jumelle", Locale.objects.get(language_code="fr"), twin))
    with pytest.raises(ValueError, match="same eight digits"):
        publication.publish_outline(course)


def test_wagtails_own_route_is_no_way_round_the_policy(client):
    course = build.make_course()
    page = lesson(course, 0)
    assert page.get_url_parts()[2] == f"/fr/c/T1/{page.translation_key.hex[:8]}/"
    answer = client.get(f"/fr/{page.url_path.split('/', 2)[2]}")
    assert answer.status_code in (302, 404)
    assert b"disparaitre" not in answer.content
    assert build.source_page(course).get_url_parts()[2] == "/fr/c/T1/"


def test_a_page_that_learners_stand_on_cannot_be_deleted(cast):
    course = build.make_course()
    page = lesson(course, 0)
    request = RequestFactory().get("/")
    request.user = cast.oumar
    request.session = {}
    request._messages = FallbackStorage(request)
    assert keep_pinned_pages(request, page) is None
    services.enrol(user=cast.awa, course=course)
    for pinned in (page, build.source_page(course), page.get_parent()):
        answer = keep_pinned_pages(request, pinned)
        assert answer.status_code == 302
    assert keep_pinned_pages(request, lesson(course, 0, "en")) is None
    words = [str(message) for message in request._messages]
    assert len(words) == 3
    assert words[0].startswith(("This page belongs", "Cette page"))
