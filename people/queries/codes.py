"""Reads of codes, invitations and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from people import access
from people.codes import digest, parse
from people.models import Invitation, LoginCode, Protection, RoleGrant, User
from people.models.roles import STAFF_ROLES
from people.policy import Capability
from people.queries.accounts import accounts_for_login


def is_protected_or_staff(person: User) -> bool:
    """Whether the account may be opened only by administrators. At most 2 queries."""
    return (
        person.is_superuser
        or RoleGrant.objects.on().filter(user=person, role__in=STAFF_ROLES).exists()
        or Protection.objects.on().filter(user=person).exists()
    )


# --- codes ----------------------------------------------------------------------------------------------------------


def code_for(*, login: str, text: str) -> LoginCode | None:
    """The code, of whatever state, where the name and the code belong together. 2 queries."""
    code = parse(text)
    accounts = accounts_for_login(login)
    if code is None or not accounts:
        return None
    return (
        LoginCode.objects.filter(digest=digest("login", code), user__in=accounts)
        .select_related("user", "made_by", "confirmed_by")
        .first()
    )


def holder_of(text: str) -> User | None:
    """Whose account a code still opens, so that a scanned slip fills in the name. 1 query."""
    code = parse(text)
    if code is None:
        return None
    row = open_codes().filter(digest=digest("login", code)).select_related("user").first()
    return row.user if row else None


def open_codes() -> QuerySet[LoginCode]:
    """Codes that are neither used, withdrawn nor expired."""
    return LoginCode.objects.filter(used=None, withdrawn=None, expires__gt=timezone.now())


def untold_codes(person: User) -> list[LoginCode]:
    """Recovery codes for the account that the holder has not read about, oldest first. 1 query."""
    return list(
        LoginCode.objects.filter(user=person, purpose=LoginCode.Purpose.RECOVERY, told=None)
        .select_related("made_by", "confirmed_by")
        .order_by("created")
    )


def codes_of(person: User) -> list[LoginCode]:
    """Every code that was made for an account, newest first. 1 query."""
    return list(
        LoginCode.objects.filter(user=person).select_related("made_by", "confirmed_by").order_by("-created")[:100]
    )


def waiting_codes() -> QuerySet[LoginCode]:
    """Codes that wait for a second administrator."""
    return open_codes().filter(needs_second=True, confirmed_by=None).select_related("user", "made_by")


def without_first_sign_in(person: User) -> QuerySet[User]:
    """The people within the branch who have never signed in, with open accounts: those for whom the person may make
    slips, so without staff and protected people unless for an administrator."""
    found = access.people_for(person, Capability.MANAGE_PEOPLE).filter(last_login=None, is_active=True)
    found = found.exclude(pk=person.pk)
    if access.is_administrator(person):
        return found
    staff = RoleGrant.objects.on().filter(role__in=STAFF_ROLES, user=OuterRef("pk"))
    return found.filter(~Exists(staff), ~Exists(Protection.objects.on().filter(user=OuterRef("pk"))))


# --- invitations ----------------------------------------------------------------------------------------------------


def invitations_for(person: User, *, state: str = "", words: str = "") -> QuerySet[Invitation]:
    """The invitations of the person's branch, newest first.

    state: "open", "ended" or nothing. words: part of an address, a post, or an institution's code.
    """
    found = (
        Invitation.objects.filter(institution__in=access.institutions_for(person, Capability.MANAGE_PEOPLE))
        .select_related("institution", "made_by")
        .order_by("-created")
    )
    still = Q(withdrawn=None, uses_left__gt=0, expires__gt=timezone.now())
    if state == "open":
        found = found.filter(still)
    elif state == "ended":
        found = found.exclude(still)
    if words:
        found = found.filter(
            Q(email__icontains=words) | Q(post__icontains=words) | Q(institution__code__icontains=words)
        )
    return found


def invitation_for(text: str) -> Invitation | None:
    """The invitation with this code, of whatever state. 1 query."""
    code = parse(text)
    if code is None:
        return None
    return Invitation.objects.filter(digest=digest("invitation", code)).select_related("institution").first()


# --- sessions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser in which somebody is signed in."""

    id: int
    device: str  # what the browser says of itself, in words
    since: datetime
    seen: datetime
    here: bool


def sessions_of(person: User, *, key: str | None) -> list[SignedIn]:
    """Where a person is signed in, this browser first, then the last used. key: of this browser's session. 2 queries."""
    rows = list(UserSession.objects.filter(user=person))
    if person.signed_out_at is not None:
        rows = [row for row in rows if row.created_at >= person.signed_out_at or row.session_key == key]
    keys = [row.session_key for row in rows]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).values_list(
            "session_key", flat=True
        )
    )
    found = [
        SignedIn(row.pk, device_of(row.user_agent), row.created_at, row.last_seen_at, row.session_key == key)
        for row in rows
        if row.session_key in alive
    ]
    return sorted(found, key=lambda one: (not one.here, -one.seen.timestamp()))


# In the order in which browsers' names for themselves contain each other's.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Opera Mini", "Opera Mini"), ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("KAIOS", "KaiOS"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device_of(agent: str) -> str:
    """« Firefox, Android » from what a browser says of itself; empty where it says nothing that is known."""

    def named(names: Any) -> str:
        return next((name for sign, name in names if sign in agent), "")

    return ", ".join(part for part in (named(_BROWSERS), named(_SYSTEMS)) if part)
