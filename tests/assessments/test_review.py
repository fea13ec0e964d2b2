"""What a person sees of a question after submission."""

from decimal import Decimal
from html import unescape

from django.template.loader import render_to_string
from django.utils.translation import override

from assessments import kinds
from tests.assessments.bank import QUESTIONS, one_of, right_post, wrong_post


def reviewed(question: dict, answer: object, lang: str = "en") -> tuple[dict, str]:
    with override(lang):
        r = kinds.review(question["type"], question, answer, lang, item_id=question["id"])
        return r, unescape(render_to_string("assessments/_review.html", {"r": r, "number": 1, "total": 8}))


def test_every_question_can_be_reviewed_with_its_explanation() -> None:
    for question in QUESTIONS:
        for data, state in ((right_post(question, "fr"), {"right"}), (wrong_post(question), {"wrong", "part"})):
            answer = kinds.parse(question["type"], question, data, question["id"])
            r, html = reviewed(question, answer)
            assert r["state"] in state, question["id"]
            assert question["explanation"]["en"] in html
            assert f'data-question="{question["id"]}"' in html
            assert "You gave no answer." not in html
        assert "You gave no answer." in reviewed(question, None)[1]


def test_feedback_is_shown_for_what_was_chosen_and_what_was_expected() -> None:
    question = one_of("single")
    wrong = next(option for option in question["options"] if not option["correct"])
    right = next(option for option in question["options"] if option["correct"])
    r, html = reviewed(question, wrong["id"])
    assert [o["verdict"] for o in r["options"] if o["verdict"]] in (["wrong", "expected"], ["expected", "wrong"])
    assert wrong["feedback"]["en"] in html
    assert right["feedback"]["en"] in html
    assert html.count('class="fb"') == 2


def test_the_expected_answer_is_in_the_reader_s_language_and_the_given_one_as_typed() -> None:
    short = one_of("short")
    r, html = reviewed(short, "  Xyzzy É")
    assert r["expected"].text == short["accepted"]["en"][0]
    assert "  Xyzzy É" in html
    cloze = one_of("cloze")
    r, html = reviewed(cloze, ["xyzzy"])
    gaps = [s for s in r["segments"] if "gap" in s]
    assert (gaps[0]["given"], gaps[1]["given"]) == ("xyzzy", "")
    assert all(s["expected"] in html for s in gaps)


def test_numbers_are_shown_without_binary_noise() -> None:
    r, html = reviewed({"type": "numeric", "id": "q", "value": 199.6, "tolerance": 1.0}, "3")
    assert (r["expected"], r["tolerance"]) == (Decimal("199.6"), Decimal("1"))
    assert "199.6" in html
    assert kinds.review("numeric", {"value": 2000}, "3", "fr", item_id="q")["expected"] == 2000


def test_a_place_given_twice_is_said_so() -> None:
    question = one_of("ordering")
    first, second = (item["id"] for item in question["items"][:2])
    r, html = reviewed(question, {first: 1, second: 1})
    assert [row["shared"] for row in r["rows"]][:3] == [True, True, False]
    assert "This place was given to more than one line." in html
