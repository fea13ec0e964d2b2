"""Leading a cohort: who may, whom it reaches, what becomes of dates and enrolments."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from content.models import Tier
from courses.models import Announcement, CohortCourse, CohortMember, Enrolment, LessonQuestion
from courses.services import cohorts as services
from courses.services import complete_lesson, enrol
from operations.errors import Refused
from operations.models import AuditEntry, Message
from people import access
from people.models import Institution, Protection, Role, RoleGrant, User
from people.policy import Capability
from people.retention import enforce
from tests.courses import build
from tests.courses.cohorts import make_cohort, row_of

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def fresh(person: User) -> User:
    return User.objects.get(pk=person.pk)


def test_who_is_added_is_enrolled_has_the_groups_date_and_is_told(cast):
    course, due = build.make_course(), timezone.localdate() + 30 * DAY
    cohort = make_cohort(cast.issa, course, due=due)
    added = services.add_members(cohort=cohort, logins=["ML-AWA"], actor=fresh(cast.issa))
    assert added.people == [cast.awa] and not added.unknown and not added.waiting
    enrolment = Enrolment.objects.get(user=cast.awa, course=course)
    assert (enrolment.origin, enrolment.due) == ("cohort", due)
    assert Message.objects.filter(recipient=cast.awa, kind="courses.cohort-joined").count() == 1
    again = services.add_members(cohort=cohort, logins=["awa", "awa@kalanso.test"], actor=fresh(cast.issa))
    assert not again.people and CohortMember.objects.filter(cohort=cohort).count() == 1
    assert AuditEntry.objects.filter(code="courses.cohort-member-added", about=cast.awa).count() == 1


def test_people_elsewhere_protected_people_and_nobody_are_answered_alike(cast):
    cohort = make_cohort(cast.issa)
    hidden = User.objects.create(username="hidden", staff_number="ML-HIDDEN")
    hidden.memberships.create(institution=Institution.objects.get(code="mca"), since=dt.date(2020, 1, 1))
    Protection.objects.create(user=hidden, kind="other", pseudonym="P-01")
    tried = ["seydou", "ML-HIDDEN", "nobody at all", "\u0000"]
    added = services.add_members(cohort=cohort, logins=tried, actor=fresh(cast.issa))
    assert added.unknown == [*tried[:3], tried[3]] and not added.people
    assert not cohort.members.exists()


def test_others_come_by_the_link_of_their_own_accord(cast):
    course = build.make_course()
    cohort = make_cohort(cast.issa, course)
    code = services.open_link(cohort=cohort, actor=fresh(cast.issa))
    services.join_by_link(cohort=cohort, code=code, user=cast.seydou)
    assert row_of(cohort, cast.seydou) and Enrolment.objects.filter(user=cast.seydou, course=course).exists()
    services.open_link(cohort=cohort, actor=fresh(cast.issa))
    with pytest.raises(Refused, match="no longer in use"):
        services.join_by_link(cohort=cohort, code=code, user=cast.awa)
    services.remove_member(member=row_of(cohort, cast.seydou), actor=cast.seydou)
    assert not cohort.members.filter(left=None).exists()


def test_the_relation_reaches_members_while_all_of_it_holds(cast):
    course = build.make_course()
    cohort = make_cohort(cast.issa, course, members=[cast.awa])
    other = build.make_course("T2")
    elsewhere = enrol(user=cast.awa, course=other)
    taken = Enrolment.objects.get(user=cast.awa, course=course)

    def sees(thing, capability=Capability.SEE_PROGRESS) -> bool:
        return access.can(fresh(cast.issa), capability, thing)

    assert sees(cast.awa) and sees(taken) and not sees(elsewhere) and not sees(cast.seydou)
    assert list(access.people_for(fresh(cast.issa), Capability.SEE_PROGRESS).exclude(pk=cast.issa.pk)) == [cast.awa]
    assert sees(course, Capability.READ_LESSON) and not sees(other, Capability.READ_LESSON)
    assert not sees(cast.awa, Capability.RECOVERY_CODE)  # only at a workshop that runs
    services.archive_cohort(cohort=cohort, actor=fresh(cast.issa))
    assert not sees(cast.awa) and not sees(course, Capability.READ_LESSON)
    services.reopen_cohort(cohort=cohort, actor=fresh(cast.issa))
    assert sees(cast.awa)
    services.remove_member(member=row_of(cohort, cast.awa), actor=fresh(cast.issa))
    assert not sees(cast.awa)
    services.add_members(cohort=cohort, logins=["awa"], actor=fresh(cast.issa))
    assert sees(cast.awa)
    RoleGrant.objects.filter(user=cast.issa).update(until=timezone.localdate())
    assert not sees(cast.awa)


def test_nobody_but_who_leads_it_and_administrators_changes_a_cohort(cast):
    cohort = make_cohort(cast.issa)
    rival = User.objects.create(username="rival")
    RoleGrant.objects.create(user=rival, role=Role.INSTRUCTOR, institution=cohort.institution)
    for person in (cast.mariam, cast.fanta, cast.awa, cast.oumar, rival):
        with pytest.raises(Refused):
            services.add_members(cohort=cohort, logins=["awa"], actor=fresh(person))
        with pytest.raises(Refused):
            services.archive_cohort(cohort=cohort, actor=fresh(person))
    assert access.can(fresh(cast.mariam), Capability.SEE_COHORTS, cohort)
    assert not access.can(fresh(rival), Capability.SEE_COHORTS, cohort)
    with pytest.raises(Refused):
        make_cohort(cast.issa, institution="court")
    services.add_instructor(cohort=cohort, login="rival", actor=cast.admin)
    services.add_members(cohort=cohort, logins=["awa"], actor=fresh(rival))
    with pytest.raises(Refused, match="cannot lead"):
        RoleGrant.objects.create(user=cast.awa, role=Role.INSTRUCTOR, institution=cohort.institution)
        services.add_instructor(cohort=cohort, login="awa", actor=cast.admin)


def test_whoever_leads_a_cohort_is_no_member_and_the_last_one_stays(cast):
    cohort = make_cohort(cast.issa)
    with pytest.raises(Refused, match="cannot be a member"):
        services.add_members(cohort=cohort, logins=["issa"], actor=fresh(cast.issa))
    with pytest.raises(Refused, match="needs somebody"):
        services.end_instructor(row=cohort.instructors.get(), actor=fresh(cast.issa))


@pytest.mark.parametrize("starts, ends", [(0, -1), (0, 2000), (-40_000, None), (5000, None)])
def test_dates_that_cannot_be_meant_are_refused(cast, starts, ends):
    today = timezone.localdate()
    with pytest.raises(Refused):
        make_cohort(
            cast.issa,
            starts=today + starts * DAY,
            ends=None if ends is None else today + (starts + ends) * DAY,
        )


def test_a_course_is_not_due_before_the_cohort_starts(cast):
    course, today = build.make_course(), timezone.localdate()
    with pytest.raises(Refused, match="before the group starts"):
        make_cohort(cast.issa, course, due=today - DAY)
    cohort = make_cohort(cast.issa, course, due=today + 10 * DAY)
    with pytest.raises(Refused, match="before the group starts"):
        services.change_cohort(
            cohort=cohort, actor=fresh(cast.issa), name="x", language="fr", starts=today + 11 * DAY, ends=None
        )


def test_an_archived_cohort_changes_no_more(cast):
    course = build.make_course()
    cohort = make_cohort(cast.issa, course)
    services.archive_cohort(cohort=cohort, actor=fresh(cast.issa))
    with pytest.raises(Refused, match="put away"):
        services.add_members(cohort=cohort, logins=["awa"], actor=fresh(cast.issa))
    with pytest.raises(Refused, match="put away"):
        services.change_due(row=CohortCourse.objects.get(cohort=cohort), actor=fresh(cast.issa), due=None)


def test_a_new_date_reaches_those_who_had_the_groups_and_leaves_a_date_of_ones_own(cast):
    course, today = build.make_course(), timezone.localdate()
    own = enrol(user=cast.seydou, course=course)
    Enrolment.objects.filter(pk=own.pk).update(due=today + 3 * DAY)
    cohort = make_cohort(cast.issa, course, members=[cast.awa, cast.seydou], due=today + 10 * DAY)
    services.change_due(row=cohort.courses.get(), actor=fresh(cast.issa), due=today + 20 * DAY)
    assert Enrolment.objects.get(user=cast.awa, course=course).due == today + 20 * DAY
    own.refresh_from_db()
    assert own.due == today + 3 * DAY
    services.remove_member(member=row_of(cohort, cast.awa), actor=fresh(cast.issa))
    assert Enrolment.objects.get(user=cast.awa, course=course).due is None


def test_a_course_that_waits_for_another_opens_once_that_is_completed(cast):
    first, second = build.make_course("T1", lessons=(1,)), build.make_course("T2", lessons=(1,))
    second.prerequisites.add(first)
    cohort = make_cohort(cast.issa, first, second)
    added = services.add_members(cohort=cohort, logins=["awa"], actor=fresh(cast.issa))
    assert [person for person, _why in added.waiting] == [cast.awa]
    assert not Enrolment.objects.filter(user=cast.awa, course=second).exists()
    enrolment = Enrolment.objects.get(user=cast.awa, course=first)
    complete_lesson(enrolment=enrolment, activity=build.lesson_keys(first)[0])
    assert Enrolment.objects.filter(user=cast.awa, course=second, origin="cohort").exists()


def test_who_has_completed_a_course_is_not_enrolled_again(cast):
    course = build.make_course(lessons=(1,))
    enrolment = enrol(user=cast.awa, course=course)
    complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])
    make_cohort(cast.issa, course, members=[cast.awa])
    assert Enrolment.objects.filter(user=cast.awa, course=course).count() == 1


def test_a_restricted_course_is_taught_by_who_is_cleared(cast):
    course = build.make_course(tier=Tier.RESTRICTED)
    with pytest.raises(Refused, match="may not teach"):
        make_cohort(cast.issa, course)
    cast.issa.clearances.create(reason="teaches it")
    make_cohort(cast.issa, course)
    hidden = build.make_course("T2", visibility="invitation")
    with pytest.raises(Refused, match="may not teach"):
        make_cohort(cast.issa, hidden)


def test_questions_and_announcements_go_after_two_years(cast):
    course = build.make_course()
    cohort = make_cohort(cast.issa, course)
    key = build.lesson_keys(course)[0]
    for days in (729, 731):
        question = LessonQuestion.objects.create(
            cohort=cohort, course=course, activity=key, asker=cast.awa, text="?", language="fr"
        )
        LessonQuestion.objects.filter(pk=question.pk).update(asked=timezone.now() - days * DAY)
        told = Announcement.objects.create(cohort=cohort, texts={"fr": "x"})
        Announcement.objects.filter(pk=told.pk).update(created=timezone.now() - days * DAY)
    assert enforce()["questions"] == 2
    assert LessonQuestion.objects.count() == Announcement.objects.count() == 1
