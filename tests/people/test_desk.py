"""The manager's desk: its first screen, the list, the list as a file, and every form with somebody else's identifiers."""

import csv
import datetime as dt
import io
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from operations.models import AuditEntry
from people.models import Institution, Membership, RoleGrant, User
from people.services import confirm_audience, declare_audience, protect


def at(code: str) -> Institution:
    return Institution.objects.get(code=code)


@pytest.fixture
def mariam(cast, client_for):
    return client_for(cast.mariam)


def fill(count: int) -> None:
    """So many people more in the prison of Koulikoro; every fifth with a role, every seventh protected."""
    place = at("koulikoro")
    people = User.objects.bulk_create(
        User(
            username=f"p{number}",
            first_name=f"Fatoumata{number}",
            last_name="Sangaré",
            staff_number=f"PEN-{number:05d}",
            folded=f"sangare fatoumata{number} pen-{number:05d}",
        )
        for number in range(count)
    )
    Membership.objects.bulk_create(Membership(user=person, institution=place) for person in people)
    RoleGrant.objects.bulk_create(
        RoleGrant(user=person, role="instructor", institution=place) for person in people[::5]
    )
    for person in people[:21:7]:
        protect(user=person, kind="other")


# --- who comes in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["manage", "manage-people", "manage-people-export", "manage-institutions"])
def test_only_those_who_manage_people_come_to_the_desk(cast, client_for, page):
    address = reverse(page)
    for person in (cast.awa, cast.issa, cast.oumar, cast.fanta, cast.seydou):
        assert client_for(person).get(address).status_code == 403
    for person in (cast.mariam, cast.admin):
        assert client_for(person).get(address).status_code == 200
    away = client_for(None).get(address)
    assert away.status_code == 302 and "/accounts/login/" in away["Location"]


def test_the_header_leads_there_only_those_who_may(cast, client_for):
    for person, leads in ((cast.mariam, True), (cast.admin, True), (cast.awa, False), (cast.issa, False)):
        assert ('href="/en/manage/"' in client_for(person).get("/en/learn/").content.decode()) is leads


def test_a_learners_page_pays_nothing_for_the_header(cast, client_for, django_assert_max_num_queries):
    browser = client_for(cast.awa)
    browser.get("/en/notebook/")
    with django_assert_max_num_queries(8) as asked:
        browser.get("/en/notebook/")
    assert not any("people_rolegrant" in query["sql"] for query in asked.captured_queries)


# --- the list -------------------------------------------------------------------------------------------------------


def test_the_list_shows_the_branch_and_nobody_else(mariam):
    page = mariam.get("/en/manage/people/").content.decode()
    assert "Awa Diarra" in page and "ML-AWA" in page
    assert "Seydou" not in page and "Administration" not in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=DIARRA", {"awa"}),
        ("q=awa diarra", {"awa"}),
        ("q=ml-awa", {"awa"}),
        ("q=keita", {"fanta"}),
        ("q=maiga", {"oumar"}),
        ("q=seydou", set()),
        ("institution=mca", {"awa"}),
        ("institution=koulikoro", set()),
        ("role=instructor", {"issa"}),
        ("role=trainee", {"awa"}),
        ("status=closed", {"oumar"}),
        ("status=to-confirm", {"issa"}),
        ("audience=prison-staff", {"awa", "issa"}),
        ("audience=prison-staff&q=issa", {"issa"}),
    ],
)
def test_it_is_searched_and_filtered(cast, mariam, asked, found):
    confirm_audience(user=cast.awa, audience="prison-staff")
    declare_audience(user=cast.issa, audience="prison-staff")
    User.objects.filter(pk=cast.oumar.pk).update(is_active=False)
    page = mariam.get(f"/en/manage/people/?{asked}")
    assert {line.person.username for line in page.context["screen"].lines} == found


@pytest.mark.parametrize(
    "asked",
    [
        "institution=court",
        "institution=ministry",
        "institution=-",
        "institution=%27%3B--",
        "audience=kings",
        "role=king",
        "status=%00",
        "sort=password",
        "page=-1",
        "page=99999999999999999999",
        "page=%D9%A3",
        "q=%00",
        "q=" + "a" * 5000,
        "q=%25",
        "q=_",
    ],
)
def test_another_branch_and_nonsense_in_the_address_show_nothing_more(mariam, asked):
    page = mariam.get(f"/en/manage/people/?{asked}")
    assert page.status_code == 200
    assert {line.person.username for line in page.context["screen"].lines} <= {
        "awa",
        "issa",
        "mariam",
        "oumar",
        "fanta",
    }


