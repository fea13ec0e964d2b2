"""Signing in: three names, one account; failures are said in words and lock out nobody else."""

import pytest
from django.core import mail
from django.urls import reverse

from people.hashers import Argon2id
from people.models import User
from tests.cast import PASSWORD

HERE = "/fr/account/"


@pytest.fixture
def awa(cast):
    cast.awa.staff_number = "PEN-04418"
    cast.awa.save()
    return cast.awa


def sign_in(client, login, password=PASSWORD, *, address="10.0.0.1", **more):
    data = {"login": login, "password": password, "next": HERE} | more
    return client.post(reverse("account_login"), data, REMOTE_ADDR=address)


@pytest.mark.parametrize(
    "login", ["awa", "AWA", " awa ", "PEN-04418", "pen-04418", " pen - 04418 ", "awa@kalanso.test", "Awa@Kalanso.TEST"]
)
def test_every_name_of_an_account_opens_it(awa, client, login):
    response = sign_in(client, login)
    assert response.status_code == 302
    assert response["Location"] == HERE
    assert int(client.session["_auth_user_id"]) == awa.pk


@pytest.mark.parametrize(
    "login", ["", "nobody", "awa\x00", "a" * 5000, "' OR 1=1 --", "%", "awa@kalanso.test%", "ɛɔŋɲ", "‮awa", "PEN-0441_"]
)
def test_other_names_open_nothing(awa, client, login):
    response = sign_in(client, login)
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_username_that_looks_like_someones_number_takes_nothing_from_either(awa, client, cast):
    User.objects.filter(pk=cast.seydou.pk).update(username="PEN-04418")
    cast.seydou.set_password("Another-pass-1999")
    User.objects.filter(pk=cast.seydou.pk).update(password=cast.seydou.password)
    sign_in(client, "PEN-04418")
    assert int(client.session["_auth_user_id"]) == awa.pk
    client.logout()
    sign_in(client, "PEN-04418", "Another-pass-1999")
    assert int(client.session["_auth_user_id"]) == cast.seydou.pk


def test_a_closed_account_is_told_so_only_with_its_password(awa, client):
    awa.is_active = False
    awa.save()
    assert "/inactive/" not in sign_in(client, "awa", "wrong").headers.get("Location", "")
    response = sign_in(client, "awa")
    assert response["Location"] == reverse("account_inactive")
    assert "_auth_user_id" not in client.session
    assert client.get(response["Location"]).status_code == 200


def test_an_unknown_name_costs_as_many_hashes_as_a_known_one(awa, client, mocker_hashes):
    sign_in(client, "awa", "wrong")
    known = mocker_hashes()
    sign_in(client, "nobody", "wrong")
    assert mocker_hashes() == known == 1


@pytest.fixture
def mocker_hashes(monkeypatch):
    """Counts password hashes since the last call."""
    counted = [0]
    for name in ("encode", "verify"):
        original = getattr(Argon2id, name)

        def counting(self, *args, _original=original, **kwargs):
            counted[0] += 1
            return _original(self, *args, **kwargs)

        monkeypatch.setattr(Argon2id, name, counting)

    def since() -> int:
        number, counted[0] = counted[0], 0
        return number

    return since


def test_the_last_tries_are_said_and_then_a_pause(awa, client):
    client.cookies["language"] = "en"
    said = [sign_in(client, "awa", "wrong").content.decode() for _ in range(6)]
    assert "left" not in said[0].split('role="alert"')[1].split("</form>")[0]
    assert "You have 3 tries left" in said[1]
    assert "You have 1 try left" in said[3]
    assert "Wait a few minutes before the next try." in said[4]
    assert "Too many tries with this name." in said[5]
    assert "Too many tries" in sign_in(client, "awa").content.decode()  # the right password waits too


def test_another_way_of_writing_the_name_gives_no_further_tries(awa, client):
    client.cookies["language"] = "en"
    for login in ["awa", "AWA", "PEN-04418", "pen - 04418", "Awa@kalanso.test"]:
        sign_in(client, login, "wrong")
    assert "Too many tries" in sign_in(client, "p e n-04418", "wrong").content.decode()


def test_nobody_locks_out_a_colleague_from_elsewhere(awa, client, client_for):
    for _ in range(8):
        sign_in(client, "awa", "wrong", address="10.9.9.9")
    assert sign_in(client_for(None), "awa", address="10.0.0.2").status_code == 302


def test_a_whole_workshop_signs_in_from_one_address(awa, cast, client_for):
    for _ in range(35):
        assert sign_in(client_for(None), "awa").status_code == 302


