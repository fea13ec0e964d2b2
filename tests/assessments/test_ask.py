"""What a question's page shows before submission: everything needed to answer, nothing that tells the key."""

import copy
import json
import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from assessments import kinds
from tests.assessments.bank import QUESTIONS, gaps, right_post, wrong_post

KEYS = re.compile(r'"(correct|accepted|expected|value|tolerance|feedback|explanation|right_id)"')


def asked(question: dict, lang: str = "fr", seed: int = 7, answer: object = None) -> dict:
    return kinds.present(question["type"], question, lang, seed=seed, item_id=question["id"], answer=answer)


def dumped(data: dict) -> str:
    return json.dumps(data, default=str, ensure_ascii=False)


def page(question: dict, lang: str = "fr", answer: object = None) -> str:
    with override(lang):
        q = asked(question, lang, answer=answer)
        return render_to_string("assessments/_question.html", {"q": q, "number": 1, "total": 8})


def with_another_key(question: dict) -> dict:
    """The same question to look at, with another key."""
    other = copy.deepcopy(question)
    for option in other.get("options", []):
        option["correct"] = not option["correct"]
        option["feedback"] = {"fr": "Autre."}
    if "pairs" in other:
        rights = [(pair["right_id"], pair["right"]) for pair in other["pairs"]]
        for pair, (right_id, right) in zip(other["pairs"], rights[1:] + rights[:1], strict=True):
            pair["right_id"], pair["right"] = right_id, right
    if "value" in other:
        other["value"] += 13
    if "accepted" in other:
        other["accepted"] = {"fr": ["autre"]}
    if "text" in other:
        other["text"] = {lang: re.sub(r"\{\{.*?\}\}", "{{autre}}", text) for lang, text in other["text"].items()}
    return other


