"""Grading written work: the queue, one work beside its rubric, two graders, grading again, whose work may be read at all."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from assessments.models import Grading, Submission
from assessments.queries import written as queries
from assessments.services import grading as services
from courses.models import ActivityProgress, CohortMember
from courses.services import cohorts, enrol, withdraw
from operations.errors import Refused
from operations.models import AuditEntry, Message
from people import access
from people.models import Audience, Institution, Membership, Protection, Role, RoleGrant, User
from people.policy import MAGISTRATES, Capability
from records.models import Statement, Voiding
from tests.assessments.written import address, filled_in, form, graded, handed_in, make_written, scores
from tests.courses.build import lesson_keys
from tests.courses.cohorts import make_cohort

pytestmark = pytest.mark.django_db
QUEUE = "/en/teach/grading/"


@pytest.fixture
def school(cast):
    """Awa's work, handed in; she is in Issa's group."""
    course, assignment = make_written()
    make_cohort(cast.issa, course, members=[cast.awa])
    return course, assignment


@pytest.fixture
def row(cast, school) -> Submission:
    return handed_in(cast.awa, school[1])


@pytest.fixture
def issa(cast, client_for):
    return client_for(cast.issa)


def page(submission: Submission) -> str:
    return f"{QUEUE}{submission.pk}/"


def take(client, submission: Submission, do: str = "take") -> str:
    """Take it by its page; gives the key of the draft."""
    assert client.post(page(submission), {"do": do}).status_code == 303
    found = re.search(r'name="grading" value="([^"]+)"', client.get(page(submission)).content.decode())
    return found[1]


def teacher(username: str, place: str = "dnapes") -> User:
    person = User.objects.create(username=username, first_name=username.title(), last_name="Sow")
    where = Institution.objects.get(code=place)
    Membership.objects.create(user=person, institution=where, since=dt.date(2020, 1, 1))
    RoleGrant.objects.create(user=person, role=Role.INSTRUCTOR, institution=where, since=dt.date(2020, 1, 1))
    return person


# --- the whole way --------------------------------------------------------------------------------------------------


def test_from_the_first_word_to_the_finished_course_through_pages(cast, client_for, issa, school):
    course, assignment = school
    awa = client_for(cast.awa)
    for key in lesson_keys(course):
        awa.post(f"/en/c/{course.code}/{key.hex[:8]}/complete/")
    form_address = f"{address(assignment, 'en')}work/"
    awa.post(form_address, {"do": "save", "number": "1", "text": "Un début"})
    awa.post(form_address, {"do": "hand-in", "number": "1", "text": "Un rapport entier"})
    row = Submission.objects.get()

    group = issa.get(f"/en/teach/{cohorts.Cohort.objects.get().pk}/").content.decode()
    assert "1 submission waits for grading." in group
    assert "T1, handed in" in group
    found = re.search(r'href="(/en/teach/grading/\?cohort=[^"]+)"', group)
    listed = issa.get(found[1]).content.decode()
    assert "Awa Diarra" in listed
    key = take(issa, row)
    assert "you are reading it" in issa.get(QUEUE).content.decode()
    assert "Un rapport entier" in issa.get(page(row)).content.decode()
    assert issa.post(page(row), form(3, grading=key)).status_code == 303

    assert "Nothing waits for grading" in issa.get(QUEUE).content.decode()
    assert "Awa Diarra" in issa.get(f"{QUEUE}?state=graded").content.decode()
    result = awa.get(address(assignment, "en")).content.decode()
    assert "Sufficient" in result
    assert "vu facts" in result
    message = Message.objects.get(recipient=cast.awa, kind="assessments.work-graded")
    assert message.url.endswith(f"/c/{course.code}/{assignment.key.hex[:8]}/")
    assert row.enrolment.__class__.objects.get(pk=row.enrolment_id).status == "completed"
    call_command("rebuild_progress", "--check")


def test_the_statement_says_by_which_rule_and_the_trail_who(cast, row):
    given = graded(row, cast.issa, 4, facts=3)
    found = Statement.objects.get(pk=given.statement)
    assert found.verb.endswith("passed")
    assert found.body["result"]["score"]["raw"] == Decimal("96.87")
    rule = next(iter(found.body["context"]["extensions"].values()))
    assert rule["name"] == "graded"
    assert rule["inputs"]["points"] == 31
    assert rule["inputs"]["minimum_total"] == 22
    entry = AuditEntry.objects.get(code="assessments.work-graded")
    assert (entry.actor_id, entry.about_id, entry.branch) == (cast.issa.pk, cast.awa.pk, None)
    assert entry.after == {"course": "W1", "points": 31, "maximum": 32, "sufficient": True}


def test_not_sufficient_is_failed_and_finishes_nothing(cast, row):
    given = graded(row, cast.issa, 4, facts=2)
    assert not given.passed
    assert Statement.objects.get(pk=given.statement).verb.endswith("failed")
    assert ActivityProgress.objects.get(activity=row.assignment.key).status == "started"


# --- filling in -----------------------------------------------------------------------------------------------------


def test_a_half_filled_rubric_is_refused_by_name_and_all_that_was_typed_stays(issa, row):
    key = take(issa, row)
    half = form(3, grading=key, comment="Un mot") | {"level-facts": "", "level-judgement": ""}
    answer = issa.post(page(row), half)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "2 criteria have no level yet." in text
    assert "Facts separate from opinions" in text
    assert "vu facts" in text
    again = issa.get(page(row)).content.decode()
    assert ("Un mot" in again, again.count(" checked"), Submission.objects.get().status) == (True, 6, "handed-in")


@pytest.mark.parametrize("missing", ["strengths", "next_steps"])
def test_strengths_and_next_steps_are_asked_for(issa, row, missing):
    key = take(issa, row)
    assert issa.post(page(row), form(3, grading=key) | {missing: " "}).status_code == 422
    assert Submission.objects.get().status == "handed-in"


@pytest.mark.parametrize("level", ["9", "0", "-1", "x", "99999999", "1.5"])
def test_a_level_that_is_none_is_not_taken(issa, row, level):
    key = take(issa, row)
    answer = issa.post(page(row), form(3, grading=key) | {"level-facts": level})
    assert answer.status_code == 422
    assert "vu facts" in answer.content.decode()
    assert Submission.objects.get().status == "handed-in"


def test_a_draft_is_kept_and_given_back_with_what_was_typed(issa, row):
    key = take(issa, row)
    issa.post(page(row), form(2, grading=key, do="save"))
    issa.post(page(row), form(2, grading=key, do="give-back", comment="Plus tard"))
    assert Submission.objects.get().reader is None
    take(issa, row)
    assert "Plus tard" in issa.get(page(row)).content.decode()


def test_giving_twice_gives_once(cast, issa, row):
    key = take(issa, row)
    for _time in range(2):
        assert issa.post(page(row), form(3, grading=key)).status_code == 303
    assert Grading.objects.count() == 1
    assert Message.objects.filter(recipient=cast.awa, kind="assessments.work-graded").count() == 1
    assert services.give_grading(grading=Grading.objects.get(), actor=cast.issa).points == 24


def test_garbage_in_the_address_and_in_the_form_breaks_nothing(issa, row):
    for query in (
        "course=%00",
        "cohort=x",
        "q=%F0%9F%A6%81",
        "state=x",
        "page=0",
        "page=99999",
        "page=x",
        "cohort=" + "a" * 500,
    ):
        assert issa.get(f"{QUEUE}?{query}").status_code == 200
    assert issa.post(page(row), {"do": "give", "grading": "x"}).status_code == 422
    assert issa.post(page(row), {}).status_code == 422


# --- two graders ----------------------------------------------------------------------------------------------------


def test_two_instructors_do_not_grade_the_same_work_unknowingly(cast, client_for, issa, row):
    other = teacher("moussa")
    cohorts.add_instructor(cohort=cohorts.Cohort.objects.get(), login="moussa", actor=cast.issa)
    moussa = client_for(User.objects.get(pk=other.pk))
    key = take(issa, row)
    assert "being read by Issa Traoré" in moussa.get(QUEUE).content.decode()
    assert "Being read by Issa Traoré" in moussa.get(page(row)).content.decode()
    assert moussa.post(page(row), {"do": "take"}).status_code == 422
    take(moussa, row, do="take-over")
    late = issa.post(page(row), form(3, grading=key))
    assert late.status_code == 422
    assert Submission.objects.get().status == "handed-in"
    with pytest.raises(Refused):
        services.save_grading(grading=Grading.objects.get(pk=key), actor=cast.issa, scores=scores())
    mine = Grading.objects.get(grader=other)
    with pytest.raises(Refused):
        services.save_grading(grading=mine, actor=cast.issa, scores=scores())


# --- again ----------------------------------------------------------------------------------------------------------


def test_grading_again_needs_a_reason_and_is_logged_with_old_and_new(cast, client_for, issa, row):
    first = graded(row, cast.issa, 2)
    key = take(issa, row)
    assert "vu facts" in issa.get(page(row)).content.decode()  # it begins with what was said
    assert issa.post(page(row), form(3, grading=key)).status_code == 422
    assert issa.post(page(row), form(3, grading=key, reason="Erreur de ligne")).status_code == 303
    entry = AuditEntry.objects.get(code="assessments.work-graded-again")
    assert (entry.before["points"], entry.before["sufficient"]) == (16, False)
    assert (entry.after["points"], entry.after["sufficient"]) == (24, True)
    assert Voiding.objects.filter(statement=first.statement).exists()
    progress = ActivityProgress.objects.get(activity=row.assignment.key)
    assert (progress.status, progress.score) == ("completed", 75)
    text = client_for(cast.awa).get(address(row.assignment, "en")).content.decode()
    assert "Erreur de ligne" in text
    assert "24 of 32" in text
    call_command("rebuild_progress", "--check")


def test_what_was_finished_stays_finished_when_it_is_graded_lower(cast, row):
    first = graded(row, cast.issa, 4)
    before = ActivityProgress.objects.get(activity=row.assignment.key)
    second = graded(row, cast.issa, 2, reason="Plagiat")
    after = ActivityProgress.objects.get(activity=row.assignment.key)
    assert (after.status, after.completed_at, after.score) == ("completed", before.completed_at, 50)
    assert (Submission.objects.get().passed, queries.submission_for(row.pk).gradings.count()) == (False, 2)
    third = graded(row, cast.issa, 3, reason="Erreur")
    assert ActivityProgress.objects.get(activity=row.assignment.key).score == 75
    voided = set(Voiding.objects.values_list("statement", flat=True))
    assert voided == {first.statement, second.statement}
    assert services.given_of(row) == third
    call_command("rebuild_progress", "--check")


# --- whose work -----------------------------------------------------------------------------------------------------


def test_only_who_teaches_the_person_this_course_finds_the_work(cast, client_for, row):
    other = teacher("moussa")
    make_cohort(other, make_written("W2")[0], members=[cast.awa])  # the person, but another course
    make_cohort(other, row.assignment.course, members=[cast.oumar])  # the course, but another person
    for client in (client_for(other),):
        assert client.get(page(row)).status_code == 404
        assert client.post(page(row), {"do": "take"}).status_code == 404
        assert "Awa" not in client.get(QUEUE).content.decode()
    for person in (cast.awa, cast.mariam, cast.oumar, cast.fanta, cast.seydou, cast.admin):
        assert client_for(person).get(QUEUE).status_code == 403
        assert client_for(person).get(page(row)).status_code == 403
    with pytest.raises(Refused):
        services.take(submission=row, actor=other)


def test_nobody_grades_their_own_work_nor_that_of_who_has_left(cast, client_for, school):
    course, assignment = school
    own = handed_in(cast.issa, assignment)
    assert client_for(cast.issa).get(page(own)).status_code == 404
    with pytest.raises(Refused):
        services.take(submission=own, actor=cast.issa)
    row = handed_in(cast.awa, assignment)
    draft = filled_in(row, cast.issa)
    withdraw(enrolment=row.enrolment)
    assert not queries.gradable(User.objects.get(pk=cast.issa.pk)).exists()
    with pytest.raises(Refused):
        services.give_grading(grading=draft, actor=cast.issa)


def test_a_group_that_was_left_or_put_away_opens_nothing(cast, client_for, row):
    CohortMember.objects.update(left=timezone.localdate())
    assert client_for(cast.issa).get(page(row)).status_code == 404
    CohortMember.objects.update(left=None)
    cohorts.archive_cohort(cohort=cohorts.Cohort.objects.get(), actor=cast.issa)
    assert client_for(cast.issa).get(page(row)).status_code == 404


def magistrate(person: User, *, protected: bool) -> None:
    if protected:
        Protection.objects.create(user=person, kind=Protection.Kind.MAGISTRATE, pseudonym="Magistrat M-01")
    else:
        Audience.objects.create(user=person, audience=MAGISTRATES)


@pytest.mark.parametrize("protected", [True, False])
@pytest.mark.parametrize(
    ("place", "corps", "may"),
    [
        ("dnapes", False, True),  # an outsider
        ("court", False, False),  # of the same house
        ("ministry", False, False),  # of the house above
        ("court", True, True),  # one of the corps
    ],
)
def test_judges_are_graded_by_their_corps_or_an_outsider(cast, client_for, place, corps, may, protected):
    course, assignment = make_written()
    magistrate(cast.seydou, protected=protected)
    other = teacher("moussa", place)
    if corps:
        Audience.objects.create(user=other, audience=MAGISTRATES, confirmed_by=cast.admin, confirmed_at=timezone.now())
    cohort = make_cohort(other, course, institution=place)
    cohorts.add_members(cohort=cohort, logins=["seydou", "awa"], actor=None)
    row, others = handed_in(cast.seydou, assignment), handed_in(cast.awa, assignment)
    other = User.objects.get(pk=other.pk)
    assert access.can(other, Capability.GRADE, row.enrolment) is may
    assert set(queries.gradable(other)) == ({row, others} if may else {others})
    client = client_for(other)
    assert client.get(page(row)).status_code == (200 if may else 404)
    assert client.get(f"/fr/work/{row.pk}/file/").status_code == 404
    if not may:
        with pytest.raises(Refused):
            services.take(submission=row, actor=other)
    else:
        assert graded(row, other).passed


def test_a_declared_corps_counts_only_once_it_is_confirmed(cast):
    other = teacher("moussa", "court")
    Audience.objects.create(user=other, audience=MAGISTRATES)
    course, assignment = make_written()
    magistrate(cast.seydou, protected=False)
    cohorts.add_members(cohort=make_cohort(other, course, institution="court"), logins=["seydou"], actor=None)
    row = handed_in(cast.seydou, assignment)
    assert not access.can(User.objects.get(pk=other.pk), Capability.GRADE, row.enrolment)


# --- the list -------------------------------------------------------------------------------------------------------


def crowd(cast, course, assignment, count: int) -> list[Submission]:
    people = [User.objects.create(username=f"p{n}", first_name=f"Prénom{n}", last_name="Élève") for n in range(count)]
    cohort = cohorts.Cohort.objects.get()
    CohortMember.objects.bulk_create([CohortMember(cohort=cohort, user=person) for person in people])
    return [handed_in(person, assignment) for person in people]


def test_the_queue_is_oldest_first_filtered_and_searched(cast, issa, school):
    course, assignment = school
    rows = crowd(cast, course, assignment, 3)
    for days, row in enumerate(rows):
        Submission.objects.filter(pk=row.pk).update(submitted=timezone.now() - dt.timedelta(days=days))
    text = issa.get(QUEUE).content.decode()
    assert text.index("Prénom2") < text.index("Prénom1") < text.index("Prénom0")
    found = issa.get(f"{QUEUE}?q=PRENOM1").content.decode()
    assert ("Prénom1" in found, "Prénom2" in found) == (True, False)
    assert "Nothing matches" in issa.get(f"{QUEUE}?q=personne").content.decode()
    assert "Prénom1" in issa.get(f"{QUEUE}?course=W1").content.decode()
    assert "Prénom1" not in issa.get(f"{QUEUE}?course=W9").content.decode()
    empty = make_cohort(cast.issa, course, name="Autre")
    assert "Prénom1" not in issa.get(f"{QUEUE}?cohort={empty.pk}").content.decode()


def test_the_queue_costs_15_queries_at_most_whatever_its_length(
    cast, client_for, school, django_assert_max_num_queries
):
    crowd(cast, *school, 40)
    client = client_for(cast.issa)
    client.get(QUEUE)
    with django_assert_max_num_queries(15) as many:
        text = client.get(QUEUE).content.decode()
    assert text.count("/en/teach/grading/") >= queries.PER_PAGE
    with django_assert_max_num_queries(15):
        client.get(f"{QUEUE}?q=Prénom&page=2")
    Submission.objects.exclude(pk=Submission.objects.first().pk).delete()
    with django_assert_max_num_queries(15) as few:
        client.get(QUEUE)
    assert len(many) == len(few)
    with django_assert_max_num_queries(15):
        client.get(page(Submission.objects.first()))


def test_the_grid_with_written_work_costs_15_queries_at_most(cast, client_for, school, django_assert_max_num_queries):
    crowd(cast, *school, 20)
    client, place = client_for(cast.issa), f"/en/teach/{cohorts.Cohort.objects.get().pk}/"
    client.get(place)
    with django_assert_max_num_queries(15):
        assert "20 submissions wait for grading." in client.get(place).content.decode()


def test_the_grid_shows_what_waits_and_what_is_not_yet(cast, issa, school):
    course, assignment = school
    row = handed_in(cast.awa, assignment)
    address_of = f"/en/teach/{cohorts.Cohort.objects.get().pk}/"
    assert "T1, handed in" in issa.get(address_of).content.decode()
    graded(row, cast.issa, 2)
    text = issa.get(address_of).content.decode()
    assert "T1, not yet" in text
    assert "waits for grading" not in text
    graded(row, cast.issa, 4, reason="Erreur")
    assert "T1, done" in issa.get(address_of).content.decode()


def test_a_protected_person_is_read_by_pseudonym_by_who_may_not_know_the_name(cast, client_for, row):
    Protection.objects.create(user=cast.awa, kind=Protection.Kind.INVESTIGATOR, pseudonym="Acacia 7")
    assert "Awa Diarra" in client_for(cast.issa).get(page(row)).content.decode()  # who teaches them knows
    enrol(user=cast.oumar, course=row.assignment.course)
    assert "Awa" not in client_for(cast.oumar).get(address(row.assignment)).content.decode()
