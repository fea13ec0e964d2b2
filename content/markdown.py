"""Lesson Markdown: its blocks, safe HTML, plain text. Pure: no database.

A lesson is a run of blocks: headings (`## …`), text, tables, figures (`![alternative](figures/name.fr.svg)`) and
directives (`:::case Title` … `:::`). `split` takes a source apart, `join` writes it back in the normal form:

- blocks are separated by one blank line, and so are paragraphs (outside fenced code);
- no white space at the end of a line (a hard break is written with a backslash), lines end with a line feed;
- text blocks that follow each other become one.

`split(join(blocks, locale=l), locale=l) == normalise(blocks)`, and joining a second time changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import nh3
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

DIRECTIVES = ("case", "reflect", "key", "practice", "warning")
TITLED = ("case", "warning")
LABEL_LENGTH = 16  # what fits beside a cell when a table becomes cards (see .stack in the stylesheet)

_DIRECTIVE = re.compile(r":::[ \t]*([A-Za-z-]*)(?:[ \t]+(.*))?$")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_FIGURE = re.compile(r"!\[([^\[\]]*)\]\(figures/([a-z0-9][a-z0-9-]*)\.([a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.svg\)$")
_PICTURE = re.compile(r"!\[[^\]]*\]\(")
_FENCE = re.compile(r" {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$")
_RULE_CELL = re.compile(r":?-+:?$")
_BLANKS = re.compile(r"[ \t\r\n]+")
_PIPE = re.compile(r"(?<!\\)\|")

Value = str | dict[str, str]


class Block(NamedTuple):
    """One block: heading, text and table hold a str; a figure {"name", "alt"}; a directive {"text"} and, for a case or
    a warning, {"title"}."""

    type: str
    value: Value


class MarkdownError(ValueError):
    """What is wrong with a source: `line` counts from 1 within it, `message` is a sentence for the author."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"{line}: {message}")
        self.line = line
        self.message = message


# --- blocks -----------------------------------------------------------------------------------------------------------


def split(text: str, *, locale: str | None = None) -> list[Block]:
    """Give the blocks of a lesson's source. With `locale`, figures must name that language.

    Raises MarkdownError for the first thing that is wrong; `scan` gives them all.
    """
    numbered, errors = scan(text, locale=locale)
    if errors:
        raise errors[0]
    return [block for _line, block in numbered]


def scan(text: str, *, locale: str | None = None) -> tuple[list[tuple[int, Block]], list[MarkdownError]]:
    """Give the blocks with the line each begins on, and everything that is wrong."""
    scanner = _Scanner(locale)
    for number, line in enumerate(_lines(text), 1):
        scanner.take(number, line)
    scanner.finish()
    return scanner.blocks, scanner.errors


def normalise(blocks: Iterable[Block | tuple[str, Value]]) -> list[Block]:
    """Give the blocks as `split` would: white space tidied, empty texts left out, neighbouring texts made one."""
    tidy: list[Block] = []
    for kind, value in blocks:
        if kind in ("heading", "figure"):
            clean: Value = _one_line(value) if isinstance(value, str) else dict(value)
        elif isinstance(value, str):
            clean = _tidy_text(value)
        else:
            clean = {"text": _tidy_text(value.get("text", ""))}
            if kind in TITLED:
                clean = {"title": _one_line(value.get("title", "")), **clean}
        if kind == "text" and not clean:
            continue
        if kind == "text" and tidy and tidy[-1].type == "text":
            tidy[-1] = Block("text", f"{tidy[-1].value}\n\n{clean}")
        else:
            tidy.append(Block(kind, clean))
    return tidy


def join(blocks: Iterable[Block | tuple[str, Value]], *, locale: str) -> str:
    """Write blocks as a lesson's source in the normal form, figures in the language `locale`.

    Raises MarkdownError when a block cannot be written, such as a text that holds a heading: the line is that of the
    block in the source.
    """
    parts: list[str] = []
    line = 1
    for block in normalise(blocks):
        part = _written(block, locale)
        try:
            same = split(part, locale=locale) == [block]
        except MarkdownError as error:
            raise MarkdownError(line + error.line - 1, error.message) from None
        if not same:
            raise MarkdownError(
                line, _("This block cannot be written as one block: “%(start)s”.") % {"start": part[:60]}
            )
        parts.append(part)
        line += part.count("\n") + 2
    return "\n\n".join(parts) + "\n" if parts else ""


