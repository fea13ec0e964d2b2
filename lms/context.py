"""What every template knows. No SQL here: it would be paid on every page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name, the interface languages in their own words, how accounts are opened, and another service that signs people in."""
    return {
        "site_name": settings.WAGTAIL_SITE_NAME,
        "site_languages": settings.LANGUAGES,
        "signup": settings.ACCOUNT_SIGNUP,
        "sign_in_elsewhere": settings.SIGN_IN_ELSEWHERE,
    }
