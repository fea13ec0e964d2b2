"""Backups, made and brought back by the commands that an operator types."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.processes import tree
from tests import template
from tests.lms.upkeep import installation
from tests.lms.upkeep.installation import Installation
from tools import serve


@pytest.fixture(scope="module")
def pristine(tmp_path_factory) -> Installation:
    """Prepared once; tests work on copies."""
    made = installation.make(tmp_path_factory.mktemp("pristine") / "data")
    done = made.run("first_run", "--only", "database", "signing")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def here(pristine, tmp_path) -> Installation:
    shutil.copytree(pristine.data, tmp_path / "data")
    return Installation(tmp_path / "data", {**pristine.environment, "DATA_DIR": str(tmp_path / "data")})


def archive_of(made: dict) -> str:
    return str(Path(made["places"][0]) / made["name"])


def test_backup_then_restore_brings_back_people_files_and_keys_and_keeps_what_was_there(here):
    (here.data / "files" / "essay.txt").write_text("an essay")
    key = (here.data / "signing" / "current" / "key.pem").read_bytes()
    made = here.manage("backup")
    assert made["places"] == [str(here.data / "backups")] and not made["encrypted"]
    with tarfile.open(archive_of(made)) as tar:
        names = tar.getnames()
    assert {"kalanso.sqlite3", "files/essay.txt", "signing/current/key.pem", "secret-key", "manifest.json"} <= set(
        names
    )

    here.rename("Later")
    (here.data / "files" / "essay.txt").unlink()
    shutil.rmtree(here.data / "signing")
    (here.data / "secret-key").write_text("another")
    done = here.manage("restore", archive_of(made))
    assert "Awa" in here.names() and "Later" not in here.names()
    assert (here.data / "files" / "essay.txt").read_text() == "an essay"
    assert (here.data / "signing" / "current" / "key.pem").read_bytes() == key
    assert (here.data / "secret-key").read_text() == "for tests only, never for people"
    assert done["paused"] < 10
    before = Installation(Path(done["before"]), here.environment)
    assert "Later" in before.names() and (before.data / "secret-key").read_text() == "another"
    guards = here.sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'records_%_no_%'")
    assert guards == [(4,)]
    assert not list((here.data / "upkeep").glob("scratch-*"))


def test_an_encrypted_backup_comes_back_with_its_key_and_not_without(here, tmp_path):
    public = here.run("backup_key", str(tmp_path / "key")).stdout.strip()
    made = here.manage("backup", BACKUP_PUBLIC_KEY=public)
    assert made["encrypted"] and made["name"].endswith(".age")
    here.rename("Later")
    for arguments in ([], ["--key", str(here.data / "secret-key")]):
        done = here.run("restore", archive_of(made), *arguments)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert "Later" in here.names()
    here.manage("restore", archive_of(made), "--key", str(tmp_path / "key"))
    assert "Later" not in here.names()


def test_a_damaged_archive_is_refused_and_nothing_is_changed(here):
    made = here.manage("backup")
    here.rename("Later")
    content = bytearray(Path(archive_of(made)).read_bytes())
    content[len(content) // 2] ^= 1
    Path(archive_of(made)).write_bytes(content)
    done = here.run("restore", archive_of(made))
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr.strip()
    assert "Later" in here.names() and not list(here.data.glob("before-restore-*"))


def test_data_of_a_newer_version_are_refused_and_nothing_is_changed(here):
    here.sql("INSERT INTO django_migrations (app, name, applied) VALUES ('records', '0099_to_come', '2031-01-01')")
    made = here.manage("backup")
    here.sql("DELETE FROM django_migrations WHERE name = '0099_to_come'")
    here.rename("Later")
    done = here.run("restore", archive_of(made))
    assert done.returncode == 1 and "records.0099_to_come" in done.stderr and "Traceback" not in done.stderr
    assert "Later" in here.names()


def test_a_record_that_lost_its_guards_or_differs_from_what_is_folded_is_not_taken(here):
    here.sql("DROP TRIGGER records_statement_no_update")
    made = here.manage("backup")
    here.rename("Later")
    done = here.run("restore", archive_of(made))
    assert done.returncode == 1 and "records_statement_no_update" in done.stderr
    assert "Later" in here.names()


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(here):
    made = here.manage("backup")
    with (here.data / "kalanso.sqlite3").open("r+b") as file:
        file.seek(4096 * 40)
        file.write(os.urandom(4096 * 200))
    done = here.run("backup")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert len(list((here.data / "backups").iterdir())) == 1
    here.manage("restore", archive_of(made))
    assert "Awa" in here.names()


def test_a_database_that_is_gone_altogether_comes_back(here, tmp_path):
    made = here.manage("backup", BACKUP_COPY_DIR=str(tmp_path))
    shutil.rmtree(here.data)
    here.data.mkdir()
    here.manage("restore", str(tmp_path / made["name"]))
    assert "Awa" in here.names()


def test_a_second_place_that_is_not_there_is_said_and_the_first_copy_kept(here, tmp_path):
    done = here.run("backup", BACKUP_COPY_DIR=str(tmp_path / "usb"))
    assert done.returncode == 1 and str(tmp_path / "usb") in done.stderr and "Traceback" not in done.stderr
    assert len(list((here.data / "backups").glob("kalanso-*.tar.gz"))) == 1
    (tmp_path / "usb").mkdir()
    time.sleep(1)
    made = here.manage("backup", BACKUP_COPY_DIR=str(tmp_path / "usb"))
    first, second = (Path(place) / made["name"] for place in made["places"])
    assert first.read_bytes() == second.read_bytes()


def test_a_backup_holds_one_moment_of_a_database_that_is_written_to(here):
    here.sql("CREATE TABLE tally (a INTEGER, b INTEGER)")
    here.sql("INSERT INTO tally VALUES (0, 0)")
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            here.sql("UPDATE tally SET a = a + 1, b = b + 1")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = here.manage("backup")
    finally:
        stop.set()
        writer.join()
    with tarfile.open(archive_of(made)) as tar:
        tar.extract("kalanso.sqlite3", here.data / "out", set_attrs=False)
    found = Installation(here.data / "out", here.environment).sql("SELECT a, b FROM tally")
    assert found[0][0] == found[0][1] > 0


# --- while the site runs --------------------------------------------------------------------------------------------

WATCH = """
import sys; sys.path.insert(0, "tools")
import serve
port = int(sys.argv[1])
sys.exit(serve.watch(serve.web_command(sys.executable, host="127.0.0.1", port=port),
    host="127.0.0.1", port=port, when_ready=lambda: print("ready", flush=True)))