def _written(block: Block, locale: str) -> str:
    kind, value = block
    if isinstance(value, str):
        return f"## {value}" if kind == "heading" else value
    if kind == "figure":
        return f"![{value.get('alt', '')}](figures/{value.get('name', '')}.{locale}.svg)"
    return f":::{kind} {value.get('title', '')}".rstrip() + f"\n{value['text']}\n:::"


def _one_line(text: str) -> str:
    return _BLANKS.sub(" ", text).strip(" ")  # a no-break space stays


def _lines(text: str) -> list[str]:
    return [line.rstrip(" \t") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def _tidy(lines: Sequence[tuple[str, bool]]) -> str:
    """Join (line, is code) without blank lines at the ends, and with one at most between lines that are not code."""
    kept: list[str] = []
    blank_before = True
    for line, code in lines:
        if line or code:
            kept.append(line)
        elif not blank_before:
            kept.append("")
        blank_before = not line and not code
    while kept and not kept[-1]:
        kept.pop()
    return "\n".join(kept)


def _tidy_text(text: str) -> str:
    fence = _FenceState()
    return _tidy([(line, fence.take(line)) for line in _lines(text)])


class _FenceState:
    """Says of each line in turn whether it belongs to fenced code."""

    def __init__(self) -> None:
        self.mark = ""

    def take(self, line: str) -> bool:
        if self.mark:
            closing = line.strip(" ")
            if len(closing) >= len(self.mark) and set(closing) == {self.mark[0]} and not line.startswith("    "):
                self.mark = ""
            return True
        if match := _FENCE.match(line):
            self.mark = match[1] or match[2]
        return bool(self.mark)


class _Scanner:
    """Takes a source line by line; keeps blocks with their first line, and errors."""

    def __init__(self, locale: str | None) -> None:
        self.locale = locale
        self.blocks: list[tuple[int, Block]] = []
        self.errors: list[MarkdownError] = []
        self.fence = _FenceState()
        self.fence_line = 0
        self.lines: list[tuple[str, bool]] = []  # of the text or directive being read
        self.start = 0
        self.rows: list[str] = []  # of the table being read
        self.directive: tuple[str, str] | None = None  # name and title of the one that is open

    def error(self, line: int, message: str) -> None:
        self.errors.append(MarkdownError(line, message))

    def take(self, number: int, line: str) -> None:
        in_code = bool(self.fence.mark)
        code = self.fence.take(line)
        if code and not in_code:
            self.fence_line = number
        if self.rows and (code or not line.startswith("|")):
            self.end_table()
        if self.directive:
            self.take_inside(number, line, code)
        elif code:
            self.keep(number, line, True)
        elif line.startswith(":::"):
            self.end_text()
            self.open(number, line)
        elif line.startswith("|"):
            self.end_text()
            self.start = self.start if self.rows else number
            self.rows.append(line)
        elif _HEADING.match(line):
            self.end_text()
            self.heading(number, line)
        elif _PICTURE.search(line):
            self.end_text()
            self.figure(number, line)
        else:
            self.keep(number, line, False)

    def keep(self, number: int, line: str, code: bool) -> None:
        if line and not any(kept for kept, _code in self.lines):
            self.start = number
        self.lines.append((line, code))

    def take_inside(self, number: int, line: str, code: bool) -> None:
        if code or not line.startswith(":::"):
            if not code and _HEADING.match(line):
                self.error(number, _("A heading cannot stand inside a block."))
            elif not code and _PICTURE.search(line):
                self.error(number, _("A figure cannot stand inside a block."))
            self.lines.append((line, code))
        elif line == ":::":
            self.close()
        else:
            self.error(number, _("A block begins before the one above is closed with “:::”."))
            self.close()
            self.open(number, line)

    def open(self, number: int, line: str) -> None:
        match = _DIRECTIVE.match(line)
        name, title = (match[1], _one_line(match[2] or "")) if match else ("", "")
        if line == ":::":
            self.error(number, _("“:::” closes a block, but none is open."))
            return
        if name not in DIRECTIVES:
            known = ", ".join(DIRECTIVES)
            self.error(
                number,
                _("The block “%(line)s” is not known. Known are: %(known)s.") % {"line": line[:60], "known": known},
            )
        elif title and name not in TITLED:
            self.error(number, _("A block “%(name)s” takes no title.") % {"name": name})
        elif not title and name == "case":
            self.error(number, _("A case needs a title after “:::case”."))
        self.directive = (name, title)
        self.start = number

    def close(self) -> None:
        name, title = self.directive or ("", "")
        text = _tidy(self.lines)
        if not text:
            self.error(self.start, _("This block is empty."))
        value = {"title": title, "text": text} if name in TITLED else {"text": text}
        self.blocks.append((self.start, Block(name, value)))
        self.directive, self.lines = None, []

    def heading(self, number: int, line: str) -> None:
        title = _one_line(line[2:])
        if not line.startswith("## ") or not title:
            self.error(number, _("A heading is written with two signs, a space and its words: “## Words”."))
        self.blocks.append((number, Block("heading", title)))

    def figure(self, number: int, line: str) -> None:
        match = _FIGURE.match(line)
        if not match:
            self.error(number, _("A figure stands alone on its line, as “![alternative](figures/name.language.svg)”."))
            return
        alt, name, locale = _one_line(match[1]), match[2], match[3]
        if not alt:
            self.error(number, _("The figure “%(name)s” needs an alternative text.") % {"name": name})
        if self.locale and locale != self.locale:
            self.error(
                number,
                _("The figure “%(name)s” is the one in “%(found)s”; this text is in “%(locale)s”.")
                % {"name": name, "found": locale, "locale": self.locale},
            )
        self.blocks.append((number, Block("figure", {"name": name, "alt": alt})))

    def end_text(self) -> None:
        if text := _tidy(self.lines):
            self.blocks.append((self.start, Block("text", text)))
        self.lines = []

    def end_table(self) -> None:
        if len(self.rows) < 2 or not _is_rule(self.rows[1]) or len(cells(self.rows[0])) != len(cells(self.rows[1])):
            self.error(
                self.start,
                _("A table needs a first row of headings and below it a row of dashes with as many columns."),
            )
        self.blocks.append((self.start, Block("table", "\n".join(self.rows))))
        self.rows = []

    def finish(self) -> None:
        if self.rows:
            self.end_table()
        if self.fence.mark:
            self.error(self.fence_line, _("The code that begins here is not closed."))
        if self.directive:
            self.error(self.start, _("The block that begins here is not closed with “:::”."))
            self.close()
        else:
            self.end_text()


def cells(row: str) -> list[str]:
    """Give the cells of a table's row, as written."""
    inner = row.strip()
    inner = inner.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip() for cell in _PIPE.split(inner)]


