"""Answers are kept as they are given: by services, by the form, and by the page that saves by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import override
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assessments.models import AttemptItem
from assessments.services import check_answer, mark_of, save_answers, start_attempt, submit
from content.markdown import typeset
from operations.errors import Refused
from tests.assessments.school import begin, fields, items, right, wrong

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def url(name, *arguments):
    with override("fr"):
        return reverse(name, args=arguments)


def stored(attempt):
    return {item.position: item.answer for item in items(attempt)}


@pytest.fixture
def attempt(school, cast):
    return begin(school, cast.awa, now=NOON)


def test_an_answer_is_kept_as_given_and_the_others_are_left_alone(attempt, cast):
    first, second, *_rest = items(attempt)
    save_answers(person=cast.awa, attempt=attempt.pk, data=right(first), now=NOON)
    saved = save_answers(person=cast.awa, attempt=attempt.pk, data=wrong(second), positions=[2], now=NOON)
    assert saved.outcome == "saved"
    answers = stored(attempt)
    assert answers[1] is not None
    assert answers[2] is not None
    assert answers[3] is None
    assert items(attempt)[1].answered_at == NOON


def test_a_blank_never_erases_an_answer_but_the_person_can(attempt, cast):
    first = items(attempt)[0]
    save_answers(person=cast.awa, attempt=attempt.pk, data=right(first), positions=[1], now=NOON)
    kept = stored(attempt)[1]
    assert save_answers(person=cast.awa, attempt=attempt.pk, data={}, positions=[1], now=NOON).outcome == "blank"
    assert stored(attempt)[1] == kept
    save_answers(person=cast.awa, attempt=attempt.pk, data=right(first), positions=[1], clear=1, now=NOON)
    assert stored(attempt)[1] is None
    assert AttemptItem.objects.filter(attempt=attempt, answer__isnull=False).count() == 0


def test_an_old_tab_does_not_undo_a_newer_answer(attempt, cast):
    first = items(attempt)[0]
    slug = first.version.question_id
    save_answers(person=cast.awa, attempt=attempt.pk, data=right(first), positions=[1], now=NOON)
    old_tab = right(first)
    old_tab[f"_seen.{slug}"] = mark_of(stored(attempt)[1])
    save_answers(person=cast.awa, attempt=attempt.pk, data=wrong(first), positions=[1], now=NOON)
    newer = stored(attempt)[1]
    save_answers(person=cast.awa, attempt=attempt.pk, data=old_tab, positions=[1], now=NOON)
    assert stored(attempt)[1] == newer
    changed_there = right(first)
    changed_there[f"_seen.{slug}"] = mark_of(newer)
    save_answers(person=cast.awa, attempt=attempt.pk, data=changed_there, positions=[1], now=NOON)
    assert stored(attempt)[1] != newer


def test_another_persons_attempt_does_not_exist(attempt, cast, client_for):
    with pytest.raises(LookupError):
        save_answers(person=cast.seydou, attempt=attempt.pk, data=fields(attempt), now=NOON)
    stranger = client_for(cast.admin)
    for name in ("attempt", "attempt-answer", "attempt-submit", "attempt-result"):
        assert stranger.get(url(name, attempt.pk)).status_code in (404, 302)
    assert stranger.get(url("attempt", attempt.pk)).status_code == 404
    for name in ("attempt-answer", "attempt-submit"):
        assert stranger.post(url(name, attempt.pk), {"q": "1"}).status_code == 404
    assert client_for(None).get(url("attempt", attempt.pk)).status_code == 302
    attempt.refresh_from_db()
    assert attempt.status == "running"


def test_answers_after_handing_in_change_nothing(attempt, cast):
    submit(attempt=attempt, now=NOON)
    saved = save_answers(person=cast.awa, attempt=attempt.pk, data=fields(attempt), now=NOON)
    assert (saved.outcome, saved.answered) == ("closed", 0)
    assert set(stored(attempt).values()) == {None}


JUNK = st.dictionaries(
    st.sampled_from(["q", "go", "clear", "check", "flag", "csrfmiddlewaretoken", "_seen.x", "x.1"]),
    st.one_of(st.text(max_size=40), st.sampled_from(["-1", "0", "9999999", "1e9", "²", "next", "٣", "end"])),
    max_size=8,
)


@given(data=JUNK, text=st.text(max_size=300))
@hypothesis_settings(max_examples=25)
def test_hostile_forms_never_break_the_page_and_never_lose_an_answer(attempt, cast, client_for, data, text):
    client = client_for(cast.awa)
    attempt.deadline = None
    attempt.save()
    slug = items(attempt)[0].version.question_id
    before = stored(attempt)
    answer = client.post(url("attempt-answer", attempt.pk), {**data, slug: text, f"{slug}.1": text})
    assert answer.status_code in (303, 404)
    cleared = data.get("clear", "")
    for position, value in stored(attempt).items():
        assert value is not None or before[position] is None or cleared == str(position)


def test_the_buttons_lead_where_they_say_and_save_first(school, cast, client_for):
    attempt = begin(school, cast.awa)
    client, here = client_for(cast.awa), url("attempt", attempt.pk)
    first, *_others = items(attempt)

    def press(**more):
        data = right(first)
        data.update({"q": "1", **more})
        return client.post(url("attempt-answer", attempt.pk), data.dict() | dict(data.lists()))

    assert press(go="next").url == f"{here}?q=2"
    assert press(go="next").status_code == 303
    assert press(go="5").url == f"{here}?q=5"
    assert press(go="end").url == url("attempt-submit", attempt.pk)
    assert press(flag="on").url == f"{here}?q=1"
    item = items(attempt)[0]
    assert item.answer is not None
    assert item.flagged
    page = client.get(here).content.decode()
    assert "?q" not in page.split("<main")[0]
    assert 'name="q" value="2"' in page  # where the person was: the first without an answer


def test_a_page_that_saves_by_itself_is_told_the_hour(school, cast, client_for):
    attempt = begin(school, cast.awa)
    client, first = client_for(cast.awa), items(attempt)[0]
    data = right(first).dict() | dict(right(first).lists()) | {"q": "1"}
    answer = client.post(url("attempt-answer", attempt.pk), data, headers={"accept": "application/json"})
    assert answer.status_code == 200
    assert "1" in answer.json()["saved"]
    assert items(attempt)[0].answer is not None
    submit(attempt=attempt)
    answer = client.post(url("attempt-answer", attempt.pk), data, headers={"accept": "application/json"})
    assert answer.status_code == 409


# --- practice -------------------------------------------------------------------------------------------------------


@pytest.fixture
def practice(school, cast):
    return start_attempt(enrolment=school.enrol(cast.awa, finished=False), quiz=school.practice[0])


def test_checking_shows_the_feedback_of_that_question_alone_and_keeps_the_rest(practice, cast, client_for):
    client = client_for(cast.awa)
    first, second, *_rest = items(practice)
    data = QueryDict(mutable=True)
    data.update(wrong(first))
    data.update(right(second))
    data["check"] = "1"
    answer = client.post(url("attempt-answer", practice.pk), dict(data.lists()))
    assert answer.url == url("attempt", practice.pk) + "#n-1"
    page = client.get(answer.url).content.decode()
    explanation = typeset(first.version.body["explanation"]["fr"], lang="fr")
    assert escape(explanation)[:20] in page
    shown = items(practice)
    assert shown[0].score is not None
    assert shown[1].score is None
    assert shown[1].answer is not None
    assert page.count('class="answer') == 1
    save_answers(person=cast.awa, attempt=practice.pk, data=right(first))
    assert items(practice)[0].answer == shown[0].answer  # it stands


def test_a_question_without_an_answer_cannot_be_checked_and_an_exam_question_never(practice, school, cast):
    with pytest.raises(Refused):
        check_answer(person=cast.awa, attempt=practice.pk, position=1, data={})
    exam = begin(school, cast.issa)
    first = items(exam)[0]
    with pytest.raises(Refused):
        check_answer(person=cast.issa, attempt=exam.pk, position=1, data=right(first))
    assert items(exam)[0].score is None
    assert items(exam)[0].answer is not None


def test_a_clock_that_went_back_changes_no_practice(practice, cast):
    first = items(practice)[0]
    save_answers(person=cast.awa, attempt=practice.pk, data=right(first), now=practice.started - timedelta(days=900))
    assert submit(attempt=practice, now=practice.started - timedelta(days=900)).status == "submitted"
