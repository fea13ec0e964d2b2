"""The few seconds in which nobody may work on the data: a restore or an upgrade puts others in their place.

Only the standard library is used: tools/ reads this file where no package is installed.

Three files in `DATA_DIR/upkeep` say everything. `maintenance` exists and is locked by whoever works (the lock ends with
that process, however it ends). `unfinished.json` is there from before the first exchange until after the last: while it
is there, nobody works on the data, whoever has died. `exchanged` changes with every exchange: a process that was started
before must be started again, for it remembers what is no longer true.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

RESTART = 4  # exit code of a process that wants to be started again
PATIENCE = 2  # seconds to wait for the lock
LOOK = 0.5  # seconds between two looks at `exchanged`


class Busy(Exception):
    """Another restore or upgrade is under way."""


def folder(data: Path) -> Path:
    """Where the state of upkeep lies; made where it is missing."""
    path = data / "upkeep"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def begun(data: Path) -> Iterator[None]:
    """Within it, the site answers with the maintenance page and the worker rests. Raises Busy."""
    path = folder(data) / "maintenance"
    until = time.monotonic() + PATIENCE
    while True:
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                mine = path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino
            except OSError:
                mine = False
            if mine:
                try:
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return
        if time.monotonic() > until:
            raise Busy
        time.sleep(0.05)  # somebody who only looks holds the lock for an instant


def is_on(data: Path) -> bool:
    """Whether nobody may work on the data now. Two looks at names of files when all is well."""
    upkeep = data / "upkeep"
    if (upkeep / "unfinished.json").exists():
        return True
    try:
        file = (upkeep / "maintenance").open()
    except OSError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False  # whoever began it has died, and had changed nothing


def alone(database: Path, seconds: float) -> bool:
    """Wait until nobody else has the SQLite file open, and take its write-ahead log into it; whether that was so.

    Leaving WAL mode needs the file for oneself (https://sqlite.org/pragma.html#pragma_journal_mode).
    """
    until = time.monotonic() + seconds
    while True:
        try:
            with closing(sqlite3.connect(database, timeout=0.5)) as connection:
                if connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete":
                    return True
        except sqlite3.OperationalError:
            pass
        except sqlite3.DatabaseError:
            return True  # too damaged for anybody to work in
        if time.monotonic() > until:
            return False
        time.sleep(0.1)


# --- what was begun -------------------------------------------------------------------------------------------------


def write_down(data: Path, what: Mapping[str, Any]) -> None:
    """Say on disk what is about to be exchanged, so that whoever comes after a power cut can finish it."""
    path = folder(data) / "unfinished.json"
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(dict(what), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)


def unfinished(data: Path) -> dict[str, Any]:
    """What was written down and not finished; empty where there is nothing."""
    try:
        found: dict[str, Any] = json.loads((data / "upkeep" / "unfinished.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def finished(data: Path) -> None:
    """Nothing is left to do; every process that was started before must be started again."""
    path = folder(data) / "exchanged"
    path.write_text(secrets.token_hex(8), encoding="ascii")
    (folder(data) / "unfinished.json").unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have the names in a folder on the disk, not only in memory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- who was started before -----------------------------------------------------------------------------------------


def exchanged(data: Path) -> str:
    """The mark of the last exchange, "" before the first."""
    with suppress(OSError):
        return (data / "upkeep" / "exchanged").read_text(encoding="ascii")
    return ""


def watch(data: Path, then: Callable[[], Any]) -> threading.Thread:
    """Call `then` once, from a thread, when the data were exchanged under this process."""
    before = exchanged(data)

    def look() -> None:
        while exchanged(data) == before:
            time.sleep(LOOK)
        then()

    thread = threading.Thread(target=look, name="exchanged", daemon=True)
    thread.start()
    return thread
