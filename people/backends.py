"""Signing in with a username, an e-mail address or a staff number."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from people.models import User
from people.queries import accounts_for_login


class AccountBackend(AuthenticationBackend):
    """allauth's back end, which knows the three names of an account.

    An unknown name costs one password hash, as a known one does, so that the time tells nothing.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        login = credentials.get("username") or credentials.get("email") or ""
        for user in accounts_for_login(login):
            if self._check_password(user, credentials["password"]):
                return user
        return None
