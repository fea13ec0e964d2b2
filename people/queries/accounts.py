"""Reads of accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from people import audiences
from people.models import Audience, User


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


def account_for_claims(claims: Mapping[str, Any], *, staff_claim: str = "") -> User | None:
    """The account of somebody for whom another service vouches: by staff number, where the operator has named the claim
    that holds it, else by an e-mail address that the service says it has confirmed. At most 2 queries.

    A username is never a link: anybody may have the same one there.
    """
    number = claims.get(staff_claim) if staff_claim else None
    if isinstance(number, str) and number.strip():
        return User.objects.filter(staff_number=staff_number_of(number)).first()
    email = claims.get("email")
    if isinstance(email, str) and email and claims.get("email_verified") is True:
        found = User.objects.filter(email__iexact=email)[:2]
        return found[0] if len(found) == 1 else None
    return None


def own_professions(person: User) -> list[tuple[str, bool]]:
    """(name, whether somebody has confirmed it) of the audiences a person belongs to. 2 queries."""
    names = dict(audiences.choices())
    rows = Audience.objects.on().filter(user=person).order_by("audience").values_list("audience", "confirmed_at")
    return [(names.get(audience, audience), confirmed is not None) for audience, confirmed in rows]
