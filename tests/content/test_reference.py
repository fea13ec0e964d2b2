"""Bibliography, norms, glossary: public, folded search, empty states."""

from __future__ import annotations

from types import SimpleNamespace as Given

import pytest

from content import queries
from content.models import Norm, Source, Term
from content.services import store_norms, store_sources, store_terms
from content.signals import terms_changed
from operations.addresses import neutral


def source(**changes: object) -> Given:
    given = {
        "id": "x-regles", "title": "Règles d'essai", "author_or_publisher": "Œuvre collective", "year": 2015,
        "kind": "standard", "url": "https://example.org/regles", "checked": "2026-11", "checked_against": "memory",
        "file": "sources-x.yaml", "extra": {},
    }  # fmt: skip
    return Given(**(given | changes))


def term(fr: str, en: str = "", **changes: object) -> Given:
    given = {"term": {"fr": fr, "en": en}, "definition": {"fr": f"Sens de {fr}.", "en": f"Meaning of {en}."}}
    return Given(**(given | {"source": "x-regles", "file": "glossary-x.yaml", "extra": {}} | changes))


@pytest.fixture
def stored(db) -> None:
    Term.objects.all().delete()
    store_sources([source()])
    store_norms([Given(id="x-7", source="x-regles", number=7, label={"fr": "Règle 7 – Dossiers"}, extra={"a": 1})])
    store_terms([term("Écrou", "Admission"), term("Zèle", "Zeal"), term("Écrou", "Admission")])


def test_loading_again_updates_and_adds_nothing(stored) -> None:
    store_sources([source(title="Autre titre")])
    assert Source.objects.get(slug="x-regles").title == "Autre titre"
    assert Norm.objects.get(slug="x-7").number == "7" and Norm.objects.get(slug="x-7").extra == {"a": 1}
    told: list[object] = []
    receiver = lambda **kwargs: told.append(kwargs)  # noqa: E731
    terms_changed.connect(receiver)
    try:
        store_terms([term("Écrou", "Admission"), term("Zèle", "Zeal"), term("Écrou", "Admission")])
        assert not told
        store_terms([term("Écrou", "Admission to prison")])
        assert len(told) == 1
    finally:
        terms_changed.disconnect(receiver)
    assert sorted(Term.objects.values_list("slug", flat=True)) == ["ecrou", "ecrou-2", "zele"]


def test_the_bibliography_is_found_without_accents_and_by_kind(stored, client_for) -> None:
    for query in ("?q=regles+essai", "?q=OEUVRE", "?kind=standard&q=2015"):
        html = client_for().get(f"/en/sources/{query}").content.decode()
        assert f'id="src-{neutral("x-regles")}"' in html and 'href="https://example.org/regles"' in html
    assert "No source matches." in client_for().get("/en/sources/?q=zzzz").content.decode()
    assert client_for().get("/en/sources/", {"kind": "<script>", "q": "x" * 5000}).status_code == 200


def test_the_glossary_is_in_the_order_of_its_letters_and_folds_its_search(stored, client_for) -> None:
    html = client_for().get("/fr/glossary/").content.decode()
    assert html.index('id="l-E"') < html.index('id="l-Z"')
    assert html.count("<dt>Écrou</dt>") == 1 and html.count("Sens de Écrou.") == 2
    found = client_for().get("/fr/glossary/?q=ECROU").content.decode()
    assert "Écrou" in found and "Zèle" not in found
    assert "No word matches." in client_for().get("/en/glossary/?q=zzzz").content.decode()


def test_words_without_the_readers_language_are_marked(stored, client_for) -> None:
    assert f'<div id="g-{neutral("ecrou")}" lang="fr" dir="ltr">' in client_for().get("/ar/glossary/").content.decode()


def test_pages_say_so_while_nothing_is_there(db, client_for) -> None:
    Term.objects.all().delete()
    assert "Words appear here" in client_for().get("/en/glossary/").content.decode()


def test_reads_stay_at_one_query(stored, django_assert_num_queries) -> None:
    for read in (queries.sources, queries.norms_by_source, queries.glossary, queries.kinds_in_use):
        with django_assert_num_queries(1):
            list(read())


def test_search_text_comes_back_harmless(stored, client_for) -> None:
    html = client_for().get("/en/glossary/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in html