@pytest.mark.parametrize(("shared", "age"), [({}, 14 * 24 * 3600), ({"shared": "on"}, "")])
def test_on_a_shared_device_the_session_ends_with_the_browser(awa, client, shared, age):
    response = sign_in(client, "awa", **shared)
    assert response.cookies["sessionid"]["max-age"] == age


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", "\\\\evil.example"]
)
def test_next_never_leads_elsewhere(awa, client, target):
    location = sign_in(client, "awa", next=target)["Location"]
    assert location.startswith("/") and "evil" not in location and not location.startswith("//")


def test_without_next_my_courses_open_in_the_preferred_language(awa, client):
    awa.language = "ar"
    awa.save()
    assert sign_in(client, "awa", next="")["Location"] == "/ar/learn/"


@pytest.mark.parametrize(("language", "words"), [("fr", "Se connecter"), ("en", "Sign in"), ("ar", 'dir="rtl"')])
def test_the_entry_speaks_the_language_of_the_last_page(client, db, language, words):
    client.get(f"/{language}/")
    assert words in client.get(reverse("account_login")).content.decode()


def test_the_entry_changes_language_and_comes_back(client, db):
    client.get("/fr/")
    page = client.get(reverse("account_login") + "?next=/fr/account/").content.decode()
    assert "/en/language/?next=%2Faccounts%2Flogin%2F%3Fnext%3D%2Ffr%2Faccount%2F" in page
    back = client.get("/en/language/?next=%2Faccounts%2Flogin%2F")
    assert back["Location"] == "/accounts/login/"
    assert "Sign in" in client.get(back["Location"]).content.decode()
    assert client.get("/en/language/?next=https://evil.example/")["Location"] == "/en/"


def test_signing_out_asks_first_and_is_posted(awa, client_for):
    client = client_for(awa)
    assert client.get(reverse("account_logout")).status_code == 200
    assert "_auth_user_id" in client.session
    response = client.post(reverse("account_logout"))
    assert response["Location"].endswith("/")
    assert response["Cache-Control"] == "no-store"
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_chosen_anew_once(awa, client):
    client.cookies["language"] = "en"
    client.post(reverse("account_reset_password"), {"email": "AWA@kalanso.test"})
    [message] = mail.outbox
    assert message.to == ["AWA@kalanso.test".lower()]
    assert "Votre mot de passe" in message.subject  # her own language
    link = next(word for word in message.body.split() if "/password/reset/key/" in word)
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0]
    done = client.post(address, {"password1": "Nouveau-mot-2026", "password2": "Nouveau-mot-2026"}, follow=True)
    assert "Your password is changed" in done.content.decode()
    assert sign_in(client, "awa", "Nouveau-mot-2026").status_code == 302
    client.logout()
    client.cookies["language"] = "en"
    assert "This link no longer works" in client.get(link, follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(awa, client):
    known = client.post(reverse("account_reset_password"), {"email": "awa@kalanso.test"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.test"})
    assert known["Location"] == unknown["Location"]
    assert len(mail.outbox) == 1


def test_accounts_are_made_by_the_service_unless_the_setting_opens_them(client, db, settings):
    client.cookies["language"] = "en"
    form = {
        "first_name": "Kadi",
        "last_name": "Sangaré",
        "username": "kadi",
        "password1": "Nouveau-mot-2026",
        "password2": "Nouveau-mot-2026",
    }
    settings.ACCOUNT_SIGNUP = "closed"
    assert "opened by your service" in client.post(reverse("account_signup"), form).content.decode()
    assert not User.objects.filter(username="kadi").exists()
    settings.ACCOUNT_SIGNUP = "open"
    assert client.post(reverse("account_signup"), form).status_code == 302
    assert User.objects.get(username="kadi").get_full_name() == "Kadi Sangaré"


@pytest.mark.parametrize("name", ["pen-04418", "Awa", "awa@kalanso.test"])
def test_nobody_takes_a_name_that_already_opens_an_account(awa, client, settings, name):
    settings.ACCOUNT_SIGNUP = "open"
    form = {"first_name": "K", "last_name": "S", "username": name, "password1": "Nouveau-mot-2026"}
    assert client.post(reverse("account_signup"), form | {"password2": form["password1"]}).status_code == 200
    assert User.objects.count() == 7


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/login/code/confirm/", "/accounts/confirm-email/x:y/"])
def test_what_is_not_offered_does_not_exist(client, db, path):
    assert client.get(path, follow=True).status_code == 404