def _is_rule(row: str) -> bool:
    return all(_RULE_CELL.match(cell) for cell in cells(row))


# --- HTML -------------------------------------------------------------------------------------------------------------

_TAGS = {
    *("p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "a"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "ol": {"start"},
    "table": {"class"},
    "th": {"scope", "class"},
    "td": {"class", "data-label"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_EXTERNAL = re.compile(r"(?:https?:)?//", re.IGNORECASE)

# Headings, pictures and raw HTML are blocks of their own or nothing at all, never part of a text.
_PARSER = (
    MarkdownIt("commonmark", {"html": False})
    .enable("table")
    .disable(["heading", "lheading", "image", "html_block", "html_inline"])
)


def render_text(md: str, *, lang: str) -> str:
    """Give safe HTML for a run of text or a table; in French with its spaces before ; ? ! : and inside « ».

    Tables get the classes of the stylesheet, heads with a scope and the column's head on every cell. Whatever the
    source holds, the result has no script, style, picture or heading.
    """
    tokens = _PARSER.parse(md)
    _dress(tokens, lang)
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)


def _dress(tokens: list[Token], lang: str) -> None:
    heads: list[str] = []
    column = 0
    in_head = False
    table: Token | None = None
    for index, token in enumerate(tokens):
        if token.type == "inline":
            _dress_inline(token, lang)
        elif token.type == "table_open":
            token.attrs["class"] = "stack"
            table, heads = token, []
        elif token.type in ("thead_open", "tbody_open"):
            in_head = token.type == "thead_open"
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open" and in_head:
            _align(token)
            token.attrs["scope"] = "col"
            heads.append(_words(tokens[index + 1]))
        elif token.type == "td_open":
            _align(token)
            if column == 0 and _words(tokens[index + 1]):
                token.tag = tokens[index + 2].tag = "th"
                token.attrs["scope"] = "row"
            elif 0 < column < len(heads) and heads[column]:
                label = typeset(heads[column], lang=lang)
                token.attrs["data-label"] = label
                if len(label) > LABEL_LENGTH and table:
                    table.attrs["class"] = "stack tall"  # labels stand above the cells, not beside them
            column += 1


def _align(token: Token) -> None:
    if token.attrs.pop("style", "") == "text-align:right":
        token.attrs["class"] = "n"


def _dress_inline(token: Token, lang: str) -> None:
    typed_link = False
    for child in token.children or []:
        if child.type == "link_open":
            typed_link = child.markup == "autolink"
            if _EXTERNAL.match(str(child.attrs.get("href", ""))):
                child.attrs["rel"] = "noopener"
        elif child.type == "link_close":
            typed_link = False
        elif child.type == "text" and not typed_link:
            child.content = typeset(child.content, lang=lang)


def _words(token: Token) -> str:
    said = (
        " "
        if child.type in ("softbreak", "hardbreak")
        else child.content
        if child.type in ("text", "code_inline")
        else ""
        for child in token.children or []
    )
    return " ".join("".join(said).split())


def plain(md: str) -> str:
    """Give the words of a source, blocks and all, on one line: for search and descriptions."""
    lines = []
    fence = _FenceState()
    for line in _lines(md):
        if not fence.take(line):
            if line.startswith(":::"):
                match = _DIRECTIVE.match(line)
                line = f"\n{match[2] or ''}\n" if match else ""
            elif match := _HEADING.match(line):
                line = f"\n{line[match.end() :]}\n"
            elif match := _FIGURE.match(line):
                line = f"\n{match[1]}\n"
        lines.append(line)
    tokens = _PARSER.parse("\n".join(lines))
    said = (
        _words(token) if token.type == "inline" else token.content
        for token in tokens
        if token.type in ("inline", "fence", "code_block")
    )
    return " ".join(" ".join(said).split())


# --- French spaces ----------------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"((?:https?://|www\.)[^\s«»]+|[^\s«»@]+@[^\s«»@]+)")
_SPACE = "[ \u00a0\u202f]"
_RULES = (
    (re.compile(f"«{_SPACE}*"), "«\u00a0"),
    (re.compile(f"{_SPACE}*»"), "\u00a0»"),
    (re.compile(f"(?<=[^\\s(\\[«:]){_SPACE}*:(?=\\s|$)"), "\u00a0:"),
    (re.compile(f"^{_SPACE}+:(?=\\s|$)"), "\u00a0:"),
    (re.compile(f'(?<=[^\\s(\\[«{{;?!:./&=]){_SPACE}*([;?!]+)(?=[\\s»)\\]…"”’*]|$)'), "\u202f\\1"),
    (re.compile(f"^{_SPACE}+(?=[;?!])"), "\u202f"),
    (re.compile(f"(?<=\\d){_SPACE}+%"), "\u00a0%"),
    (re.compile(r"(?<=\w)'(?=[\w«])"), "’"),
)


def typeset(text: str, *, lang: str) -> str:
    """Give plain words with the spaces of their language: in French a narrow no-break space before ; ? ! and a
    no-break space before : and % and inside « », and the curved apostrophe. Addresses stay as they are. Doing it twice changes nothing."""
    if lang.partition("-")[0] != "fr":
        return text
    return "".join(part if number % 2 else _spaced(part) for number, part in enumerate(_ADDRESS.split(text)))


@lru_cache(maxsize=4096)  # the same questions and answers for everybody
def _spaced(text: str) -> str:
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
