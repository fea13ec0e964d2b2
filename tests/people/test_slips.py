"""Slips: a first sign-in from paper, once, for fourteen days."""

import datetime as dt
import io

import pytest
import time_machine
from django.utils import timezone
from pypdf import PdfReader

from operations.errors import Refused
from operations.models import AuditEntry
from people import services, slips
from people.codes import new_code
from people.models import Institution, LoginCode, RoleGrant
from tests.people.entrance import NEW, enter, newcomer, open_with, protect, sign_in, who


@pytest.fixture
def kadi(cast):
    return newcomer("kadi", Institution.objects.get(code="mca"))


def test_a_slip_opens_the_account_once_with_a_password_of_ones_own(cast, client, kadi):
    [made] = services.make_slips(people=[kadi], actor=cast.mariam)
    page = client.get(f"/en/enter/{made.code}/")
    assert 'value="kadi"' in page.content.decode() and page["Cache-Control"] == "no-store"
    made.row.refresh_from_db()
    assert made.row.used is None  # looking uses nothing up
    assert "made by Mariam Coulibaly" in client.get(enter(client, "KADI", made.code)["Location"]).content.decode()
    assert open_with(client, "kadi", made.code.lower())["Location"] == "/en/learn/"
    assert who(client) == kadi.pk
    client.logout()
    assert "has been used already" in enter(client, "kadi", made.code).content.decode()
    assert sign_in(client, "kadi", NEW).status_code == 302


def test_it_expires_after_fourteen_days(cast, client, kadi):
    [made] = services.make_slips(people=[kadi], actor=cast.mariam)
    with time_machine.travel(timezone.now() + dt.timedelta(days=13, hours=23)):
        assert enter(client, "kadi", made.code).status_code == 303
    with time_machine.travel(timezone.now() + dt.timedelta(days=14, minutes=1)):
        assert "This code has expired." in enter(client, "kadi", made.code).content.decode()
        assert "kadi" not in client.get(f"/en/enter/{made.code}/").content.decode()


def test_a_newer_slip_makes_the_older_worthless(cast, client, kadi):
    [old] = services.make_slips(people=[kadi], actor=cast.mariam)
    [new] = services.make_slips(people=[kadi], actor=cast.mariam)
    assert "withdrawn, or replaced" in enter(client, "kadi", old.code).content.decode()
    assert enter(client, "kadi", new.code).status_code == 303


def test_two_who_race_with_one_slip(cast, client_for, kadi):
    [made] = services.make_slips(people=[kadi], actor=cast.mariam)
    first, second = client_for(None), client_for(None)
    assert enter(first, "kadi", made.code).status_code == enter(second, "kadi", made.code).status_code == 303
    choose = {"password1": NEW, "password2": NEW}
    assert first.post("/en/enter/password/", choose).status_code == 302
    late = second.post(
        "/en/enter/password/", {"password1": "Autre-mot-2026", "password2": "Autre-mot-2026"}, follow=True
    )
    assert "has been used already" in late.content.decode()
    assert who(second) is None


def test_a_bad_password_uses_nothing_up(cast, client, kadi):
    [made] = services.make_slips(people=[kadi], actor=cast.mariam)
    enter(client, "kadi", made.code)
    for password in ["", "short", "1234567890", "kadi-kadi"]:
        page = client.post("/en/enter/password/", {"password1": password, "password2": password})
        assert page.status_code == 422 and 'role="alert"' in page.content.decode()
    made.row.refresh_from_db()
    assert made.row.used is None


@pytest.mark.parametrize("login", ["awa", "seydou", "admin", "", "nobody", "\x00"])
def test_the_code_of_one_opens_nobody_else(cast, client, kadi, login):
    [made] = services.make_slips(people=[kadi], actor=cast.mariam)
    page = enter(client, login, made.code)
    assert page.status_code == 422 and who(client) is None


@pytest.mark.parametrize("name", ["awa", "issa", "oumar", "fanta", "seydou"])
def test_only_managers_make_slips(cast, client_for, kadi, name):
    with pytest.raises(Refused):
        services.make_slips(people=[kadi], actor=getattr(cast, name))
    page = client_for(getattr(cast, name)).post("/en/manage/slips/", {"person": [str(kadi.key)]})
    assert page.status_code in (403, 404)
    assert not LoginCode.objects.exists()


