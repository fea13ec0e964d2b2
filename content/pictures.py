"""What a picture may be: an SVG that is still and names nothing outside itself, or a PNG, JPEG or WebP whose bytes
agree with its name. Pictures are sent to browsers, so what could act or call home is refused in words. Pure."""

from __future__ import annotations

import io
import re
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

CONTENT_TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
MAX_BYTES = 5_000_000
MAX_ELEMENTS = 20_000
MAX_PIXELS = 40_000_000

_FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
_NAMED = {"jpeg": "jpg", "jpe": "jpg"}
_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset(
    {
        *("svg", "g", "defs", "title", "desc", "symbol", "use", "style", "marker", "clipPath", "mask", "pattern"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath"),
        *("linearGradient", "radialGradient", "stop"),
    }
)
_INSTRUCTION = re.compile(rb"<\?(?!xml\s)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"url\s*\(\s*[\"']?\s*(?!#)[^\s\"')]|(?:image-set|image|src|cross-fade|expression)\s*\(|@import|javascript:|\\",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:px)?$")


class Picture(NamedTuple):
    """What a good picture is: its extension, its size in pixels (an SVG's own units), what an SVG says of itself."""

    extension: str
    width: int
    height: int
    text: str = ""


def inspect(name: str, data: bytes) -> tuple[Picture | None, list[str]]:
    """The picture, or None with a sentence for everything that is wrong with it. `name` is the file's name."""
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    extension = _NAMED.get(extension, extension)
    if extension not in CONTENT_TYPES:
        return None, [_("A picture is an SVG, PNG, JPEG or WebP file.")]
    if not data:
        return None, [_("This file is empty.")]
    if len(data) > MAX_BYTES:
        return None, [_("The picture is larger than %(size)d MB.") % {"size": MAX_BYTES // 1_000_000}]
    return _inspect_svg(data) if extension == "svg" else _inspect_raster(extension, data)


def _inspect_raster(extension: str, data: bytes) -> tuple[Picture | None, list[str]]:
    try:
        with Image.open(io.BytesIO(data), formats=list(_FORMATS)) as image:
            found, (width, height) = _FORMATS[image.format or ""], image.size
            if width * height > MAX_PIXELS:
                return None, [_("The picture has more than %(count)d million pixels.") % {"count": MAX_PIXELS // 10**6}]
            image.load()  # a cut or broken picture fails here, not on a learner's phone
    except (UnidentifiedImageError, Image.DecompressionBombError, KeyError):
        return None, [_("This file is not a PNG, JPEG or WebP picture.")]
    except (OSError, SyntaxError, ValueError):
        return None, [_("The picture is broken or cut short.")]
    if found != extension:
        return None, [
            _("The file is named %(named)s, but it is a %(found)s picture.")
            % {"named": extension.upper(), "found": found.upper()}
        ]
    return Picture(extension, width, height), []


def _inspect_svg(data: bytes) -> tuple[Picture | None, list[str]]:
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _INSTRUCTION.search(data):
        return None, [_("The picture holds a processing instruction.")]
    if _ENCODING.match(data):
        return None, [_("The picture is not in UTF-8.")]
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        return None, [_("The picture declares a document type or entities, which it must not.")]
    except (ParseError, ValueError, RecursionError) as error:
        return None, [_("The picture is not well-formed SVG: %(detail)s.") % {"detail": error}]
    if root.tag != f"{_SVG}svg":
        return None, [_("The picture must be an SVG with its namespace.")]
    reasons: dict[str, None] = {}
    for count, element in enumerate(root.iter()):
        if count > MAX_ELEMENTS:
            return None, [_("The picture holds more than %(count)d elements.") % {"count": MAX_ELEMENTS}]
        reasons.update(dict.fromkeys(_wrong_with(element)))
    size = _size(root)
    if size is None:
        reasons[_("The picture needs a viewBox, or a width and a height.")] = None
    if reasons or size is None:
        return None, list(reasons)
    description = root.find(f"{_SVG}desc")
    text = " ".join("".join(description.itertext()).split()) if description is not None else ""
    return Picture("svg", *size, text), []


def _wrong_with(element: Element) -> list[str]:
    name = str(element.tag)
    short = name.rsplit("}", 1)[-1]
    reasons = []
    if not name.startswith(_SVG) or short not in _ELEMENTS:
        reasons.append(_("The picture must not hold the element “%(name)s”.") % {"name": short[:40]})
    for full, value in element.attrib.items():
        attribute = full.rsplit("}", 1)[-1].lower()
        if attribute.startswith("on"):
            reasons.append(_("The picture must not hold the event handler “%(name)s”.") % {"name": attribute[:40]})
        elif (
            attribute in ("href", "src", "base") and not (attribute == "href" and value.strip().startswith("#"))
        ) or _OUTSIDE.search(value):
            reasons.append(_("The picture must not lead outside itself (%(name)s).") % {"name": attribute[:40]})
    if short == "style" and _OUTSIDE.search("".join(element.itertext())):
        reasons.append(_("The picture must not lead outside itself (%(name)s).") % {"name": "style"})
    return reasons


def _size(root: Element) -> tuple[int, int] | None:
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    if len(box) == 4 and all(re.match(r"-?[0-9]+(?:\.[0-9]+)?$", part) for part in box):
        width, height = float(box[2]), float(box[3])
    else:
        given = [root.get(name, "") for name in ("width", "height")]
        if not all(_LENGTH.match(part) for part in given):
            return None
        width, height = (float(part.removesuffix("px")) for part in given)
    return (max(1, round(width)), max(1, round(height))) if 0 < width < 100_000 and 0 < height < 100_000 else None
