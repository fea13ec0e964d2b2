"""Signing in with a username, an e-mail address or a staff number."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from people.models import User


class AccountBackend(AuthenticationBackend):
    """allauth's back end, which also takes a staff number where the username stands."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        login = credentials.get("username")
        if login:
            number = login.strip().upper()
            holder = User.objects.filter(staff_number=number).values_list("username", flat=True).first()
            if holder:
                credentials["username"] = holder
        return super().authenticate(request, **credentials)
