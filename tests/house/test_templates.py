"""Templates: all of them compile, obey the strict content security policy, and speak through gettext."""

from __future__ import annotations

import re

import pytest
from django.template import engines

from tests.house.sources import name, templates

TEMPLATES = list(templates())
each_template = pytest.mark.parametrize("path", TEMPLATES, ids=name)

_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_COMMENT = re.compile(r"\{%\s*comment\b.*?endcomment\s*%\}|<!--.*?-->", re.DOTALL)
_TRANSLATED = re.compile(r"\{%\s*blocktranslate\b.*?endblocktranslate\s*%\}", re.DOTALL)
_CLASSES = re.compile(r"\{%\s*block \w*class\s*%\}.*?\{%\s*endblock", re.DOTALL)
_SAID_IN_ATTRIBUTES = re.compile(
    r"""\s(?:alt|title|aria-label|aria-description|placeholder|summary)\s*=\s*"([^"]*)\""""
)
_WORD = re.compile(r"[^\W\d_]{3,}")
# Names, which are the same in every language.
_NAMES = {"Kalanso", "PDF", "CSV", "SVG", "QR", "doctype", "html", "nbsp", "middot", "times", "rarr", "larr"}


def _plain(path) -> str:
    return _COMMENT.sub(" ", path.read_text(encoding="utf-8"))


@each_template
def test_it_compiles(path):
    engines["django"].from_string(path.read_text(encoding="utf-8"))


@each_template
def test_nothing_inline_that_the_policy_refuses(path):
    text = _plain(path)
    assert not re.search(r"<[^>]*\sstyle\s*=", text), "classes, not style attributes"
    assert not re.search(r"<style\b", text), "styles stand in the stylesheet"
    assert not re.search(r"<script(?![^>]*\ssrc\s*=)", text), "scripts stand in files"
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text), "no handlers in attributes"
    assert "javascript:" not in text


@each_template
def test_nothing_comes_from_another_host(path):
    assert not re.search(r"""(?:src|srcset|<link[^>]*href|action)\s*=\s*["']?(?:https?:)?//""", _plain(path))


@each_template
def test_what_people_read_goes_through_gettext(path):
    if path.name == "style.html":
        pytest.skip("the style page shows samples")
    text = _TAG.sub(" ", _CLASSES.sub(" ", _TRANSLATED.sub(" ", _plain(path))))
    said = _SAID_IN_ATTRIBUTES.findall(text)
    words = {
        word
        for part in [re.sub(r"<[^<>]*>", " ", text), *said]
        for word in _WORD.findall(re.sub(r"&#?\w+;", " ", part))
    } - _NAMES
    assert not words
