"""Two accounts of one person made one, and parted again exactly."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.services import start_attempt
from certificates.models import Credential
from courses.models import Cohort, CohortInstructor, CohortMember, Course, Enrolment, Note
from courses.services import complete_lesson, enrol
from operations import notify
from operations.errors import Refused
from operations.models import AuditEntry, Message
from people import services
from people.models import Audience, Institution, Membership, Merge, Role, RoleGrant, Supervision, User
from people.privacy import collectors
from people.queries.privacy import likely_duplicates
from people.retention import enforce
from people.services.merging import hindrances
from records.models import RecordKey
from records.services import key_for
from tests.courses.build import lesson_keys, make_course
from tests.people.everything import certify, know, schooling

# What a merge itself writes, and what stays ended when it is undone.
_WRITTEN = {"people.Merge", "operations.AuditEntry", "operations.Message", "operations.Delivery", "operations.Job"}
_ENDED = {"signed_out_at", "unread_messages"}


def rows() -> dict[str, list[dict]]:
    """Every row of every model that a room covers, and the accounts; the audit trail by whom it is about."""
    models = {model for room in collectors() for model in room.covers} | {User}
    found = {
        model._meta.label: sorted(
            (
                {name: str(value) for name, value in row.items() if name not in _ENDED}
                for row in model._base_manager.values()
            ),
            key=str,
        )
        for model in models
        if model._meta.label not in _WRITTEN
    }
    found["trail"] = sorted(
        AuditEntry._base_manager.exclude(code__startswith="people.merge").values_list("pk", "about_id", "actor_id")
    )
    told = Message.objects.exclude(kind="people.merged")
    found["told"] = sorted(map(str, told.values_list("pk", "recipient_id", "actor_id")))
    return found


@pytest.fixture
def twin(cast) -> User:
    """Awa's second account, at the same prison."""
    place = Institution.objects.get(code="mca")
    return services.create_person(first="Awa", last="Diarra", institution=place, username="awa2", staff_number="MLAWA")


def test_everything_of_the_second_account_is_in_the_first(cast, twin):
    school = schooling()
    know(twin, school, actor=cast.admin, mark="alpha", code="T8")
    key, old = key_for(cast.awa), key_for(twin)
    merge = services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.mariam)
    twin.refresh_from_db()
    assert not twin.is_active and merge.by == cast.mariam
    assert {row.course.code for row in Enrolment.objects.filter(user=cast.awa)} == {"T7", "T8"}
    assert Credential.objects.get(course__code="T8").holder == cast.awa
    assert Note.objects.get(user=cast.awa).text == "note alpha"
    assert set(RecordKey.objects.filter(user=cast.awa).values_list("key", flat=True)) == {key, old}
    assert key_for(cast.awa) == key
    # Both belonged to the same prison: once from now on, twice in the past.
    assert Membership.objects.filter(user=cast.awa, institution__code="mca", until=None).count() == 1
    assert not Membership.objects.filter(user=twin).exists()
    message = Message.objects.get(recipient=cast.awa, kind="people.merged")
    assert "can be undone for 30 days" in notify.sentence(message)


def test_undoing_restores_exactly(cast, twin):
    school = schooling()
    know(twin, school, actor=cast.admin, mark="alpha", code="T8")
    certify(cast.awa, "T9")
    Note.objects.create(
        user=cast.awa,
        course=school.course,
        activity=lesson_keys(school.course)[0],
        block="b1",
        question="?",
        text="mine",
        language="fr",
    )
    before = rows()
    merge = services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.mariam)
    assert rows() != before
    assert {note.text for note in Note.objects.filter(user=cast.awa)} == {"mine", "note alpha"}
    services.undo_merge(merge=merge, actor=cast.mariam)
    assert rows() == before
    services.undo_merge(merge=merge, actor=cast.mariam)
    assert rows() == before


