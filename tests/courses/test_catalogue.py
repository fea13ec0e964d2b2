"""Finding a course."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses import queries, services
from operations.addresses import neutral
from tests.courses import build

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def codes(client, query: str = "", language: str = "fr") -> list[str]:
    answer = client.get(f"/{language}/catalogue/{query}")
    assert answer.status_code == 200
    return [card.code for card in answer.context["screen"].cards]


@pytest.fixture
def courses():
    build.make_course("T1", title={"fr": "Évaluer les œuvres zorglub", "en": "Assessing zorglub works"})
    build.make_course(
        "T2", title={"fr": "Dɔnkili ni ɲɛgɛn zorglub", "en": "Songs and signs zorglub"}, minutes=30, tier="open"
    )
    build.make_course("T3", title={"fr": "Preuve zorglub", "en": "Evidence zorglub"}, languages=["fr"], minutes=240)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("zorglub", {"T1", "T2", "T3"}),
        ("evaluer zorglub", {"T1"}),
        ("OEUVRES zorglub", {"T1"}),
        ("donkili", {"T2"}),
        ("nyɛgɛn", set()),
        ("negen", {"T2"}),
        ("zorglub preu", {"T3"}),
        ("zorgl", {"T1", "T2", "T3"}),
        ("zorglub assessing", {"T1"}),
        ("zorglub registre", {"T1", "T2", "T3"}),
        ("zorglub introuvable", set()),
        ("t3", {"T3"}),
        ("l'œuvre-zorglub", set()),
        ('zorglub "preuve"', {"T3"}),
        ("zorglub* OR", {"T1", "T2"}),
        ("zorglub NEAR(", set()),
        ("zorglub % _ \\ ' ; -- :", {"T1", "T2", "T3"}),
        ("zorglub:* & !", {"T1", "T2", "T3"}),
    ],
)
def test_all_words_count_without_accents_and_the_last_may_be_a_beginning(client, courses, words, found):
    assert {code for code in codes(client, f"?q={_quoted(words)}") if code.startswith("T")} == found


def _quoted(words: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415

    return quote(words)


@given(st.text(max_size=300))
def test_any_text_can_be_searched_for(query):
    queries.matching_courses(query)


def test_signs_alone_are_no_search(client, courses):
    assert {"T1", "T2", "T3"} <= set(codes(client, "?q=%22%25%27%3B--&page=1")) or codes(client, "?q=%25&page=2")


def test_filters_narrow_stay_in_the_address_and_come_off_one_by_one(client, courses):
    other = build.audience("test-judges", "Magistrats d'essai", "Trial judges")
    build.make_course("T4", title={"fr": "Juger zorglub", "en": "Judging zorglub"}).audiences.set([other])
    assert codes(client, "?q=zorglub&audience=" + neutral("test-judges")) == ["T4"]
    assert set(codes(client, "?q=zorglub&domain=d9-test")) == {"T1", "T2", "T3", "T4"}
    assert set(codes(client, "?q=zorglub&language=en")) == {"T1", "T2", "T4"}
    assert codes(client, "?q=zorglub&duration=short") == ["T2"]
    assert codes(client, "?q=zorglub&duration=long") == ["T3"]
    page = client.get(f"/fr/catalogue/?q=zorglub&audience={neutral('test-judges')}&duration=medium").content.decode()
    assert 'href="/fr/catalogue/?q=zorglub&amp;duration=medium"' in page
    assert f'href="/fr/catalogue/?audience={neutral("test-judges")}&amp;duration=medium"' in page
    assert f'href="/fr/catalogue/?q=zorglub&amp;audience={neutral("test-judges")}"' in page
    assert f'<option value="{neutral("test-judges")}" selected>' in page


@pytest.mark.parametrize(
    "query", ["?audience=nope", "?duration=x&page=zzz", "?page=-1", "?page=99999999", "?domain=%00", "?q=%00"]
)
def test_filters_that_do_not_exist_are_ignored(client, courses, query):
    assert client.get(f"/fr/catalogue/{query}").status_code == 200


def test_an_empty_result_says_what_to_do(client, courses):
    page = client.get("/fr/catalogue/?q=introuvable&audience=" + neutral("test-staff")).content.decode()
    assert 'class="empty"' in page
    assert 'href="/fr/catalogue/?q=introuvable"' in page
    assert f'href="/fr/catalogue/?domain={neutral("d9-test")}"' in page


def test_twelve_on_a_page(client):
    for number in range(14):
        build.make_course(f"P{number}", lessons=(1,), languages=["fr"], title={"fr": f"Plouk {number}"})
    assert len(codes(client, "?q=plouk")) == 12
    assert len(codes(client, "?q=plouk&page=2")) == 2
    assert len(codes(client, "?q=plouk&page=7")) == 2
    page = client.get("/fr/catalogue/?q=plouk").content.decode()
    assert 'href="/fr/catalogue/?q=plouk&amp;page=2"' in page


def test_what_is_not_public_is_seen_by_those_who_take_it(client, client_for, cast):
    course = build.make_course("T5", title={"fr": "Caché zorglub", "en": "Hidden zorglub"}, visibility="invitation")
    assert "T5" not in codes(client, "?q=zorglub")
    assert client.get("/fr/c/T5/").status_code == 404
    assert client_for(cast.awa).get("/fr/c/T5/").status_code == 404
    services.enrol(user=cast.awa, course=course, origin="assigned")
    assert "T5" in codes(client_for(cast.awa), "?q=zorglub")
    assert client_for(cast.awa).get("/fr/c/T5/").status_code == 200
    assert "T5" not in codes(client_for(cast.seydou), "?q=zorglub")
    assert "T5" in codes(client_for(cast.admin), "?q=zorglub")


def test_cards_say_how_far_a_person_is(courses, client_for, cast):
    course = build.make_course("T6", lessons=(2,), title={"fr": "Avancer zorglub", "en": "Going on zorglub"})
    enrolment = services.enrol(user=cast.awa, course=course)
    keys = build.lesson_keys(course)
    services.complete_lesson(enrolment=enrolment, activity=keys[0])
    screen = client_for(cast.awa).get("/fr/catalogue/?q=avancer").context["screen"]
    (card,) = [card for card in screen.cards if card.code == "T6"]
    assert (card.standing.done, card.standing.total, card.lessons) == (1, 2, 2)
    services.complete_lesson(enrolment=enrolment, activity=keys[1])
    page = client_for(cast.awa).get("/fr/catalogue/?q=avancer").content.decode()
    assert 'class="chip ok"' in page


def test_the_catalogue_speaks_the_language_of_the_page_and_says_where_it_cannot(client, courses):
    english = client.get("/en/catalogue/?q=zorglub").content.decode()
    assert "Assessing zorglub works" in english
    assert 'lang="fr">Preuve zorglub' in english
    arabic = client.get("/ar/catalogue/?q=zorglub").content.decode()
    assert 'lang="fr" dir="ltr">Preuve zorglub' in arabic


def test_the_course_page_says_what_it_is_and_how_it_ends(client, client_for, cast, courses):
    first = build.make_course("T7")
    course = build.make_course("T8", title={"fr": "Suite zorglub", "en": "Sequel zorglub"})
    course.prerequisites.add(first)
    build.add_final(course)
    page = client.get("/en/c/T8/").content.decode()
    for words in (
        "Sequel zorglub",
        "the 4 lessons are finished",
        "the final assessment reaches 70",
        "Keeping a register T7",
    ):
        assert words in page
    assert "not yet been reviewed" in page
    assert "<title>T8 · Kalanso</title>" in page
    signed_in = client_for(cast.awa).get("/en/c/T8/").content.decode()
    assert 'data-action="enrol"' not in signed_in
    assert "Another course comes first" in signed_in