def test_people_of_no_institution_are_found_by_administrators(cast, client_for):
    page = client_for(cast.admin).get("/en/manage/people/?institution=-")
    assert [line.person.username for line in page.context["screen"].lines] == ["admin"]


def test_a_thousand_people_cost_as_many_queries_as_five(cast, mariam, django_assert_max_num_queries):
    mariam.get("/en/manage/people/")
    with django_assert_max_num_queries(11) as few:  # session, user and roles (3), then 8
        mariam.get("/en/manage/people/")
    fill(1000)
    with django_assert_max_num_queries(12) as many:
        page = mariam.get("/en/manage/people/?sort=-name")
    # One more: whether the viewer may read the names of the protected people on the page.
    assert len(many.captured_queries) <= len(few.captured_queries) + 1
    assert len(page.context["screen"].lines) == 25 and page.context["screen"].total == 1005


def test_pages_go_on_and_keep_the_filters(cast, mariam):
    fill(60)
    page = mariam.get("/en/manage/people/?q=sangare&page=2")
    assert "q=sangare&amp;page=3" in page.content.decode()
    assert len(page.context["screen"].lines) == 25


def test_the_other_screens_cost_the_same_with_many_people(cast, mariam, django_assert_max_num_queries):
    fill(200)
    for address, most in (
        ("/en/manage/", 10),
        ("/en/manage/institutions/", 6),
        ("/en/manage/institutions/koulikoro/", 14),
        (f"/en/manage/people/{cast.awa.key}/", 30),
    ):
        mariam.get(address)
        with django_assert_max_num_queries(most):
            assert mariam.get(address).status_code == 200


# --- protected people -----------------------------------------------------------------------------------------------


def test_a_protected_person_stands_there_and_is_found_by_the_pseudonym_only(cast, mariam):
    protect(user=cast.awa, kind="magistrate")
    page = mariam.get("/en/manage/people/").content.decode()
    assert "Magistrat M-01" in page
    for secret in ("Diarra", "ML-AWA", "awa@"):
        assert secret not in page
    for asked, found in (("diarra", 0), ("ml-awa", 0), ("m-01", 1), ("magistrat", 1)):
        assert mariam.get("/en/manage/people/", {"q": asked}).context["screen"].total == found


def test_the_order_does_not_tell_the_name(cast, mariam):
    protect(user=cast.awa, kind="other")  # Diarra would come between Coulibaly and Keïta
    page = mariam.get("/en/manage/people/")
    assert [line.person.username for line in page.context["screen"].lines] == [
        "mariam",
        "fanta",
        "oumar",
        "awa",
        "issa",
    ]


# --- the list as a file ---------------------------------------------------------------------------------------------


def test_the_file_holds_what_the_list_shows_and_is_written_down(cast, mariam):
    protect(user=cast.issa, kind="investigator")
    answer = mariam.get("/en/manage/people/export/?status=active")
    assert answer["Content-Disposition"] == f'attachment; filename="list-{timezone.localdate()}.csv"'
    text = answer.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in rows[1:]] == [
        "Mariam Coulibaly",
        "Awa Diarra",
        "Enquêteur E-01",
        "Fanta Keïta",
        "Oumar Maïga",
    ]
    assert "Traoré" not in text and "ML-ISSA" not in text and "Seydou" not in text
    assert AuditEntry.objects.get(code="people.list-exported").after["people"] == 5


def test_no_cell_of_the_file_is_a_formula(cast, mariam):
    for start in ("=", "+", "-", "@"):
        User.objects.filter(pk=cast.awa.pk).update(first_name=f"{start}cmd()", last_name="x")
        rows = csv.reader(io.StringIO(mariam.get("/en/manage/people/export/").content.decode("utf-8-sig")))
        assert not any(cell.startswith(start) for row in rows for cell in row)


# --- identifiers of others in every address and form ----------------------------------------------------------------

