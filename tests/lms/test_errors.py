"""Error pages are whole pages, in the language of the address, and say what to do."""

import json
import re

import pytest
from django.db import connections
from django.test import RequestFactory

from lms.upkeep.logs import formatter
from lms.views import errors


@pytest.mark.parametrize(("language", "direction"), [("fr", "ltr"), ("en", "ltr"), ("ar", "rtl")])
def test_a_missing_page_is_said_in_the_language_of_its_address(client, db, language, direction):
    response = client.get(f"/{language}/nothing-here/")
    html = response.content.decode()
    assert response.status_code == 404
    assert f'<html lang="{language}" dir="{direction}">' in html
    other = "en" if language == "fr" else "fr"
    assert f'href="/{other}/nothing-here/"' in html


@pytest.mark.parametrize("path", ["/fr/x/", "/ar/x/", "/accounts/login/", "/", "/xx/é%00/"])
def test_a_failure_needs_no_database_and_no_person(path, caplog):
    with connections["default"].execute_wrapper(lambda *args: pytest.fail("a query was made")):
        response = errors.server_error(RequestFactory().get(path))
    html = response.content.decode()
    assert response.status_code == 500
    reference = html.split('class="code num">')[1].split("<")[0]
    assert reference in caplog.text
    assert re.search(r'href="/(fr|en|ar)/clear/"', html)
    assert response["Cache-Control"] == "no-store"


def test_a_failure_of_a_view_ends_on_that_page(client, db, monkeypatch):
    monkeypatch.setattr("lms.views.home.audiences_with_courses", lambda: 1 / 0)
    client.raise_request_exception = False
    response = client.get("/en/")
    assert response.status_code == 500
    assert "What you had saved is kept." in response.content.decode()


def test_a_form_without_its_token_is_refused_in_words(cast, client_for):
    response = client_for(cast.awa, csrf=True).post("/en/account/", {"first_name": "x"})
    assert response.status_code == 403
    assert "The form is too old" in response.content.decode()


def test_a_form_that_came_too_late_gives_long_texts_back_to_be_copied(cast, client_for):
    typed = "Ce que j'ai écrit <b>pendant une heure</b>. " * 3
    sent = {"text": typed, "password": "p" * 60, "csrfmiddlewaretoken": "t" * 64, "short": "court"}
    text = client_for(cast.awa, csrf=True).post("/en/notebook/1/", sent).content.decode()
    assert "&lt;b&gt;pendant une heure" in text
    assert "readonly" in text
    assert not any(secret in text for secret in ("p" * 60, "t" * 64, ">court<"))


def test_whoever_is_no_author_is_told_so_at_the_desk(cast, client_for):
    for path in ("/authoring/", "/authoring/pages/", "/authoring/login/"):
        response = client_for(cast.awa).get(path, headers={"accept-language": "en"})
        assert response.status_code == 403
        assert "This page is not open to you" in response.content.decode()
    assert client_for(cast.oumar).get("/authoring/").status_code == 200
    assert client_for(None).get("/authoring/").status_code == 302


def test_too_many_requests_are_refused_in_words(client, db, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    client.cookies["language"] = "en"
    for _ in range(2):
        client.post("/accounts/login/", {"login": "x", "password": "y"})
    response = client.post("/accounts/login/", {"login": "x", "password": "y"})
    assert response.status_code == 429
    assert "Too many tries" in response.content.decode()


def test_a_refusal_leaves_a_line_in_the_log_and_no_traceback(cast, client_for, caplog):
    assert client_for(cast.awa).get("/en/manage/").status_code == 403
    [record] = [record for record in caplog.records if record.name == "django.request"]
    line = json.loads(formatter(machine=True).format(record))
    assert line["status"] == 403 and "error" not in line and "at" not in line
