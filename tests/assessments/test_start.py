"""Beginning an attempt: once, by the rules, with the questions that the blueprint asks for."""

from datetime import UTC, datetime, timedelta

import pytest

from assessments.models import Attempt, Question
from assessments.services import save_answers, start_attempt, store_questions, store_quiz, submit
from courses.models import ActivityProgress
from courses.services import withdraw
from operations.errors import Refused
from records.models import Statement
from records.verbs import Verb
from tests.assessments.school import begin, entries, fields, items

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_an_attempt_holds_the_blueprints_questions_from_the_exam_bank_only(school, cast):
    attempt = begin(school, cast.awa, now=NOON)
    asked = [item.version.question for item in items(attempt)]
    assert [question.use for question in asked] == ["exam"] * 8
    assert sorted(question.objective for question in asked) == [0] * 4 + [1] * 4
    assert len({question.slug for question in asked}) == attempt.maximum == 8
    assert attempt.deadline == NOON + timedelta(minutes=35)
    assert (attempt.series, attempt.number, attempt.pass_mark) == (1, 1, 70)


def test_starting_twice_gives_the_attempt_that_is_running_and_is_recorded_once(school, cast):
    first = begin(school, cast.awa)
    again = begin(school, cast.awa)
    assert again.pk == first.pk
    assert Attempt.objects.count() == 1
    begun = Statement.objects.filter(verb=Verb.INITIALIZED, activity=f"urn:uuid:{school.final.key}")
    assert begun.count() == 1
    assert ActivityProgress.objects.get(activity=school.final.key).status == "started"


def test_the_final_assessment_waits_for_the_lessons_and_says_so(school, cast):
    enrolment = school.enrol(cast.awa, finished=False)
    with pytest.raises(Refused, match=r"0 .* 2"):
        start_attempt(enrolment=enrolment, quiz=school.final)
    assert start_attempt(enrolment=enrolment, quiz=school.practice[0]).deadline is None


def test_questions_not_seen_come_first_also_in_a_later_enrolment(school, cast):
    seen: set[str] = set()
    for _number in range(3):
        attempt = begin(school, cast.awa)
        asked = {item.version.question_id for item in items(attempt)}
        assert not asked & seen
        seen |= asked
        submit(attempt=attempt)
    withdraw(enrolment=attempt.enrolment)
    renewed = school.enrol(cast.awa)
    assert renewed.pk != attempt.enrolment_id
    asked = {item.version.question_id for item in items(start_attempt(enrolment=renewed, quiz=school.final))}
    assert len(asked) == 8  # all 24 were seen: the bank begins again


def test_a_page_older_than_the_last_attempt_begins_nothing(school, cast):
    first = begin(school, cast.awa, seen=0)
    assert begin(school, cast.awa, seen=0).pk == first.pk  # pressed twice
    submit(attempt=first)
    with pytest.raises(Refused):
        begin(school, cast.awa, seen=0)
    assert begin(school, cast.awa, seen=1).number == 2


def test_who_has_left_the_course_or_passed_begins_nothing(school, cast):
    enrolment = school.enrol(cast.awa)
    attempt = begin(school, cast.awa)
    save_answers(person=cast.awa, attempt=attempt.pk, data=fields(attempt))
    assert submit(attempt=attempt).passed
    with pytest.raises(Refused):
        begin(school, cast.awa)
    other = school.enrol(cast.seydou)
    withdraw(enrolment=other)
    with pytest.raises(Refused):
        start_attempt(enrolment=other, quiz=school.final)
    assert start_attempt(enrolment=enrolment, quiz=school.practice[1]).status == "running"


def test_practice_asks_every_question_of_its_module_and_nothing_else(school, cast):
    attempt = start_attempt(enrolment=school.enrol(cast.awa), quiz=school.practice[1])
    asked = [item.version.question for item in items(attempt)]
    assert {question.module_key for question in asked} == {school.practice[1].module_key}
    assert {question.use for question in asked} == {"practice"}
    assert sorted(question.kind for question in asked) == sorted(
        ["single", "multiple", "truefalse", "matching", "ordering", "cloze", "numeric", "short"]
    )


def test_a_bank_too_small_is_refused_in_words_and_leaves_nothing(school, cast):
    store_quiz(
        course=school.course, key=school.final.key, use="exam", blueprint=[{"objective": 0, "count": 13}], time_limit=35
    )
    school.final.refresh_from_db()
    with pytest.raises(Refused):
        begin(school, cast.awa)
    assert not Attempt.objects.exists()


# --- the bank -------------------------------------------------------------------------------------------------------


def _modules(school):
    return [quiz.module_key for quiz in school.practice]


def test_storing_the_same_questions_again_changes_nothing(school, django_assert_num_queries):
    with django_assert_num_queries(1 + 2):  # and a savepoint, within the test
        stored = store_questions(course=school.course, questions=entries("T7", _modules(school)))
    assert (stored.created, stored.changed, stored.retired) == ([], [], [])


def test_a_changed_question_gets_a_new_version_only_when_somebody_was_asked_it(school, cast):
    attempt = begin(school, cast.awa)
    asked = {item.version.question_id for item in items(attempt)}
    changed = []
    for entry in entries("T7", _modules(school)):
        body = {**entry.body, "prompt": {"fr": "Autre question ?", "en": "Another question?"}}
        changed.append(type(entry)(**{name: getattr(entry, name) for name in entry.__slots__} | {"body": body}))
    stored = store_questions(course=school.course, questions=changed)
    assert len(stored.changed) == len(changed)
    for question in Question.objects.filter(course=school.course).select_related("current"):
        assert question.current.body["prompt"]["fr"] == "Autre question ?"
        assert question.versions.count() == (2 if question.slug in asked else 1)
    assert all(item.version.body["prompt"]["fr"] != "Autre question ?" for item in items(attempt))


def test_a_question_no_longer_in_the_folder_is_retired_and_comes_back_by_itself(school):
    all_of_them = entries("T7", _modules(school))
    gone = all_of_them[0].slug
    assert store_questions(course=school.course, questions=all_of_them[1:]).retired == [gone]
    assert Question.objects.get(slug=gone).retired
    assert store_questions(course=school.course, questions=all_of_them).changed == [gone]
    assert not Question.objects.get(slug=gone).retired


def test_an_id_never_changes_its_use_its_kind_or_its_course(school):
    all_of_them = entries("T7", _modules(school))
    first = all_of_them[0]
    values = {name: getattr(first, name) for name in first.__slots__}
    with pytest.raises(ValueError, match=first.slug):
        store_questions(course=school.course, questions=[type(first)(**values | {"use": "exam"})])
    with pytest.raises(ValueError, match="twice"):
        store_questions(course=school.course, questions=[first, first])
    from tests.courses.build import make_course  # noqa: PLC0415

    with pytest.raises(ValueError, match="T7"):
        store_questions(course=make_course("T8"), questions=[first])
    assert Question.objects.filter(course=school.course, retired=False).count() == len(all_of_them)