_PERSON = [
    ("manage-person", ()),
    ("manage-person-results", ()),
    ("manage-person-name", ()),
    ("manage-person-edit", ()),
    ("manage-person-deactivate", ()),
    ("manage-person-reactivate", ()),
    ("manage-person-transfer", ()),
    ("manage-person-join", ()),
    ("manage-person-leave", ("court",)),
    ("manage-person-supervisor", ()),
    ("manage-role-new", ()),
    ("manage-role-end", (1,)),
    ("manage-audience-new", ()),
    ("manage-audience-confirm", ("prison-staff",)),
    ("manage-audience-end", ("prison-staff",)),
    ("manage-clearance", ()),
]


@pytest.mark.parametrize(("page", "more"), _PERSON)
def test_people_of_another_branch_and_people_who_do_not_exist_are_the_same_404(cast, mariam, page, more):
    before = AuditEntry.objects.count()
    for key in (cast.seydou.key, cast.admin.key, uuid.uuid4()):
        address = reverse(page, args=[key, *more])
        assert mariam.get(address).status_code == 404
        if page != "manage-person":
            day = timezone.localdate().isoformat()
            assert mariam.post(address, {"reason": "x", "day": day}).status_code == 404
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("page", ["", "-edit", "-move", "-close", "-reopen"])
def test_institutions_of_another_branch_and_those_that_do_not_exist_are_the_same_404(cast, mariam, page):
    for code in ("court", "ministry", "nowhere"):
        address = reverse(f"manage-institution{page}", args=[code])
        assert mariam.get(address).status_code == 404
        if page:
            assert mariam.post(address, {}).status_code == 404


def test_the_institution_that_the_role_is_held_for_is_seen_and_not_changed(cast, mariam):
    assert mariam.get("/en/manage/institutions/dnapes/").status_code == 200
    for page in ("edit", "move", "close", "reopen"):
        assert mariam.get(f"/en/manage/institutions/dnapes/{page}/").status_code == 403
    assert mariam.post("/en/manage/institutions/dnapes/close/").status_code == 403


@pytest.mark.parametrize("forged", ["court", "ministry", "nowhere", "", "mca' OR 1=1"])
def test_no_form_takes_an_institution_of_another_branch(cast, mariam, forged):
    awa = cast.awa.key
    day = timezone.localdate().isoformat()
    for address, data in (
        (f"/en/manage/people/{awa}/transfer/", {"to": forged, "day": day}),
        (f"/en/manage/people/{awa}/join/", {"institution": forged, "since": day}),
        (f"/en/manage/people/{awa}/roles/new/", {"role": "instructor", "institution": forged, "since": day}),
        ("/en/manage/people/new/", {"first": "A", "last": "B", "institution": forged, "since": day}),
        ("/en/manage/new-institution/", {"code": "x", "name_fr": "X", "kind": "prison", "parent": forged}),
        ("/en/manage/institutions/mca/move/", {"parent": forged}),
    ):
        answer = mariam.post(address, data)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    assert cast.awa.memberships.get().institution.code == "mca"
    assert not cast.awa.role_grants.exists()
    assert at("mca").parent.code == "dnapes"


def test_a_role_is_neither_given_to_oneself_nor_above_ones_own_through_the_form(cast, mariam):
    day = timezone.localdate().isoformat()
    for key, role in ((cast.mariam.key, "instructor"), (cast.awa.key, "manager"), (cast.awa.key, "administrator")):
        answer = mariam.post(f"/en/manage/people/{key}/roles/new/", {"role": role, "institution": "mca", "since": day})
        assert answer.status_code == 422
    assert RoleGrant.objects.filter(user__in=[cast.mariam, cast.awa]).count() == 1


def test_somebody_elses_role_is_not_ended_under_this_persons_address(cast, mariam):
    grant = cast.issa.role_grants.get()
    address = reverse("manage-role-end", args=[cast.awa.key, grant.pk])
    assert mariam.post(address, {"day": timezone.localdate().isoformat()}).status_code == 404
    grant.refresh_from_db()
    assert grant.until is None


def test_a_supervisor_of_another_branch_is_as_unknown_as_nobody(cast, mariam):
    said = []
    for name in ("ML-SEYDOU", "seydou", "nobody-at-all"):
        answer = mariam.post(f"/en/manage/people/{cast.awa.key}/supervisor/", {"supervisor": name})
        assert answer.status_code == 422
        said.append(answer.context["form"].errors["supervisor"])
    assert said[0] == said[1] == said[2]


