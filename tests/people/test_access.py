"""What roles reach: branches, dates, clearance, judges, seniors; and how many queries it costs."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people import access, services
from people.models import Audience, Clearance, Institution, Membership, Protection, Role, RoleGrant, User
from people.policy import MAGISTRATES, Capability, Relation
from tests import cast as the_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(cast) -> dict[str, Institution]:
    return {place.code: place for place in Institution.objects.all()}


def again(person: User) -> User:
    """The person as the next request finds them."""
    return User.objects.get(pk=person.pk)


def member(username: str, place: Institution, **dates) -> User:
    person = User.objects.create(username=username)
    Membership.objects.create(user=person, institution=place, **({"since": the_cast.SINCE} | dates))
    return person


def grant(person: User, role: str, place: Institution | None = None, **dates) -> RoleGrant:
    return RoleGrant.objects.create(user=person, role=role, institution=place, **({"since": the_cast.SINCE} | dates))


# --- branches -------------------------------------------------------------------------------------------------------


def test_a_role_reaches_its_institution_and_everything_below_and_nothing_else(cast, tree) -> None:
    assert access.can(cast.mariam, Capability.MANAGE_PEOPLE, cast.awa)
    assert not access.can(cast.mariam, Capability.MANAGE_PEOPLE, cast.seydou)
    assert access.can(cast.admin, Capability.MANAGE_PEOPLE, cast.seydou)
    assert not access.can(cast.issa, Capability.MANAGE_PEOPLE, cast.awa)
    assert not access.can(AnonymousUser(), Capability.MANAGE_PEOPLE, cast.awa)
    reached = access.people_for(cast.mariam, Capability.MANAGE_PEOPLE)
    assert cast.awa in reached and cast.seydou not in reached and cast.admin not in reached
    assert set(access.institutions_for(cast.mariam, Capability.MANAGE_PEOPLE)) == {
        tree["dnapes"],
        tree["mca"],
        tree["koulikoro"],
    }


def test_an_id_that_begins_like_another_is_another_branch(cast, tree) -> None:
    """A path holds whole ids: 1/2/ is no beginning of 1/21/."""
    for number in range(12):
        place = Institution.objects.create(
            code=f"unit-{number}", kind="prison", name={}, parent=tree["ministry"], path=f"new {number}"
        )
        place.path = f"{tree['ministry'].path}{place.pk}/"
        place.save()
    lowest = Institution.objects.filter(code__startswith="unit-").order_by("pk").first()
    twin = Institution.objects.create(
        pk=int(f"{lowest.pk}1"), code="twin", kind="prison", name={}, parent=tree["ministry"], path="twin"
    )
    twin.path = f"{tree['ministry'].path}{twin.pk}/"
    twin.save()
    manager = member("m", lowest)
    grant(manager, Role.MANAGER, lowest)
    assert not access.can(manager, Capability.MANAGE_PEOPLE, twin)
    assert list(access.institutions_for(manager, Capability.MANAGE_PEOPLE)) == [lowest]


def test_managers_change_what_lies_below_their_institution_not_itself(cast, tree) -> None:
    assert access.can(cast.mariam, Capability.MANAGE_INSTITUTIONS, tree["mca"])
    assert not access.can(cast.mariam, Capability.MANAGE_INSTITUTIONS, tree["dnapes"])
    assert access.can(cast.mariam, Capability.ADD_INSTITUTION, tree["dnapes"])
    assert not access.can(cast.mariam, Capability.ADD_INSTITUTION, tree["ministry"])
    assert set(access.institutions_for(cast.mariam, Capability.MANAGE_INSTITUTIONS)) == {tree["mca"], tree["koulikoro"]}


def test_branches_leave_out_those_below_others(cast, tree) -> None:
    grant(cast.mariam, Role.OFFICER, tree["mca"])
    grant(cast.mariam, Role.MANAGER, tree["court"])
    found = access.branches(again(cast.mariam), Capability.MANAGE_PEOPLE)
    assert {place.code for place in found} == {"dnapes", "court"}
    assert access.branches(cast.admin, Capability.MANAGE_PEOPLE) == [tree["ministry"]]
    assert access.branches(cast.awa, Capability.MANAGE_PEOPLE) == []


def test_strangers_find_nothing_and_others_a_sentence(cast) -> None:
    with pytest.raises(Http404):
        access.require(cast.mariam, Capability.MANAGE_PEOPLE, cast.seydou)
    with pytest.raises(Http404):
        access.require(cast.awa, Capability.MANAGE_PEOPLE, cast.mariam)
    with pytest.raises(PermissionDenied, match="for managers, training officers and administrators"):
        access.require(cast.issa, Capability.MANAGE_PEOPLE, cast.awa)
    with pytest.raises(PermissionDenied, match="for administrators"):
        access.require(cast.mariam, Capability.STYLE_PAGE)
    with pytest.raises(ValueError, match="no such capability"):
        access.can(cast.mariam, "no such capability")


# --- days -----------------------------------------------------------------------------------------------------------


def test_a_role_counts_from_its_first_day_to_the_day_before_its_last(cast, tree) -> None:
    today = timezone.localdate()
    for since, until, counts in (
        (today, None, True),
        (today + dt.timedelta(1), None, False),
        (the_cast.SINCE, today, False),
        (the_cast.SINCE, today + dt.timedelta(1), True),
    ):
        person = member(f"p{since}{until}", tree["mca"])
        grant(person, Role.MANAGER, tree["mca"], since=since, until=until)
        assert access.can(person, Capability.MANAGE_PEOPLE, cast.awa) is counts, (since, until)


def test_a_role_that_ends_during_a_session_ends_at_the_next_request(cast, client_for) -> None:
    browser = client_for(cast.mariam)
    assert browser.get("/en/manage/people/").status_code == 200
    services.end_role(grant=cast.mariam.role_grants.get(), actor=cast.admin)
    answer = browser.get("/en/manage/people/")
    assert answer.status_code == 403 and "This page is for managers" in answer.content.decode()


def test_a_person_who_leaves_the_branch_during_a_session_is_out_of_reach_at_the_next_request(
    cast, tree, client_for
) -> None:
    browser = client_for(cast.mariam)
    page = f"/en/manage/people/{cast.awa.key}/"
    assert browser.get(page).status_code == 200
    services.transfer(user=cast.awa, to=tree["court"], actor=cast.admin)
    assert browser.get(page).status_code == 404
    assert cast.awa not in access.people_for(again(cast.mariam), Capability.MANAGE_PEOPLE)


def test_a_closed_account_may_nothing(cast) -> None:
    User.objects.filter(pk__in=[cast.mariam.pk, cast.admin.pk]).update(is_active=False)
    for person in (again(cast.mariam), again(cast.admin)):
        assert access.grants_of(person) == ()
        assert not access.can(person, Capability.OWN_RECORDS, person)
        assert not access.people_for(person, Capability.MANAGE_PEOPLE).exists()


def test_the_flag_of_libraries_makes_nobody_administrator(cast, client_for) -> None:
    User.objects.filter(pk=cast.awa.pk).update(is_superuser=True, is_staff=True)
    assert not access.is_administrator(again(cast.awa))
    browser = client_for(again(cast.awa))
    assert browser.get("/en/style/").status_code == 403
    assert browser.get("/authoring/").status_code == 403
    assert browser.get("/authoring/sites/").status_code == 403


def test_the_flag_follows_the_role(cast) -> None:
    held = grant(cast.awa, Role.ADMINISTRATOR)
    assert again(cast.awa).is_superuser and access.is_administrator(again(cast.awa))
    held.until = timezone.localdate()
    held.save()
    assert not again(cast.awa).is_superuser and not access.is_administrator(again(cast.awa))


# --- who is left out ------------------------------------------------------------------------------------------------


def test_managers_do_not_reach_people_whose_role_reaches_further(cast, tree) -> None:
    grant(cast.awa, Role.MANAGER, tree["ministry"])
    assert not access.can(cast.mariam, Capability.MANAGE_PEOPLE, cast.awa)
    assert cast.awa not in access.people_for(cast.mariam, Capability.MANAGE_PEOPLE)
    assert access.can(cast.admin, Capability.MANAGE_PEOPLE, cast.awa)
    Membership.objects.create(user=cast.admin, institution=tree["mca"])
    assert not access.can(cast.mariam, Capability.MANAGE_PEOPLE, cast.admin)


def test_what_opens_the_account_of_staff_and_protected_people_is_for_administrators(cast) -> None:
    protected = Protection(user=cast.awa, kind=Protection.Kind.OTHER, pseudonym="Agent A-01")
    for capability in (Capability.RECOVERY_CODE, Capability.CHANGE_SIGN_IN):
        assert access.can(cast.mariam, capability, cast.awa)
        assert not access.can(cast.mariam, capability, cast.oumar)
        assert access.can(cast.admin, capability, cast.oumar)
        reached = access.people_for(cast.mariam, capability)
        assert cast.awa in reached and cast.oumar not in reached
    protected.save()
    assert not access.can(cast.mariam, Capability.RECOVERY_CODE, cast.awa)


@pytest.mark.parametrize("how", ["protection", "declared"])
def test_of_judges_managers_learn_only_whether_they_are_certified(cast, how) -> None:
    assert access.can(cast.mariam, Capability.SEE_FINAL_RESULTS, cast.awa)
    if how == "protection":
        Protection.objects.create(user=cast.awa, kind=Protection.Kind.MAGISTRATE, pseudonym="Magistrat M-01")
    else:
        Audience.objects.create(user=cast.awa, audience=MAGISTRATES)
    assert not access.can(cast.mariam, Capability.SEE_FINAL_RESULTS, cast.awa)
    assert cast.awa not in access.people_for(cast.mariam, Capability.SEE_FINAL_RESULTS)
    assert access.can(cast.mariam, Capability.SEE_CERTIFIED, cast.awa)
    assert access.can(cast.awa, Capability.SEE_FINAL_RESULTS, cast.awa)
    assert access.needs_reason(cast.admin, Capability.SEE_FINAL_RESULTS, cast.awa)


def test_names_of_protected_people_are_for_cleared_managers_themselves_and_administrators(cast) -> None:
    assert not access.can(cast.mariam, Capability.NAME_OF_PROTECTED, cast.awa)
    Clearance.objects.create(user=cast.mariam, reason="Works with the court", since=the_cast.SINCE)
    cleared = again(cast.mariam)
    assert access.can(cleared, Capability.NAME_OF_PROTECTED, cast.awa)
    assert not access.is_logged(cleared, Capability.NAME_OF_PROTECTED, cast.awa)
    assert access.is_logged(cast.admin, Capability.NAME_OF_PROTECTED, cast.awa)
    assert not access.can(cleared, Capability.NAME_OF_PROTECTED, cast.seydou)
    assert access.can(cast.awa, Capability.NAME_OF_PROTECTED, cast.awa)
    for other in (cast.issa, cast.fanta, cast.seydou):
        assert not access.can(other, Capability.NAME_OF_PROTECTED, cast.awa)


def test_nobody_reads_anothers_notebook(cast) -> None:
    for person in cast:
        assert access.can(person, Capability.READ_NOTEBOOK, cast.awa) is (person == cast.awa)


def test_managers_give_three_roles_in_their_branch_and_administrators_all(cast, tree) -> None:
    assert access.grantable_roles(cast.mariam, tree["mca"]) == {Role.OFFICER, Role.INSTRUCTOR, Role.AUTHOR}
    assert access.grantable_roles(cast.mariam, tree["court"]) == frozenset()
    assert access.grantable_roles(cast.mariam, None) == frozenset()
    assert access.grantable_roles(cast.admin, None) == frozenset(Role)
    assert access.grantable_roles(cast.issa, tree["mca"]) == frozenset()


# --- cost -----------------------------------------------------------------------------------------------------------


def test_the_roles_of_a_person_are_read_once_a_request(cast, django_assert_num_queries) -> None:
    person = again(cast.mariam)
    with django_assert_num_queries(1):
        access.is_author(person)
        access.can(person, Capability.MANAGE_PEOPLE)
        access.branches(person, Capability.MANAGE_PEOPLE)
        access.grants_of(person)
    with django_assert_num_queries(0):
        assert not access.is_administrator(cast.awa)


def test_reaching_people_costs_the_same_for_3_and_300(cast, tree) -> None:
    def cost() -> int:
        person = again(cast.mariam)
        with CaptureQueriesContext(connection) as captured:
            list(access.people_for(person, Capability.MANAGE_PEOPLE))
            list(access.institutions_for(person, Capability.MANAGE_PEOPLE))
        return len(captured)

    few = cost()
    people = User.objects.bulk_create(User(username=f"many-{n}") for n in range(300))
    Membership.objects.bulk_create(Membership(user=person, institution=tree["mca"]) for person in people)
    assert cost() == few == 3


def test_the_lists_agree_with_the_single_answers(cast, tree) -> None:
    grant(cast.awa, Role.MANAGER, tree["ministry"])
    grant(cast.seydou, Role.EXAMS, tree["mca"])
    Audience.objects.create(user=cast.issa, audience=MAGISTRATES)
    Protection.objects.create(user=cast.fanta, kind=Protection.Kind.OTHER, pseudonym="Agent A-02")
    member("left", tree["mca"], until=timezone.localdate())
    member("to-come", tree["mca"], since=timezone.localdate() + dt.timedelta(1))
    everybody = list(User.objects.all())
    for viewer in everybody:
        for capability in Capability:
            listed = set(access.people_for(again(viewer), capability).values_list("pk", flat=True))
            single = {person.pk for person in everybody if access.can(again(viewer), capability, person)}
            # Relations of rooms above may hold for things of other kinds than people.
            assert listed == single, (viewer, capability)


def test_a_relation_of_which_several_rooms_speak_holds_where_any_of_them_says_so(cast, monkeypatch) -> None:
    monkeypatch.setitem(access._relations, Relation.COHORT, [])
    for taught in (cast.awa, cast.seydou):
        access.register(
            Relation.COHORT,
            holds=lambda person, thing, grants, taught=taught: thing == taught,
            queryset=lambda person, grants, taught=taught: User.objects.filter(pk=taught.pk),
        )
    issa = again(cast.issa)
    reached = access.people_for(issa, Capability.SEE_ANSWERS)
    assert set(reached) == {cast.awa, cast.seydou, cast.issa}
    assert all(access.can(issa, Capability.SEE_ANSWERS, person) for person in reached)
    assert not access.can(issa, Capability.SEE_ANSWERS, cast.oumar)
