"""An installation of its own, with real processes: a data folder copied from the template of the test databases."""

from __future__ import annotations

import json
import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import template


@dataclass
class Installation:
    data: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=template.ROOT,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def manage(self, *arguments: str, **more: str) -> dict[str, Any]:
        """What a command says on its last line."""
        done = self.run(*arguments, **more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    def sql(self, statement: str, *values: object) -> list[tuple]:
        with closing(sqlite3.connect(self.data / "kalanso.sqlite3", timeout=20)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def names(self) -> set[str]:
        """First names of the people; who was there when the backup was made is known by them."""
        return {name for (name,) in self.sql("SELECT first_name FROM people_user")}

    def rename(self, name: str) -> None:
        self.sql("UPDATE people_user SET first_name = ? WHERE username = 'awa'", name)


def make(data: Path, **environment: str) -> Installation:
    """With the cast, and the curriculum where the template has it."""
    source = template.folder()
    data.mkdir(exist_ok=True)
    shutil.copy(source / "kalanso.sqlite3", data)
    if (source / "files").exists():
        shutil.copytree(source / "files", data / "files")
    (data / "secret-key").write_text("for tests only, never for people")
    ours = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "KALANSO_TEST_DATA")}
    ours |= {
        "DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": "lms.settings",
        "MANIFEST_STATIC": "0",
        "LANGUAGE_CODE": "en",
        **environment,
    }
    return Installation(data, ours)


def of_release(data: Path, **environment: str) -> Installation:
    """With the database of the release before (commit 2a13692): the cast, three enrolments, ten statements, a
    certificate, a submitted attempt, and the triggers that guard the record. Written by that release's own services."""
    data.mkdir(exist_ok=True)
    packed = Path(__file__).with_name("release-2a13692.sqlite3.xz")
    (data / "kalanso.sqlite3").write_bytes(lzma.decompress(packed.read_bytes()))
    made = make(data / "aside", **environment)
    shutil.rmtree(data / "aside")
    return Installation(data, {**made.environment, "DATA_DIR": str(data)})
