"""What the default database promises, asked of a connection and of processes of their own."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.lms.backends.processes import ROOT, ask_settings

PRAGMAS = """
from django.db import connection
with connection.cursor() as cursor:
    def ask(name):
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]
    print(*[ask(n) for n in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "recursive_triggers")])
print(connection.transaction_mode)
"""

# Reads, waits, writes, as a service does: with DEFERRED transactions most of these fail at once, whatever the timeout.
WRITER = """
import time
from django.db import connection, transaction
for _ in range(20):
    with transaction.atomic(), connection.cursor() as cursor:
        number = cursor.execute("SELECT number FROM tally").fetchone()[0]
        time.sleep(0.002)
        cursor.execute("UPDATE tally SET number = %s", [number + 1])
"""

# Dies at once after each commit that it has told of; what it was writing then is not there.
DYING = """
import os
from django.db import connection, transaction
with connection.cursor() as cursor:
    for number in range(1, 51):
        with transaction.atomic():
            cursor.execute("INSERT INTO kept VALUES (%s)", [number])
    print(number, flush=True)
    cursor.execute("BEGIN IMMEDIATE")
    cursor.execute("INSERT INTO kept VALUES (51)")
    os.kill(os.getpid(), 9)
"""


def sql(folder: Path, command: str) -> list[tuple]:
    with closing(sqlite3.connect(folder / "kalanso.sqlite3")) as database:
        return database.execute(command).fetchall()


def test_every_connection_waits_for_the_disk_for_writers_and_minds_references(tmp_path):
    done = ask_settings(PRAGMAS, tmp_path / "a folder with + and %")
    assert done.stdout.split() == ["wal", "2", "20000", "1", "1", "IMMEDIATE"], done.stderr[-2000:]  # 2: FULL


def test_writers_of_several_processes_wait_for_each_other(tmp_path):
    sql(tmp_path, "CREATE TABLE tally AS SELECT 0 AS number")
    environment = {"PATH": "", "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "lms.settings"}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0], said
    assert sql(tmp_path, "SELECT number FROM tally") == [(80,)]


def test_what_was_committed_is_there_after_kill_9_and_nothing_half(tmp_path):
    sql(tmp_path, "CREATE TABLE kept (number integer)")
    done = ask_settings(DYING, tmp_path)
    assert (done.returncode, done.stdout.strip()) == (-9, "50"), done.stderr[-2000:]
    assert sql(tmp_path, "SELECT count(*), max(number) FROM kept") == [(50, 50)]
    assert sql(tmp_path, "PRAGMA integrity_check") == [("ok",)]