def test_nothing_is_changed_by_looking(cast, mariam):
    before = AuditEntry.objects.count()
    for page, more in _PERSON:
        if page != "manage-person-leave":
            mariam.get(reverse(page, args=[cast.awa.key, *more]))
    mariam.get("/en/manage/institutions/mca/close/")
    assert AuditEntry.objects.count() == before and User.objects.get(pk=cast.awa.pk).is_active


def test_a_form_of_another_site_changes_nothing(cast, client_for):
    browser = client_for(cast.mariam, csrf=True)
    assert browser.post(f"/en/manage/people/{cast.awa.key}/deactivate/").status_code == 403
    assert User.objects.get(pk=cast.awa.pk).is_active


# --- what works -----------------------------------------------------------------------------------------------------


def test_a_person_is_made_transferred_given_a_role_and_closed_on_the_desk(cast, mariam):
    day = timezone.localdate().isoformat()
    made = mariam.post(
        "/en/manage/people/new/",
        {"first": "Ramata", "last": "Touré", "institution": "mca", "since": day, "audience": "prison-staff"},
        follow=True,
    )
    person = User.objects.get(last_name="Touré")
    assert person.username in made.content.decode()
    here = f"/en/manage/people/{person.key}/"
    moves = [
        ("transfer/", {"to": "koulikoro", "post": "Surveillante", "day": day}),
        ("roles/new/", {"role": "instructor", "institution": "koulikoro", "since": day}),
        ("supervisor/", {"supervisor": "ml-issa"}),
        ("clearance/", {"reason": "Teaches the restricted course."}),
        ("professions/prison-staff/end/", {"day": day}),
        ("edit/", {"first": "Ramata", "last": "Traoré"}),
        ("deactivate/", {}),
        ("reactivate/", {}),
    ]
    for page, data in moves:
        answer = mariam.post(here + page, data)
        assert (page, answer.status_code) == (page, 303)
    person.refresh_from_db()
    assert person.last_name == "Traoré" and person.role_grants.get().holds()
    assert person.supervised_by.get().supervisor == cast.issa
    assert [row.institution.code for row in Membership.objects.on().filter(user=person)] == ["koulikoro"]


@pytest.mark.parametrize("page", ["people/{key}/edit/", "people/{key}/supervisor/", "institutions/koulikoro/edit/"])
def test_pages_that_save_are_told_apart_by_their_titles(cast, mariam, page):
    html = mariam.get(f"/en/manage/{page.format(key=cast.awa.key)}").content.decode()
    title = html.partition("<title>")[2].partition("</title>")[0]
    assert not title.startswith("Save") and cast.awa.last_name not in title
    assert "Save</button>" in html


def test_the_tree_is_shown_added_to_and_closed_on_the_desk(cast, mariam):
    made = mariam.post(
        "/en/manage/new-institution/",
        {"code": "kayes", "name_fr": "Prison de Kayes", "kind": "prison", "region": "Kayes", "parent": "dnapes"},
    )
    assert made.status_code == 303
    assert "Prison de Kayes" in mariam.get("/fr/manage/institutions/").content.decode()
    refused = mariam.post("/en/manage/institutions/mca/close/")
    assert refused.status_code == 422 and "1 person still belongs to it." in refused.content.decode()
    assert mariam.post("/en/manage/institutions/kayes/move/", {"parent": "mca"}).status_code == 303
    circle = mariam.post("/en/manage/institutions/mca/move/", {"parent": "kayes"})
    assert circle.status_code == 422 and "below itself" in circle.content.decode()
    assert mariam.post("/en/manage/institutions/kayes/close/").status_code == 303
    assert mariam.post("/en/manage/institutions/kayes/reopen/").status_code == 303


def test_the_first_screen_says_what_needs_attention(cast, mariam):
    declare_audience(user=cast.awa, audience="prison-staff")
    grant = cast.issa.role_grants.get()
    grant.until = timezone.localdate() + dt.timedelta(days=20)
    grant.save()
    page = mariam.get("/en/manage/")
    text = page.content.decode()
    assert "Professions to confirm" in text and "Issa Traoré" in text
    assert page.context["screen"].to_confirm == 1 and page.context["screen"].people == 5
    assert mariam.get("/en/manage/?institution=mca").context["screen"].people == 1
    assert mariam.get("/en/manage/?institution=court").context["screen"].people == 5
