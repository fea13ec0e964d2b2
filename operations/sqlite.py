"""SQLite's file, which must be there: opening one that is missing would make an empty database in its place."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

_prepared = False


def must_exist() -> None:
    """From now on this process opens the file only where there is one: the site is prepared."""
    global _prepared
    _prepared = True


class Connection(sqlite3.Connection):
    """Raises sqlite3.OperationalError where the file is missing and the site was prepared."""

    def __init__(self, database: Any, *given: Any, **more: Any) -> None:
        name = str(database)
        if _prepared and not name.startswith((":memory:", "file:")) and not Path(name).exists():
            raise sqlite3.OperationalError("the file of the database is missing")
        super().__init__(database, *given, **more)
