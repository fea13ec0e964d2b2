"""What every answer says to the browser."""

import os
import subprocess
import sys

import pytest

from content.models import InformationPage
from courses.models import LessonPage

PUBLIC = [
    "/fr/",
    "/en/",
    "/ar/",
    "/fr/nothing-here/",
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/inactive/",
]


def policy(response) -> dict[str, list[str]]:
    parts = [part.split() for part in response["Content-Security-Policy"].split(";") if part.strip()]
    return {name: values for name, *values in parts}


@pytest.mark.parametrize("path", PUBLIC)
def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(client, db, path):
    response = client.get(path)
    directives = policy(response)
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert directives["frame-ancestors"] == directives["base-uri"] == ["'none'"]
    assert directives["form-action"] == ["'self'"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in response and "X-Powered-By" not in response
    html = response.content.decode()
    assert " style=" not in html and "<style" not in html and "<script>" not in html and " onclick" not in html
    assert "http://" not in html.replace("http://testserver", "") and "https://" not in html


def test_the_editors_have_a_policy_of_their_own(cast, client_for):
    response = client_for(cast.oumar).get("/authoring/")
    assert policy(response)["frame-ancestors"] == ["'self'"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Cache-Control"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/files/documents/nothing.pdf", "/app.webmanifest"])
def test_what_is_no_page_has_the_same_rules(client, db, path):
    response = client.get(path)
    assert policy(response)["default-src"] == ["'none'"]
    assert response["X-Content-Type-Options"] == "nosniff" and response["X-Frame-Options"] == "DENY"


def test_under_tls_people_are_sent_there_and_browsers_remember(client, db, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31536000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    plain = client.get("/fr/")
    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/fr/")
    assert "Strict-Transport-Security" not in plain
    secure = client.get("/fr/", headers={"x-forwarded-proto": "https"})
    assert secure.status_code == 200 and secure["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("path", ["/fr/", "/fr/account/", "/accounts/password/change/", "/fr/nothing-here/"])
def test_nothing_of_a_person_stays_on_the_device(cast, client_for, path):
    assert "no-store" in client_for(cast.awa).get(path)["Cache-Control"]


def test_a_language_cookie_is_of_no_use_to_scripts(client, db):
    cookie = client.get("/en/").cookies["language"]
    assert cookie.value == "en" and cookie["httponly"] and cookie["samesite"] == "Lax"


@pytest.mark.parametrize("kind", [InformationPage, LessonPage])
def test_an_author_who_previews_another_language_keeps_the_own_one(cast, client_for, kind):
    page = kind.objects.filter(locale__language_code="en").first()
    # Pages about the site itself are the administrators'.
    client = client_for(cast.admin if kind is InformationPage else cast.oumar)
    client.cookies["language"] = "fr"
    response = client.get(f"/authoring/pages/{page.pk}/view_draft/")
    assert response["X-Frame-Options"] == "SAMEORIGIN", "the editor shows it in a frame"
    assert response.status_code == 200 and 'lang="en"' in response.content.decode()
    assert "language" not in response.cookies


def test_a_form_that_is_sent_chooses_no_language(cast, client_for):
    client = client_for(cast.awa)
    client.cookies["language"] = "fr"
    assert "language" not in client.post("/en/c/K1/enrol/").cookies
    assert client.get("/en/c/K1/").cookies["language"].value == "en"


def test_under_tls_cookies_are_bound_to_the_host(tmp_path):
    """The settings as an operator with a certificate has them."""
    code = (
        "from lms import settings as s; print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_USE_SESSIONS, "
        "s.LANGUAGE_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0, getattr(s, 'SESSION_COOKIE_DOMAIN', None), "
        "getattr(s, 'SESSION_COOKIE_PATH', '/'))"
    )
    environment = {**os.environ, "TLS": "1", "DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__Host-session", "True", "True", "True", "True", "None", "/"]
