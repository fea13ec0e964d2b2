"""Who is still there: idle sign-out, signing out everywhere, and what a person must read or set up first.

Times of a session are kept in the session itself and written at most once a minute. Addresses of an attempt under way
are spared from idle sign-out (`spare`): nobody loses an answer to a clock.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import DatabaseError
from django.db.models.signals import pre_save
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from people import access
from people.addresses import PUBLIC
from people.middleware import asked_of, sign_in
from people.models import User
from people.models.roles import STAFF_ROLES
from people.policy import Capability
from people.queries.codes import untold_codes

log = logging.getLogger(__name__)

SINCE, SEEN, SHARED, MUST_READ, WANTED = "since", "seen", "shared", "must-read", "wanted"
WRITE_EVERY = 60  # seconds
CLEAR = '"cache", "cookies", "storage"'
# How many entries of a roll-call wait on this device to be sent, as its own page wrote it. They lie closed by a word:
# signing out leaves them, or a morning's attendance would be lost; clearing the phone says so first.
WAITING = "waiting"

# What everybody with an account has for themselves: no second factor is asked for.
_OWN = frozenset(
    {
        Capability.SEE_CATALOGUE,
        Capability.VERIFY,
        Capability.READ_LESSON,
        Capability.READ_RESTRICTED,
        Capability.OWN_RECORDS,
        Capability.OWN_PROFILE,
        Capability.READ_NOTEBOOK,
        Capability.JOBS_OWN,
    }
)
# Where a person may go before having read who made a code, beside what is public.
_BEFORE_READING = frozenset({"told", "code-withdraw", "figure"})

_spared: set[str] = set()
# Set on the request after which nothing stays in the browser; its cookies too, one by one, where nobody is signed in.
_LEAVES_NOTHING, _DROPS_COOKIES = "_leaves_nothing", "_drops_cookies"


def spare(*names: str) -> None:
    """Never sign out for idleness who comes to these addresses: an attempt is under way there."""
    _spared.update(names)


def begin(request: HttpRequest) -> None:
    """Write that the session begins now, so that an earlier sign-out everywhere does not end it."""
    request.session[SINCE] = time.time()
    request.session[SEEN] = int(time.time())


def is_shared(request: HttpRequest) -> bool:
    """Whether the person said at sign-in that others use this device too."""
    return bool(request.session.get(SHARED))


def leave_nothing(request: HttpRequest) -> None:
    """Ask the browser, with the answer to this request, to forget what it keeps of the site, cookies by name: browsers
    obey Clear-Site-Data over https only."""
    setattr(request, _LEAVES_NOTHING, True)
    setattr(request, _DROPS_COOKIES, True)


def drops_cookies(request: HttpRequest) -> bool:
    """Whether this answer must leave no cookie behind."""
    return bool(getattr(request, _DROPS_COOKIES, False))


def waiting_here(request: HttpRequest) -> int:
    """How many entries of a roll-call this device has not sent yet."""
    said = request.COOKIES.get(WAITING, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0


def has_second_factor(person: User) -> bool:
    """Whether signing in asks for more than a password. 1 query."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return Authenticator.objects.filter(user_id=person.pk, type__in=kinds).exists()


def needs_second_factor(person: User) -> bool:
    """Whether the person holds a role that must not be used without a second factor, and has none. At most 2 queries,
    none for people without roles."""
    if not (person.holds_roles or person.is_superuser):
        return False
    return access.holds_role(person, *STAFF_ROLES) and not has_second_factor(person)


def idle_seconds(request: HttpRequest, person: User) -> int:
    """After how many seconds without a request a session ends: sooner on shared devices and for roles."""
    soon = is_shared(request) or person.holds_roles or person.is_superuser
    return 60 * (settings.IDLE_MINUTES if soon else settings.IDLE_MINUTES_OWN)


class PresenceMiddleware:
    """No query of its own, but one write a minute for people who are signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, _LEAVES_NOTHING, False):
            keeps = waiting_here(request) and not drops_cookies(request)
            response["Clear-Site-Data"] = '"cache"' if keeps else CLEAR
            response["Cache-Control"] = "no-store"
            if drops_cookies(request):
                for name in request.COOKIES:
                    response.delete_cookie(name, samesite="Lax")
        elif request.user.is_authenticated and is_shared(request):
            response["Cache-Control"] = "no-store"  # figures too
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        person = request.user
        match = request.resolver_match
        if not isinstance(person, User) and not person.is_authenticated:
            return None
        asked = asked_of(match) if match else None
        name = match.view_name if match else ""
        now = time.time()
        if _was_ended(request, person):
            logout(request)
            return None if asked == PUBLIC else sign_in(request)
        if request.session.get(SEEN, now) > now + WRITE_EVERY:  # the clock was ahead, and has come back
            request.session[SEEN] = int(now)
        if now - request.session.get(SEEN, now) > idle_seconds(request, person) and name not in _spared:
            shared = is_shared(request)
            logout(request)
            _leave_nothing(request, shared)
            if asked == PUBLIC:
                return None
            answer = sign_in(request)
            answer["Location"] += "&reason=idle"
            return answer
        if now - request.session.get(SEEN, 0) >= WRITE_EVERY:
            _note(request, now)
        if asked != PUBLIC and name not in _BEFORE_READING and request.session.get(MUST_READ):
            return HttpResponseRedirect(reverse("told"))
        if settings.MFA_REQUIRED and isinstance(asked, Capability) and asked not in _OWN:
            return _second_factor_first(request, person)
        return None


def _note(request: HttpRequest, now: float) -> None:
    """Write that the person was here. Where nothing can be written, pages can still be read."""
    sessions = UserSession.objects.filter(session_key=request.session.session_key)
    try:
        sessions.update(last_seen_at=timezone.now())
    except DatabaseError:
        log.warning("When a session was last used could not be written.", exc_info=True)
    else:
        request.session[SEEN] = int(now)


def _leave_nothing(request: HttpRequest, wanted: bool) -> None:
    """Whether the browser is told, with the answer to this request, to forget what it has of the site."""
    setattr(request, _LEAVES_NOTHING, wanted)


def _was_ended(request: HttpRequest, person: User) -> bool:
    return person.signed_out_at is not None and request.session.get(SINCE, 0) < person.signed_out_at.timestamp()


def _second_factor_first(request: HttpRequest, person: User) -> HttpResponse | None:
    if not needs_second_factor(person):
        return None
    if request.method == "GET":
        request.session[WANTED] = request.get_full_path()
    messages.warning(
        request, _("Your role asks for a second step at sign-in. Set one up here first; your own courses stay open.")
    )
    return HttpResponseRedirect(reverse("mfa_index"))


# --- news of Django's --------------------------------------------------------------------------------------------------


def _on_login(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    if request is None or not hasattr(request, "session"):
        return
    begin(request)
    if untold_codes(user):
        request.session[MUST_READ] = True


def _on_logout(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    if request is not None and user is not None:
        if hasattr(request, "session"):
            UserSession.objects.filter(session_key=request.session.session_key).delete()
        _leave_nothing(request, True)


def _keep_no_address(sender: type[UserSession], instance: UserSession, **kwargs: Any) -> None:
    """From where somebody signs in is kept nowhere: the list of sessions shows devices and times."""
    instance.ip = "0.0.0.0"  # noqa: S104 (an address that is none)


def connect() -> None:
    user_logged_in.connect(_on_login, dispatch_uid="people.presence")
    user_logged_out.connect(_on_logout, dispatch_uid="people.presence")
    pre_save.connect(_keep_no_address, sender=UserSession, dispatch_uid="people.presence")