@settings(max_examples=25)
@given(data=st.data())
def test_a_merge_and_its_undoing_leave_the_rows_as_they_were(cast, data):
    """Whatever two accounts have in common: courses, notes, memberships, professions, supervisors, roles of the past."""
    number = uuid.uuid4().hex[:8]
    pair = [User.objects.create(username=f"{name}-{number}", first_name="Kadi") for name in ("a", "b")]
    courses = list(Course.objects.order_by("pk")[:2]) or [make_course("T5"), make_course("T6")]
    places = list(Institution.objects.order_by("pk")[:3])
    today = timezone.localdate()
    running: set[tuple[int, int]] = set()
    for person in pair:
        if data.draw(st.booleans()):
            key_for(person)
        for course in courses:
            status = data.draw(st.sampled_from(["none", "active", "withdrawn", "completed"]))
            if status == "none" or (status == "active" and any(pk == course.pk for pk, _person in running)):
                continue
            if status == "active":
                running.add((course.pk, person.pk))
            outline = course.outline_versions.first()
            if outline is not None:
                Enrolment.objects.create(user=person, course=course, outline=outline, status=status)
        for block in data.draw(st.sets(st.sampled_from("xyz"))):
            Note.objects.create(
                user=person,
                course=courses[0],
                activity=courses[0].key,
                block=block,
                question="?",
                text=person.username,
                language="fr",
            )
        for place in data.draw(st.sets(st.sampled_from(places))):
            until = data.draw(st.sampled_from([None, today, today + dt.timedelta(days=9)]))
            since = data.draw(st.sampled_from([today, today - dt.timedelta(days=400)]))
            Membership.objects.create(user=person, institution=place, since=since, until=until)
        for slug in data.draw(st.sets(st.sampled_from(["prison-staff", "judiciary"]))):
            Audience.objects.create(user=person, audience=slug, until=data.draw(st.sampled_from([None, today])))
        if data.draw(st.booleans()):
            Supervision.objects.create(person=person, supervisor=cast.mariam)
        if data.draw(st.booleans()):
            Supervision.objects.create(person=cast.seydou, supervisor=person)
        if data.draw(st.booleans()):
            RoleGrant.objects.create(
                user=person, role=Role.AUTHOR, institution=places[0], since=today - dt.timedelta(days=9), until=today
            )
        if data.draw(st.booleans()):
            notify.notify(person, "people.details-changed", key="same")
        if data.draw(st.booleans()):
            person.staff_number = f"{person.username.upper()}"
            person.save()
    if data.draw(st.booleans()):
        Supervision.objects.create(person=pair[0], supervisor=pair[1])
    before = rows()
    merge = services.merge_accounts(kept=pair[0], merged=pair[1], actor=cast.admin)
    assert not Enrolment.objects.filter(user=pair[1]).exists()
    assert not Note.objects.filter(user=pair[1]).exists()
    services.undo_merge(merge=merge, actor=cast.admin)
    assert rows() == before


# --- who, and when not ----------------------------------------------------------------------------------------------


def test_accounts_of_another_branch_are_not_merged(cast, twin):
    for kept, merged in ((cast.awa, cast.seydou), (cast.seydou, cast.awa)):
        with pytest.raises(Refused, match="Your role does not allow this here"):
            services.merge_accounts(kept=kept, merged=merged, actor=cast.mariam)
    for nobody in (cast.issa, cast.seydou, cast.oumar):
        with pytest.raises(Refused):
            services.merge_accounts(kept=cast.awa, merged=twin, actor=nobody)
    assert not Merge.objects.exists()


def test_nobody_merges_somebody_into_their_own_account(cast, twin):
    for actor in (cast.mariam, cast.admin):
        for kept, merged in ((actor, twin), (twin, actor)):
            with pytest.raises(Refused, match="Nobody merges their own account"):
                services.merge_accounts(kept=kept, merged=merged, actor=actor)


def test_accounts_of_staff_and_protected_people_are_for_administrators(cast, twin):
    with pytest.raises(Refused):
        services.merge_accounts(kept=cast.issa, merged=twin, actor=cast.mariam)
    services.protect(user=cast.awa, kind="other")
    with pytest.raises(Refused):
        services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.mariam)
    services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.admin)


def test_what_stands_in_the_way_is_said_in_words(cast, twin):
    assert hindrances(kept=cast.awa, merged=cast.awa) == ["These are not two accounts, but one."]
    with pytest.raises(Refused, match="not two accounts"):
        services.merge_accounts(kept=cast.awa, merged=cast.awa, actor=cast.mariam)
    course = make_course("T5", lessons=(1,))
    for person in (cast.awa, twin):
        enrol(user=person, course=course)
    assert hindrances(kept=cast.awa, merged=twin) == [
        "Both accounts are enrolled in T5 at this moment. The person leaves the course in one of them first."
    ]
    with pytest.raises(Refused, match="T5"):
        services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.mariam)


