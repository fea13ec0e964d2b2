"""What was acknowledged is there, once, whatever happens: writers at once, a cut of the power, kill -9. The real server, on
a copy of its own; `make faults` does the same with more people and on real disks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench import sites
from bench.faults import Candidates, kill
from bench.processes import tree
from tests import template

WRITERS, SUBMISSIONS = 20, 30


@pytest.fixture(scope="module")
def people() -> Iterator[dict[str, Candidates]]:
    """People of each test, at a running site that nobody else uses."""
    data = Path(tempfile.mkdtemp(prefix="kalanso-faults-"))
    shutil.copytree(template.folder(), data, dirs_exist_ok=True)
    port = sites.free_port()
    running = sites.Running(port, data, sites.environment(data, WEB_WORKERS="2", DEMO_ACCOUNTS="no"))
    try:
        with sites.started(running):
            yield Candidates.make(running, writers=(5, WRITERS), cut=(5, 5), killed=(SUBMISSIONS, 1))
    finally:
        shutil.rmtree(data, ignore_errors=True)


def assert_kept(people: Candidates, database: Path) -> set[str]:
    """Everything acknowledged is there once, and nothing half; gives the attempts that were handed in."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for attempt, position, given in people.answers:
            found = connection.execute(
                "SELECT answer FROM assessments_attemptitem WHERE attempt_id = ? AND position = ?", [attempt, position]
            ).fetchone()
            assert json.loads(found[0]) == given
        rows = connection.execute(
            "SELECT a.id, a.status, count(s.id) FROM assessments_attempt a LEFT JOIN records_statement s ON "
            "s.registration = a.enrolment_id AND (s.verb LIKE '%/passed' OR s.verb LIKE '%/failed') GROUP BY a.id"
        ).fetchall()
    mine = {id for id, _ask in people.made["submits"]}
    states = {id: (status, count) for id, status, count in rows if id in mine}
    assert set(states.values()) <= {("submitted", 1), ("running", 0)}
    done = {id for id, (status, _count) in states.items() if status == "submitted"}
    assert set(people.submitted) <= done
    return done


def never() -> bool:
    return False


def test_writers_at_once_wait_for_each_other_and_nobody_sees_a_lock(people):
    mine = people["writers"]
    answers = [mine.answer(number * 20 + place) for place in range(4) for number in range(WRITERS)]
    mine.send([*mine.submits(), *answers], WRITERS, never)
    assert not mine.seen
    assert len(mine.answers) == 4 * WRITERS
    assert len(assert_kept(mine, mine.running.data / "kalanso.sqlite3")) == 5
    assert "locked" not in mine.running.log


def test_a_copy_of_the_files_at_any_moment_opens_with_all_that_was_acknowledged(people, tmp_path):
    mine = people["cut"]
    work = [
        one for number in range(100) for one in [mine.answer(number), *mine.submits()[number // 20 : number // 20 + 1]]
    ]
    sender = threading.Thread(target=mine.send, args=(work, 4, never))
    sender.start()
    while len(mine.answers) < 10 and sender.is_alive():
        time.sleep(0.001)
    pids = [pid for process in mine.running.processes for pid in tree(process.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    known = Candidates(mine.running, mine.made, list(mine.submitted), list(mine.answers))
    for path in mine.running.data.glob("kalanso.sqlite3*"):
        if not path.name.endswith("-shm"):  # memory: gone with the power
            shutil.copyfile(path, tmp_path / path.name)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    sender.join()
    assert len(known.answers) >= 10
    assert_kept(known, tmp_path / "kalanso.sqlite3")


def test_after_kill_9_every_acknowledged_submission_is_there_once_and_the_others_can_be_sent_again(people):
    mine = people["killed"]
    running, database = mine.running, mine.running.data / "kalanso.sqlite3"

    def kill_in_the_middle() -> None:
        while len(mine.submitted) < SUBMISSIONS // 3:
            time.sleep(0.001)
        kill(running)

    killer = threading.Thread(target=kill_in_the_middle)
    killer.start()
    mine.send(mine.submits(), 4, lambda: not running.processes)
    killer.join()
    assert SUBMISSIONS // 3 <= len(mine.submitted) < SUBMISSIONS
    assert_kept(mine, database)
    sites.start(running)
    mine.send(mine.submits(), 4, never)
    assert len(assert_kept(mine, database)) == len(mine.submitted) == SUBMISSIONS
