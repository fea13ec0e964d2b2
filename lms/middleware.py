"""What every answer of the site gets: the language cookie, no-store for people signed in, the editors' own policy."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language_from_path

from people.presence import drops_cookies

# Wagtail and wagtail-localize need inline styles and scripts in their editors (docs/decisions/0003).
AUTHORING_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


class SiteMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Addresses without a language (/accounts/…) follow the language of the last page that had one. What an author
        # previews, or a form that is sent, is no choice of a language.
        reads = request.method == "GET" and not getattr(request, "is_preview", False)
        language = get_language_from_path(request.path_info) if reads and not drops_cookies(request) else None
        if language and request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != language:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                max_age=365 * 24 * 3600,
                samesite="Lax",
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=True,
            )
        if request.path_info.startswith("/authoring/"):
            response["Content-Security-Policy"] = AUTHORING_POLICY
            response["X-Frame-Options"] = "SAMEORIGIN"  # the editors frame their own previews
        user = getattr(request, "user", None)
        private = request.path_info.startswith("/accounts/") or (user is not None and user.is_authenticated)
        if private and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
            response["Cache-Control"] = "no-store"
        return response
