"""SQLite's file is kept open between requests; when another file stands in its place, it is opened anew. It is also told
how its tables have grown: otherwise it looks for a person's enrolment among all those of the course.

Who exchanges the data needs the file alone (`operations.maintenance.alone`): a web process closes what its idle threads
keep open as soon as maintenance begins.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import connection, connections
from django.db.backends.signals import connection_created

from operations import maintenance


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


class _Idle:
    """Which SQLite connections of this process no request is using."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: set[int] = set()  # threads
        self._owners: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._watcher: threading.Thread | None = None

    def begin(self) -> None:
        with self._lock:  # not while one is being closed
            self._busy.add(threading.get_ident())
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="maintenance", daemon=True)
                self._watcher.start()

    def end(self) -> None:
        me = threading.get_ident()
        with self._lock:
            self._busy.discard(me)
            for kept in connections.all(initialized_only=True):
                if kept.vendor == "sqlite" and kept.connection is not None and not kept.in_atomic_block:
                    if kept.is_in_memory_db():  # type: ignore[attr-defined]  # of SQLite
                        continue
                    self._owners[kept] = me

    def close(self) -> None:
        """Those that were used by a request and wait for the next; their threads open them anew when they need to."""
        with self._lock:
            for kept, thread in list(self._owners.items()):
                if thread not in self._busy and kept.connection is not None:
                    with suppress(Exception):
                        kept.connection.close()
                    kept.connection = None
                    del self._owners[kept]

    def _watch(self) -> None:
        while True:
            time.sleep(maintenance.LOOK)
            if maintenance.is_on(settings.DATA_DIR):
                self.close()


def _renew() -> None:
    """In a forked process there is no watcher, and a thread of the parent may have held the lock."""
    global _idle
    _idle = _Idle()


def _begun(sender: Any, **kwargs: Any) -> None:
    _idle.begin()


def _ended(sender: Any, **kwargs: Any) -> None:
    _idle.end()


_idle = _Idle()


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
    request_started.connect(_begun, dispatch_uid="operations.connections.begun")
    request_finished.connect(_ended, dispatch_uid="operations.connections.ended")
    os.register_at_fork(after_in_child=_renew)
