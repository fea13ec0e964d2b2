"""Bodies of pages in templates."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe
from wagtail.blocks import StreamValue

from content.rendering import fill, render_body

register = template.Library()


@register.simple_tag
def body(stream: StreamValue, language: str) -> SafeString:
    """The HTML of a body, without forms. One query where it has figures."""
    return mark_safe(fill(render_body(stream, language=language).html, {}))  # noqa: S308 - cleaned by render_body