"""


@pytest.fixture
def running(here):
    """(address, the process that watches) of the site over this installation."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (here.data / "curriculum").mkdir()
    environment = {**here.environment, "WEB_WORKERS": "2", "SITE_URL": f"http://127.0.0.1:{port}"}
    watched = serve.start([sys.executable, "-c", WATCH, str(port)], env=environment, stdout=subprocess.PIPE, text=True)
    assert watched.stdout
    for line in watched.stdout:
        if line.strip() == "ready":
            break
    yield f"http://127.0.0.1:{port}", watched
    watched.send_signal(signal.SIGTERM)
    watched.communicate(timeout=60)


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0  # between two starts


def test_a_restore_under_the_running_site_takes_seconds_and_every_process_is_started_again(here, running):
    address, watched = running
    made = here.manage("backup")
    here.rename("Later")
    seen: list[tuple[float, int]] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            seen.append((time.monotonic(), status(f"{address}/fr/catalogue/")))
            time.sleep(0.05)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        done = here.manage("restore", archive_of(made))
        for line in watched.stdout:
            if line.strip() == "ready":
                break
        time.sleep(1)
    finally:
        stop.set()
        asking.join()
    assert {code for _when, code in seen} <= {200, 503, 0}, "nobody met an error page"
    assert seen[-1][1] == 200
    away = [when for when, code in seen if code != 200]
    assert away, "the site went on as if nothing had happened"
    assert "Awa" in here.names() and "Later" not in here.names()
    assert done["paused"] < 10
    assert template.ROOT.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_that_dies_is_replaced(running):
    _address, watched = running

    def worker() -> set[int]:
        return {pid for pid in tree(watched.pid) if Path(f"/proc/{pid}/comm").read_text().strip() == "kalanso-worker"}

    def until(true: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not true():
            assert time.monotonic() < end
            time.sleep(0.1)

    until(lambda: len(worker()) == 1)
    first = worker()
    os.kill(*first, signal.SIGKILL)
    until(lambda: len(worker() - first) == 1)
