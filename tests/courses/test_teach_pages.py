"""The desk for teaching as a browser sees it: the grid and its cost, forms with what is not one's own, learners' pages."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.models import ActivityProgress, Announcement, Cohort, CohortMember, Enrolment, LessonQuestion
from courses.services import cohort_words as words
from courses.services import cohorts as services
from courses.services import complete_lesson
from operations.models import AuditEntry, Message
from people.models import Institution, Protection, User
from tests.courses import build
from tests.courses.cohorts import make_cohort, row_of
from tests.courses.test_costs import enlarge, queries

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def crowd(cohort: Cohort, course, number: int, keys: list[uuid.UUID]) -> None:
    """So many members who have each done some of the steps; one in ten is protected."""
    first = User.objects.count()
    people = User.objects.bulk_create(
        User(username=f"c-{first + n}", first_name=f"Prénom{n}", last_name=f"Nom{n}") for n in range(number)
    )
    place = Institution.objects.get(code="mca")
    for person in people:
        person.memberships.create(institution=place, since=dt.date(2020, 1, 1))
    Protection.objects.bulk_create(
        Protection(user=person, kind="other", pseudonym=f"P-{person.pk}") for person in people[::10]
    )
    CohortMember.objects.bulk_create(CohortMember(cohort=cohort, user=person) for person in people)
    outline = course.outline_versions.get()
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(user=person, course=course, outline=outline, origin="cohort") for person in people
    )
    ActivityProgress.objects.bulk_create(
        ActivityProgress(enrolment=enrolment, activity=key, status="completed", last_at=timezone.now())
        for number, enrolment in enumerate(enrolments)
        for key in keys[: number % len(keys)]
    )


def grid_queries(client, address: str, most: int = 12) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    assert len(captured) <= most, [query["sql"][:160] for query in captured]
    return len(captured)


def test_the_grid_of_200_people_and_40_steps_costs_12_queries_at_most(cast, client_for):
    course, other = build.make_course(lessons=(2,)), build.make_course("T2")
    keys = build.lesson_keys(course) + enlarge(course, 38)
    cohort = make_cohort(cast.issa, course, other)
    address = reverse("teach-cohort", args=[cohort.pk])
    crowd(cohort, course, 20, keys)
    few = grid_queries(client_for(cast.issa), address)
    crowd(cohort, course, 180, keys)
    many = grid_queries(client_for(cast.issa), address)
    assert few == many
    page = client_for(cast.issa).get(address).content.decode()
    assert page.count('class="cell d"') > 3000 and page.count('<th scope="row">') == 200
    grid_queries(client_for(cast.mariam), address, most=14)  # whom of the branch it is about, and whose name is hidden
    print(f"{many} queries, {len(page)} bytes")  # noqa: T201 - shown by pytest -rP


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row">.*?<bdi>(.*?)</bdi>', page)


def test_the_grid_is_sorted_and_filtered_by_its_address(cast, client_for):
    course = build.make_course(lessons=(2,))
    cohort = make_cohort(cast.issa, course, members=[cast.awa, cast.seydou, cast.oumar])
    Enrolment.objects.filter(user=cast.oumar).update(created=timezone.now() - 30 * DAY)
    complete_lesson(
        enrolment=Enrolment.objects.get(user=cast.seydou, course=course), activity=build.lesson_keys(course)[0]
    )
    client, address = client_for(cast.issa), reverse("teach-cohort", args=[cohort.pk])

    def shown(**given: str) -> list[str]:
        return names(client.get(address, given).content.decode())

    assert shown() == ["Awa Diarra", "Oumar Maïga", "Seydou Ag Alhousseini"]
    assert shown(sort="-done")[0] == "Seydou Ag Alhousseini" and shown(sort="-name")[0] == "Seydou Ag Alhousseini"
    assert shown(status="remind") == ["Oumar Maïga"] and shown(q="maiga") == ["Oumar Maïga"]
    assert len(shown(sort="'; --", status="nothing", course="K99")) == 3


def test_managers_see_the_status_of_their_branch_master_trainers_the_list_administrators_say_why(cast, client_for):
    course = build.make_course(lessons=(2,))
    cohort = make_cohort(cast.issa, course, members=[cast.awa, cast.seydou])
    address = reverse("teach-cohort", args=[cohort.pk])
    page = client_for(cast.mariam).get(address).content.decode()
    assert "Awa Diarra" in page and 'class="cell ' not in page and "Not begun" in page and "teach-remind" not in page
    assert 'class="cell ' not in client_for(cast.fanta).get(address).content.decode()
    admin = client_for(cast.admin)
    assert 'class="cell ' not in admin.get(address).content.decode()
    assert admin.post(address, {"reason": ""}).status_code == 422
    assert 'class="cell ' in admin.post(address, {"reason": "A complaint"}, follow=True).content.decode()
    assert AuditEntry.objects.get(code="courses.looked-at-cohort").reason == "A complaint"
    assert client_for(cast.awa).get(address).status_code == 403


def test_what_belongs_to_another_cohort_is_not_found_in_any_form(cast, client_for):
    course = build.make_course()
    mine, other = make_cohort(cast.issa, course), make_cohort(cast.issa, course, members=[cast.awa])
    foreign = make_cohort(cast.admin, course, members=[cast.seydou], institution="court")
    told = Announcement.objects.create(cohort=other, texts={"fr": "x"})
    client = client_for(cast.issa)
    for name, arguments in (
        ("teach-member", [mine.pk, row_of(other, cast.awa).pk]),
        ("teach-member-remove", [mine.pk, row_of(other, cast.awa).pk]),
        ("teach-announcement-withdraw", [mine.pk, told.pk]),
        ("teach-instructor-end", [mine.pk, other.instructors.get().pk]),
        ("teach-course-due", [mine.pk, "K99"]),
        ("teach-cohort", [foreign.pk]),
        ("teach-members", [foreign.pk]),
        ("teach-cohort-edit", [foreign.pk]),
        ("teach-member", [foreign.pk, row_of(foreign, cast.seydou).pk]),
        ("teach-cohort", [uuid.uuid4()]),
    ):
        address = reverse(name, args=arguments)
        assert client.get(address).status_code == 404, name
        assert client.post(address, {"people": "awa", "name": "x", "due": ""}).status_code in (404, 405), name
    ticked = {"course": course.code, "member": [str(row_of(other, cast.awa).pk), "nonsense"]}
    client.post(reverse("teach-remind", args=[mine.pk]), ticked)
    assert not Message.objects.filter(kind__startswith="courses.reminder").exists()
    form = {
        "name": "x",
        "institution": "court",
        "language": "fr",
        "starts": "2026-01-01",
        "course": "K99",
        "due": "yesterday",
    }
    assert client.post(reverse("teach-cohort-new"), form).status_code == 422
    assert Cohort.objects.count() == 3


def test_an_instructor_makes_a_cohort_fills_it_and_reminds_it(cast, client_for):
    course = build.make_course()
    client = client_for(cast.issa)
    form = {"name": "Groupe A", "institution": "mca", "language": "fr", "starts": "2026-01-10", "course": course.code}
    answer = client.post(reverse("teach-cohort-new"), form)
    cohort = Cohort.objects.get()
    assert answer.status_code == 303 and cohort.courses.get().course == course
    client.post(reverse("teach-members", args=[cohort.pk]), {"people": "ML-AWA\n\n"})
    member = row_of(cohort, cast.awa)
    page = client.post(reverse("teach-members", args=[cohort.pk]), {"people": "seydou"})
    assert "1 line was not added" in page.content.decode() and cohort.members.count() == 1
    remind = reverse("teach-remind", args=[cohort.pk])
    for _twice in range(2):
        client.post(remind, {"course": course.code, "member": [member.pk]})
    assert Message.objects.filter(recipient=cast.awa, kind="courses.reminder").count() == 1
    assert "Groupe A" not in client.get(reverse("teach-cohort", args=[cohort.pk])).content.decode().split("</title>")[0]


def test_all_who_need_it_are_reminded_and_nobody_else(cast, client_for):
    course = build.make_course()
    cohort = make_cohort(cast.issa, course, members=[cast.awa, cast.seydou])
    remind = reverse("teach-remind", args=[cohort.pk])
    answer = client_for(cast.issa).post(remind, {"course": course.code, "who": "all"}, follow=True)
    assert "Nobody is ticked" in answer.content.decode()
    Enrolment.objects.filter(user=cast.awa).update(due=timezone.localdate() - DAY)
    client_for(cast.issa).post(remind, {"course": course.code, "who": "all"})
    told = Message.objects.filter(kind__startswith="courses.reminder")
    assert [message.recipient for message in told] == [cast.awa]
    assert client_for(cast.issa).post(remind, {"course": "K99", "who": "all"}).status_code == 404
    assert client_for(cast.mariam).post(remind, {"course": course.code, "who": "all"}).status_code == 403


def test_an_empty_cohort_has_pages(cast, client_for):
    cohort = make_cohort(cast.issa)
    client = client_for(cast.issa)
    for name in ("cohort", "members", "settings", "announcements", "questions", "register", "course-new"):
        assert client.get(reverse(f"teach-{name}", args=[cohort.pk])).status_code == 200, name
    services.archive_cohort(cohort=cohort, actor=cast.admin)
    for name in ("cohort", "members", "settings", "announcements", "questions", "register"):
        assert client.get(reverse(f"teach-{name}", args=[cohort.pk])).status_code == 200, name


def test_the_register_names_protected_people_by_their_pseudonym(cast, client_for):
    cohort = make_cohort(cast.issa, members=[cast.awa])
    Protection.objects.create(user=cast.awa, kind="other", pseudonym="P-07")
    client = client_for(cast.issa)
    register = client.get(reverse("teach-register", args=[cohort.pk])).content.decode()
    assert "P-07" in register and "Diarra" not in register and "ML-AWA" not in register
    assert "Awa Diarra" in client.get(reverse("teach-members", args=[cohort.pk])).content.decode()
    assert "Awa Diarra" not in client_for(cast.mariam).get(reverse("teach-members", args=[cohort.pk])).content.decode()


# --- members --------------------------------------------------------------------------------------------------------


def test_members_ask_and_are_answered_alone_or_for_all(cast, client_for):
    course = build.make_course()
    cohort = make_cohort(cast.issa, course, members=[cast.awa, cast.seydou])
    lesson = reverse("activity", args=["T1", build.lesson_keys(course)[0].hex[:8]])
    ask = f"{lesson}ask/"
    awa, seydou, issa = client_for(cast.awa), client_for(cast.seydou), client_for(cast.issa)
    assert ask in awa.get(lesson).content.decode()
    assert awa.post(ask, {"text": ""}).status_code == 422
    assert awa.post(ask, {"text": "Pourquoi trois registres ?"}).status_code == 303
    question = LessonQuestion.objects.get()
    assert Message.objects.filter(recipient=cast.issa, kind="courses.question-asked").count() == 1
    assert "trois registres" not in seydou.get(ask).content.decode()
    answer = reverse("teach-question", args=[question.pk])
    issa.post(answer, {"text": "Pour l'un."})
    assert "Pour l" in awa.get(ask).content.decode() and "Pour l" not in seydou.get(ask).content.decode()
    issa.post(answer, {"text": "Pour tous.", "shared": "on"})
    page = seydou.get(ask).content.decode()
    assert "Pour tous." in page and "Awa" not in page
    assert Message.objects.filter(recipient=cast.seydou, kind="courses.answer-shared").count() == 1
    assert client_for(cast.mariam).get(answer).status_code == 403
    services.remove_member(member=row_of(cohort, cast.awa), actor=cast.awa)
    assert awa.get(ask).status_code == 404 and ask not in awa.get(lesson).content.decode()


def test_an_announcement_is_on_site_and_the_message_says_only_that_there_is_one(cast, client_for):
    cohort = make_cohort(cast.issa, build.make_course(), members=[cast.awa])
    words.announce(
        cohort=cohort, actor=cast.issa, texts={"fr": "Rendez-vous lundi", "en": "See you on Monday", "ar": ""}
    )
    message = Message.objects.get(recipient=cast.awa, kind="courses.announcement")
    assert message.context == {} and str(cohort.pk) in message.url
    client = client_for(cast.awa)
    assert "See you on Monday" in client.get("/en/learn/").content.decode()
    assert "Rendez-vous lundi" in client.get(f"/fr/group/{cohort.pk}/").content.decode()
    assert client_for(cast.seydou).get(f"/fr/group/{cohort.pk}/").status_code == 404
    client_for(cast.issa).post(
        reverse("teach-announcement-withdraw", args=[cohort.pk, Announcement.objects.get().pk]), {}
    )
    assert "lundi" not in client.get(f"/fr/group/{cohort.pk}/").content.decode()


def test_joining_by_the_link_says_first_what_instructors_will_see(cast, client_for):
    cohort = make_cohort(cast.issa, build.make_course())
    services.open_link(cohort=cohort, actor=cast.admin)
    cohort.refresh_from_db()
    address = reverse("group-join", args=[cohort.join_code])
    assert client_for(None).get(address).status_code == 302
    client = client_for(cast.seydou)
    assert "results in them" in client.get(address).content.decode() and not cohort.members.exists()
    assert client.post(address)["Location"] == reverse("group", args=[cohort.pk])
    assert client.post(reverse("group-leave", args=[cohort.pk])).status_code == 303
    assert not cohort.members.filter(left=None).exists()
    assert client.get(reverse("group-join", args=["nothing"])).status_code == 404


def test_learners_pages_stay_within_their_bound_for_members_of_cohorts(cast, client_for):
    course = build.make_course(tier="open")
    cohorts = [make_cohort(cast.issa, course, members=[cast.awa]) for _number in range(3)]
    for cohort in cohorts:
        words.announce(cohort=cohort, actor=cast.issa, texts={"fr": "x"})
    keys = build.lesson_keys(course)
    complete_lesson(enrolment=Enrolment.objects.get(user=cast.awa), activity=keys[0])
    for path in ("learn/", "c/T1/", f"c/T1/{keys[1].hex[:8]}/"):
        queries(client_for(cast.awa), f"/fr/{path}")
        queries(client_for(cast.awa), f"/ar/{path}")
