"""What machines fetch: badges at their stable address, the issuer's keys, the revocation list. No account, no cookie.

A badge lies at an address that cannot be guessed: who holds it has it from the holder.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from certificates import badges
from certificates.models import Credential
from certificates.signing import SigningKeyError

JSON_TYPE = "application/vc"  # VC Data Model 2.0, appendix B
JWT_TYPE = "application/vc+jwt"  # Securing Verifiable Credentials using JOSE and COSE, §6
SHARED = "public, max-age=300"
PRIVATE = "no-store"


@require_safe
def badge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The badge as JSON-LD with its proof."""
    return _badge(pk, badges.badge_json, JSON_TYPE)


@require_safe
def badge_jwt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The badge as VC-JWT."""
    return _badge(pk, badges.badge_jwt, JWT_TYPE)


def _badge(pk: UUID, written: Callable[[Credential], str], content_type: str) -> HttpResponse:
    credential = Credential.objects.select_related("holder", "course__domain").filter(pk=pk).first()
    if credential is not None and credential.erased is not None:
        return _open(HttpResponse(_("Erased at the holder’s request."), status=410, content_type="text/plain"), PRIVATE)
    if credential is None or not badges.is_available(credential):
        raise Http404
    try:
        return _open(HttpResponse(written(credential), content_type=content_type), PRIVATE)
    except SigningKeyError:
        return _unsigned()


@require_safe
def did(request: HttpRequest) -> HttpResponse:
    """The issuer's did:web document."""
    try:
        return _open(JsonResponse(badges.did_document(), content_type="application/did+json"), SHARED)
    except SigningKeyError:
        return _unsigned()


@require_safe
def status_list(request: HttpRequest, number: int) -> HttpResponse:
    """A revocation list as JSON-LD with its proof."""
    return _list(number, jwt=False)


@require_safe
def status_list_jwt(request: HttpRequest, number: int) -> HttpResponse:
    """The same as VC-JWT."""
    return _list(number, jwt=True)


def _list(number: int, *, jwt: bool) -> HttpResponse:
    try:
        written = badges.status_list(number, jwt=jwt)
    except SigningKeyError:
        return _unsigned()
    if written is None:
        raise Http404
    return _open(HttpResponse(written, content_type=JWT_TYPE if jwt else JSON_TYPE), SHARED)


def _open(response: HttpResponse, caching: str) -> HttpResponse:
    """For verifiers that are pages of other sites; for no search engine."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = caching
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _unsigned() -> HttpResponse:
    sentence = _("Nothing can be signed at the moment. The certificate itself holds.")
    return HttpResponse(sentence, status=503, content_type="text/plain", headers={"Retry-After": "600"})
