"""Enrolling and leaving."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils import translation

from courses import services
from courses.models import Enrolment
from operations.errors import Refused
from people.models import User
from records.models import Statement
from records.verbs import Verb
from tests.courses import build


def verbs(enrolment: Enrolment) -> list[str]:
    return list(Statement.objects.filter(registration=enrolment.pk).order_by("stored").values_list("verb", flat=True))


@pytest.mark.django_db
def test_enrolling_is_recorded_and_twice_is_the_same_enrolment(cast):
    course = build.make_course()
    first = services.enrol(user=cast.awa, course=course)
    again = services.enrol(user=cast.awa, course=course)
    assert first.pk == again.pk
    assert first.outline.number == 1
    assert verbs(first) == [Verb.REGISTERED]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_enrol_at_the_same_time_get_one_enrolment():
    course = build.make_course()
    person = User.objects.create(username="two-tabs")
    found: list[object] = []
    start = threading.Barrier(4)

    def press() -> None:
        try:
            start.wait()
            found.append(services.enrol(user=person, course=course).pk)
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    tabs = [threading.Thread(target=press) for _ in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len(set(found)) == 1, found
    enrolment = Enrolment.objects.get(user=person)
    assert verbs(enrolment) == [Verb.REGISTERED]


@pytest.mark.django_db
def test_a_course_that_comes_first_is_named_with_its_address(cast):
    first = build.make_course("T1")
    second = build.make_course("T2")
    second.prerequisites.add(first)
    with translation.override("en"), pytest.raises(services.PrerequisitesMissing) as caught:
        services.enrol(user=cast.awa, course=second)
    assert [code for code, _title in caught.value.courses] == ["T1"]
    assert "Keeping a register T1" in caught.value.sentence
    assert not Enrolment.objects.filter(user=cast.awa).exists()
    taken = services.enrol(user=cast.awa, course=first)
    for key in build.lesson_keys(first):
        services.complete_lesson(enrolment=taken, activity=key)
    assert services.enrol(user=cast.awa, course=second).course == second


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields", [{"open_for_enrolment": False}, {"visibility": "invitation"}, {"visibility": "audience"}]
)
def test_a_course_that_is_closed_or_not_theirs_takes_no_enrolment(fields, cast, client_for):
    course = build.make_course(**fields)
    with pytest.raises(Refused):
        services.enrol(user=cast.awa, course=course)
    answer = client_for(cast.awa).post("/fr/c/T1/enrol/")
    assert answer.status_code == (303 if "open_for_enrolment" in fields else 404)
    assert not Enrolment.objects.exists()


@pytest.mark.django_db
def test_a_course_without_lessons_takes_no_enrolment(cast):
    course = build.make_course(lessons=())
    with pytest.raises(Refused):
        services.enrol(user=cast.awa, course=course)


@pytest.mark.django_db
def test_leaving_is_confirmed_recorded_and_enrolling_again_begins_anew(cast, client_for):
    course = build.make_course()
    enrolment = services.enrol(user=cast.awa, course=course)
    services.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])
    browser = client_for(cast.awa)
    assert b'name="csrfmiddlewaretoken"' in browser.get("/fr/c/T1/withdraw/").content
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.ACTIVE
    for _time in range(2):
        browser.post("/fr/c/T1/withdraw/")
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.WITHDRAWN
    assert verbs(enrolment).count(Verb.LEFT) == 1
    again = services.enrol(user=cast.awa, course=course)
    assert again.pk != enrolment.pk
    assert build.finished(again) == set()


@pytest.mark.django_db
def test_a_completed_course_cannot_be_left_but_taken_again(cast):
    course = build.make_course(lessons=(1,))
    enrolment = services.enrol(user=cast.awa, course=course)
    services.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])
    with pytest.raises(Refused):
        services.withdraw(enrolment=enrolment)
    renewal = services.enrol(user=cast.awa, course=course)
    assert renewal.pk != enrolment.pk
    assert services.enrol(user=cast.awa, course=course).pk == renewal.pk


@pytest.mark.django_db
def test_the_button_enrols_and_strangers_sign_in_first(cast, client_for):
    build.make_course()
    stranger = client_for(None)
    page = stranger.get("/fr/c/T1/")
    assert b'data-action="enrol"' in page.content
    for answer in (stranger.post("/fr/c/T1/enrol/"), stranger.get("/fr/c/T1/enrol/")):
        assert answer.status_code == 302
        assert answer["Location"] == "/accounts/login/?next=/fr/c/T1/"
    browser = client_for(cast.awa)
    answer = browser.post("/fr/c/T1/enrol/")
    assert (answer.status_code, answer["Location"]) == (303, "/fr/c/T1/")
    assert browser.get("/fr/c/T1/enrol/").status_code == 302
    assert b'data-action="continue"' in browser.get("/fr/c/T1/").content
    assert Enrolment.objects.filter(user=cast.awa).count() == 1


@pytest.mark.django_db
def test_forms_from_elsewhere_enrol_nobody(cast, client_for):
    build.make_course()
    assert client_for(cast.awa, csrf=True).post("/fr/c/T1/enrol/").status_code == 403
    assert client_for(cast.awa).post("/fr/c/NOPE/enrol/").status_code == 404
    assert client_for(cast.awa).put("/fr/c/T1/enrol/").status_code == 405
    assert not Enrolment.objects.exists()
