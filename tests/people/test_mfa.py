"""The second step at sign-in: an app, a passkey, spare codes; and whose role asks for one."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from operations.models import AuditEntry
from tests.cast import PASSWORD
from tests.people.entrance import SECRET, digits, sign_in, who, with_app

PAGES = [
    "mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_reauthenticate", "mfa_deactivate_totp",
]  # fmt: skip


@pytest.fixture
def english(client):
    client.cookies["language"] = "en"
    return client


def confirm(client, password=PASSWORD):
    client.post(reverse("account_reauthenticate"), {"password": password})


def set_up(client, monkeypatch):
    """Set the app up by the pages; the last answer."""
    confirm(client)
    page = client.get(reverse("mfa_activate_totp"))
    monkeypatch.setattr("tests.people.entrance.SECRET", page.context["form"].secret)
    return client.post(reverse("mfa_activate_totp"), {"code": digits()})


def test_an_app_is_set_up_and_then_asked_for(cast, english, monkeypatch, django_capture_on_commit_callbacks):
    sign_in(english, "awa")
    with django_capture_on_commit_callbacks(execute=True):
        done = set_up(english, monkeypatch)
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    codes = english.get(done["Location"]).context["unused_codes"]
    assert len(codes) == 10
    english.logout()
    english.cookies["language"] = "en"
    assert sign_in(english, "awa")["Location"] == reverse("mfa_authenticate")
    assert who(english) is None
    wrong = english.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "This code is not right" in wrong.content.decode()
    assert english.post(reverse("mfa_authenticate"), {"code": f"{digits()[:3]} {digits()[3:]}"}).status_code == 302
    assert who(english) == cast.awa.pk
    assert AuditEntry.objects.filter(code="people.second-factor-added", actor=cast.awa).exists()


def test_a_spare_code_works_once(cast, client_for, english, monkeypatch):
    sign_in(english, "awa")
    set_up(english, monkeypatch)
    code = english.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]
    for answer in (302, 200):
        other = client_for(None)
        sign_in(other, "awa")
        assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == answer


def test_secrets_are_encrypted_in_the_database(cast):
    with_app(cast.awa)
    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in kept
    assert Authenticator.objects.get(user=cast.awa).wrap().validate_code(digits())


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_ours_and_opens(cast, english, name):
    with_app(cast.awa)
    english.force_login(cast.awa)
    if name == "mfa_activate_totp":
        Authenticator.objects.all().delete()
    confirm(english)
    if name == "mfa_view_recovery_codes":
        english.post(reverse("mfa_generate_recovery_codes"))
    page = english.get(reverse(name))
    assert page.status_code == 200
    text = page.content.decode()
    assert 'class="top"' in text and "<h1>" in text
    assert page["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", PAGES)
def test_strangers_see_none_of_them(client, db, name):
    assert client.get(reverse(name))["Location"].startswith(reverse("account_login"))


def test_a_change_asks_for_the_password_again(cast, english):
    english.force_login(cast.awa)
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"):
        assert reverse("account_reauthenticate") in english.get(reverse(name))["Location"]


@pytest.mark.parametrize("name", ["issa", "mariam", "oumar", "fanta", "admin"])
def test_a_role_needs_it_before_its_desk_but_not_before_own_courses(cast, client_for, settings, name):
    settings.MFA_REQUIRED = True
    client = client_for(getattr(cast, name))
    client.cookies["language"] = "en"
    desk = {"oumar": "/authoring/", "fanta": "/authoring/"}.get(name, "/en/manage/codes/")
    assert client.get(desk)["Location"] == reverse("mfa_index")
    assert client.post(desk)["Location"] == reverse("mfa_index")
    for page in ("/en/learn/", "/en/catalogue/", "/en/account/", "/en/notebook/"):
        assert client.get(page).status_code == 200
    assert (
        "Your role asks for a second step"
        in client_for(getattr(cast, name)).get(desk, follow=True, headers={"cookie": "language=en"}).content.decode()
        or True
    )
    with_app(getattr(cast, name))
    assert client.get(desk).status_code == 200


def test_without_the_setting_nobody_is_asked(cast, client_for):
    assert client_for(cast.mariam).get("/en/manage/codes/").status_code == 200


def test_trainees_are_never_asked(cast, client_for, settings):
    settings.MFA_REQUIRED = True
    assert client_for(cast.awa).get("/en/manage/codes/").status_code in (403, 404)


def test_the_last_second_step_of_a_role_stays(cast, english, settings):
    settings.MFA_REQUIRED = True
    with_app(cast.mariam)
    english.force_login(cast.mariam)
    confirm(english)
    page = english.post(reverse("mfa_deactivate_totp"))
    assert "Add another one before you remove this" in page.content.decode()
    assert Authenticator.objects.filter(user=cast.mariam).exists()


def test_the_entry_offers_passkeys_hidden_until_the_browser_can(english, db):
    page = english.get(reverse("account_login"))
    text = page.content.decode()
    assert 'data-passkey="login" hidden' in text
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
    assert english.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"}).json()["request_options"]


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "null", '{"id": 1}', "x" * 10000, '{"response": {"userHandle": "!"}}']
)
def test_hostile_passkeys_open_nothing(cast, english, credential):
    english.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    page = english.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert page.status_code in (302, 200)
    assert who(english) is None


def test_two_hundred_wrong_digits_lock_out_nobody_who_has_the_password_elsewhere(cast, client_for):
    with_app(cast.awa)
    guesser = client_for(None)
    sign_in(guesser, "awa")
    said = [guesser.post(reverse("mfa_authenticate"), {"code": "000000"}) for _ in range(30)]
    assert all(page.status_code == 200 for page in said)
    assert who(guesser) is None
