"""The mark of the issuing service on paper: looked at by its bytes, kept for ever under the digest of its content, so that a
certificate that was printed with it can be printed with it again."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image

from content.pictures import inspect

LARGEST = 300_000  # bytes; it stands in every paper
FOLDER = "logos/"


def accept(name: str, data: bytes) -> str:
    """The name under which a PNG or SVG is kept. Raises ValidationError, in words, for anything else or too large."""
    if len(data) > LARGEST:
        raise ValidationError(_("The picture is too large: 300 KB at most."))
    picture, problems = inspect(name, data)
    if picture is None:
        raise ValidationError(problems)
    if picture.extension not in ("svg", "png"):
        raise ValidationError(_("The mark is an SVG or a PNG."))
    return f"{FOLDER}{hashlib.sha256(data).hexdigest()}.{picture.extension}"


def as_svg(name: str) -> str:
    """The kept mark as SVG, as the paper's template takes it; a PNG stands inside one. Empty where the file is missing."""
    if not name or not default_storage.exists(name):
        return ""
    with default_storage.open(name) as file:
        data: bytes = file.read()
    if name.endswith(".svg"):
        return data.decode()
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        width, height = image.size
    held = b64encode(data).decode("ascii")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{held}"/></svg>'
    )
