"""Roles, professions, clearance and protection: who gives them, to whom, from when to when."""

import datetime as dt

import pytest
from django.utils import timezone

from operations.errors import Refused
from operations.models import AuditEntry
from people import access
from people.models import Clearance, Institution, Project, Protection, Role, RoleGrant, User
from people.policy import Capability
from people.services import (
    clear_person,
    confirm_audience,
    declare_audience,
    end_audience,
    end_clearance,
    end_role,
    grant_role,
    protect,
    unprotect,
)


def at(code: str) -> Institution:
    return Institution.objects.get(code=code)


def in_days(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


# --- roles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["officer", "instructor", "author"])
def test_a_manager_gives_the_roles_of_the_own_branch(cast, role):
    grant = grant_role(user=cast.awa, role=role, institution=at("mca"), actor=cast.mariam)
    assert grant.holds() and grant.granted_by == cast.mariam
    cast.awa.refresh_from_db()
    assert cast.awa.holds_roles
    assert AuditEntry.objects.get(code="people.role-granted").after["role"] == role


@pytest.mark.parametrize("role", ["manager", "reviewer", "master", "coordinator", "exams", "administrator", "observer"])
def test_a_manager_gives_no_role_above_the_own(cast, role):
    Project.objects.create(code="p", since=in_days(-1))
    place = {"institution": at("mca")}
    if role == "administrator":
        place = {}
    if role == "observer":
        place = {"project": Project.objects.get()}
    with pytest.raises(Refused):
        grant_role(user=cast.awa, role=role, **place, actor=cast.mariam)
    assert not cast.awa.role_grants.exists()


def test_nobody_gives_a_role_to_themselves(cast):
    for person, role, place in (
        (cast.mariam, "instructor", at("mca")),
        (cast.admin, "manager", at("dnapes")),
        (cast.awa, "administrator", None),
    ):
        with pytest.raises(Refused):
            grant_role(user=person, role=role, institution=place, actor=person)


def test_no_role_is_given_in_or_to_another_branch(cast):
    for user, place in ((cast.awa, "court"), (cast.seydou, "mca"), (cast.seydou, "court"), (cast.awa, "ministry")):
        with pytest.raises(Refused):
            grant_role(user=user, role="instructor", institution=at(place), actor=cast.mariam)


@pytest.mark.parametrize("who", ["awa", "issa", "oumar", "fanta", "seydou"])
def test_people_without_that_right_give_no_role(cast, who):
    with pytest.raises(Refused):
        grant_role(user=cast.awa, role="instructor", institution=at("mca"), actor=getattr(cast, who))


@pytest.mark.parametrize(
    "fault",
    [
        {"role": "king"},
        {"institution": None},
        {"role": "administrator"},
        {"role": "observer"},
        {"since": in_days(-1)},
        {"since": in_days(500)},
        {"until": in_days(0)},
        {"until": in_days(-10)},
        {"since": in_days(10), "until": in_days(10)},
        {"until": in_days(5000)},
        {"provisional": True},
        {"role": "master", "provisional": True, "until": in_days(400)},
    ],
)
def test_a_role_that_cannot_be_is_refused_in_words(cast, fault):
    with pytest.raises(Refused) as refusal:
        grant_role(**{"user": cast.awa, "role": "instructor", "institution": at("mca"), "actor": cast.admin, **fault})
    assert refusal.value.sentence.endswith(".")


def test_a_role_is_held_once_and_begins_not_before_its_holder_joined(cast):
    grant_role(user=cast.awa, role="instructor", institution=at("mca"))
    with pytest.raises(Refused):
        grant_role(user=cast.awa, role="instructor", institution=at("mca"), since=in_days(5))
    with pytest.raises(Refused):
        grant_role(user=cast.awa, role="author", institution=at("mca"), since=dt.date(2019, 1, 1))


def test_a_provisional_master_trainer_has_twelve_months(cast):
    grant = grant_role(user=cast.issa, role="master", institution=at("dnapes"), provisional=True, actor=cast.admin)
    assert 365 <= (grant.until - grant.since).days <= 366


def test_a_role_that_ends_closes_what_it_opened_at_the_next_request(cast, client_for):
    browser = client_for(cast.mariam)
    assert browser.get("/en/manage/").status_code == 200
    end_role(grant=cast.mariam.role_grants.get(), actor=cast.admin)
    assert browser.get("/en/manage/").status_code == 403
    assert 'href="/en/manage/"' not in browser.get("/en/learn/").content.decode()


def test_a_role_opens_nothing_before_it_begins(cast, client_for):
    grant_role(user=cast.awa, role="officer", institution=at("mca"), since=in_days(3), actor=cast.mariam)
    assert client_for(cast.awa).get("/en/manage/").status_code == 403


def test_a_manager_ends_no_role_that_a_manager_does_not_give(cast):
    for grant in (cast.fanta.role_grants.get(), cast.admin.role_grants.get()):
        with pytest.raises(Refused):
            end_role(grant=grant, actor=cast.mariam)
    end_role(grant=cast.issa.role_grants.get(), actor=cast.mariam)
    assert not access.holds_role(User.objects.get(pk=cast.issa.pk), Role.INSTRUCTOR)


def test_whoever_holds_a_role_may_lay_it_down_and_it_ends_once(cast):
    grant = cast.mariam.role_grants.get()
    end_role(grant=grant, actor=cast.mariam)
    with pytest.raises(Refused):
        end_role(grant=grant, actor=cast.admin)


def test_what_a_role_opened_is_not_undone_afterwards(cast):
    with pytest.raises(Refused):
        end_role(grant=cast.issa.role_grants.get(), day=in_days(-30), actor=cast.mariam)


def test_the_only_administrator_stays_one(cast):
    with pytest.raises(Refused):
        end_role(grant=cast.admin.role_grants.get(), actor=cast.admin)
    grant_role(user=cast.fanta, role="administrator", actor=cast.admin)
    end_role(grant=cast.admin.role_grants.get(), actor=cast.admin)
    assert not User.objects.get(pk=cast.admin.pk).is_superuser
    assert access.is_administrator(User.objects.get(pk=cast.fanta.pk))


def test_what_somebody_held_last_year_stays_to_be_read(cast):
    end_role(grant=cast.issa.role_grants.get(), actor=cast.mariam)
    assert RoleGrant.objects.on(dt.date(2025, 12, 31)).filter(user=cast.issa, role="instructor").exists()


# --- professions ----------------------------------------------------------------------------------------------------


def test_a_profession_counts_once_somebody_else_has_confirmed_it(cast):
    declare_audience(user=cast.awa, audience="prison-staff", actor=cast.awa)
    assert access.confirmed_audiences(cast.awa) == frozenset()
    with pytest.raises(Refused):
        confirm_audience(user=cast.awa, audience="prison-staff", actor=cast.awa)
    with pytest.raises(Refused):
        confirm_audience(user=cast.seydou, audience="judiciary", actor=cast.mariam)
    confirm_audience(user=cast.awa, audience="prison-staff", actor=cast.mariam)
    assert access.confirmed_audiences(User.objects.get(pk=cast.awa.pk)) == {"prison-staff"}
    end_audience(user=cast.awa, audience="prison-staff", actor=cast.mariam)
    assert access.confirmed_audiences(User.objects.get(pk=cast.awa.pk)) == frozenset()


def test_an_unknown_profession_is_refused(cast):
    for act in (declare_audience, confirm_audience):
        with pytest.raises(Refused):
            act(user=cast.awa, audience="kings", actor=cast.admin)


def test_a_manager_does_not_take_a_magistrate_out_of_the_judiciary_to_read_results(cast):
    confirm_audience(user=cast.awa, audience="judiciary", actor=cast.admin)
    assert not access.can(cast.mariam, Capability.SEE_FINAL_RESULTS, cast.awa)
    with pytest.raises(Refused):
        end_audience(user=cast.awa, audience="judiciary", actor=cast.mariam)
    assert not access.can(cast.mariam, Capability.SEE_FINAL_RESULTS, cast.awa)


# --- clearance and protection ---------------------------------------------------------------------------------------


def test_a_clearance_has_a_reason_and_is_not_given_to_oneself(cast):
    for fault in ({"reason": " "}, {"reason": "x" * 501}, {"until": in_days(0)}, {"actor": cast.awa}):
        with pytest.raises(Refused):
            clear_person(**{"user": cast.awa, "reason": "Needs it.", "actor": cast.mariam, **fault})
    clear_person(user=cast.awa, reason="Needs it.", actor=cast.mariam)
    assert access.is_cleared(User.objects.get(pk=cast.awa.pk))
    with pytest.raises(Refused):
        clear_person(user=cast.awa, reason="Again.", actor=cast.mariam)
    end_clearance(clearance=Clearance.objects.get(), actor=cast.mariam)
    assert not access.is_cleared(User.objects.get(pk=cast.awa.pk))


def test_nobody_is_cleared_or_protected_from_another_branch(cast):
    with pytest.raises(Refused):
        clear_person(user=cast.seydou, reason="Curious.", actor=cast.mariam)
    clear_person(user=cast.mariam, reason="Manages protected people.", actor=cast.admin)
    with pytest.raises(Refused):
        protect(user=cast.seydou, kind="other", actor=cast.mariam)


def test_pseudonyms_are_numbered_and_never_given_twice(cast):
    first = protect(user=cast.awa, kind="magistrate", actor=cast.admin)
    second = protect(user=cast.seydou, kind="magistrate", actor=cast.admin)
    assert (first.pseudonym, second.pseudonym) == ("Magistrat M-01", "Magistrat M-02")
    unprotect(user=cast.seydou, actor=cast.admin)
    assert protect(user=cast.issa, kind="magistrate", actor=cast.admin).pseudonym == "Magistrat M-03"
    assert protect(user=cast.fanta, kind="investigator", actor=cast.admin).pseudonym == "Enquêteur E-01"
    with pytest.raises(Refused):
        protect(user=cast.awa, kind="other", actor=cast.admin)
    with pytest.raises(Refused):
        protect(user=cast.oumar, kind="spy", actor=cast.admin)


def test_a_manager_who_is_not_cleared_protects_nobody(cast):
    with pytest.raises(Refused):
        protect(user=cast.awa, kind="other", actor=cast.mariam)
    assert not Protection.objects.exists()


def test_the_trail_does_not_lead_from_a_person_to_the_pseudonym(cast):
    protect(user=cast.awa, kind="magistrate", actor=cast.admin)
    entry = AuditEntry.objects.get(code="people.protected")
    assert "M-01" not in str([entry.before, entry.after, entry.reason])
