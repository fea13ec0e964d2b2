"""What a figure may hold: a still SVG that names nothing outside itself. Figures are served to browsers."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = frozenset(
    {
        *("svg", "g", "defs", "title", "desc", "symbol", "use", "style", "marker", "clipPath", "mask", "pattern"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "textPath"),
        *("linearGradient", "radialGradient", "stop"),
    }
)
MAX_ELEMENTS = 20_000

_INSTRUCTION = re.compile(rb"<\?(?!xml\s)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"url\s*\(\s*[\"']?\s*(?!#)[^\s\"')]|(?:image-set|image|src|cross-fade|expression)\s*\(|@import|javascript:|\\",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:px)?$")


def check_svg(data: bytes) -> list[str]:
    """Give a sentence for everything that a figure must not hold."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _INSTRUCTION.search(data):
        return [_("The picture holds a processing instruction.")]
    if _ENCODING.match(data):
        return [_("The picture is not in UTF-8.")]
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        return [_("The picture declares a document type or entities, which it must not.")]
    except (ParseError, ValueError, RecursionError) as error:
        return [_("The picture is not well-formed SVG: %(detail)s.") % {"detail": error}]
    if root.tag != f"{SVG}svg":
        return [_("The picture must be an SVG with its namespace.")]
    reasons: dict[str, None] = {}
    for count, element in enumerate(root.iter()):
        if count > MAX_ELEMENTS:
            return [_("The picture holds more than %(count)d elements.") % {"count": MAX_ELEMENTS}]
        reasons.update(dict.fromkeys(_check_element(element)))
    if size(data) is None:
        reasons[_("The picture needs a viewBox, or a width and a height.")] = None
    return list(reasons)


def _check_element(element: Element) -> list[str]:
    name = str(element.tag)
    short = name.rsplit("}", 1)[-1]
    reasons = []
    if not name.startswith(SVG) or short not in ELEMENTS:
        reasons.append(_("The picture must not hold the element “%(name)s”.") % {"name": short[:40]})
    for full, value in element.attrib.items():
        attribute = full.rsplit("}", 1)[-1].lower()
        if attribute.startswith("on"):
            reasons.append(_("The picture must not hold the event handler “%(name)s”.") % {"name": attribute[:40]})
        elif attribute in ("href", "src", "base") and not (attribute == "href" and value.strip().startswith("#")):
            reasons.append(_("The picture must not lead outside itself (%(name)s).") % {"name": attribute})
        elif _OUTSIDE.search(value):
            reasons.append(_("The picture must not lead outside itself (%(name)s).") % {"name": attribute[:40]})
    if short == "style" and _OUTSIDE.search("".join(element.itertext())):
        reasons.append(_("The picture must not lead outside itself (%(name)s).") % {"name": "style"})
    return reasons


def size(data: bytes) -> tuple[int, int] | None:
    """Give width and height of an SVG in its own units, None if it does not say."""
    root = fromstring(data.removeprefix(b"\xef\xbb\xbf"), forbid_dtd=True)
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    if len(box) == 4 and all(re.match(r"-?[0-9]+(?:\.[0-9]+)?$", part) for part in box):
        width, height = float(box[2]), float(box[3])
    else:
        given = [root.get(name, "") for name in ("width", "height")]
        if not all(_LENGTH.match(part) for part in given):
            return None
        width, height = (float(part.removesuffix("px")) for part in given)
    return (round(width), round(height)) if 0 < width < 100_000 and 0 < height < 100_000 else None
