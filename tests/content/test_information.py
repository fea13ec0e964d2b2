"""Information pages, and who shows which page of the tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation
from wagtail.models import Page, Site

from content.models import InformationPage
from content.pages import FOLDER, ensure_site, load_pages
from people.models import User


@pytest.fixture
def loaded(db) -> None:
    load_pages()


def test_the_site_begins_with_one_home_a_language(db) -> None:
    homes = ensure_site()
    assert set(homes) == {"fr", "en"}
    assert homes["fr"].translation_key == homes["en"].translation_key
    assert Site.objects.get(is_default_site=True).root_page_id == homes["fr"].pk
    assert ensure_site() == homes
    assert not Page.objects.filter(depth=2, slug="home").exists()


@pytest.mark.parametrize("slug", sorted({path.name.split(".")[0] for path in FOLDER.glob("*.md")}))
def test_every_information_page_is_public_in_both_languages(loaded, client_for, slug: str) -> None:
    for language in ("fr", "en"):
        response = client_for().get(f"/{language}/{slug}/")
        page = InformationPage.objects.get(slug=slug, locale__language_code=language)
        html = response.content.decode()
        assert response.status_code == 200
        assert f"<h1>{page.title}</h1>" in html and 'style="' not in html
        other = "en" if language == "fr" else "fr"
        assert f'href="/{other}/{slug}/"' in html
        assert "unsafe-inline" not in response["Content-Security-Policy"]


def test_a_reader_in_another_language_gets_the_sites_words_marked_as_such(loaded, client_for) -> None:
    response = client_for().get("/ar/about/")
    assert response.status_code == 200
    assert 'lang="fr" dir="ltr"' in response.content.decode()


def test_the_about_page_says_what_was_not_reviewed(loaded, client_for) -> None:
    assert "reviewed by a Malian jurist, a prison doctor" in client_for().get("/en/about/").content.decode()
    assert "2013-015" in client_for().get("/fr/privacy/").content.decode()


def written(folder: Path, text: str) -> None:
    for language in ("fr", "en"):
        (folder / f"essai.{language}.md").write_text(f"---\ntitle: Essai {language}\n---\n{text}\n", encoding="utf-8")


def test_a_changed_file_changes_the_page_and_only_then(db, tmp_path) -> None:
    written(tmp_path, "Un.")
    assert len(load_pages(tmp_path)) == 2
    assert load_pages(tmp_path) == []
    written(tmp_path, "Deux.")
    assert len(load_pages(tmp_path)) == 2
    page = InformationPage.objects.get(slug="essai", locale__language_code="fr")
    assert page.live and page.body[0].value == "Deux."


def test_what_an_author_changed_is_not_overwritten(db, tmp_path) -> None:
    written(tmp_path, "Un.")
    load_pages(tmp_path)
    page = InformationPage.objects.get(slug="essai", locale__language_code="fr")
    page.title = "Mon titre"
    page.save_revision(user=User.objects.create_user("auteur")).publish()
    written(tmp_path, "Deux.")
    assert [changed.locale.language_code for changed in load_pages(tmp_path)] == ["en"]
    page.refresh_from_db()
    assert page.title == "Mon titre"


def test_home_pages_of_the_tree_only_lead_to_the_home_screen(homes) -> None:
    assert homes["en"].get_url_parts()[2] == "/en/"
    with translation.override("fr"):
        assert homes["fr"].serve(None).url == "/fr/"
