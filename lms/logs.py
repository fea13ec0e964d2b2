"""What the log is spared."""

from __future__ import annotations

import logging

from django.core.exceptions import PermissionDenied


def without_trace_of_refusals(record: logging.LogRecord) -> bool:
    """Keep the record, but not the traceback of a page that was refused: a refusal is an answer, not a fault."""
    if record.exc_info and isinstance(record.exc_info[1], PermissionDenied):
        record.exc_info = None
    return True
