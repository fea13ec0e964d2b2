"""The lines of an outline, and what stands at the foot of a lesson. Each is drawn from what it shows and nothing else, so that
what was drawn for one reader is kept for the next, as long as the words are the same."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from courses.models import ActivityText
from courses.queries import StepLine

register = template.Library()


@register.simple_tag
def step_lines(steps: Iterable[StepLine], language: str, current: str = "") -> SafeString:
    """Steps as items of the outline's list. language: of their titles; current: the ref of the page it stands on."""
    spoken = get_language()
    return SafeString("".join([_line(spoken, step, language, step.ref == current) for step in steps]))


@lru_cache(maxsize=4096)
def _line(spoken: str | None, step: StepLine, language: str, current: bool) -> str:
    return render_to_string("courses/step.html", {"step": step, "language": language, "current": current})


# What of a lesson's facts is shown at its foot.
_AT_FOOT = ("terms", "norms", "sources", "as_of", "checked", "review_by")


@register.simple_tag
def lesson_foot(text: ActivityText) -> SafeString:
    """Words, rules, sources and dates of a lesson."""
    shown = {name: text.facts.get(name) for name in _AT_FOOT}
    return _foot(get_language(), text.language, json.dumps(shown, ensure_ascii=False))


@lru_cache(maxsize=256)
def _foot(spoken: str | None, language: str, shown: str) -> SafeString:
    text = {"language": language, "facts": json.loads(shown)}
    return render_to_string("courses/lesson_foot.html", {"text": text})
