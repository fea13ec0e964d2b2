"""The authoring desk: who may change what lessons point to, and what becomes of it."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from wagtail_localize.models import Translation

from content.models import ErrorReport, Figure, Norm, Source, Term
from content.services import report_error
from content.translation import store_translation
from tests.content.conftest import SVG

DESK = "/authoring/snippets/content"


@pytest.fixture
def source(db) -> Source:
    return Source.objects.create(slug="x-regles", title="Règles", author="ONU", year="2015", kind="standard")


@pytest.fixture
def desk(client_for, cast):
    return client_for(cast.oumar)


@pytest.mark.parametrize("model", ["source", "norm", "term", "figure", "errorreport"])
def test_lists_are_for_authors(client_for, cast, model: str) -> None:
    assert client_for(cast.oumar).get(f"{DESK}/{model}/").status_code == 200
    for person in (None, cast.awa):
        assert client_for(person).get(f"{DESK}/{model}/").status_code in (302, 403)


@pytest.mark.parametrize("model", ["source", "norm", "term", "figure"])
def test_choosers_find_without_accents(desk, source, model: str) -> None:
    Norm.objects.create(slug="x-7", source=source, number="7", label={"fr": "Règle 7"})
    html = desk.get(f"/authoring/snippets/choose/content/{model}/results/?q=regle").content.decode()
    assert ("Règle 7" in html) == (model == "norm")
    if model == "source":
        assert "Règle" in html  # the source of the fixture


def test_an_author_adds_a_norm_and_a_word_in_both_languages(desk, source) -> None:
    norm = {
        "slug": "x-7",
        "source": source.pk,
        "number": "7",
        "label_fr": "Règle 7",
        "label_en": "Rule 7",
        "position": 1,
    }
    response = desk.post(f"{DESK}/norm/add/", norm)
    assert response.status_code == 302, response.context["form"].errors
    assert Norm.objects.get(slug="x-7").label == {"fr": "Règle 7", "en": "Rule 7"}
    term = {
        "term_fr": "Greffe judiciaire",
        "term_en": "",
        "definition_fr": "Bureau.",
        "definition_en": "",
        "source": "",
    }
    assert desk.post(f"{DESK}/term/add/", term).status_code == 302
    assert Term.objects.get(slug="greffe-judiciaire").definition == {"fr": "Bureau."}


def test_words_are_first_needed_in_the_sites_language(desk) -> None:
    response = desk.post(f"{DESK}/term/add/", {"term_en": "Registry", "definition_en": "Office."})
    assert response.status_code == 200 and not Term.objects.filter(term__en="Registry").exists()


def svg(data: bytes = SVG, name: str = "a.svg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_a_figure_is_uploaded_per_language_and_keeps_what_is_not_sent_again(desk) -> None:
    response = desk.post(
        f"{DESK}/figure/add/", {"name": "x-pas", "owner": "", "tier": "staff", "file_fr": svg(), "file_en": svg()}
    )
    assert response.status_code == 302
    figure = Figure.objects.get(name="x-pas")
    assert set(figure.files.values_list("language", flat=True)) == {"fr", "en"}
    other = SVG.replace(b"640", b"320")
    desk.post(f"{DESK}/figure/edit/{figure.pk}/", {"name": "x-pas", "owner": "", "tier": "open", "file_en": svg(other)})
    figure.refresh_from_db()
    assert figure.tier == "open"
    assert {file.language: file.width for file in figure.files.all()} == {"fr": 640, "en": 320}


def test_a_hostile_figure_is_refused_beside_its_field(desk) -> None:
    bad = SVG.replace(b"<desc>", b"<script>alert(1)</script><desc>")
    response = desk.post(f"{DESK}/figure/add/", {"name": "x-mal", "tier": "staff", "file_fr": svg(bad)})
    assert response.status_code == 200 and "script" in response.content.decode()
    assert not Figure.objects.filter(name="x-mal").exists()


def test_only_administrators_delete_what_lessons_point_to(client_for, cast, source) -> None:
    assert client_for(cast.oumar).post(f"{DESK}/source/delete/{source.pk}/").status_code in (302, 403)
    assert Source.objects.filter(pk=source.pk).exists()
    client_for(cast.admin).post(f"{DESK}/source/delete/{source.pk}/")
    assert not Source.objects.filter(pk=source.pk).exists()


def test_a_report_is_answered_from_the_queue(desk, cast) -> None:
    made = report_error(
        page_key=uuid.uuid4(), language="fr", revision=None, owner="x", kind="danger", text="<b>Nom</b>", reporter=None
    )
    assert "&lt;b&gt;Nom&lt;/b&gt;" in desk.get(f"{DESK}/errorreport/?status=new").content.decode()
    assert desk.get(f"{DESK}/errorreport/edit/{made.pk}/").status_code == 200
    assert desk.post(f"{DESK}/errorreport/edit/{made.pk}/", {"answer": ""}).status_code == 200
    assert desk.post(f"{DESK}/errorreport/edit/{made.pk}/", {"answer": "Retiré."}).status_code == 302
    made.refresh_from_db()
    assert (made.status, made.answer, made.text) == ("handled", "Retiré.", "<b>Nom</b>")
    assert desk.get(f"{DESK}/errorreport/add/").status_code in (302, 403, 404)
    desk.post(f"{DESK}/errorreport/delete/{made.pk}/")
    assert ErrorReport.objects.filter(pk=made.pk).exists()


def test_no_author_turns_a_translation_into_a_copy_of_its_source(desk, client_for, cast, pair) -> None:
    _french, english = pair
    store_translation(*pair)
    for who in (desk, client_for(cast.admin)):
        answer = who.post(f"/authoring/localize/page/{english.pk}/convert_to_alias/")
        assert answer.status_code == 302
        english.refresh_from_db()
        assert english.alias_of_id is None
    assert Translation.objects.filter(source__object_id=english.translation_key, enabled=True).exists()