def test_a_running_quiz_a_role_a_protection_and_a_closed_account_stand_in_the_way(cast, twin):
    school = schooling()
    start_attempt(enrolment=school.enrol(twin), quiz=school.practice[0])
    grant = services.grant_role(user=twin, role=Role.AUTHOR, institution=Institution.objects.get(code="mca"))
    found = " ".join(hindrances(kept=cast.awa, merged=twin))
    assert "A quiz is running" in found and "holds a role" in found
    services.end_role(grant=grant)
    services.protect(user=twin, kind="other")
    assert "is protected" in " ".join(hindrances(kept=cast.awa, merged=twin))
    services.unprotect(user=twin)
    services.deactivate(user=cast.awa)
    cast.awa.refresh_from_db()
    assert "is closed" in " ".join(hindrances(kept=cast.awa, merged=twin))


def test_an_account_is_merged_once_and_the_last_merge_is_undone_first(cast, twin):
    third = services.create_person(first="Awa", last="Diarra", institution=Institution.objects.get(code="mca"))
    first = services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.mariam)
    with pytest.raises(Refused, match="merged with another one already"):
        services.merge_accounts(kept=third, merged=twin, actor=cast.admin)
    second = services.merge_accounts(kept=third, merged=cast.awa, actor=cast.admin)
    with pytest.raises(Refused, match="since"):
        services.undo_merge(merge=first, actor=cast.admin)
    services.undo_merge(merge=second, actor=cast.admin)
    services.undo_merge(merge=first, actor=cast.admin)
    assert User.objects.filter(pk__in=[cast.awa.pk, twin.pk, third.pk], is_active=True).count() == 3


def test_what_comes_after_the_merge_stays_with_the_kept_account(cast, twin):
    course = make_course("T5", lessons=(2,))
    enrolment = enrol(user=twin, course=course)
    merge = services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.mariam)
    enrolment.refresh_from_db()
    complete_lesson(enrolment=enrolment, activity=lesson_keys(course)[0])
    new = Note.objects.create(
        user=cast.awa, course=course, activity=course.key, block="n", question="?", text="new", language="fr"
    )
    services.undo_merge(merge=merge, actor=cast.mariam)
    new.refresh_from_db()
    enrolment.refresh_from_db()
    assert (new.user, enrolment.user) == (cast.awa, twin)


def test_after_thirty_days_it_stays_and_what_is_left_of_the_account_goes(cast, twin):
    know(twin, schooling(), actor=cast.admin, mark="alpha", code="T8")
    merge = services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.mariam)
    with time_machine.travel(timezone.now() + dt.timedelta(days=29)):
        assert enforce()["merges"] == 0
    with time_machine.travel(timezone.now() + dt.timedelta(days=31)):
        with pytest.raises(Refused, match="30 days"):
            services.undo_merge(merge=merge, actor=cast.mariam)
        enforce()
    assert not User.objects.filter(pk=twin.pk).exists() and not Merge.objects.exists()
    assert Credential.objects.get(course__code="T8").holder == cast.awa
    assert Credential.objects.get(course__code="T8").standing == "valid"
    assert RecordKey.objects.filter(user=cast.awa).exists()


def test_erasing_the_kept_account_erases_the_merged_one_too(cast, twin):
    services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.mariam)
    request = services.ask_erasure(user=cast.awa)
    services.carry_out_erasure(request=request, actor=cast.admin, reason="x")
    assert not User.objects.filter(pk__in=[cast.awa.pk, twin.pk]).exists()


def test_the_merged_account_is_signed_out_and_opens_nothing(cast, twin, client_for):
    client = client_for(twin)
    assert client.get(reverse("account")).status_code == 200
    services.merge_accounts(kept=cast.awa, merged=twin, actor=cast.mariam)
    assert client.get(reverse("account")).status_code == 302


# --- the desk -------------------------------------------------------------------------------------------------------


