"""Files: every one goes through a view that asks who may see it; nothing lies under a public address."""

from __future__ import annotations

import logging
import mimetypes
import posixpath
from typing import cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from content.access import may_see_figure, strictest
from content.models import FigureFile, Tier
from content.pictures import CONTENT_TYPES
from people.access import is_author

log = logging.getLogger(__name__)

# A picture opened alone is a document of our origin: it gets nothing but its own colours.
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_KEPT = {
    Tier.OPEN: "public, max-age=31536000, immutable",
    Tier.STAFF: "private, max-age=604800, immutable",
    Tier.RESTRICTED: "no-store",
}
# Where authors' uploads lie. What other rooms keep among the files (certificates, essays …) is served by their own views.
_UPLOADS = {"original_images", "images", "documents", "figures"}
_INLINE = {*CONTENT_TYPES.values(), "image/gif", "application/pdf"}


@require_safe
def figure(request: HttpRequest, digest: str, extension: str) -> HttpResponseBase:
    """A figure's file by the hash of its bytes, for whoever may see one of the figures it belongs to. One query."""
    files = list(
        FigureFile.objects.filter(digest=digest, file=f"figures/{digest}.{extension}").select_related("figure")
    )
    seen = [file.figure for file in files if may_see_figure(request.user, file.figure)]
    if not seen:
        raise Http404
    tag = f'"{digest}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=tag)
    if response is None:
        try:
            response = _send(str(files[0].file.name), CONTENT_TYPES[extension])
        except FileNotFoundError:
            return _lacking(request)
    response["ETag"] = tag
    response["Cache-Control"] = _KEPT[Tier(strictest(seen))]
    return _guard(response)


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """What authors uploaded in the desk (pictures, their reductions, documents): for people who may edit."""
    if not is_author(request.user) or posixpath.normpath(path).split("/")[0] not in _UPLOADS:
        raise Http404
    try:
        found = default_storage.exists(path)
    except (SuspiciousOperation, ValueError, OSError):
        found = False
    if not found or path.endswith("/"):
        raise Http404
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    try:
        response = _send(path, kind)
    except FileNotFoundError:  # this instant
        return _lacking(request)
    response["Cache-Control"] = "private, no-cache"
    if kind not in _INLINE:
        response["Content-Disposition"] = "attachment"
    return _guard(response)


def _send(path: str, kind: str) -> HttpResponseBase:
    """The file itself, or word to nginx to send it (`FILES_ACCEL`: its internal address of the files). Raises
    FileNotFoundError."""
    if prefix := getattr(settings, "FILES_ACCEL", ""):
        if not default_storage.exists(path):  # nginx would say so in a page of its own
            raise FileNotFoundError(path)
        return HttpResponse(content_type=kind, headers={"X-Accel-Redirect": f"{prefix.rstrip('/')}/{path}"})
    try:
        file = default_storage.open(path)
    except IsADirectoryError as missing:
        raise Http404 from missing
    return cast("HttpResponseBase", FileResponse(file, content_type=kind))


def _lacking(request: HttpRequest) -> HttpResponse:
    """404 in words for a file that the database knows and the disk lacks. The log says that there is one; its
    name, which the log would blot out, stands on the status page."""
    log.error("A file of the site is missing: the status page names it.")
    return render(request, "content/file_missing.html", status=404)


def _guard(response: HttpResponseBase) -> HttpResponseBase:
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
