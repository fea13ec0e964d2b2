"""Wagtail's own routing is no way round the policy: a stranger never reads a lesson through the page tree."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from content.pages import ensure_site, raw_stream
from courses.models import Course, CoursePage, LessonPage, ModulePage
from programme.models import Domain


@pytest.fixture
def lesson(db) -> LessonPage:
    home = ensure_site()["fr"]
    domain = Domain.objects.create(slug="x-d1", number=90, words={"fr": "Domaine"})
    course = Course.objects.create(key=uuid.uuid4(), slug="x", code="X1", owner="x", domain=domain, minutes=10)
    page = CoursePage(
        title="Cours",
        slug="un-sujet",
        locale=home.locale,
        translation_key=course.key,
        course=course,
        summary="Résumé",
        certificate_title="Titre",
    )
    home.add_child(instance=page)
    module = ModulePage(title="Module", slug="module", locale=home.locale)
    page.add_child(instance=module)
    key = uuid.uuid4()
    body = raw_stream([("text", "Le secret de la leçon.")], key=key)
    lesson = LessonPage(title="Leçon", slug="lecon", locale=home.locale, translation_key=key, body=body)
    module.add_child(instance=lesson)
    for each in (page, module, lesson):
        each.save_revision().publish()
    return LessonPage.objects.get(pk=lesson.pk)


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_a_stranger_gets_no_lesson_from_the_tree(lesson, client_for, language: str) -> None:
    for path in ("un-sujet/", "un-sujet/module/", "un-sujet/module/lecon/", "fr/un-sujet/module/lecon/"):
        response = client_for().get(f"/{language}/{path}")
        assert response.status_code in (301, 302, 403, 404)
        assert "Le secret" not in response.content.decode()


def test_the_addresses_of_learners_pages_carry_code_and_number_only(lesson) -> None:
    with_ref = reverse("activity", args=["X1", lesson.translation_key.hex[:8]]).split("/", 2)[2]
    assert lesson.get_url_parts()[2] == f"/fr/{with_ref}"
    assert "sujet" not in lesson.url