def test_a_manager_makes_them_for_the_own_branch_only(cast, client_for):
    stranger = newcomer("modibo", Institution.objects.get(code="court"))
    with pytest.raises(Refused):
        services.make_slips(people=[stranger], actor=cast.mariam)
    client = client_for(cast.mariam)
    assert client.post("/en/manage/slips/", {"person": [str(stranger.key)]}).status_code == 303
    assert not LoginCode.objects.exists()
    assert "modibo" not in client.get("/en/manage/slips/").content.decode()


def test_not_for_people_who_have_signed_in_nor_for_oneself(cast):
    for person in (cast.awa, cast.mariam):
        person.last_login = timezone.now()
        person.save()
        with pytest.raises(Refused):
            services.make_slips(people=[person], actor=cast.mariam)
    with pytest.raises(Refused):
        services.make_slips(people=[], actor=cast.mariam)


def test_for_staff_and_protected_people_only_administrators_make_them(cast, kadi):
    protect(kadi)
    with pytest.raises(Refused):
        services.make_slips(people=[kadi], actor=cast.mariam)
    assert services.make_slips(people=[kadi], actor=cast.admin)


def test_a_role_given_since_makes_a_slip_in_a_drawer_worthless(cast, client, kadi):
    [made] = services.make_slips(people=[kadi], actor=cast.mariam)
    RoleGrant.objects.create(user=kadi, role="manager", institution=Institution.objects.get(code="ministry"))
    assert "no longer holds" in enter(client, "kadi", made.code).content.decode()


def test_a_slip_left_over_from_before_the_first_sign_in_opens_nothing(cast, client, kadi):
    [made] = services.make_slips(people=[kadi], actor=cast.mariam)
    kadi.last_login = timezone.now()
    kadi.save()
    assert "was for the first sign-in" in enter(client, "kadi", made.code).content.decode()


def test_the_paper_has_codes_and_who_made_it_but_no_role_and_no_subject(cast, client_for, client, kadi):
    page = client_for(cast.mariam).post("/en/manage/slips/", {"person": [str(kadi.key)]})
    assert page["Content-Type"] == "application/pdf" and page["Cache-Control"] == "no-store"
    assert page["Content-Disposition"].startswith('attachment; filename="kalanso-20')
    text = PdfReader(io.BytesIO(page.content)).pages[0].extract_text()
    row = LoginCode.objects.get()
    assert "kadi" in text and "Kadi Sangaré" in text and "Mariam Coulibaly" in text
    assert "DNAPES" not in text and "Maison" not in text and "manager" not in text.lower()
    code = next(word for word in text.split() if word.count("-") == 2 and len(word) == 14)
    assert enter(client, "kadi", code).status_code == 303
    assert row.made_by == cast.mariam
    assert AuditEntry.objects.filter(code="people.slip-made", actor=cast.mariam).exists()


def test_eight_slips_stand_on_a_page():
    until = timezone.now() + dt.timedelta(days=14)
    names = ["Awa", "Ɲagalen Ŋɛlɛ Ɓɔcum", "محمد علي", "x" * 300, "", "<b>&", "#import", "\u202eevil", "Kadi"]
    pdf = slips.render(
        [slips.Slip(name, f"u{n}", new_code(), until) for n, name in enumerate(names)], made_by="M", day=until.date()
    )
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 2
    assert all(abs(float(page.mediabox.width) - 595) < 1 for page in reader.pages)
    assert reader.metadata.title
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


@pytest.mark.parametrize("people", [["x"], ["00000000-0000-0000-0000-000000000000"], ["' OR 1=1"], []])
def test_hostile_lists_make_nothing(cast, client_for, kadi, people):
    assert client_for(cast.mariam).post("/en/manage/slips/", {"person": people}).status_code == 303
    assert not LoginCode.objects.exists()


def test_the_list_costs_the_same_for_one_and_for_many(cast, client_for, django_assert_max_num_queries):
    place = Institution.objects.get(code="mca")
    services.make_slips(people=[newcomer(f"n{number}", place) for number in range(30)], actor=cast.mariam)
    client = client_for(cast.mariam)
    with django_assert_max_num_queries(12):
        page = client.get("/en/manage/slips/")
    assert page.content.decode().count('name="person"') >= 30
