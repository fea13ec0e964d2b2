"""What a person sees: the rules before, the result after, and each question as the review policy says."""

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from assessments import results
from assessments.services import check_answer, save_answers, start_attempt, submit
from content.markdown import typeset
from courses.services import withdraw
from tests.assessments.school import begin, fields, items, right

pytestmark = pytest.mark.django_db


def page(client, name, attempt, language="en", **query):
    with override(language):
        answer = client.get(reverse(name, args=[attempt.pk]), query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def title(html):
    return html.split("<title>")[1].split("</title>")[0]


def hand_in(school, person, right_ones):
    attempt = begin(school, person)
    save_answers(person=person, attempt=attempt.pk, data=fields(attempt, right_ones=right_ones))
    return submit(attempt=attempt)


@pytest.fixture
def client(cast, client_for):
    return client_for(cast.awa)


def test_before_it_begins_the_rules_stand_in_words(school, cast, client):
    school.enrol(cast.awa)
    html = unescape(client.get(school.address(school.final, "en")).content.decode())
    assert title(html) == "T7 · Final assessment"
    for words in (
        "8 questions",
        "35",
        "70",
        "3 tries",
        "0 used, 3 left",
        "pause of 14 days",
        "After a power cut",
        "Your training officer sees that you passed or not yet",
        "not your answers",
        "no disciplinary effect",
    ):
        assert words in html
    assert html.count('data-action="start-attempt"') == 1


def test_without_enrolment_nothing_can_be_begun(school, cast, client, client_for):
    author = client_for(cast.admin)
    html = author.get(school.address(school.final, "en")).content.decode()
    assert "for people enrolled" in html
    assert "start-attempt" not in html
    assert author.post(school.address(school.final) + "start/").status_code == 303
    assert client.get(school.address(school.final)).status_code == 302
    assert client_for(None).post(school.address(school.final) + "start/").status_code == 302


def test_titles_never_name_the_subject(school, cast, client):
    attempt = begin(school, cast.awa)
    assert title(page(client, "attempt", attempt, "fr", q=7)) == "T7 · Question 7"
    subject = school.course.texts.get(language="en").title
    assert subject not in title(page(client, "attempt-submit", attempt))
    submit(attempt=attempt)
    assert subject not in title(page(client, "attempt-result", attempt))


def test_the_page_that_asks_once_more_names_what_has_no_answer(school, cast, client):
    attempt = begin(school, cast.awa)
    save_answers(person=cast.awa, attempt=attempt.pk, data=fields(attempt, right_ones=6))
    save_answers(person=cast.awa, attempt=attempt.pk, data={}, positions=[2], flagged=True)
    html = page(client, "attempt-submit", attempt)
    assert "2 questions have no answer." in html
    assert "?q=7" in html
    assert "?q=8" in html
    assert 'class="f"' in html
    assert html.count('data-action="submit-attempt"') == 1


def test_not_yet_shows_own_answers_and_explanations_but_not_the_key(school, cast, client):
    attempt = hand_in(school, cast.awa, 3)
    html = page(client, "attempt-result", attempt, "fr")
    with override("fr"):
        assert "Expected answer" not in html
        assert "Réponse attendue" not in html
    assert "chip bad" not in html  # neither a person nor an objective has failed
    assert html.count("data-question=") == 8
    assert html.count('class="answer') == 8
    for item in items(attempt):
        assert typeset(item.version.body["explanation"]["fr"], lang="fr") in html
        for option in item.version.body.get("options", ()):
            assert (
                option["feedback"]["fr"] not in html
                or option["feedback"]["fr"] in item.version.body["explanation"]["fr"]
            )
    english = page(client, "attempt-result", attempt)
    assert "<h1>Not yet</h1>" in english
    assert "You have 2 tries left." in english
    assert 'data-action="open-certificate"' not in english


def test_the_key_opens_once_the_tries_are_used_up_also_for_the_earlier_ones(school, cast, client):
    first = hand_in(school, cast.awa, 3)
    hand_in(school, cast.awa, 0)
    last = hand_in(school, cast.awa, 1)
    for attempt in (first, last):
        html = page(client, "attempt-result", attempt)
        assert "Expected answer" in html or "expected:" in html or "Expected order" in html
    assert "New tries open on" in page(client, "attempt-result", last)
    assert "#reread" in page(client, "attempt-result", last)


def test_passed_shows_what_is_left_and_the_panels_of_other_rooms(school, cast, client, monkeypatch):
    monkeypatch.setattr(results, "_panels", [])
    results.register_panel(lambda request, attempt: '<a data-action="open-certificate" href="/x/">x</a>')
    attempt = hand_in(school, cast.awa, 8)
    html = page(client, "attempt-result", attempt)
    assert "<h1>Assessment passed</h1>" in html
    assert "8 points of 8" in html
    assert 'data-action="open-certificate"' in html
    assert "still to do" in html  # the practice quizzes
    assert "no disciplinary effect" in html
    assert html.count("chip ok") >= 2


def test_objectives_that_were_missed_lead_to_their_lessons(school, cast, client):
    attempt = begin(school, cast.awa)
    for item in items(attempt):
        if item.version.question.objective == 0:
            save_answers(person=cast.awa, attempt=attempt.pk, data=right(item))
    submit(attempt=attempt)
    html = page(client, "attempt-result", attempt)
    table = html.split("<table")[1].split("</table>")[0]
    assert table.count("<a href") == 1
    assert "Lesson T7-2" in table


def test_closed_by_time_says_so(school, cast, client):
    attempt = begin(school, cast.awa)
    save_answers(person=cast.awa, attempt=attempt.pk, data=fields(attempt, right_ones=1))
    submit(attempt=attempt, now=attempt.deadline + timedelta(hours=1))
    assert "The time was over: 1 saved answer of 8 was handed in." in page(client, "attempt-result", attempt)


def test_practice_shows_everything_and_leads_on(school, cast, client):
    enrolment = school.enrol(cast.awa, finished=False)
    attempt = start_attempt(enrolment=enrolment, quiz=school.practice[0])
    html = page(client, "attempt", attempt)
    assert html.count('data-action="check-answer"') == 8
    assert 'class="answer' not in html
    assert html.count('data-action="submit-attempt"') == 1
    assert html.count('data-action="save-answers"') == 1
    check_answer(person=cast.awa, attempt=attempt.pk, position=1, data=right(items(attempt)[0]))
    assert page(client, "attempt", attempt).count('class="answer') == 1
    submit(attempt=attempt)
    html = page(client, "attempt-result", attempt)
    assert "1 of 8" in html
    assert html.count("data-question=") == 8
    assert 'data-action="continue"' in html
    intro = unescape(client.get(school.address(school.practice[0], "en")).content.decode())
    assert "Do the practice quiz again" in intro
    assert "1 of 8 points" in intro


def test_an_attempt_at_a_course_that_was_left_goes_back_to_the_course(school, cast, client):
    attempt = begin(school, cast.awa)
    withdraw(enrolment=attempt.enrolment)
    with override("en"):
        answer = client.get(reverse("attempt", args=[attempt.pk]))
    assert answer.url == "/en/c/T7/"


def test_the_time_left_is_rounded_up_and_the_end_is_an_hour(school, cast, client):
    attempt = begin(school, cast.awa)
    html = page(client, "attempt", attempt)
    assert "35\N{NO-BREAK SPACE}min" in html
    end = timezone.localtime(attempt.deadline)
    assert f"until {end.hour}:{end.minute:02d}" in html
