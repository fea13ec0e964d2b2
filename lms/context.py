"""What every template knows. No SQL here: it would be paid on every page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name, the interface languages in their own words, and whether people may make an account."""
    return {
        "site_name": settings.WAGTAIL_SITE_NAME,
        "site_languages": settings.LANGUAGES,
        "signup_open": settings.ACCOUNT_SIGNUP == "open",
    }
