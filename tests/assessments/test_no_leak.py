"""The page of a running attempt says nothing of the key: not by a word, an attribute, a name or an order."""

from __future__ import annotations

import copy

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from assessments import kinds
from assessments.models import Attempt, AttemptItem, Question, QuestionVersion
from tests.assessments.bank import QUESTIONS
from tests.assessments.school import begin, items
from tests.assessments.test_ask import KEYS, with_another_key

EXAM = [question for question in QUESTIONS if question["use"] == "exam"]
pytestmark = pytest.mark.django_db


def test_the_page_of_every_exam_question_is_the_same_whatever_the_key(school, cast, client_for):
    """Each real exam question is put into one attempt, asked, and asked again with another key: byte for byte."""
    attempt = begin(school, cast.awa)
    client = client_for(cast.awa)
    address = reverse("attempt", args=[attempt.pk])
    AttemptItem.objects.filter(attempt=attempt, position__gt=1).delete()
    Attempt.objects.filter(pk=attempt.pk).update(maximum=1, deadline=None)
    item = items(attempt)[0]
    question: Question = item.version.question
    assert len(EXAM) > 300
    for real in EXAM:
        Question.objects.filter(pk=question.pk).update(kind=real["type"])
        pages = []
        for body in (real, with_another_key(real)):
            kept = {name: value for name, value in copy.deepcopy(body).items() if name not in ("id", "use", "type")}
            QuestionVersion.objects.filter(pk=item.version_id).update(body=kept)
            html = client.get(address).content.decode()
            token = html.split('csrfmiddlewaretoken" value="')
            pages.append(token[0].join(part.split('"', 1)[1] if number else part for number, part in enumerate(token)))
        assert pages[0] == pages[1], real["id"]
        explanation = next(iter(real["explanation"].values()))
        assert explanation not in pages[0]
        assert not KEYS.search(pages[0])


def test_the_map_and_the_page_that_asks_once_more_say_only_what_was_answered(school, cast, client_for):
    attempt = begin(school, cast.awa)
    client = client_for(cast.awa)
    with override("en"):
        html = client.get(reverse("attempt-submit", args=[attempt.pk])).content.decode()
    for item in items(attempt):
        assert item.version.question_id not in html
        assert "score" not in html.split("<main")[1]


def test_a_result_whose_key_is_closed_shows_the_same_whatever_the_key() -> None:
    for real in EXAM:
        pages = []
        for body in (real, with_another_key(real)):
            with override("fr"):
                r = kinds.recall(real["type"], body, None, "fr", seed=7, item_id=real["id"])
                pages.append(render_to_string("assessments/_recall.html", {"r": r, "number": 1, "total": 8}))
        assert pages[0] == pages[1], real["id"]
