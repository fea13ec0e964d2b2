"""A kept piece of a page shows what it is given, and nothing that was drawn for somebody else."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.template import engines
from django.utils import translation
from django.utils.safestring import SafeString

from people.models import User


def draw(source: str):
    template = engines["django"].from_string("{% load kalanso %}" + source)
    return lambda **context: template.render(context)


def test_a_piece_follows_its_values_and_the_language():
    show = draw("{% kept number=count %}{% translate 'Sign in' %} {{ number }}{% endkept %}")
    with translation.override("en"):
        assert [show(count=1), show(count=2), show(count=1)] == ["Sign in 1", "Sign in 2", "Sign in 1"]
    with translation.override("fr"):
        assert show(count=1) == "Se connecter 1"


def test_a_piece_sees_nothing_else_of_the_page():
    assert (
        draw("{% kept number=count %}{{ number }}{{ secret }}{{ user }}{% endkept %}")(count=1, secret="s", user="u")
        == "1"
    )


def test_words_are_not_taken_for_safe_html_that_reads_the_same():
    show = draw("{% kept words=words %}{{ words }}{% endkept %}")
    assert show(words=SafeString("<b>a</b>")) == "<b>a</b>"
    assert show(words="<b>a</b>") == "&lt;b&gt;a&lt;/b&gt;"


def test_yes_is_not_taken_for_one():
    show = draw("{% kept value=value %}{{ value }}{% endkept %}")
    assert (show(value=1), show(value=True)) == ("1", "True")


@dataclass(frozen=True)
class Line:
    person: User


@pytest.mark.parametrize("row", [User(pk=1), (User(pk=1),), Line(User(pk=1))], ids=["row", "list", "line"])
def test_rows_of_the_database_are_refused(row):
    with pytest.raises(TypeError, match="cannot go by row"):
        draw("{% kept row=row %}{{ row }}{% endkept %}")(row=row)
