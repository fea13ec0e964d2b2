"""What every answer says to the browser."""

import os
import subprocess
import sys

import pytest

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
    assert response["X-Frame-Options"] in ("SAMEORIGIN", "DENY")
    html = response.content.decode()
    assert " style=" not in html and "<style" not in html and "<script>" not in html and " onclick" not in html
    assert "http://" not in html.replace("http://testserver", "") and "https://" not in html


def test_the_editors_have_a_policy_of_their_own(cast, client_for):
    response = client_for(cast.oumar).get("/authoring/")
    assert policy(response)["frame-ancestors"] == ["'self'"]
    assert response["Cache-Control"]


@pytest.mark.parametrize("path", ["/fr/", "/fr/account/", "/accounts/password/change/", "/fr/nothing-here/"])
def test_nothing_of_a_person_stays_on_the_device(cast, client_for, path):
    assert "no-store" in client_for(cast.awa).get(path)["Cache-Control"]


def test_a_language_cookie_is_of_no_use_to_scripts(client, db):
    cookie = client.get("/en/").cookies["language"]
    assert cookie.value == "en" and cookie["httponly"] and cookie["samesite"] == "Lax"


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
