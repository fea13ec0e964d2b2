"""How tests come in: by password, by code, by invitation."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from people.models import LoginCode, Membership, Protection, User
from tests.cast import PASSWORD

NEW = "Nouveau-mot-2026"


def sign_in(client: Client, login: str, password: str = PASSWORD, *, address: str = "10.0.0.1", **more) -> HttpResponse:
    data = {"login": login, "password": password} | more
    return client.post(reverse("account_login"), data, REMOTE_ADDR=address)


def who(client: Client) -> int | None:
    """Who is signed in, as the site sees it."""
    return client.get("/en/account/").wsgi_request.user.pk


def enter(client: Client, login: str, code: str, *, address: str = "10.0.0.1") -> HttpResponse:
    return client.post("/en/enter/", {"login": login, "code": code}, REMOTE_ADDR=address)


def open_with(client: Client, login: str, code: str, password: str = NEW, **more) -> HttpResponse:
    """Name and code, then a password; the last answer."""
    found = enter(client, login, code)
    if found.status_code != 303:
        return found
    return client.post(found["Location"], {"password1": password, "password2": password} | more)


def newcomer(username: str, institution, **more) -> User:
    """Somebody without a password who has never signed in."""
    person = User(username=username, **({"first_name": "Kadi", "last_name": "Sangaré"} | more))
    person.set_unusable_password()
    person.save()
    Membership.objects.create(user=person, institution=institution, since=dt.date(2020, 1, 1))
    return person


def protect(person: User, pseudonym: str = "Magistrat M-07") -> Protection:
    return Protection.objects.create(user=person, kind=Protection.Kind.MAGISTRATE, pseudonym=pseudonym)


def expire(codes: Iterable[LoginCode]) -> None:
    LoginCode.objects.filter(pk__in=[code.pk for code in codes]).update(
        expires=timezone.now() - dt.timedelta(minutes=1)
    )


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def with_app(person: User) -> User:
    """The person has set up an app for one-time codes."""
    TOTP.activate(person, SECRET)
    return person


def digits() -> str:
    """What the app shows now."""
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))
