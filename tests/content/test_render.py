"""What becomes of the blocks of a lesson."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from content.blocks import Body
from content.glossary import Glossary, without_links
from content.rendering import fill, render_body
from content.services import store_figure
from operations.addresses import neutral
from tests.content.conftest import SVG

BLOCKS = [
    ("heading", "Le registre"),
    ("text", "Personne n'est reçu sans **titre de détention** valable."),
    ("table", "| Séparer | Pourquoi |\n| --- | --- |\n| Les prévenus | Présumés innocents |"),
    ("figure", {"name": "pas", "alt": "Trois pas"}),
    ("case", {"title": "L'ordre manquant", "text": "À 22 heures, un véhicule arrive."}),
    ("warning", {"title": "", "text": "Jamais sur l'ethnie."}),
    ("reflect", {"text": "Que manque-t-il *souvent* ?"}),
    ("practice", {"text": "Prenez cinq fiches."}),
    ("key", {"text": "- Pas de titre, pas d'écrou."}),
]


@pytest.fixture
def figure(db):
    return store_figure(owner="essai", name="pas", language="fr", data=SVG)


def test_every_kind_of_block_is_named_by_a_heading(figure) -> None:
    html = render_body(BLOCKS, language="fr", course_slug="essai").html
    for kind in ("case", "warning", "reflect", "practice", "key"):
        section = re.search(rf'<section class="block {kind}" aria-labelledby="([^"]+)"><h3 id="([^"]+)">', html)
        assert section and section[1] == section[2]
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert '<table class="stack">' in html
    assert "L’ordre manquant" in html


def test_blocks_speak_the_language_of_the_content_not_of_the_reader(db) -> None:
    blocks = [("case", {"title": "A", "text": "B"}), ("key", {"text": "C"})]
    with translation.override("ar"):
        html = render_body(blocks, language="en").html
    assert "fictional case" in html
    assert "To remember" in html


def test_a_figure_has_size_alternative_text_and_words(figure) -> None:
    rendering = render_body(BLOCKS, language="fr", course_slug="essai")
    [entry] = rendering.figures
    file = figure.files.get()
    assert entry == {"digest": file.digest, "extension": "svg", "weight": len(SVG), "name": "pas"}
    assert 'width="640" height="480" loading="lazy" alt="Trois pas"' in rendering.html
    assert f'<a href="/files/f/{file.digest}.svg">' in rendering.html
    assert "1. Lire 2. Écrire 3. Signer" in rendering.html
    assert rendering.weight_bytes == len(rendering.html.encode()) + len(SVG)


def test_a_figure_without_a_file_in_the_language_is_shown_in_the_sites(figure) -> None:
    assert render_body(BLOCKS, language="en", course_slug="essai").figures
    assert not render_body(BLOCKS, language="fr", course_slug="another").figures


def test_figures_cost_one_query_however_many(figure, django_assert_num_queries) -> None:
    store_figure(owner="essai", name="autre", language="fr", data=SVG)
    blocks = [("figure", {"name": "pas", "alt": "a"}), ("figure", {"name": "autre", "alt": "b"})]
    with django_assert_num_queries(1):
        render_body(blocks, language="fr", course_slug="essai")


def test_a_stream_value_renders_as_its_blocks_do(pair) -> None:
    rendering = render_body(pair[0].body, language="fr")
    assert "<p>Au greffe, on écrit tout.</p>" in rendering.html
    [reflection] = rendering.reflections
    assert reflection["id"] == pair[0].body[2].id == pair[1].body[2].id
    assert reflection["question"] == "Que manque-t-il\u202f?"


def test_reflections_leave_a_mark_that_the_page_fills(db) -> None:
    rendering = render_body([{"type": "reflect", "value": {"text": "Et vous ?"}, "id": "r-1"}], language="fr")
    assert "<form>" in fill(rendering.html, {"r-1": "<form></form>"})
    assert "<!--" not in fill(rendering.html, {})


def test_an_author_cannot_write_a_mark_or_markup(db) -> None:
    text = "<!--reflection:r-1--> <script>alert(1)</script> [a](javascript:alert(1)) <b onclick=x>b</b>"
    blocks = [("text", text), ("case", {"title": text, "text": text}), ("heading", text)]
    html = render_body(blocks, language="fr").html
    assert fill(html, {"r-1": "FILLED"}).count("FILLED") == 0
    assert "<script" not in html and "<b" not in html and 'href="javascript' not in html


def terms(**words: str) -> Glossary:
    return Glossary.from_terms("fr", words.items())


def test_only_the_first_occurrence_of_a_word_is_linked() -> None:
    found: list[str] = []
    glossary = terms(ecrou="Écrou")
    html = glossary.link("<p>Un écrou, deux ÉCROUS.</p>", found) + glossary.link("<p>L'écrou.</p>", found)
    assert html.count("<a ") == 1 and found == ["ecrou"]
    assert f'<p>Un <a class="term" href="#g-{neutral("ecrou")}" id="t-{neutral("ecrou")}">écrou</a>, deux' in html


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Moyens de contrainte", "un moyen de contrainte"),
        ("Juge de l'application des peines", "les juges de l’application des peines"),
        ("Réhabilitation et réinsertion (R&R)", "la R&amp;R"),
        ("Délinquant extrémiste violent (DEV)", "un DEV"),
        ("Prévenu, personne prévenue", "des personnes prévenues"),
        ("Pôle judiciaire spécialisé", "pôles\u00a0judiciaires spécialisés"),
        ("Signal d'alerte immédiate", "des signaux d'alerte immédiate"),
    ],
)
def test_a_word_is_found_in_all_its_forms(term: str, text: str) -> None:
    found: list[str] = []
    assert f'id="t-{neutral("x")}"' in terms(x=term).link(f"<p>{text}</p>", found)


def test_the_longest_word_wins_also_the_second_time() -> None:
    found: list[str] = []
    html = terms(court="Isolement", long="Isolement prolongé").link(
        "<p>isolement prolongé, isolement prolongé, isolement</p>", found
    )
    assert found == ["long", "court"] and html.endswith(f'id="t-{neutral("court")}">isolement</a></p>')


@pytest.mark.parametrize(
    "html",
    [
        "<p>écroué</p>",
        '<a href="#x">écrou</a>',
        "<th>écrou</th>",
        "<code>écrou</code>",
        '<p title="écrou">x</p>',
        "<h3>écrou</h3>",
    ],
)
def test_words_inside_other_words_links_heads_and_code_stay(html: str) -> None:
    assert terms(ecrou="Écrou").link(html, []) == html


def test_links_can_be_taken_out_again() -> None:
    html = "<p>Un écrou et <strong>un biais</strong>.</p>"
    assert without_links(terms(ecrou="Écrou", biais="Biais").link(html, [])) == html


def test_what_was_changed_in_place_is_shown(db) -> None:
    stream = Body().to_python([{"type": "text", "value": "Avant.", "id": "5c1e4a5e-0000-4000-8000-000000000001"}])
    stream[0].value = "After."
    assert render_body(stream, language="en").html == "<p>After.</p>"


def test_a_paragraph_that_passed_through_the_editor_is_the_same_to_the_last_character() -> None:
    text = "- un\n- deux\n\n| a | b |"
    sent = {"b-count": "1", "b-0-deleted": "", "b-0-order": "0", "b-0-type": "text", "b-0-id": "i"}
    sent["b-0-value"] = text.replace("\n", "\r\n")
    assert Body().value_from_datadict(sent, {}, "b")[0].value == text
