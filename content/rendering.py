"""From stream blocks to the HTML of a lesson or an information page.

What comes out is kept (`courses.ActivityText`) and sent as it is: it holds no address of a static file, no form, no
word of the interface's language, only of the content's. Reflections leave a mark that the page fills in (`fill`).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from wagtail.blocks import StreamValue

from content.glossary import Glossary
from content.markdown import plain, render_text, typeset
from content.models import Figure, FigureFile

_MARK = re.compile(r"<!--reflection:([0-9A-Za-z-]{1,64})-->")


class _Block(NamedTuple):
    type: str
    value: Any
    id: str


@dataclass(frozen=True, slots=True)
class Rendering:
    """`figures`: [{"digest", "extension", "weight", "name"}] in order; `reflections`: [{"id", "question"}], the question
    as plain words; `term_slugs`: the words to explain at the foot; `weight_bytes`: the HTML and its figures."""

    html: str
    figures: list[dict[str, Any]] = field(default_factory=list)
    reflections: list[dict[str, str]] = field(default_factory=list)
    term_slugs: list[str] = field(default_factory=list)
    weight_bytes: int = 0


def render_body(
    blocks: StreamValue | Iterable[Any], *, language: str, course_slug: str = "", terms: Glossary | None = None
) -> Rendering:
    """The HTML of a body in its own `language`. One query where there are figures, none otherwise.

    `blocks`: a stream value, or blocks as (type, value) or {"type", "value", "id"}; a figure's value names it by
    {"figure": id, "alt"} or {"name", "alt"} (a figure of the course `course_slug`). `terms` links the glossary's words.
    A figure without a file in any language is left out.
    """
    listed = _listed(blocks)
    files = _files(listed, language, course_slug)
    figures: list[dict[str, Any]] = []
    reflections: list[dict[str, str]] = []
    slugs: list[str] = []
    parts: list[str] = []
    level = 2  # a block's heading stands below the heading before it
    with translation.override(language):
        for block in listed:
            anchor = block.id.split("-")[0]
            context: dict[str, Any] = {"anchor": anchor, "level": level}
            if block.type == "heading":
                level = 3
                context["text"] = typeset(block.value, lang=language)
            elif block.type == "figure":
                file = files.get(_figure_of(block.value, course_slug))
                if file is None:
                    continue
                figures.append(
                    {
                        "digest": file.digest,
                        "extension": extension_of(file),
                        "weight": file.weight,
                        "name": file.figure.name,
                    }
                )
                alt = typeset(block.value["alt"], lang=language)
                text = typeset(file.text, lang=language) or alt
                context |= {"file": file, "url": figure_url(file), "alt": alt, "text": text}
            else:
                source = block.value if isinstance(block.value, str) else block.value["text"]
                html = render_text(source, lang=language)
                if terms is not None:
                    html = terms.link(html, slugs)
                context["html"] = mark_safe(html)  # noqa: S308 - cleaned by render_text
                if not isinstance(block.value, str):
                    context["title"] = typeset(block.value.get("title") or "", lang=language)
                if block.type == "reflect":
                    reflections.append({"id": block.id, "question": typeset(plain(source), lang=language)})
                    context["id"] = block.id
            name = "text" if block.type == "table" else block.type
            parts.append(render_to_string(f"content/blocks/{name}.html", context).strip())
    html = "\n".join(parts)
    weight = len(html.encode()) + sum({figure["digest"]: figure["weight"] for figure in figures}.values())
    return Rendering(html, figures, reflections, slugs, weight)


def fill(html: str, fragments: Mapping[str, str]) -> str:
    """`html` with the fragment of each reflection (by its id; safe HTML) at its mark; a mark without one goes away."""
    return _MARK.sub(lambda match: fragments.get(match[1], ""), html)


def figure_url(file: FigureFile) -> str:
    """The address of a figure's file: its hash, never its name, and never hashed with the site's own files."""
    return f"{settings.MEDIA_URL}f/{file.digest}.{extension_of(file)}"


def extension_of(file: FigureFile) -> str:
    """`svg`, `png`, `jpg` or `webp`."""
    return str(file.file.name).rsplit(".", 1)[-1]


def _listed(blocks: StreamValue | Iterable[Any]) -> list[_Block]:
    """Blocks of any of the forms we take; one without an id gets one from its place and kind."""
    # As stored, which spares a query for each chooser: figures are looked up together. Not `raw_data`, which does not
    # know what was changed in place, as the translation desk does for its preview.
    given: Iterable[Any] = blocks.get_prep_value() if isinstance(blocks, StreamValue) else blocks
    listed = []
    for number, block in enumerate(given):
        if isinstance(block, Mapping):
            kind, value, identity = block["type"], block["value"], block.get("id")
        else:
            kind, value, identity = block[0], block[1], getattr(block, "id", None)
        identity = str(identity or uuid.uuid5(uuid.NAMESPACE_OID, f"{number}:{kind}"))
        listed.append(_Block(kind, value, identity))
    return listed


def _figure_of(value: Mapping[str, Any], course_slug: str) -> int | tuple[str, str]:
    chosen = value.get("figure")
    if isinstance(chosen, Figure):
        return chosen.pk
    return int(chosen) if chosen else (course_slug, value.get("name", ""))


def _files(blocks: list[_Block], language: str, course_slug: str) -> dict[int | tuple[str, str], FigureFile]:
    """The file of each figure: in `language`, else in the site's, else in any."""
    wanted = {_figure_of(block.value, course_slug) for block in blocks if block.type == "figure"}
    if not wanted:
        return {}
    ids = [key for key in wanted if isinstance(key, int)]
    names = [key[1] for key in wanted if isinstance(key, tuple)]
    rows = FigureFile.objects.filter(
        Q(figure__in=ids) | Q(figure__owner=course_slug, figure__name__in=names)
    ).select_related("figure")
    found: dict[int | tuple[str, str], FigureFile] = {}
    for file in sorted(rows, key=lambda file: (file.language == language, file.language == settings.LANGUAGE_CODE)):
        found[file.figure_id] = file
        found[file.figure.owner, file.figure.name] = file
    return found
