"""What the commands of upkeep have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.management import CommandError

from operations.errors import Refused


def refusals_in_words(handle: Callable[..., None]) -> Callable[..., None]:
    """A refusal ends a command with its sentence and the next step, not with a traceback."""

    @wraps(handle)
    def handled(*args: Any, **options: Any) -> None:
        try:
            handle(*args, **options)
        except Refused as refused:
            raise CommandError(f"{refused.sentence}\n{refused.next_step}".strip()) from refused

    return handled
