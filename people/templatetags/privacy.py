"""The retention table on the privacy page."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import get_language

from people.queries.privacy import retention_table

register = template.Library()


@register.inclusion_tag("people/_retention.html")
def retention() -> dict[str, Any]:
    """How long each kind of data is kept, and when that was last enforced. 1 query."""
    return {"rows": retention_table(), "language": get_language()}
