"""SQLite's file is kept open between requests; when another file stands in its place, it is opened anew. It is also told
how its tables have grown: otherwise it looks for a person's enrolment among all those of the course."""

from __future__ import annotations

import os
from typing import Any

from django.core.signals import request_started
from django.db import connection, connections
from django.db.backends.signals import connection_created


def _identity(path: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _opened(sender: Any, **kwargs: Any) -> None:
    opened = kwargs["connection"]
    if opened.vendor == "sqlite":
        opened.opened_file = _identity(str(opened.settings_dict["NAME"]))


def _still_the_same(sender: Any, **kwargs: Any) -> None:
    """Where a backup was put in its place, or the file has gone, nobody goes on with the old one."""
    for kept in connections.all(initialized_only=True):
        if kept.vendor != "sqlite" or kept.connection is None or kept.in_atomic_block:
            continue
        if getattr(kept, "opened_file", None) != _identity(str(kept.settings_dict["NAME"])):
            kept.close()


def take_statistics() -> None:
    """Let SQLite count what its choice of indexes rests on, for tables that have changed much (sqlite.org/lang_analyze.html
    §5); a fraction of a second. PostgreSQL does so by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit=400")
            cursor.execute("PRAGMA optimize=0x10002")


def connect() -> None:
    """Watch; called once, from `AppConfig.ready`."""
    connection_created.connect(_opened, dispatch_uid="operations.connections")
    request_started.connect(_still_the_same, dispatch_uid="operations.connections")
