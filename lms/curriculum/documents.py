"""YAML with line numbers: plain data, and where each part of it stands.

Stricter than YAML 1.1, so that a file means what its author sees: no anchors, no tags, no key twice, numbers in plain
decimals, true and false in these words; a date stays the text it is. All keys are texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

from lms.curriculum.files import has_control
from lms.curriculum.model import Problem

MAX_DEPTH = 30
MAX_NODES = 300_000

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})$")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}$")
_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Doc:
    """A parsed file: `data`, and the lines of its parts."""

    file: str
    data: Any
    lines: dict[tuple[int, Any], int] = field(default_factory=dict)

    def line(self, container: Any, key: Any = None) -> int:
        """Give the line of `container[key]`, or of the container where the key is missing."""
        found = self.lines.get((id(container), key))
        return found if found is not None else self.lines.get((id(container), None), 1)


def parse_yaml(text: str, file: str, problems: list[Problem], *, first_line: int = 1) -> Doc | None:
    """Parse one YAML document that begins on `first_line` of `file`; None if it is not well formed."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        problems.append(_syntax(error, text, file, first_line))
        return None
    except RecursionError:
        problems.append(Problem(file, first_line, "", _("The values are nested too deeply.")))
        return None
    conversion = _Conversion(file, problems, first_line)
    before = len(problems)
    doc = Doc(file, None, conversion.lines)
    if node is not None:
        doc.data = conversion.value(node, "", 0)
    return doc if len(problems) == before else None


def _syntax(error: yaml.YAMLError, text: str, file: str, first_line: int) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line if mark else 0
    written = text.split("\n")
    if line < len(written) and "\t" in written[line][: len(written[line]) - len(written[line].lstrip())]:
        reason = _("YAML is indented with spaces, not with tabs.")
    else:
        detail = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        reason = _("This is not valid YAML: %(detail)s.") % {"detail": detail}
    return Problem(file, first_line + line, "", reason)


class _Conversion:
    def __init__(self, file: str, problems: list[Problem], first_line: int) -> None:
        self.file = file
        self.problems = problems
        self.first_line = first_line
        self.lines: dict[tuple[int, Any], int] = {}
        self.seen: set[int] = set()

    def line(self, node: yaml.Node) -> int:
        return self.first_line + node.start_mark.line

    def wrong(self, node: yaml.Node, name: str, reason: str) -> None:
        self.problems.append(Problem(self.file, self.line(node), name, reason))

    def value(self, node: yaml.Node, name: str, depth: int) -> Any:
        if id(node) in self.seen:
            self.wrong(node, name, _("Anchors and references (& and *) are not used here. Write the value again."))
            return None
        self.seen.add(id(node))
        if depth > MAX_DEPTH:
            self.wrong(node, name, _("The values are nested too deeply."))
            return None
        if len(self.seen) > MAX_NODES:
            if len(self.seen) == MAX_NODES + 1:
                self.wrong(node, name, _("This file holds too many values."))
            return None
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, name)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return self.sequence(node, name, depth)
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self.mapping(node, name, depth)
        self.wrong(node, name, _("The tag “%(tag)s” is not used here.") % {"tag": node.tag})
        return None

    def sequence(self, node: yaml.SequenceNode, name: str, depth: int) -> list[Any]:
        result: list[Any] = []
        self.lines[id(result), None] = self.line(node)
        for position, item in enumerate(node.value):
            self.lines[id(result), position] = self.line(item)
            result.append(self.value(item, name, depth + 1))
        return result

    def mapping(self, node: yaml.MappingNode, name: str, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        self.lines[id(result), None] = self.line(node)
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.wrong(key_node, name, _("A key is one word or number."))
                continue
            key = key_node.value
            if key in result:
                self.wrong(key_node, key, _("The key “%(key)s” stands here twice.") % {"key": key})
                continue
            if has_control(key):
                self.wrong(key_node, name, _("This text holds a control character."))
                continue
            self.lines[id(result), key] = self.line(key_node)
            result[key] = self.value(value_node, key, depth + 1)
        return result

    def scalar(self, node: yaml.ScalarNode, name: str) -> Any:
        text: str = node.value
        kind = node.tag.removeprefix(_TAG)
        if kind in ("str", "timestamp"):
            if has_control(text):
                self.wrong(node, name, _("This text holds a control character."))
            return text
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "int" and _INTEGER.match(text):
            return int(text)
        if kind == "float" and _NUMBER.match(text):
            return float(text)
        if kind in ("bool", "int", "float"):
            self.wrong(node, name, _("Put “%(text)s” in quotes: YAML takes it for something else.") % {"text": text})
        else:
            self.wrong(node, name, _("The tag “%(tag)s” is not used here.") % {"tag": node.tag})
        return None


@dataclass(slots=True)
class FrontMatter:
    """A Markdown file with a head: the head's document, the body and the line the body begins on."""

    head: Doc
    body: str
    body_line: int


def parse_markdown(text: str, file: str, problems: list[Problem]) -> FrontMatter | None:
    """Take a Markdown file with YAML front matter apart; None if the head is missing or broken."""
    lines = text.split("\n")
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == "---"), 0)
    if lines[0].rstrip() != "---" or not end:
        problems.append(Problem(file, 1, "", _("The file begins with a head between two lines “---”.")))
        return None
    head = parse_yaml("\n".join(lines[1:end]), file, problems, first_line=2)
    if head is None:
        return None
    if not isinstance(head.data, dict):
        problems.append(Problem(file, 2, "", _("The head holds keys and values.")))
        return None
    return FrontMatter(head, "\n".join(lines[end + 1 :]), end + 2)
