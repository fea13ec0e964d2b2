"""« Clear this phone »: on every page, signed in or not; afterwards nothing of the person is left in the browser."""

from __future__ import annotations

import pytest
from django.urls import reverse

from people.presence import CLEAR
from tests.people.entrance import sign_in, who

pytestmark = pytest.mark.django_db

PAGES = [
    "/en/",
    "/en/catalogue/",
    "/en/verify/",
    "/en/nothing/",
    "/accounts/login/",
    "/en/glossary/",
    "/en/signed-out/",
]
OWN = ["/en/learn/", "/en/notebook/", "/en/certificates/", "/en/account/", "/en/messages/", "/en/account/sessions/"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_leads_there(client, page):
    client.get("/en/")
    assert 'href="/en/clear/"' in client.get(page, follow=True).content.decode()


def test_the_menu_of_a_person_leads_there_too(cast, client_for):
    client = client_for(cast.awa)
    for page in OWN:
        assert client.get(page).content.decode().count('href="/en/clear/"') == 2, page


def test_the_page_says_what_it_does_and_what_stays_before_anything_is_done(cast, client):
    sign_in(client, "awa")
    text = client.get("/en/clear/").content.decode()
    for sentence in ("You are signed out here", "history", "downloaded", "screenshots", "Passwords", "Other phones"):
        assert sentence in text
    assert who(client) == cast.awa.pk


def test_one_press_signs_out_and_drops_every_cookie(cast, client):
    sign_in(client, "awa")
    client.get("/en/learn/")
    client.cookies["something"] = "left by another page"
    kept = set(client.cookies)
    assert {"sessionid", "language", "something"} <= kept
    done = client.post("/en/clear/")
    assert done.status_code == 200 and "This phone is cleared" in done.content.decode()
    assert done["Clear-Site-Data"] == CLEAR and done["Cache-Control"] == "no-store"
    assert {name for name, cookie in done.cookies.items() if cookie["max-age"] == 0} >= kept
    assert not [name for name, cookie in done.cookies.items() if cookie.value]
    assert "Awa" not in done.content.decode()


def test_the_back_button_leads_to_the_login(cast, client):
    sign_in(client, "awa")
    pages = {page: client.get(page) for page in OWN}
    assert {page["Cache-Control"] for page in pages.values()} == {"no-store"}
    client.post("/en/clear/")
    for page in OWN:
        assert client.get(page)["Location"].startswith(reverse("account_login"))


def test_the_session_is_gone_from_the_service_too(cast, client, client_for):
    sign_in(client, "awa")
    thief = client_for()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    assert who(thief) == cast.awa.pk
    client.post("/en/clear/")
    assert who(thief) is None


def test_it_works_signed_out_without_a_token_and_twice(client_for):
    client = client_for(csrf=True)
    client.get("/ar/catalogue/")
    for _ in range(2):
        done = client.post("/ar/clear/")
        assert done.status_code == 200 and done["Clear-Site-Data"] == CLEAR and 'dir="rtl"' in done.content.decode()
        assert not [cookie for cookie in done.cookies.values() if cookie.value]


def test_no_other_site_clears_it(cast, client):
    sign_in(client, "awa")
    asked = client.post("/en/clear/", headers={"Sec-Fetch-Site": "cross-site"})
    assert "Clear-Site-Data" not in asked and who(client) == cast.awa.pk


def test_the_page_itself_says_nothing_in_the_history(client):
    for answer in (client.get("/fr/clear/"), client.post("/fr/clear/")):
        assert "<title>Kalanso</title>" in answer.content.decode()