class Fields(HTMLParser):
    """The fields a browser would post from a page, untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.posted = QueryDict(mutable=True)
        self.select = ""
        self.labels: set[str] = set()
        self.ids: list[str] = []
        self.unnamed: list[dict] = []

    def handle_starttag(self, tag, attrs) -> None:
        attributes = dict(attrs)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "label" and "for" in attributes:
            self.labels.add(attributes["for"])
        if tag == "select":
            self.select = attributes["name"]
            self.posted.setlist(self.select, [""])
            self.unnamed.append(attributes)
        elif tag == "option" and "selected" in attributes:
            self.posted.setlist(self.select, [attributes["value"]])
        elif tag == "input" and attributes["type"] == "text":
            self.posted.appendlist(attributes["name"], attributes["value"])
            assert attributes["aria-label"]
        elif tag == "input" and "checked" in attributes:
            self.posted.appendlist(attributes["name"], attributes["value"])


def fields(html: str) -> Fields:
    parser = Fields()
    parser.feed(html)
    return parser


def test_no_question_shows_its_key() -> None:
    for question in QUESTIONS:
        for lang in ("fr", "en"):
            shown = dumped(asked(question, lang))
            assert not KEYS.search(shown), question["id"]
            assert "{{" not in shown
            for option in question.get("options", []):
                assert f'"{option["feedback"][lang]}"' not in shown
            html = unescape(page(question, lang))
            assert question["explanation"][lang] not in html


def test_what_is_shown_does_not_depend_on_the_key() -> None:
    for question in QUESTIONS:
        if question["type"] != "ordering":
            assert dumped(asked(question)) == dumped(asked(with_another_key(question))), question["id"]


def test_gaps_and_fields_of_written_answers_are_empty() -> None:
    for question in QUESTIONS:
        if question["type"] in ("cloze", "short", "numeric"):
            assert not any(value for name, value in fields(page(question)).posted.items()), question["id"]
        if question["type"] == "cloze":
            q = asked(question)
            assert len([s for s in q["segments"] if "gap" in s]) == len(gaps(question["text"]["fr"])) == q["gaps"]


def test_the_order_of_lines_to_put_in_order_says_nothing() -> None:
    seeds = range(120)
    for question in [q for q in QUESTIONS if q["type"] == "ordering"]:
        ids = [item["id"] for item in question["items"]]
        shown = [[row["id"] for row in asked(question, seed=seed)["rows"]] for seed in seeds]
        assert ids not in shown
        for item in ids:
            places = Counter(order.index(item) for order in shown)
            assert max(places.values()) <= len(seeds) * 2.2 / len(ids), (question["id"], item, places)


def test_two_lines_are_shown_in_either_order() -> None:
    body = {"items": [{"id": "k", "fr": "Avant"}, {"id": "b", "fr": "Après"}]}
    shown = {
        tuple(r["id"] for r in kinds.present("ordering", body, "fr", seed=s, item_id="q")["rows"]) for s in range(20)
    }
    assert shown == {("k", "b"), ("b", "k")}


def test_the_right_option_stands_anywhere() -> None:
    places: Counter[int] = Counter()
    singles = [q for q in QUESTIONS if q["type"] == "single" and len(q["options"]) == 4]
    for question in singles:
        right = next(option["id"] for option in question["options"] if option["correct"])
        places[[choice["id"] for choice in asked(question)["choices"]].index(right)] += 1
    assert all(0.15 < places[place] / len(singles) < 0.35 for place in range(4)), places


def test_right_sides_do_not_follow_left_sides() -> None:
    hits = total = 0
    for question in [q for q in QUESTIONS if q["type"] == "matching"]:
        partner = {pair["id"]: pair["right_id"] for pair in question["pairs"]}
        for seed in range(20):
            rows = asked(question, seed=seed)["rows"]
            hits += sum(partner[row["id"]] == row["choices"][n]["id"] for n, row in enumerate(rows))
            total += len(rows)
    assert 0.15 < hits / total < 0.35


def test_true_and_false_and_numbers_keep_their_order() -> None:
    for question in [q for q in QUESTIONS if q["type"] == "truefalse"]:
        assert [c["id"] for c in asked(question)["choices"]] == [o["id"] for o in question["options"]]
    numbers = {"options": [{"id": i, "fr": i, "correct": i == "2"} for i in ("1", "2", "3", "10 %", "1 000,5")]}
    for seed in range(10):
        q = kinds.present("single", numbers, "fr", seed=seed, item_id="q")
        assert [c["id"] for c in q["choices"]] == ["1", "2", "3", "10 %", "1 000,5"]


@given(st.sampled_from(QUESTIONS), st.integers(0, 2**63))
def test_the_same_seed_shows_the_same_page_in_the_same_order_in_every_language(question: dict, seed: int) -> None:
    def order(lang: str) -> list[str]:
        q = asked(question, lang, seed)
        return [one["id"] for one in q.get("rows", q.get("choices", []))]

    assert dumped(asked(question, "fr", seed)) == dumped(asked(question, "fr", seed))
    assert order("fr") == order("en")


def test_a_saved_answer_comes_back_as_it_was() -> None:
    for question in QUESTIONS:
        kind, name = question["type"], question["id"]
        for data in (right_post(question, "fr"), wrong_post(question)):
            answer = kinds.parse(kind, question, data, name)
            form = fields(page(question, answer=answer))
            assert kinds.parse(kind, question, form.posted, name) == answer, name
            assert len(form.ids) == len(set(form.ids))
            assert all(select["id"] in form.labels for select in form.unnamed)


def test_words_without_a_translation_keep_their_language() -> None:
    question = QUESTIONS[0]
    for lang in ("ar", "bm"):
        html = page(question, lang)
        assert html.count('lang="fr" dir="ltr"') == 1 + len(question["options"])
    assert "lang=" not in page(question, "fr")
    english_only = {"options": [{"id": "a", "en": "Yes", "correct": True}], "prompt": {"en": "Well?"}}
    q = kinds.present("single", english_only, "fr", seed=1, item_id="q")
    assert (q["prompt"].lang, q["choices"][0]["text"].lang) == ("en", "en")


def test_hostile_words_are_escaped() -> None:
    bad = '"><script>alert(1)</script>'
    body = {"type": "short", "id": "q-1", "prompt": {"fr": bad}, "accepted": {"fr": ["x"]}}
    assert "<script" not in page(body, answer=bad)
    option = {"id": 'a"b', "fr": bad, "correct": True}
    assert "<script" not in page({"type": "single", "id": "q-1", "prompt": {"fr": "?"}, "options": [option]})


def test_an_unreadable_number_is_kept_and_said_so() -> None:
    question = next(q for q in QUESTIONS if q["type"] == "numeric")
    html = page(question, "en", answer="22 h 30")
    assert 'value="22 h 30"' in html
    assert 'aria-invalid="true"' in html
