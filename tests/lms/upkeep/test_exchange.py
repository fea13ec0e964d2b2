"""The exchange of data can be broken off at any point, and is then finished; meanwhile nobody works on the data."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lms.upkeep import restore
from operations import maintenance

NAMES = ("kalanso.sqlite3", "files", "secret-key")


@pytest.fixture
def data(tmp_path) -> Path:
    for place, content in ((tmp_path / "data", "old"), (tmp_path / "data" / "beside", "new")):
        (place / "files").mkdir(parents=True)
        (place / "files" / "one").write_text(content)
        for name in ("kalanso.sqlite3", "secret-key"):
            (place / name).write_text(content)
    (tmp_path / "data" / "kalanso.sqlite3-wal").write_text("old")
    (tmp_path / "data" / "before").mkdir()
    return tmp_path / "data"


def steps(data: Path) -> list[tuple[str, str, str]]:
    before = data / "before"
    wal = "kalanso.sqlite3-wal"
    return [
        ("", str(data / wal), str(before / wal)),
        *((str(data / "beside" / name), str(data / name), str(before / name)) for name in NAMES),
    ]


@pytest.mark.parametrize("killed_after", range(8))
def test_whoever_is_killed_after_any_renaming_has_it_finished_by_the_next(data, killed_after):
    todo = steps(data)
    maintenance.write_down(data, {"what": "restore", "steps": todo, "database": "", "stamp": ""})
    moves = [(place, old) if first else (new, place) for new, place, old in todo for first in (True, False)]
    for source, target in [move for move in moves if move[0]][:killed_after]:
        Path(source).rename(target)
    assert maintenance.is_on(data)
    assert restore.finish(data)
    for place, content in ((data, "new"), (data / "before", "old")):
        assert [(place / name).read_text() for name in ("kalanso.sqlite3", "secret-key")] == [content, content]
        assert (place / "files" / "one").read_text() == content
    assert not (data / "kalanso.sqlite3-wal").exists() and (data / "before" / "kalanso.sqlite3-wal").exists()
    assert not maintenance.is_on(data) and maintenance.exchanged(data)
    assert not restore.finish(data)


HOLD = """
import sys, time; from pathlib import Path; from operations import maintenance
with maintenance.begun(Path(sys.argv[1])):
    print("on", flush=True); time.sleep(60)
"""


def test_the_maintenance_page_ends_with_the_process_that_asked_for_it_however_it_ends(data):
    assert not maintenance.is_on(data)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(data)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout and holder.stdout.readline() == "on\n"
    assert maintenance.is_on(data)
    with pytest.raises(maintenance.Busy), maintenance.begun(data):
        pass
    holder.kill()
    holder.wait()
    assert not maintenance.is_on(data)
    with maintenance.begun(data):
        assert maintenance.is_on(data)
    assert not maintenance.is_on(data)


def test_a_process_learns_of_an_exchange(data):
    heard = []
    maintenance.watch(data, lambda: heard.append(True))
    time.sleep(0.2)
    assert not heard
    maintenance.finished(data)
    until = time.monotonic() + 5
    while not heard and time.monotonic() < until:
        time.sleep(0.05)
    assert heard


# --- the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(settings, data, client):
    settings.DATA_DIR = data
    return client


def test_everybody_is_told_that_it_takes_a_moment_without_a_look_at_the_database(site, data):
    # No database fixture: a query would fail the test.
    with maintenance.begun(data):
        response = site.get("/fr/learn/")
        assert response.status_code == 503 and response["Retry-After"] and response["Cache-Control"] == "no-store"
        assert '<html lang="fr"' in response.content.decode()
        assert site.post("/fr/c/K1/570c4025/complete/").status_code == 503
        assert site.get("/healthz").status_code == 200
        assert (site.get("/readyz").status_code, site.get("/readyz").content) == (503, b"maintenance\n")


def test_a_process_that_was_started_before_the_exchange_answers_so_until_it_is_started_again(site, data):
    assert site.get("/healthz").status_code == 200  # started
    maintenance.finished(data)
    assert site.get("/fr/learn/").status_code == 503
    assert type(site)().get("/healthz").status_code == 200
