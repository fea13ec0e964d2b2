"""Stream blocks of lessons and information pages. Text is Markdown source (`content.markdown`), so that a course folder
goes in and comes out unchanged; nesting stays at two."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

MARKDOWN_HELP = _("Markdown: **bold**, *italic*, - list, 1. numbered list, [text](https://…).")


class SourceText(blocks.TextBlock):
    """Text whose lines end as in the files of a course: browsers send CR LF, and a paragraph that only passed through
    the editor would count as changed, lose its translation and differ from its file."""

    def value_from_form(self, value: str) -> str:
        return str(super().value_from_form(value)).replace("\r\n", "\n")

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        _path, args, options = super().deconstruct()
        return "wagtail.blocks.TextBlock", args, options  # the same data: nothing to migrate


def _text() -> blocks.TextBlock:
    return SourceText(label=_("Text"), help_text=MARKDOWN_HELP, rows=6)


class FigureBlock(blocks.StructBlock):
    """A figure with its alternative text; the picture of the page's language is taken when the page is rendered."""

    figure = SnippetChooserBlock("content.Figure", label=_("Figure"))
    alt = blocks.CharBlock(label=_("Alternative text"), max_length=500)

    class Meta:
        icon = "image"
        label = _("Figure")


class CaseBlock(blocks.StructBlock):
    """A fictional case: it always has a title."""

    title = blocks.CharBlock(label=_("Title"), max_length=200)
    text = _text()


class TitledBlock(blocks.StructBlock):
    """A block that may have a title of its own (a warning)."""

    title = blocks.CharBlock(label=_("Title"), required=False, max_length=200)
    text = _text()


class PlainBlock(blocks.StructBlock):
    """A block whose heading is always the same (reflection, key points, practice task)."""

    text = _text()


class Body(blocks.StreamBlock):
    """What a lesson or an information page is made of."""

    heading = blocks.CharBlock(label=_("Heading"), icon="title", max_length=250)
    text = _text()
    table = SourceText(label=_("Table"), icon="table", help_text=_("A table in Markdown, columns divided by |."))
    figure = FigureBlock()
    case = CaseBlock(label=_("Fictional case"), icon="group")
    reflect = PlainBlock(label=_("Reflection"), icon="edit")
    key = PlainBlock(label=_("Key points"), icon="tick")
    practice = PlainBlock(label=_("Task at work"), icon="tasks")
    warning = TitledBlock(label=_("Warning"), icon="warning")


class Lines(blocks.StreamBlock):
    """An ordered list of sentences, such as objectives: one sentence, one translation."""

    line = blocks.CharBlock(label=_("Line"), max_length=500)


class Sources(blocks.StreamBlock):
    """An ordered list of sources from the bibliography."""

    source = SnippetChooserBlock("content.Source", label=_("Source"))


class Norms(blocks.StreamBlock):
    """An ordered list of norms (rules, articles)."""

    norm = SnippetChooserBlock("content.Norm", label=_("Norm"))
