"""Photographs of signed pages as a report may hold them: upright, no larger than paper needs, without what a phone writes into
them (where it was, whose it is)."""

from __future__ import annotations

import io

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from content.pictures import MAX_PIXELS
from operations.errors import Refused
from workshops.models import Sheet

LONGEST = 1800  # pixels: 190 dots an inch on the height that the page has
PICTURES = (".jpg", ".png")


def is_picture(sheet: Sheet) -> bool:
    """Whether a report can hold the page: one that was filed as a PDF stays at the desk, and so does a protected one."""
    return not sheet.protected and str(sheet.file.name).endswith(PICTURES)


def as_jpeg(sheet: Sheet) -> bytes:
    """The page as a report holds it. Raises Refused for one that it cannot hold."""
    refused = Refused(_("One of the signed pages cannot be put into the report."), _("Leave it out, or file it again."))
    if not is_picture(sheet):
        raise refused
    try:
        with sheet.file.open("rb") as file, Image.open(io.BytesIO(file.read()), formats=["JPEG", "PNG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise refused
            image.draft("RGB", (LONGEST, LONGEST))  # reads a large photograph at a fraction of the cost
            found = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise refused from error
    found.thumbnail((LONGEST, LONGEST))
    made = io.BytesIO()
    found.save(made, "JPEG", quality=80)
    return made.getvalue()
