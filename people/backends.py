"""Signing in with a username, an e-mail address or a staff number."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from operations.prepared import Prepared
from people.models import User
from people.queries import accounts_for_login

_by_id = Prepared(lambda pk: User.objects.filter(pk=pk), int)


class AccountBackend(AuthenticationBackend):
    """allauth's back end, which knows the three names of an account.

    An unknown name costs one password hash, as a known one does, so that the time tells nothing.
    """

    def get_user(self, user_id: int) -> User | None:
        """The person of a session: asked at every request. 1 query."""
        found = _by_id.first(int(user_id))
        return found if found is not None and self.user_can_authenticate(found) else None

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        login = credentials.get("username") or credentials.get("email") or ""
        for user in accounts_for_login(login):
            if self._check_password(user, credentials["password"]):
                return user
        return None
