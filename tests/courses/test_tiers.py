"""Restricted courses, and courses for an audience: who reads, who enrols, and what the others are told."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from content.access import may_see_figure
from content.models import Figure, Tier
from courses import services
from courses.models import Course, Enrolment
from operations.errors import Refused
from people.models import Audience, Clearance, Institution, Role, RoleGrant, User
from tests import cast as the_cast
from tests.courses import build

pytestmark = pytest.mark.django_db


def belongs(person: User, *, confirmed: bool = True, slug: str = "test-staff") -> Audience:
    return Audience.objects.create(
        user=person, audience=slug, confirmed_at=timezone.now() if confirmed else None, since=the_cast.SINCE
    )


def clear(person: User) -> None:
    Clearance.objects.create(user=person, reason="Reviews it", since=the_cast.SINCE)


def lesson(course: Course) -> str:
    return f"/en/c/{course.code}/{build.lesson_keys(course)[0].hex[:8]}/"


@pytest.fixture
def secret(db) -> Course:
    return build.make_course("T5", tier=Tier.RESTRICTED)


# --- restricted -----------------------------------------------------------------------------------------------------


def test_a_restricted_lesson_opens_for_people_enrolled_whose_audience_is_confirmed(secret, cast, client_for) -> None:
    row = belongs(cast.awa)
    services.enrol(user=cast.awa, course=secret)
    browser = client_for(cast.awa)
    answer = browser.get(lesson(secret))
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    row.until = timezone.localdate()
    row.save()
    answer = browser.get(lesson(secret), follow=True)
    assert "Your training manager must first confirm that you belong to them." in answer.content.decode()
    assert answer.redirect_chain == [(f"/en/c/{secret.code}/", 303)]


def test_a_declared_audience_opens_nothing(secret, cast) -> None:
    belongs(cast.awa, confirmed=False)
    with pytest.raises(Refused, match="must first confirm"):
        services.enrol(user=cast.awa, course=secret)
    assert not Enrolment.objects.filter(course=secret).exists()


def test_somebody_assigned_without_a_confirmed_audience_is_told_so_on_every_page(secret, cast, client_for) -> None:
    services.enrol(user=cast.awa, course=secret, origin=Enrolment.Origin.ASSIGNED, actor=cast.mariam)
    for path in (lesson(secret), lesson(secret) + "report/", f"/en/c/{secret.code}/print/"):
        answer = client_for(cast.awa).get(path, follow=True)
        assert "must first confirm" in answer.content.decode(), path


def test_authors_and_master_trainers_read_restricted_courses_of_their_institution_once_cleared(
    secret, cast, client_for
) -> None:
    for person in (cast.oumar, cast.fanta):
        assert client_for(person).get(lesson(secret)).status_code == 302
        clear(person)
        assert client_for(person).get(lesson(secret)).status_code == 200
    assert client_for(cast.admin).get(lesson(secret)).status_code == 200
    for person in (cast.issa, cast.mariam):  # no course of theirs; managers read no lessons
        clear(person)
        assert client_for(person).get(lesson(secret)).status_code == 302
    assert client_for(None).get(lesson(secret))["Location"].startswith("/accounts/login/")


def test_authors_of_another_institution_read_as_strangers_do(cast, client_for) -> None:
    course = build.make_course("T1")
    seydou = cast.seydou
    RoleGrant.objects.create(
        user=seydou, role=Role.AUTHOR, institution=Institution.objects.get(code="court"), since=the_cast.SINCE
    )
    assert client_for(seydou).get(lesson(course)).status_code == 302
    assert client_for(cast.oumar).get(lesson(course)).status_code == 200
    assert client_for(cast.mariam).get(lesson(course)).status_code == 302


def test_restricted_figures_follow_their_course(secret, cast) -> None:
    figure = Figure.objects.create(name="plan", owner=secret.slug, tier=Tier.RESTRICTED)
    lost = Figure.objects.create(name="lost", owner="", tier=Tier.RESTRICTED)
    assert not may_see_figure(cast.awa, figure) and not may_see_figure(AnonymousUser(), figure)
    belongs(cast.awa)
    services.enrol(user=cast.awa, course=secret)
    assert may_see_figure(User.objects.get(pk=cast.awa.pk), figure)
    assert not may_see_figure(cast.seydou, figure) and not may_see_figure(cast.oumar, figure)
    assert may_see_figure(cast.admin, figure) and may_see_figure(cast.admin, lost)
    assert not may_see_figure(cast.awa, lost)


def test_restricted_courses_are_never_printed(secret, cast, client_for) -> None:
    belongs(cast.awa)
    services.enrol(user=cast.awa, course=secret)
    for person in (cast.awa, cast.admin):
        answer = client_for(person).get(f"/en/c/{secret.code}/print/", follow=True)
        assert "cannot be printed or kept" in answer.content.decode()


# --- visibility -----------------------------------------------------------------------------------------------------


@pytest.fixture
def for_some(db) -> Course:
    return build.make_course("T6", visibility=Course.Visibility.AUDIENCE)


def test_a_course_for_an_audience_shows_to_those_who_say_they_belong_and_enrols_those_confirmed(
    for_some, cast, client_for
) -> None:
    page = f"/en/c/{for_some.code}/"
    assert client_for(None).get(page).status_code == 404
    assert client_for(cast.seydou).get(page).status_code == 404
    row = belongs(cast.awa, confirmed=False)
    browser = client_for(cast.awa)
    assert browser.get(page).status_code == 200
    assert for_some.code in browser.get("/en/catalogue/?q=register").content.decode()
    answer = browser.post(f"{page}enrol/", follow=True).content.decode()
    assert "must first confirm" in answer and not Enrolment.objects.filter(course=for_some).exists()
    row.confirmed_at = timezone.now()
    row.save()
    browser.post(f"{page}enrol/")
    assert Enrolment.objects.filter(course=for_some, user=cast.awa).exists()


def test_a_restricted_course_for_an_audience_shows_to_those_confirmed_only(cast, client_for) -> None:
    course = build.make_course("T6", visibility=Course.Visibility.AUDIENCE, tier=Tier.RESTRICTED)
    row = belongs(cast.awa, confirmed=False)
    assert client_for(cast.awa).get(f"/en/c/{course.code}/").status_code == 404
    row.confirmed_at = timezone.now()
    row.save()
    assert client_for(cast.awa).get(f"/en/c/{course.code}/").status_code == 200


def test_nobody_enrols_alone_in_a_course_by_invitation(cast, client_for) -> None:
    course = build.make_course("T6", visibility=Course.Visibility.INVITATION)
    belongs(cast.awa)
    assert client_for(cast.awa).post(f"/en/c/{course.code}/enrol/").status_code == 404
    with pytest.raises(Refused):
        services.enrol(user=cast.awa, course=course)
    services.enrol(user=cast.awa, course=course, origin=Enrolment.Origin.ASSIGNED, actor=cast.mariam)
    assert client_for(cast.awa).get(lesson(course)).status_code == 200


def test_people_are_assigned_by_managers_of_their_branch_only(cast) -> None:
    course = build.make_course("T1")
    with pytest.raises(Refused, match="Your role does not allow this here"):
        services.enrol(user=cast.seydou, course=course, origin=Enrolment.Origin.ASSIGNED, actor=cast.mariam)
    with pytest.raises(Refused, match="Your role does not allow this here"):
        services.enrol(user=cast.awa, course=course, origin=Enrolment.Origin.ASSIGNED, actor=cast.seydou)
    assert not Enrolment.objects.exists()
