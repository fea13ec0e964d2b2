"""Pages that join norms and programme with courses: what is public, in the nearest language, nothing else."""

from __future__ import annotations

import uuid

import pytest

from content.converters import norm_ref
from content.models import Norm, Source
from courses.models import Activity, ActivityText, Course, CourseText
from programme.models import Domain, Edition, Priority


def address(language: str, slug: str = "x-7") -> str:
    return f"/{language}/norms/{norm_ref(slug)}/"


@pytest.fixture
def norm(db) -> Norm:
    source = Source.objects.create(slug="x-regles", title="Règles", author="ONU", year="2015", kind="standard")
    return Norm.objects.create(slug="x-7", source=source, number="7", label={"fr": "Règle 7", "en": "Rule 7"})


def course(code: str, norm: Norm, visibility: str = "public-page") -> Course:
    domain, _made = Domain.objects.get_or_create(slug="x-d1", defaults={"number": 90, "words": {"fr": "Domaine"}})
    priority, _made = Priority.objects.get_or_create(slug="x-p1", defaults={"number": 90, "words": {"fr": "Priorité"}})
    made = Course.objects.create(
        key=uuid.uuid4(), slug=code.lower(), code=code, owner="x", domain=domain, minutes=10, visibility=visibility
    )
    made.priorities.add(priority)
    key = uuid.uuid4()
    Activity.objects.create(key=key, ref=key.hex[:8], course=made, position=0, kind="lesson", rule="declared")
    for language in ("fr", "en"):
        CourseText.objects.create(course=made, language=language, title=f"{code} {language}", summary="x")
        ActivityText.objects.create(
            course=made,
            key=key,
            language=language,
            page=1,
            title=f"Leçon {code} {language}",
            facts={"norms": [{"slug": norm.slug, "number": "7", "label": norm.label}]},
        )
    return made


def test_a_norm_lists_the_lessons_that_rest_on_it_in_the_readers_language(norm, client_for) -> None:
    course("X1", norm)
    for language in ("fr", "en"):
        html = client_for().get(address(language)).content.decode()
        assert f"Leçon X1 {language}" in html and f"X1 {language}" in html
        assert f"Leçon X1 {'en' if language == 'fr' else 'fr'}" not in html
    assert "Leçon X1 fr" in client_for().get(address("ar")).content.decode()


def test_hidden_courses_and_retired_lessons_are_not_named(norm, client_for) -> None:
    course("X2", norm, visibility="invitation")
    retired = course("X3", norm)
    Activity.objects.filter(course=retired).update(retired=True)
    html = client_for().get(address("en")).content.decode()
    assert "X2" not in html and "X3" not in html
    assert "No published lesson rests on this norm yet." in html


def test_a_norm_costs_the_same_whatever_the_number_of_lessons(norm, client_for, django_assert_max_num_queries) -> None:
    for number in range(4):
        course(f"X{number}", norm)
    with django_assert_max_num_queries(6):
        client_for().get(address("en"))


def test_an_unknown_norm_is_not_found(db, client_for) -> None:
    assert client_for().get(address("en", "x-none")).status_code == 404


def test_the_programme_names_the_courses_of_each_cell(norm, client_for) -> None:
    Edition.objects.get_or_create(pk=1, defaults={"source": "seed", "as_of": "2017", "checked": "2026-11"})
    course("X1", norm)
    course("X2", norm, visibility="invitation")
    html = client_for().get("/en/programme/").content.decode()
    assert "X1 · X1 en" in html and "X2" not in html
