"""Wagtail's groups are what the roles say: nobody stays in one by hand, and nobody reviews their own work."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory
from django.utils import timezone
from wagtail.models import GroupPagePermission, Page, Workflow

from courses.models import CoursePage, LessonPage
from lms import wagtail_groups
from lms.review import Review, is_own_work, not_own_work
from operations import jobs
from people.models import Institution, Role, RoleGrant, User
from tests import cast as the_cast
from tests.courses import build

pytestmark = pytest.mark.django_db


def names(person: User) -> set[str]:
    return set(Group.objects.filter(user=person).values_list("name", flat=True))


def again(person: User) -> User:
    return User.objects.get(pk=person.pk)


@pytest.fixture
def lesson(cast) -> LessonPage:
    course = build.make_course("T1")
    source = build.source_page(course)
    return LessonPage.objects.descendant_of(source).first()


def elsewhere(person: User, role: str) -> None:
    place = Institution.objects.get(code="court")
    RoleGrant.objects.create(user=person, role=role, institution=place, since=the_cast.SINCE)


def test_groups_come_and_go_with_roles(cast) -> None:
    assert names(cast.oumar) == {"desk", "authors: dnapes"}
    assert names(cast.fanta) == {"desk", "authors: dnapes", "reviewers: dnapes"}
    assert names(cast.mariam) == names(cast.awa) == names(cast.admin) == set()
    grant = cast.oumar.role_grants.get()
    grant.until = timezone.localdate()
    grant.save()
    assert names(cast.oumar) == set()
    assert not again(cast.oumar).has_perm("wagtailadmin.access_admin")


def test_what_was_put_there_by_hand_goes(cast) -> None:
    strange = Group.objects.create(name="Editors")
    cast.awa.groups.add(strange, Group.objects.get(name="reviewers: dnapes"))
    cast.awa.user_permissions.add(Permission.objects.get(codename="access_admin"))
    Group.objects.get(name="desk").permissions.add(Permission.objects.get(codename="delete_user"))
    GroupPagePermission.objects.create(
        group=Group.objects.get(name="authors: dnapes"),
        page=Page.get_first_root_node(),
        permission=Permission.objects.get(content_type__app_label="wagtailcore", codename="publish_page"),
    )
    wagtail_groups.sync()
    assert names(cast.awa) == set() and not again(cast.awa).user_permissions.exists()
    assert not Group.objects.filter(name="Editors").exists()
    assert not again(cast.oumar).has_perm("people.delete_user")
    assert not GroupPagePermission.objects.filter(page=Page.get_first_root_node()).exists()
    assert wagtail_groups.sync() == 0


def test_a_role_that_ended_with_the_day_is_noticed_by_the_clock_and_at_the_login(cast, client, settings) -> None:
    RoleGrant.objects.filter(user__in=[cast.oumar, cast.admin]).update(until=timezone.localdate())
    assert again(cast.admin).is_superuser and names(cast.oumar)
    client.post("/accounts/login/", {"login": "oumar", "password": the_cast.PASSWORD})
    assert names(cast.oumar) == set()
    job = jobs.ask("lms.groups")
    jobs.run(jobs.claim())
    job.refresh_from_db()
    assert job.status == "done"
    assert not again(cast.admin).is_superuser


def test_a_role_that_begins_is_noticed_too(cast) -> None:
    place = Institution.objects.get(code="dnapes")
    grant = RoleGrant.objects.create(
        user=cast.awa, role=Role.AUTHOR, institution=place, since=timezone.localdate() + dt.timedelta(1)
    )
    assert names(cast.awa) == set()
    RoleGrant.objects.filter(pk=grant.pk).update(since=timezone.localdate())
    wagtail_groups.follow_the_day(None)
    assert names(cast.awa) == {"desk", "authors: dnapes"}


def test_authors_change_pages_of_their_institution_and_publish_none(lesson, cast) -> None:
    elsewhere(cast.seydou, Role.AUTHOR)
    own = lesson.permissions_for_user(again(cast.oumar))
    assert own.can_edit() and not own.can_publish()
    assert lesson.permissions_for_user(again(cast.fanta)).can_publish()
    assert not lesson.permissions_for_user(again(cast.seydou)).can_edit()
    assert not lesson.permissions_for_user(again(cast.mariam)).can_edit()
    home = lesson.get_ancestors().filter(depth=2).first()
    assert not home.permissions_for_user(again(cast.oumar)).can_edit()


def test_an_author_of_another_institution_is_refused_at_the_pages_address(lesson, cast, client_for) -> None:
    elsewhere(cast.seydou, Role.AUTHOR)
    edit = f"/authoring/pages/{lesson.pk}/edit/"
    assert client_for(again(cast.seydou)).get(edit).status_code == 302  # Wagtail says so and leads home
    assert client_for(again(cast.oumar)).get(edit).status_code == 200
    assert client_for(cast.mariam).get(edit).status_code == 403


def test_a_new_course_is_open_to_the_authors_of_its_owner_at_once(cast) -> None:
    course = build.make_course("T2")
    for page in CoursePage.objects.filter(course=course):
        assert page.permissions_for_user(again(cast.oumar)).can_edit()


# --- review ---------------------------------------------------------------------------------------------------------


def submit(page: LessonPage, author: User, title: str = "New words"):
    page.title = title
    page.save_revision(user=author)
    return page.get_workflow().start(page, author)


def test_there_is_one_workflow_with_our_review(cast) -> None:
    wagtail_groups.sync()
    active = Workflow.objects.active().get()
    assert [type(task.specific) for task in active.tasks] == [Review]
    wagtail_groups.sync()
    assert Workflow.objects.active().get() == active, "another workflow would cancel what waits in this one"


def test_a_page_is_reviewed_by_the_institution_and_not_by_its_author(lesson, cast) -> None:
    elsewhere(cast.seydou, Role.REVIEWER)
    state = submit(lesson, cast.fanta)
    task = state.current_task_state.task.specific
    may = {
        person.username: [name for name, _words, _more in task.get_actions(lesson, again(person))] for person in cast
    }
    assert may.pop("admin") == ["reject", "approve", "approve"]
    assert not any(may.values()), may  # Fanta wrote it; Oumar is no reviewer; Seydou's institution is another
    assert not task.user_can_access_editor(lesson, again(cast.seydou))
    assert not task.get_task_states_user_can_moderate(again(cast.seydou)).exists()
    assert task.get_task_states_user_can_moderate(again(cast.fanta)).count() == 1
    state.current_task_state.approve(user=cast.admin)
    lesson.refresh_from_db()
    assert lesson.title == "New words"


def test_own_work_is_what_a_person_changed_since_the_page_was_published(lesson, cast) -> None:
    lesson.title = "Mine"
    lesson.save_revision(user=cast.admin)
    assert is_own_work(cast.admin, lesson) and not is_own_work(cast.fanta, lesson)
    lesson.save_revision(user=cast.fanta)  # changes nothing
    assert not is_own_work(cast.fanta, LessonPage.objects.get(pk=lesson.pk))
    LessonPage.objects.get(pk=lesson.pk).latest_revision.publish(user=cast.fanta)
    assert not is_own_work(cast.admin, LessonPage.objects.get(pk=lesson.pk))


def test_own_words_stay_a_draft_whichever_way_they_are_published(lesson, cast, client_for) -> None:
    lesson.title = "Mine"
    lesson.save_revision(user=cast.admin)
    bulk = f"/authoring/bulk/wagtailcore/page/publish/?id={lesson.pk}&next=/authoring/"
    for person, published in ((cast.admin, False), (cast.fanta, True)):
        answer = client_for(person).post(bulk, follow=True)
        assert LessonPage.objects.get(pk=lesson.pk).title.startswith("Mine") is published
        assert ("une autre personne doit le publier" in answer.content.decode()) is not published
    request = RequestFactory().post("/")
    request.user = cast.admin
    request.session = {}
    request._messages = FallbackStorage(request)
    page = LessonPage.objects.get(pk=lesson.pk)
    assert not_own_work(request, page) is None
    page.title = "Mine again"
    page.save_revision(user=cast.admin)
    assert not_own_work(request, page).status_code == 302
