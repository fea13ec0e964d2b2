"""Who belongs where, from when to when; last year's figures stay last year's."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from operations.errors import Refused
from operations.models import AuditEntry
from people import access
from people.models import Institution, Membership, User
from people.policy import Capability
from people.queries.desk import head_counts, members_on
from people.services import (
    change_person,
    create_person,
    deactivate,
    grant_role,
    join,
    leave,
    reactivate,
    set_supervisor,
    transfer,
)


def at(code: str) -> Institution:
    return Institution.objects.get(code=code)


def new(**given) -> User:
    return create_person(**{"first": "Ramata", "last": "Touré", "institution": at("mca"), **given})


# --- accounts -------------------------------------------------------------------------------------------------------


def test_a_person_without_username_gets_one_that_tells_nothing(cast):
    person = new(staff_number=" pen-05533 ", audience="prison-staff", actor=cast.mariam)
    assert not {"ramata", "toure", "touré", "pen", "05533"} & set(person.username.lower().split("-"))
    assert person.staff_number == "PEN-05533" and not person.has_usable_password()
    assert access.confirmed_audiences(person) == {"prison-staff"}
    assert AuditEntry.objects.get(code="people.person-created").about == person


@pytest.mark.parametrize(
    "fault",
    [
        {"first": ""},
        {"last": "   "},
        {"last": "x" * 151},
        {"first": "Ra\x00mata"},
        {"first": "Ra\u202emata"},
        {"staff_number": "<script>"},
        {"staff_number": "ML-AWA"},
        {"email": "nobody"},
        {"email": "awa@kalanso.test"},
        {"username": "ml-awa"},
        {"username": "AWA"},
        {"username": "a b"},
        {"username": "x" * 151},
        {"audience": "kings"},
        {"language": "xx"},
        {"sex": "x"},
        {"post": "p" * 121},
        {"since": dt.date(1900, 1, 1)},
        {"since": dt.date(2999, 1, 1)},
    ],
)
def test_what_cannot_be_a_person_is_refused_in_words_and_nothing_is_kept(cast, fault):
    before = User.objects.count()
    with pytest.raises(Refused) as refusal:
        new(**fault)
    assert refusal.value.sentence[-1] in ".-_"
    assert User.objects.count() == before


def test_a_manager_makes_and_changes_people_of_the_own_branch_only(cast):
    with pytest.raises(Refused):
        new(institution=at("court"), actor=cast.mariam)
    details = {"first": "Seydou", "last": "X", "staff_number": "", "email": "", "language": "", "sex": ""}
    with pytest.raises(Refused):
        change_person(user=cast.seydou, **details, actor=cast.mariam)
    with pytest.raises(Refused):
        change_person(user=cast.admin, **details, actor=cast.mariam)
    change_person(user=cast.awa, **{**details, "first": "Awa"}, actor=cast.mariam)
    cast.awa.refresh_from_db()
    assert cast.awa.last_name == "X" and cast.awa.folded == "x awa"
    fields = AuditEntry.objects.get(code="people.person-changed").after["fields"]
    assert {"last_name", "staff_number", "email"} <= set(fields)


def test_closing_an_account_ends_its_sessions_at_the_next_request(cast, client_for):
    browser = client_for(cast.awa)
    assert browser.get("/fr/learn/").status_code == 200
    deactivate(user=cast.awa, actor=cast.mariam)
    assert browser.get("/fr/learn/").status_code == 302
    reactivate(user=cast.awa, actor=cast.mariam)
    assert client_for(cast.awa).get("/fr/learn/").status_code == 200


def test_nobody_closes_the_own_account_nor_that_of_the_only_administrator(cast):
    with pytest.raises(Refused):
        deactivate(user=cast.mariam, actor=cast.mariam)
    with pytest.raises(Refused) as refusal:
        deactivate(user=cast.admin)
    assert "only administrator" in refusal.value.sentence


# --- memberships ----------------------------------------------------------------------------------------------------


def test_a_transfer_moves_the_person_and_leaves_the_past_as_it_was(cast):
    day = dt.date(2025, 3, 1)
    transfer(user=cast.awa, to=at("koulikoro"), post="Surveillante", day=day, actor=cast.admin)
    assert cast.awa in members_on(at("mca"), day - dt.timedelta(days=1))
    assert cast.awa not in members_on(at("koulikoro"), day - dt.timedelta(days=1))
    assert cast.awa in members_on(at("koulikoro"), day) and cast.awa not in members_on(at("mca"), day)
    assert head_counts(day - dt.timedelta(days=1))[at("mca").pk] == 1
    assert head_counts(day)[at("mca").pk] == 0


def test_a_manager_does_not_rewrite_the_figures_of_past_months(cast):
    today = timezone.localdate()
    for back in (32, 400):
        day = today - dt.timedelta(days=back)
        with pytest.raises(Refused, match="figures of past months"):
            transfer(user=cast.awa, to=at("koulikoro"), day=day, actor=cast.mariam)
        with pytest.raises(Refused, match="figures of past months"):
            leave(membership=cast.awa.memberships.get(), day=day, actor=cast.mariam)
    transfer(user=cast.awa, to=at("koulikoro"), day=today - dt.timedelta(days=31), actor=cast.mariam)
    assert cast.awa in members_on(at("koulikoro"))


def test_last_years_figures_stay_when_people_come_and_go(cast):
    last_year = dt.date(2025, 12, 31)
    before = set(members_on(at("dnapes"), last_year).values_list("username", flat=True))
    new(since=dt.date(2026, 2, 1), username="late")
    leave(membership=cast.issa.memberships.get(), actor=cast.mariam)
    transfer(user=cast.awa, to=at("court"), actor=cast.admin)
    deactivate(user=cast.oumar, actor=cast.mariam)
    assert set(members_on(at("dnapes"), last_year).values_list("username", flat=True)) == before
    today = set(members_on(at("dnapes")).values_list("username", flat=True))
    assert "late" in today and not {"issa", "awa"} & today


def test_a_membership_that_ends_takes_the_person_out_of_reach_at_the_next_request(cast, client_for):
    browser = client_for(cast.mariam)
    page = f"/en/manage/people/{cast.awa.key}/"
    assert browser.get(page).status_code == 200
    transfer(user=cast.awa, to=at("court"), actor=cast.admin)
    assert browser.get(page).status_code == 404
    assert "Diarra" not in browser.get("/en/manage/people/").content.decode()


def test_roles_of_the_place_that_is_left_end_and_those_that_cover_the_new_one_stay(cast):
    here = grant_role(user=cast.awa, role="instructor", institution=at("mca"))
    above = grant_role(user=cast.awa, role="author", institution=at("dnapes"))
    elsewhere = grant_role(user=cast.awa, role="reviewer", institution=at("court"))
    transfer(user=cast.awa, to=at("koulikoro"), actor=cast.admin)
    for grant in (here, above, elsewhere):
        grant.refresh_from_db()
    assert not here.holds()
    assert above.holds() and elsewhere.holds()


@pytest.mark.parametrize("to", ["court", "ministry"])
def test_a_manager_transfers_nobody_out_of_the_branch_nor_into_it(cast, to):
    with pytest.raises(Refused):
        transfer(user=cast.awa, to=at(to), actor=cast.mariam)
    with pytest.raises(Refused):
        transfer(user=cast.seydou, to=at("mca"), actor=cast.mariam)
    with pytest.raises(Refused):
        join(user=cast.seydou, institution=at("mca"), actor=cast.mariam)


def test_nobody_is_taken_who_belongs_nowhere(cast):
    free = User.objects.create_user("free")
    with pytest.raises(Refused):
        join(user=free, institution=at("mca"), actor=cast.mariam)
    with pytest.raises(Refused):
        join(user=cast.admin, institution=at("mca"), actor=cast.mariam)
    assert join(user=free, institution=at("mca"), actor=cast.admin).holds()


def test_days_that_cannot_be_are_refused(cast):
    for day in (dt.date(2019, 12, 31), dt.date(1815, 6, 18), timezone.localdate() + dt.timedelta(days=400)):
        with pytest.raises(Refused):
            transfer(user=cast.awa, to=at("koulikoro"), day=day, actor=cast.mariam)
        with pytest.raises(Refused):
            leave(membership=cast.awa.memberships.get(), day=day, actor=cast.mariam)
    assert cast.awa.memberships.get().until is None


def test_where_the_person_is_already_and_what_is_closed_is_refused(cast):
    with pytest.raises(Refused):
        join(user=cast.awa, institution=at("mca"), actor=cast.mariam)
    with pytest.raises(Refused):
        transfer(user=cast.awa, to=at("mca"), actor=cast.mariam)
    Institution.objects.filter(code="koulikoro").update(closed=timezone.localdate())
    with pytest.raises(Refused) as refusal:
        transfer(user=cast.awa, to=at("koulikoro"), actor=cast.mariam)
    assert "closed" in refusal.value.sentence
    assert cast.awa.memberships.count() == 1


def test_whoever_belongs_to_several_places_says_which_is_left(cast):
    join(user=cast.awa, institution=at("koulikoro"), actor=cast.mariam)
    with pytest.raises(Refused):
        transfer(user=cast.awa, to=at("dnapes"), actor=cast.mariam)
    transfer(user=cast.awa, to=at("dnapes"), leaving=at("mca"), actor=cast.mariam)
    here = {row.institution.code for row in Membership.objects.on().filter(user=cast.awa)}
    assert here == {"koulikoro", "dnapes"}


@pytest.mark.django_db
@given(days=st.lists(st.integers(0, 700), min_size=1, max_size=6))
def test_however_often_a_person_is_transferred_they_are_in_one_place_a_day(days):
    person = new(since=dt.date(2024, 1, 1))
    places = [at("mca"), at("koulikoro")]
    for turn, day in enumerate(days):
        try:
            transfer(user=person, to=places[(turn + 1) % 2], day=dt.date(2024, 1, 1) + dt.timedelta(days=day))
        except Refused:
            continue
    for day in {0, *days, 701}:
        on = dt.date(2024, 1, 1) + dt.timedelta(days=day)
        assert Membership.objects.on(on).filter(user=person).count() == 1
    person.delete()


# --- supervision ----------------------------------------------------------------------------------------------------


def test_nobody_supervises_themselves_even_through_others(cast):
    set_supervisor(person=cast.awa, supervisor=cast.issa, actor=cast.mariam)
    set_supervisor(person=cast.issa, supervisor=cast.mariam, actor=cast.admin)
    for person, supervisor in ((cast.awa, cast.awa), (cast.issa, cast.awa), (cast.mariam, cast.awa)):
        with pytest.raises(Refused):
            set_supervisor(person=person, supervisor=supervisor, actor=cast.admin)


def test_a_supervisor_from_another_branch_is_not_a_managers_choice(cast):
    with pytest.raises(Refused):
        set_supervisor(person=cast.awa, supervisor=cast.seydou, actor=cast.mariam)


def test_the_capability_reaches_who_belongs_there_today(cast):
    assert cast.awa in access.people_for(cast.mariam, Capability.MANAGE_PEOPLE)
    leave(membership=cast.awa.memberships.get(), actor=cast.mariam)
    assert cast.awa not in access.people_for(cast.mariam, Capability.MANAGE_PEOPLE)
