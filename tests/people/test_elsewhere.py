"""Signing in by another service: only by configuration, only into accounts that exist, by what it vouches for."""

import os
import subprocess
import sys

import pytest

from people.queries.accounts import account_for_claims

SCRIPT = """
import django; django.setup()
from types import SimpleNamespace
from django.conf import settings
from django.test import Client
from django.urls import reverse
from allauth.socialaccount.adapter import get_adapter
assert settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] == ["'self'", "https://id.example.test"]
assert reverse("openid_connect_login", args=["main"]) == settings.SIGN_IN_ELSEWHERE["address"]
assert get_adapter().is_open_for_signup(None, None) is False
from people.addresses import URLS
from django.urls import get_resolver
names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
assert {"openid_connect_login", "openid_connect_callback"} <= names <= set(URLS) | names
page = Client(SERVER_NAME="localhost").get("/accounts/login/").content.decode()
assert settings.SIGN_IN_ELSEWHERE["address"] in page and "Ministry" in page
print("good")
"""


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ({"email": "AWA@kalanso.test", "email_verified": True}, "awa"),
        ({"email": "awa@kalanso.test"}, None),
        ({"email": "awa@kalanso.test", "email_verified": False}, None),
        ({"email": "awa@kalanso.test", "email_verified": "true"}, None),
        ({"preferred_username": "admin", "email": "x@example.test", "email_verified": True}, None),
        ({"number": "ml - awa"}, "awa"),
        ({"number": "ML-AWA", "email": "admin@kalanso.test", "email_verified": True}, "awa"),
        ({"number": "NOBODY", "email": "awa@kalanso.test", "email_verified": True}, None),
        ({"number": ["ML-AWA"], "email": {"x": 1}}, None),
        ({"number": "", "email": "", "email_verified": True}, None),
        ({}, None),
    ],
)
def test_accounts_are_found_by_what_is_vouched_for(cast, claims, found):
    person = account_for_claims(claims, staff_claim="number")
    assert (person.username if person else None) == found


def test_without_a_named_claim_a_staff_number_links_nothing(cast):
    assert account_for_claims({"staff_number": "ML-AWA"}) is None


def test_where_none_is_configured_there_is_none(client, db):
    assert "oidc" not in client.get("/accounts/login/").content.decode().lower()
    assert client.get("/accounts/oidc/main/login/", follow=True).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_where_one_is_configured_the_entry_offers_it(settings):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "lms.settings",
        "DATA_DIR": str(settings.DATA_DIR),
        "MANIFEST_STATIC": "0",
        "OIDC_SERVER": "https://id.example.test/realm/.well-known/openid-configuration",
        "OIDC_NAME": "Ministry",
        "OIDC_CLIENT_ID": "kalanso",
        "OIDC_CLIENT_SECRET": "secret",
    }
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "good", done.stderr[-2000:]