def test_likely_duplicates_are_found_within_the_branch_only(cast, twin):
    services.create_person(first="Awa", last="Diarra", institution=Institution.objects.get(code="court"))
    same = services.create_person(first="Âwa", last="DIARRA", institution=Institution.objects.get(code="mca"))
    found = {
        frozenset((pair.first.person.pk, pair.second.person.pk)): pair.why for pair in likely_duplicates(cast.mariam)
    }
    assert found == {
        frozenset((cast.awa.pk, twin.pk)): "same staff number",
        frozenset((cast.awa.pk, same.pk)): "same name and institution",
        frozenset((twin.pk, same.pk)): "same name and institution",
    }
    services.protect(user=twin, kind="other")
    assert all(twin.pk not in (pair.first.person.pk, pair.second.person.pk) for pair in likely_duplicates(cast.admin))


def test_the_list_costs_the_same_however_long_it_is(cast, twin, client_for, django_assert_max_num_queries):
    client = client_for(cast.mariam)
    client.get("/en/manage/duplicates/")
    for number in range(8):
        place = Institution.objects.get(code="mca" if number % 2 else "koulikoro")
        services.create_person(first="Kadi", last="Touré", institution=place)
    with django_assert_max_num_queries(16):
        page = client.get("/en/manage/duplicates/").content.decode()
    assert "same name and institution" in page


def test_both_accounts_stand_side_by_side_then_one_is_left(cast, twin, client_for):
    client = client_for(cast.mariam)
    answer = client.post("/en/manage/duplicates/", {"kept": "ml-awa", "merged": "awa2"})
    page = answer["Location"]
    assert answer.status_code == 303 and page == f"/en/manage/people/{cast.awa.key}/merge/{twin.key}/"
    shown = client.get(page).content.decode()
    assert "ML-AWA" in shown and "MLAWA" in shown and "Merge the accounts" in shown
    assert client.post(page).status_code == 303
    listed = client.get("/en/manage/duplicates/").content.decode()
    assert "Merges that can be undone" in listed
    assert client.post(page).status_code in (403, 404, 422)
    undo = reverse("merge-undo", args=[Merge.objects.get().pk])
    assert client.post(undo).status_code == 303
    assert User.objects.get(pk=twin.pk).is_active


def test_strangers_to_an_account_find_no_page(cast, twin, client_for):
    client = client_for(cast.mariam)
    for kept, merged in ((cast.awa, cast.seydou), (cast.seydou, cast.awa)):
        assert client.get(reverse("merge", args=[kept.key, merged.key])).status_code == 404
        assert client.post(reverse("merge", args=[kept.key, merged.key])).status_code == 404
    assert client.get(reverse("merge", args=[cast.awa.key, uuid.uuid4()])).status_code == 404
    refused = client.post("/en/manage/duplicates/", {"kept": "ml-awa", "merged": "seydou"})
    assert refused.status_code == 422 and "No account within your reach" in refused.content.decode()
    assert client_for(cast.issa).get("/en/manage/duplicates/").status_code == 403
    same = client.get(reverse("merge", args=[cast.awa.key, cast.awa.key])).content.decode()
    assert "not two accounts" in same and "Merge the accounts" not in same


def test_every_model_that_moves_is_known(cast):
    assert {apps.get_model(label) for label in ("courses.Enrolment", "records.RecordKey")} <= {
        model for room in collectors() if room.move for model in room.covers
    }


def test_a_person_who_is_twice_in_a_group_is_in_it_once_and_twice_again_when_parted(cast):
    cohort = Cohort.objects.create(
        name="x", institution=Institution.objects.get(code="mca"), language="fr", starts=dt.date(2026, 1, 1)
    )
    for person in (cast.awa, cast.seydou):
        CohortMember.objects.create(cohort=cohort, user=person, joined=dt.date(2026, 1, 1))
    merge = services.merge_accounts(kept=cast.awa, merged=cast.seydou, actor=cast.admin)
    assert [row.left is None for row in cohort.members.filter(user=cast.awa).order_by("left")].count(True) == 1
    services.undo_merge(merge=merge, actor=cast.admin)
    assert cohort.members.filter(left=None).count() == 2


def test_who_leads_a_group_is_not_made_one_with_a_member_of_it(cast):
    cohort = Cohort.objects.create(
        name="x", institution=Institution.objects.get(code="mca"), language="fr", starts=dt.date(2026, 1, 1)
    )
    CohortMember.objects.create(cohort=cohort, user=cast.awa)
    CohortInstructor.objects.create(cohort=cohort, user=cast.seydou)
    assert any("leads a group" in sentence for sentence in hindrances(kept=cast.awa, merged=cast.seydou))
