"""The workshop as a step of a course: completed by attendance, shown to learners, written by authors."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates.queries import evidence_of
from courses import publication, rules
from courses import services as courses
from courses.models import Activity, Course, Enrolment
from courses.queries import current_outline
from operations.models import AuditEntry
from people.services.erasure import erase_account
from records.models import Statement
from records.statements import rule_of
from records.verbs import Verb
from tests.courses import build
from tests.workshops.blended import add_step, blended, done, hold, on_list, planned, steps
from workshops.models import Registration, Workshop, WorkshopPage
from workshops.services import close_attendance, correct
from workshops.services.record import complete_after_enrolling

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
REASON = "Feuille signée"
AFTER = dt.datetime(2026, 12, 20, 12, tzinfo=dt.UTC)


def clean() -> None:
    call_command("rebuild_progress", "--check", stdout=io.StringIO())


def completions(enrolment: Enrolment) -> list[Statement]:
    found = Statement.objects.filter(registration=enrolment.pk, verb=Verb.COMPLETED)
    return [row for row in found.order_by("stored", "id") if (rule_of(row.body) or {}).get("name") == "attended"]


def put_right(workshop, registration, status="present", place=-1, *, actor):
    sessions = list(workshop.sessions.all())
    correct(session=sessions[place], registration=registration, status=status, reason=REASON, actor=actor)


# --- what completes it ------------------------------------------------------------------------------------------------


def test_who_reaches_the_share_has_finished_the_step_and_who_does_not_has_not(cast):
    course = blended()
    (key,) = steps(course)
    mine, his = (courses.enrol(user=person, course=course) for person in (cast.awa, cast.seydou))
    workshop = planned(cast.issa, course)
    awa, seydou = on_list(workshop, cast.issa, cast.awa, cast.seydou)
    hold(workshop, cast.issa, {awa: 3, seydou: 2})
    assert (done(mine), done(his)) == ({key}, set())
    (statement,) = completions(mine)
    assert statement.activity == f"urn:uuid:{key}"
    sessions = [str(session.pk) for session in workshop.sessions.all()]
    assert rule_of(statement.body) == {
        "name": "attended",
        "version": mine.outline.number,
        "inputs": {"workshop": str(workshop.pk), "sessions": sessions[:3], "asked": 4, "share": 75},
    }
    assert statement.body["context"]["contextActivities"]["parent"][0]["id"] == f"urn:uuid:{course.key}"
    close_attendance(workshop=workshop, actor=cast.issa)
    assert len(completions(mine)) == 1
    clean()


def test_a_blended_course_is_completed_by_lessons_workshop_and_assessment_in_whatever_order(cast):
    course = blended(lessons=(1,))
    lesson, (workshop_key,) = build.lesson_keys(course)[0], steps(course)
    final = build.add_final(course)
    enrolment = courses.enrol(user=cast.awa, course=course)
    workshop = planned(cast.issa, course)
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    # The assessment asks for the lessons only.
    courses.complete_lesson(enrolment=enrolment, activity=lesson)
    entry = rules.find(enrolment.outline.outline, key=final)
    assert rules.shut(enrolment.outline.outline, courses.progress_of(enrolment), entry) == ""
    courses.record_outcome(
        enrolment=enrolment, activity=final, statements=[build.outcome(enrolment, final, Verb.PASSED, 80)]
    )
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.ACTIVE
    hold(workshop, cast.issa, {awa: 4})
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.COMPLETED
    assert done(enrolment) == {lesson, workshop_key, final}
    credential = enrolment.credentials.get()
    assert {row.code for row in credential.evidence.all()} == {
        "lessons-finished",
        "workshop-attended",
        "assessment-passed",
    }
    with translation.override("en"):
        assert "1 workshop of 1" in {reason.sentence for reason in evidence_of(credential)}
    clean()


def test_who_enrols_after_attending_has_finished_the_step(cast):
    course = blended()
    workshop = planned(cast.issa, course)
    awa, seydou = on_list(workshop, cast.issa, cast.awa, cast.seydou)
    hold(workshop, cast.issa, {awa: 4, seydou: 1})
    enrolment = courses.enrol(user=cast.awa, course=course)
    assert done(enrolment) == set(steps(course))
    assert done(courses.enrol(user=cast.seydou, course=course)) == set()
    assert done(courses.enrol(user=cast.awa, course=course)) == set(steps(course))
    assert len(completions(enrolment)) == 1
    clean()


def test_a_workshop_that_is_not_closed_or_of_another_course_completes_nothing(cast):
    course, other = blended(), blended("W2")
    enrolment = courses.enrol(user=cast.awa, course=course)
    running = planned(cast.issa, course)
    elsewhere = planned(cast.issa, other)
    free = planned(cast.issa, None)
    for workshop in (running, elsewhere, free):
        (row,) = on_list(workshop, cast.issa, cast.awa)
        hold(workshop, cast.issa, {row: 4}, close=workshop is not running)
    assert done(enrolment) == set()


def test_who_left_the_course_is_not_completed_and_may_come_back(cast):
    course = blended()
    enrolment = courses.enrol(user=cast.awa, course=course)
    courses.withdraw(enrolment=enrolment)
    workshop = planned(cast.issa, course)
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 4})
    assert done(enrolment) == set()
    again = courses.enrol(user=cast.awa, course=course)
    assert done(again) == set(steps(course))
    clean()


def test_an_erased_account_is_not_completed(cast):
    course = blended()
    enrolment = courses.enrol(user=cast.awa, course=course)
    workshop = planned(cast.issa, course)
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 4}, close=False)
    erase_account(user=cast.awa)
    close_attendance(workshop=workshop, actor=cast.issa)
    assert done(enrolment) == set()
    assert completions(enrolment) == []
    clean()


def test_a_correction_upward_completes_and_one_downward_takes_nothing_away_but_is_said(cast):
    course = blended()
    enrolment = courses.enrol(user=cast.awa, course=course)
    workshop = planned(cast.issa, course)
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 2})
    assert done(enrolment) == set()
    put_right(workshop, awa, actor=cast.issa)
    assert done(enrolment) == set(steps(course))
    said = AuditEntry.objects.filter(code="workshops.completion-stays")
    put_right(workshop, awa, place=2, actor=cast.issa)  # 4 of 4
    put_right(workshop, awa, "absent", 2, actor=cast.issa)  # 3 of 4: still enough
    assert not said.exists()
    put_right(workshop, awa, "absent", 0, actor=cast.issa)
    assert done(enrolment) == set(steps(course))
    entry = said.get()
    assert (entry.after["workshop"], entry.after["participant"]) == (workshop.code, awa.number)
    put_right(workshop, awa, "present", 0, actor=cast.issa)
    assert len(completions(enrolment)) == 1
    clean()


def test_a_correction_downward_of_somebody_who_completed_nothing_by_it_says_nothing(cast):
    workshop = planned(cast.issa, blended())
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 3})
    put_right(workshop, awa, "absent", 0, actor=cast.issa)
    assert not AuditEntry.objects.filter(code="workshops.completion-stays").exists()


def test_a_second_workshop_of_the_same_course_completes_nothing_twice(cast):
    course = blended()
    enrolment = courses.enrol(user=cast.awa, course=course)
    for _workshop in range(2):
        workshop = planned(cast.issa, course)
        (row,) = on_list(workshop, cast.issa, cast.awa)
        hold(workshop, cast.issa, {row: 4})
    assert len(completions(enrolment)) == 1


def test_two_steps_ask_for_two_workshops(cast):
    course = blended(workshops=2)
    first, second = steps(course)
    enrolment = courses.enrol(user=cast.awa, course=course)
    one, two = planned(cast.issa, course), planned(cast.issa, course)
    (row,) = on_list(one, cast.issa, cast.awa)
    hold(one, cast.issa, {row: 4})
    assert done(enrolment) == {first}
    put_right(one, row, "absent", 0, actor=cast.issa)
    put_right(one, row, "present", 0, actor=cast.issa)
    assert done(enrolment) == {first}
    (row,) = on_list(two, cast.issa, cast.awa)
    hold(two, cast.issa, {row: 4})
    assert done(enrolment) == {first, second}
    told = [rule_of(statement.body)["inputs"]["workshop"] for statement in completions(enrolment)]
    assert told == [str(one.pk), str(two.pk)]


def test_a_renewal_asks_for_another_workshop(cast):
    course = blended(lessons=(1,))
    enrolment = courses.enrol(user=cast.awa, course=course)
    courses.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])
    workshop = planned(cast.issa, course)
    (row,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {row: 4})
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.COMPLETED
    renewal = courses.enrol(user=cast.awa, course=course)
    assert done(renewal) == set()
    another = planned(cast.issa, course)
    (row,) = on_list(another, cast.issa, cast.awa)
    hold(another, cast.issa, {row: 4})
    assert done(renewal) == set(steps(course))


def test_an_enrolment_keeps_the_outline_it_began_with(cast, django_capture_on_commit_callbacks):
    course = build.make_course("W3", lessons=(1,))
    before = courses.enrol(user=cast.seydou, course=course)  # no workshop in it
    add_step(course)
    with_step = courses.enrol(user=cast.awa, course=course)
    course.pass_mark = 90
    course.save()
    publication.publish_outline(course)  # a third version: the step stands in an older one
    workshop = planned(cast.issa, course)
    awa, seydou = on_list(workshop, cast.issa, cast.awa, cast.seydou)
    hold(workshop, cast.issa, {awa: 4, seydou: 4})
    assert done(with_step) == set(steps(course))
    assert rule_of(completions(with_step)[0].body)["version"] == 2
    assert done(before) == set()


def test_a_step_that_was_taken_back_is_asked_of_nobody_and_takes_no_workshop(cast, django_capture_on_commit_callbacks):
    course = blended(lessons=(1,), workshops=2)
    first, second = steps(course)
    enrolment = courses.enrol(user=cast.awa, course=course)
    with django_capture_on_commit_callbacks(execute=True):
        WorkshopPage.objects.get(translation_key=first, locale__language_code="fr").unpublish()
    assert Activity.objects.get(key=first).retired
    workshop = planned(cast.issa, course)
    (row,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {row: 4})
    assert done(enrolment) == {second}
    courses.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.COMPLETED


def test_people_whom_only_a_retired_workshop_kept_waiting_are_completed(cast, django_capture_on_commit_callbacks):
    course = blended(lessons=(1,))
    enrolment = courses.enrol(user=cast.awa, course=course)
    courses.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])
    with django_capture_on_commit_callbacks(execute=True):
        WorkshopPage.objects.get(translation_key=steps(course)[0], locale__language_code="fr").unpublish()
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.COMPLETED


def test_who_is_no_longer_on_the_list_is_not_completed(cast):
    course = blended()
    enrolment = courses.enrol(user=cast.awa, course=course)
    workshop = planned(cast.issa, course)
    (row,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {row: 4}, close=False)
    Registration.objects.filter(pk=row.pk).update(state=Registration.State.REPLACED)
    close_attendance(workshop=workshop, actor=cast.issa)
    assert done(enrolment) == set()


def test_enrolling_costs_nothing_more_where_the_course_has_no_workshop(cast, django_assert_num_queries):
    course = build.make_course("W4", lessons=(1,))
    enrolment = courses.enrol(user=cast.awa, course=course)
    with django_assert_num_queries(0):
        complete_after_enrolling(enrolment=enrolment)


_orders = st.permutations(["enrol", "close", "right", "other", "again"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_orders, st.integers(1, 4))
def test_the_order_of_enrolling_closing_and_correcting_changes_nothing(cast, order, present):
    """Whatever comes first: the same steps are finished, once each."""
    with transaction.atomic():
        course = blended("WX", workshops=2)
        one, two = planned(cast.issa, course), planned(cast.issa, course)
        (mine,), (other,) = on_list(one, cast.issa, cast.awa), on_list(two, cast.issa, cast.awa)
        hold(one, cast.issa, {mine: present}, close=False)
        hold(two, cast.issa, {other: 4}, close=False)
        for act in order:
            if act == "enrol":
                courses.enrol(user=cast.awa, course=course)
            elif act == "right":
                put_right(one, mine, place=3, actor=cast.issa)
            elif act == "again":
                put_right(one, mine, place=0, actor=cast.issa)
            else:
                close_attendance(workshop=one if act == "close" else two, actor=cast.issa)
        enrolment = Enrolment.objects.get(user=cast.awa, course=course)
        reached = 1 + (len({*range(present), 0, 3}) >= 3)
        assert done(enrolment) == set(steps(course)[:reached])
        assert len(completions(enrolment)) == reached
        clean()
        transaction.set_rollback(True)


# --- words of the rule ------------------------------------------------------------------------------------------------


def test_what_the_course_asks_is_said_with_the_workshop(cast):
    course = blended(lessons=(2,))
    outline = current_outline(course.pk)
    enrolment = courses.enrol(user=cast.awa, course=course)
    assert list(rules.groups(outline)) == ["lessons-finished", "workshop-attended"]
    with translation.override("en"):
        assert rules.demands(outline)[1] == "the workshop is attended"
    (_lessons, condition) = rules.conditions(enrolment, outline, {}, "en")
    assert (condition.met, condition.sentence) == ("yet", "Workshop: not attended yet.")
    assert condition.link.endswith(f"/c/W1/{steps(course)[0].hex[:8]}/")
    workshop = planned(cast.issa, course)
    (row,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {row: 4})
    (_lessons, condition) = rules.conditions(enrolment, outline, courses.progress_of(enrolment), "en")
    assert (condition.met, condition.sentence) == ("yes", "Workshop attended.")


def test_two_workshops_are_counted(cast):
    course = blended(workshops=2)
    outline = current_outline(course.pk)
    enrolment = courses.enrol(user=cast.awa, course=course)
    condition = rules.conditions(enrolment, outline, {}, "en")[1]
    assert condition.sentence == "0 workshops of 2"


def test_what_can_be_done_today_comes_before_the_workshop(cast):
    course = blended(lessons=())
    add_step(course)
    final = build.add_final(course)
    enrolment = courses.enrol(user=cast.awa, course=course)
    assert rules.next_step(enrolment.outline.outline, {})["key"] == str(final)
    only = blended("W5", lessons=())
    assert rules.next_step(current_outline(only.pk), {})["kind"] == "workshop"


# --- the learner's page -----------------------------------------------------------------------------------------------


def address(course: Course) -> str:
    return reverse("activity", args=[course.code, steps(course)[0].hex[:8]])


@pytest.fixture
def course(cast):
    return blended()


@pytest.fixture
def english(client_for, cast):
    def get(address: str) -> str:
        response = client_for(cast.awa).get(address.replace("/fr/", "/en/", 1))
        assert response.status_code == 200
        return response.content.decode()

    return get


def test_the_page_says_what_it_is_and_that_nothing_is_announced(course, cast, english):
    courses.enrol(user=cast.awa, course=course)
    page = english(address(course))
    assert "<title>W1 · Workshop</title>" in page
    assert "Two days in Koulikoro" in page
    assert "Together: practice." in page
    assert "No workshop of this course is announced yet." in page
    assert "training officer" in page
    assert "<script" not in page.partition("<main")[2].partition("</main>")[0]
    assert not Statement.objects.filter(verb=Verb.INITIALIZED).exists()  # reading it begins nothing


def test_the_page_says_how_to_get_in(course, cast, english):
    courses.enrol(user=cast.awa, course=course)
    open_one = planned(cast.issa, course, entry=Workshop.Entry.OPEN)
    named = planned(cast.issa, course, entry=Workshop.Entry.DESIGNATION)
    listed = planned(cast.issa, course, entry=Workshop.Entry.LIST)
    draft = planned(cast.issa, course, entry=Workshop.Entry.OPEN)
    Workshop.objects.filter(pk=draft.pk).update(status=Workshop.Status.DRAFT)
    past = planned(cast.issa, course, entry=Workshop.Entry.OPEN)
    Workshop.objects.filter(pk=past.pk).update(starts="2026-10-01", ends="2026-10-02")
    elsewhere = planned(cast.issa, None, entry=Workshop.Entry.OPEN)
    page = english(address(course))
    assert reverse("my-workshop", args=[open_one.pk]).partition("/fr/")[2] in page
    assert "Registration is open" in page
    assert named.code in page
    assert f"/workshops/{named.pk}" not in page
    assert "ask your training officer" in page
    for hidden in (listed, draft, past, elsewhere):
        assert hidden.code not in page


def test_the_page_says_attendance_so_far_and_whom_to_call(course, cast, english):
    courses.enrol(user=cast.awa, course=course)
    workshop = planned(cast.issa, course, support_contact="Aïssata, 70 00 00 00")
    awa, seydou = on_list(workshop, cast.issa, cast.awa, cast.seydou)
    page = english(address(course))
    assert "4 sessions; 75% needed." in page
    assert "Aïssata, 70 00 00 00" in page
    assert f"/workshops/{workshop.pk}" in page
    hold(workshop, cast.issa, {awa: 2, seydou: 4}, close=False)
    with time_machine.travel(AFTER, tick=False):
        page = english(address(course))
    assert "2 of 4 sessions; 75% needed." in page
    assert "Attendance is not closed yet." in page
    close_attendance(workshop=workshop, actor=cast.issa)
    with time_machine.travel(AFTER, tick=False):
        page = english(address(course))
    assert "it does not reach what is asked for" in page
    assert "Aïssata" not in page
    put_right(workshop, awa, actor=cast.issa)
    page = english(address(course))
    assert "You attended this workshop." in page
    assert "8\u00a0December 2026" in page
    assert "How to get in" not in page
    put_right(workshop, awa, "absent", 0, actor=cast.issa)
    assert "Finished on" in english(address(course))


def test_a_renewal_reads_why_the_last_workshop_does_not_count(cast, english):
    course = blended(lessons=(1,))
    enrolment = courses.enrol(user=cast.awa, course=course)
    courses.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])
    workshop = planned(cast.issa, course)
    (row,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {row: 4})
    courses.enrol(user=cast.awa, course=course)
    assert "it has counted already" in english(address(course))


def test_a_stranger_and_a_reader_who_is_not_enrolled_learn_of_no_workshop(cast, client, client_for):
    workshop_course = blended("W6")
    planned(cast.issa, workshop_course, entry=Workshop.Entry.OPEN)
    assert client.get(address(workshop_course)).status_code == 302
    assert client_for(cast.awa).get(address(workshop_course)).status_code == 302  # enrolled people only
    Course.objects.filter(pk=workshop_course.pk).update(tier="open")
    code = Workshop.objects.get(course=workshop_course).code
    page = client.get(address(workshop_course))
    assert page.status_code == 200
    assert code not in page.content.decode()
    assert client.post(address(workshop_course)).status_code == 405


@pytest.mark.parametrize("others", [1, 12])
def test_the_page_costs_the_same_however_many_workshops_there_are(
    others, course, cast, client_for, django_assert_max_num_queries
):
    courses.enrol(user=cast.awa, course=course)
    for number in range(others):
        workshop = planned(cast.issa, course, entry=Workshop.Entry.OPEN)
        if number % 2:
            (row,) = on_list(workshop, cast.issa, cast.awa)
            hold(workshop, cast.issa, {row: 2}, close=number % 3 == 0)
    client = client_for(cast.awa)
    client.get(address(course))
    with django_assert_max_num_queries(12):
        assert client.get(address(course)).status_code == 200


def test_the_course_page_leads_to_the_workshop(course, cast, english):
    enrolment = courses.enrol(user=cast.awa, course=course)
    for key in build.lesson_keys(course):
        courses.complete_lesson(enrolment=enrolment, activity=key)
    page = english(reverse("course", args=[course.code]))
    assert "Workshop: not attended yet." in page
    assert "See the workshop" in page
    assert address(course).removeprefix("/fr") in page


# --- authoring --------------------------------------------------------------------------------------------------------


def test_the_outline_holds_the_step_where_its_author_put_it(cast):
    course = build.make_course("W7", lessons=(1, 1))
    inside = add_step(course, module=0)
    below = add_step(course, required=False)
    outline = current_outline(course.pk)
    assert [entry["kind"] for entry in outline["modules"][0]["activities"]] == ["lesson", "workshop"]
    assert outline["final"] == [
        {
            "key": str(below),
            "ref": below.hex[:8],
            "kind": "workshop",
            "required": False,
            "minutes": 720,
            "rule": "attended",
        }
    ]
    assert rules.find(outline, key=inside)["required"]
    english = course.texts.get(language="en")
    assert (english.titles[str(inside)], english.facts[str(inside)]["summary"]) == (
        "Two days in Koulikoro",
        "Together: practice.",
    )
    assert "koulikoro" in english.folded
    assert course.texts.get(language="fr").facts[str(inside)]["summary"] == "Ensemble\u00a0: on s’exerce."
