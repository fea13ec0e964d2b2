"""The page that verifies square codes without a network: a static page with the issuer's public keys and the revocation
list, kept on the phone by a service worker, and installable. It is the same for everybody, and asks for no account.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from certificates import status
from certificates.keys import current_key, published_keys
from certificates.signing import SigningKeyError

SCOPE = "/verify/"  # of the service worker: this page, and the address on paper
_WORKER = Path(__file__).parent / "worker.js"
_LOOKS = (("ok", "check"), ("wait", "clock"), ("bad", "cross"))
_FILES = ("lms/kalanso.css", "lms/icons.svg", "lms/mark.svg", "certificates/ed25519.js", "certificates/offline.js")


@require_safe
def enter(request: HttpRequest) -> HttpResponse:
    """On to the page in the reader's language."""
    return HttpResponseRedirect(reverse("verify-offline-page", args=[get_language_from_request(request)]))


@require_safe
def page(request: HttpRequest, language: str) -> HttpResponse:
    """The page itself. Its address stands outside of the languages of the site, so that one worker keeps all of them."""
    with override(_known(language)):
        context = {"language": language, "looks": _LOOKS, "scope": SCOPE}
        return _fresh(render(request, "certificates/offline.html", context))


@require_safe
def manifest(request: HttpRequest, language: str) -> HttpResponse:
    """The web app manifest: the page on a home screen of its own."""
    start = reverse("verify-offline-page", args=[_known(language)])
    icons = [
        {"src": static(f"lms/icon-{size}.png"), "type": "image/png", "sizes": f"{size}x{size}"} for size in (192, 512)
    ]
    with override(language):
        data = {
            "id": reverse("verify-offline"),
            "name": _("Verification of certificates"),
            "short_name": _("Verification"),
            "lang": language,
            "start_url": start,
            "scope": SCOPE,
            "display": "standalone",
            "theme_color": "#1c2760",
            "background_color": "#ffffff",
            "icons": icons,
        }
    return _fresh(JsonResponse(data, content_type="application/manifest+json"))


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Public keys with their dates, and the places of what was revoked and of what is only reserved: what the page
    verifies with. Two queries."""
    with contextlib.suppress(SigningKeyError):  # what was signed before can still be verified
        current_key()
    keys = [
        {"name": key.name, "x": key.x, "since": key.since, "until": key.until, "withdrawn": key.withdrawn}
        for key in published_keys()
    ]
    made = timezone.now().isoformat(timespec="seconds")
    places = {"revoked": status.revoked(), "reserved": status.reserved()}
    return _fresh(JsonResponse({"made": made, "issuer": settings.SITE_URL, "keys": keys, **places}))


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, with the list of what it keeps."""
    pages = {code: reverse("verify-offline-page", args=[code]) for code, _name in settings.LANGUAGES}
    kept = {
        "pages": pages,
        "data": reverse("verify-offline-data"),
        "files": [static(name) for name in _FILES],
    }
    script = _WORKER.read_text(encoding="utf-8")
    version = hashlib.sha256((json.dumps(kept) + script).encode()).hexdigest()[:12]
    text = f"const KEPT = {json.dumps({**kept, 'version': version})};\n{script}"
    response = _fresh(HttpResponse(text, content_type="text/javascript"))
    response["Service-Worker-Allowed"] = SCOPE
    return response


def _known(language: str) -> str:
    if language not in dict(settings.LANGUAGES):
        raise Http404
    return language


def _fresh(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "public, no-cache"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
