"""Dates and figures of the programme in templates."""

from __future__ import annotations

from django import template

from programme.models import Fact
from programme.periods import figure, in_words

register = template.Library()
register.filter("period", in_words)


@register.filter
def value(fact: Fact) -> str:
    """A fact's figure as the language writes it."""
    return figure(fact.value, fact.unit)
