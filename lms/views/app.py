"""What a phone shows of the site once it stands on the home screen: a name and an icon that tell nothing."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

_SIZES = (192, 512)


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """The web app manifest (W3C). No language, no shortcut, no description: those would name a subject."""
    icons = [{"src": static("lms/mark.svg"), "type": "image/svg+xml", "sizes": "any", "purpose": "any"}]
    for size in _SIZES:
        for purpose in ("any", "maskable"):
            address = static(f"lms/icon-{size}.png")
            icons.append({"src": address, "type": "image/png", "sizes": f"{size}x{size}", "purpose": purpose})
    data = {
        "id": "/",
        "name": settings.APP_NAME,
        "short_name": settings.APP_NAME[:12],
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "theme_color": "#1c2760",
        "background_color": "#ffffff",
        "icons": icons,
    }
    return JsonResponse(data, content_type="application/manifest+json")
