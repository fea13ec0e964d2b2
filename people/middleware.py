"""Nobody reaches a view that the policy does not let them reach."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from people import access
from people.addresses import AUTHORING, DESK, NOBODY, PUBLIC, SIGNED_IN, URLS
from people.policy import Capability

log = logging.getLogger(__name__)


def asked_of(match: ResolverMatch) -> Capability | str | None:
    """What an address asks for: a capability, PUBLIC, SIGNED_IN or NOBODY; None where the policy does not know it."""
    if match.route.startswith(AUTHORING):
        for beginning, asked in DESK.items():
            if match.view_name.startswith(beginning):
                return asked
        return Capability.WRITE_PAGES
    return URLS.get(match.view_name)


class AccessMiddleware:
    """Asks the policy before every view. No query of its own for pages that are public or for everybody with an account,
    one (the person's roles) for the others. What depends on an object is asked by views (`access.require`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        match = request.resolver_match
        asked = asked_of(match) if match else None
        if asked == PUBLIC:
            return None
        if asked is None:
            log.error("The policy has no row for the address %s (%s).", request.path, match and match.view_name)
            raise PermissionDenied(_("This page is not open to anybody: the rules of access do not know it."))
        person = request.user
        if not person.is_authenticated:
            return sign_in(request)
        if asked == SIGNED_IN:
            return None
        if asked == NOBODY:
            raise PermissionDenied(
                _("This page is not in use here. Accounts and roles are managed on the pages for managers.")
            )
        if person.is_superuser and not access.is_administrator(person):
            person.is_superuser = False  # the role has ended; libraries must not go by the flag for the rest of the day
        access.require(person, asked)
        return None


def sign_in(request: HttpRequest) -> HttpResponse:
    """To the login and back: to the page itself, or, where something was sent, to the page whose form sent it."""
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(came_from)
        back = parts.path + (f"?{parts.query}" if parts.query else "")
    else:
        back = request.path.rstrip("/").rsplit("/", 1)[0] + "/"
    try:
        resolve(urlsplit(back).path)
    except Resolver404:
        back = "/"
    return redirect_to_login(back)
