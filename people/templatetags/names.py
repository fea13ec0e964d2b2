"""How people are called in templates: views look the names up once (`people.names.shown_names`), rows only read them."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from people.models import User

register = template.Library()


@register.filter
def named(person: User | None, names: Mapping[int, str]) -> str:
    """`{{ row.made_by|named:names }}`: what the reader calls this person; nothing for nobody."""
    return names.get(person.pk, "") if person is not None else ""
