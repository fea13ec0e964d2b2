"""Reads of accounts."""

from __future__ import annotations

import re

from django.db.models import Q

from people.models import User


def staff_number_of(text: str) -> str:
    """A staff number as it is kept: « pen - 04418 » → PEN-04418."""
    return re.sub(r"\s+", "", text).upper()


def accounts_for_login(login: str) -> list[User]:
    """The accounts that `login` may name, as a staff number, an e-mail address or a username; usually one. 1 query.

    Case never matters. Nothing stops a username from looking like someone's number: the password decides then.
    """
    login = login.strip()
    if not login or "\x00" in login or len(login) > 254:
        return []
    number = staff_number_of(login)
    found = User.objects.filter(Q(staff_number=number) | Q(email__iexact=login) | Q(username__iexact=login)).order_by(
        "pk"
    )
    return sorted(found, key=lambda user: (user.staff_number != number, user.email.lower() != login.lower()))


def login_name_is_taken(name: str, *, other_than: User | None = None) -> bool:
    """Whether somebody else could be named by `name` at the login. 1 query."""
    return any(other_than is None or user.pk != other_than.pk for user in accounts_for_login(name))
