"""Test databases on a PostgreSQL server: a template database, and copies of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection, connections
from psycopg import sql

from tests import template

_KEEP = 3


def _url(values: dict[str, Any], name: str) -> str:
    user = quote(values["USER"], safe="") + (f":{quote(values['PASSWORD'], safe='')}" if values["PASSWORD"] else "")
    return f"postgres://{user}@{values['HOST'] or '127.0.0.1'}:{values['PORT'] or 5432}/{name}"


class Database:
    """A database of this process, copied from the template database.

    The server and the user come from TEST_DATABASE_URL, whose own database is only used to connect; the user must be
    allowed to create databases.
    """

    def __init__(self, data: Path, files: Path) -> None:
        self.values = connection.settings_dict
        self.server = _url(self.values, self.values["NAME"])
        machine = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
        self.mine = f"kalanso_test_{machine}_"
        self.name = f"{self.mine}{os.getpid()}"
        self.template, loaded = template.postgresql_name()
        folder = template.CACHE / self.template
        with template.locked():
            if not self._exists(self.template) or not folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), self.template)
                making = f"{self.template}_making"
                self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), making)
                self._do(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0"), making)
                template.build_on_postgresql(_url(self.values, making), folder, loaded=loaded)
                self._do(sql.SQL("ALTER DATABASE {} RENAME TO {}"), making, self.template)
                self._forget_old()
            self._forget_left_behind()
        if (folder / "files").exists():
            shutil.copytree(folder / "files", files, dirs_exist_ok=True)
        connections.close_all()
        self.values["NAME"] = self.name

    def _do(self, command: sql.SQL, *names: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as server:
            server.execute(command.format(*map(sql.Identifier, names)))

    def _exists(self, name: str) -> bool:
        with psycopg.connect(self.server, autocommit=True) as server:
            return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def _forget_old(self) -> None:
        with psycopg.connect(self.server, autocommit=True) as server:
            names = server.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'kalanso\\_template\\_%' ORDER BY oid DESC"
            ).fetchall()
        for (name,) in names[_KEEP:]:
            self._do(sql.SQL("DROP DATABASE IF EXISTS {}"), name)
            shutil.rmtree(template.CACHE / name, ignore_errors=True)

    def _forget_left_behind(self) -> None:
        """Copies of processes of this machine that were killed."""
        with psycopg.connect(self.server, autocommit=True) as server:
            names = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.mine])
            left = [name for (name,) in names if not Path(f"/proc/{name.removeprefix(self.mine)}").exists()]
        for name in left if Path("/proc/self").exists() else []:
            self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def restore(self) -> None:
        connections.close_all()
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), self.name)
        self._do(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), self.name, self.template)

    def drop(self) -> None:
        connections.close_all()
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), self.name)
