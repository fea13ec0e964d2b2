"""The cascade as a picture (SVG): trainers on lines of their own, as far in as their chain is long, and results by
generation. Drawn here, without a script; the same drawing stands on the page and in the file.

Colours are the page's own (`currentColor`), so that it prints and reads in the dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

ROW, INDENT, LEFT, LETTER = 46, 20, 12, 7.4
LONGEST = 38  # letters of a name; the whole of it stands in the title
BAR = 150  # of the widest reach


@dataclass(frozen=True, slots=True)
class Node:
    """A trainer as drawn."""

    name: str
    says: str  # the numbers, in words
    depth: int
    above: int | None  # the place of the line above it in the picture
    reach: int | None  # None: hidden
    address: str = ""  # where one sees what is below


@dataclass(frozen=True, slots=True)
class Pair:
    """Results of a generation before and after, 0 to 1."""

    label: str
    says: str
    before: float
    after: float


def tree(nodes: Sequence[Node], *, title: str, description: str) -> SafeString:
    """The trainers of the cascade, joined by lines."""
    widest = max((node.reach or 0 for node in nodes), default=0)
    width = max(
        (_left(node) + round(LETTER * max(len(_short(node.name)), len(node.says))) for node in nodes), default=0
    )
    drawn = format_html_join("", "{}", ((_node(nodes, place, widest),) for place in range(len(nodes))))
    return _svg(max(width, BAR) + 2 * LEFT, ROW * len(nodes) + 6, title, description, drawn)


def results(pairs: Sequence[Pair], *, title: str, description: str) -> SafeString:
    """Two bars for each generation: before and after."""
    drawn = format_html_join("", "{}", ((_pair(pair, place),) for place, pair in enumerate(pairs)))
    longest = max((len(text) for pair in pairs for text in (pair.label, pair.says)), default=0)
    return _svg(max(300, round(LETTER * longest)) + 2 * LEFT, 70 * len(pairs) + 6, title, description, drawn)


def _svg(width: int, height: int, title: str, description: str, drawn: SafeString) -> SafeString:
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" viewBox="0 0 {} {}" role="group" '
        'font-family="sans-serif" font-size="13" color="#1c2760" fill="none"><title>{}</title><desc>{}</desc>{}</svg>',
        *(width, height, width, height, title, description, drawn),
    )


def _left(node: Node) -> int:
    return LEFT + INDENT * node.depth


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _node(nodes: Sequence[Node], place: int, widest: int) -> SafeString:
    node, top = nodes[place], ROW * place
    left = _left(node)
    line = SafeString()
    if node.above is not None:
        elbow = f"M{left - INDENT + 3} {ROW * node.above + 18}V{top + 14}H{left - 3}"
        line = format_html('<path d="{}" stroke="currentColor" stroke-opacity=".45"/>', elbow)
    name = format_html(
        '<title>{}: {}</title><text x="{}" y="{}" fill="currentColor" font-weight="600">{}</text>',
        *(node.name, node.says, left + 12, top + 18, _short(node.name)),
    )
    if node.address:
        name = format_html('<a href="{}">{}</a>', node.address, name)
    bar = SafeString()
    if node.reach and widest:
        bar = format_html(
            '<rect x="{}" y="{}" width="{}" height="4" fill="currentColor" fill-opacity=".45"/>',
            *(left + 12, top + 39, max(1, round(BAR * node.reach / widest))),
        )
    return format_html(
        '{}<circle cx="{}" cy="{}" r="4" fill="currentColor"/>{}<text x="{}" y="{}" fill="currentColor">{}</text>{}',
        *(line, left + 3, top + 14, name, left + 12, top + 34, node.says, bar),
    )


def _pair(pair: Pair, place: int) -> SafeString:
    top = 70 * place
    return format_html(
        '<text x="{}" y="{}" fill="currentColor" font-weight="600">{}</text>'
        '<rect x="{}" y="{}" width="{}" height="9" stroke="currentColor"/>'
        '<rect x="{}" y="{}" width="{}" height="9" fill="currentColor" fill-opacity=".6"/>'
        '<text x="{}" y="{}" fill="currentColor">{}</text>',
        *(LEFT, top + 16, pair.label),
        *(LEFT, top + 23, round(280 * pair.before)),
        *(LEFT, top + 35, round(280 * pair.after)),
        *(LEFT, top + 60, pair.says),
    )
