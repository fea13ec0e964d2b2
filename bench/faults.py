"""What happens to people when something breaks: `make faults` breaks it for real and writes down what they saw.

The real server over a populated throw-away site, on a disk of its own that can be filled and made unreadable, a PostgreSQL
server, a Redis server and a service of files of its own. Needs root (for disks). Afterwards the database is read: what was
acknowledged must be there, once, and nothing half.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import boto3
import psycopg

from bench import disks, report, sites
from bench.client import PASSWORD, Answer, Ask, Browser
from bench.processes import tree

PEOPLE, ENROLMENTS = 200, 1_000
SUBMISSIONS, WRITERS = 200, 50
WRONG = 8


@dataclass
class Candidates:
    """People of `bench.candidates`, and what the site has acknowledged of theirs."""

    running: sites.Running
    made: dict[str, Any]
    submitted: list[str] = field(default_factory=list)
    answers: list[tuple[str, int, Any]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def make(cls, running: sites.Running, **plans: tuple[int, int]) -> dict[str, Candidates]:
        """plans: for each name how many hand in, and how many answer. One process, since each start costs seconds."""
        wanted = [f"{name}:{submitting}:{answering}" for name, (submitting, answering) in plans.items()]
        said = sites.python(running.env, "-m", "bench.candidates", "make", *wanted)
        return {name: cls(running, made) for name, made in json.loads(said.splitlines()[-1]).items()}

    def submits(self) -> list[tuple[Ask, Callable[[], None]]]:
        """Those that were not acknowledged yet."""
        left = [(id, ask) for id, ask in self.made["submits"] if id not in self.submitted]
        return [(Ask(**ask), lambda id=id: self.submitted.append(id)) for id, ask in left]  # type: ignore[misc]

    def answer(self, number: int) -> tuple[Ask, Callable[[], None]]:
        *what, ask = self.made["answers"][number % len(self.made["answers"])]
        return Ask(**ask), lambda: self.answers.append(tuple(what))

    def acknowledge(self, ask: Ask) -> None:
        """The site has taken this one."""
        self.submitted += [id for id, one in self.made["submits"] if one["path"] == ask.path]
        self.answers += [tuple(what) for *what, one in self.made["answers"] if Ask(**one) == ask]

    def send(self, work: Iterable[tuple[Ask, Callable[[], None]]], users: int, until: Callable[[], bool]) -> None:
        """Let so many browsers send these, until there are none left or `until` says so; counts what they saw."""
        waiting = iter(list(work))

        def use() -> None:
            browser = Browser(self.running.port)
            while not until():
                with self._lock:
                    ask, kept = next(waiting, (None, None))
                if ask is None or kept is None:
                    return
                began = time.perf_counter()
                try:
                    answer = browser.send(ask)
                except (OSError, HTTPException):
                    self.note("no answer")
                    return
                self.slowest = max(self.slowest, time.perf_counter() - began)
                if answer.status == ask.expect:
                    with self._lock:
                        kept()
                else:
                    self.note(shown(answer))

        threads = [threading.Thread(target=use) for _ in range(users)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def note(self, what: str) -> None:
        with self._lock:
            self.seen[what] += 1

    def check(self) -> dict[str, Any]:
        """What became of it. Raises RuntimeError where the projections differ from the record."""
        given = {"submitted": self.submitted, "all": [id for id, _ask in self.made["submits"]], "answers": self.answers}
        said = sites.python(self.running.env, "-m", "bench.candidates", "check", given=json.dumps(given))
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return found


def shown(answer: Answer) -> str:
    """A page as a person sees it: its status and its first heading."""
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    words = re.sub(r"<[^>]+>", "", heading.group(1)).strip() if heading else ""
    if "Traceback" in answer.text:
        words += " WITH A TRACEBACK"
    retry = ", Retry-After" if answer.retry_after else ""
    return f"{answer.status}{f' “{words}”' if words else ''}{retry}"


def look(running: sites.Running, ask: Ask) -> str:
    try:
        began = time.perf_counter()
        answer = Browser(running.port).send(ask)
        spent = time.perf_counter() - began
    except (OSError, HTTPException):
        return "no answer"
    return shown(answer) + (f" after {spent:.1f} s" if spent > 2 else "")


def looks(people: Candidates, **asks: Ask) -> str:
    """What is seen at several places, those that see the same together. What is acknowledged counts."""
    found: dict[str, list[str]] = {}
    for name, ask in asks.items():
        seen = look(people.running, ask)
        found.setdefault(seen, []).append(name.replace("_", " "))
        if seen.startswith("303"):
            people.acknowledge(ask)
    return "; ".join(f"{', '.join(names)}: {what}" for what, names in found.items())


def found_of(checked: dict[str, Any]) -> str:
    parts = []
    if checked["submissions"]:
        parts.append(f"{checked['submissions']} acknowledged submissions: lost {checked['submissions lost']}")
    if checked["answers"]:
        parts.append(f"{checked['answers']} acknowledged answers: lost {checked['answers lost']}")
    parts.append(f"half done {checked['half']}")
    if checked["sound"] != "ok":
        parts.append(f"THE DATABASE IS DAMAGED: {checked['sound']}")
    return "; ".join(parts)


def bad(checked: dict[str, Any]) -> bool:
    return bool(checked["submissions lost"] or checked["answers lost"] or checked["half"] or checked["sound"] != "ok")


class Report:
    """The rows of the table, printed as they come."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.wrong: list[str] = []

    def add(self, fault: str, done: str, seen: str, afterwards: str, *, wrong: bool = False) -> None:
        self.rows.append([fault, done, seen, afterwards])
        print(" | ".join(self.rows[-1]), flush=True)
        if wrong or "TRACEBACK" in seen or "500" in seen.replace("50 ", ""):
            self.wrong.append(fault)


def kill(running: sites.Running) -> None:
    """kill -9 of every process of the site at once."""
    for process in running.processes:
        os.killpg(process.pid, signal.SIGKILL)
    for process in running.processes:
        process.wait()
    running.processes.clear()


# --- what is the same on both databases -----------------------------------------------------------------------------


def killed(people: Candidates, to: Report, engine: str) -> None:
    running = people.running
    threading.Thread(target=_kill_at, args=(running, people, random.randint(60, 120)), daemon=True).start()
    people.send(people.submits(), 8, lambda: not running.processes)
    while running.processes:
        time.sleep(0.05)
    before, seen = len(people.submitted), dict(people.seen)
    first = people.check()
    sites.start(running)
    people.send(people.submits(), 8, lambda: False)
    last = people.check()
    to.add(
        f"kill -9 of all processes ({engine})",
        f"in the middle of {SUBMISSIONS} submissions by 8 people at a time, after {before} were acknowledged",
        ", ".join(f"{count} × {what}" for what, count in seen.items()) or "nothing",
        f"before the start: {found_of(first)}. After the start the others sent again: {last['once']} of {SUBMISSIONS} recorded "
        f"exactly once, half done {last['half']}",
        wrong=bad(first) or bad(last) or last["once"] != SUBMISSIONS,
    )


def _kill_at(running: sites.Running, people: Candidates, count: int) -> None:
    while len(people.submitted) < count:
        time.sleep(0.002)
    kill(running)


def writers(people: Candidates, to: Report, engine: str) -> None:
    running = people.running
    work = [people.answer(number) for number in range(len(people.made["answers"]))]
    random.Random(1).shuffle(work)
    for place, one in enumerate(people.submits()):
        work.insert(place * len(work) // WRITERS, one)
    logged = len(running.log)
    people.send(work, WRITERS, lambda: False)
    checked = people.check()
    locked = "database is locked" in running.log[logged:]
    to.add(
        f"{WRITERS} writers at once ({engine})",
        f"{len(people.made['answers'])} answers and {WRITERS} submissions, {WRITERS} browsers that never pause",
        (", ".join(f"{count} × {what}" for what, count in people.seen.items()) or "no error page")
        + f"; longest wait {people.slowest:.1f} s; “database is locked” in the log: {'YES' if locked else 'no'}",
        found_of(checked),
        wrong=bad(checked) or bool(people.seen) or locked,
    )


def places(people: Candidates, number: int = 0) -> dict[str, Ask]:
    """What is looked at while something is broken."""
    read = [Ask(**ask) for ask in people.made["reading"]]
    login = Ask("/accounts/login/", "", {"login": people.made["username"], "password": PASSWORD})
    return {
        "lesson": read[0],
        "my_learning": read[1],
        "catalogue": read[2],
        "answer": people.answer(number)[0],
        "submission": (people.submits() or [(Ask("/"), None)])[0][0],
        "sign-in": login,
    }


def recovers(people: Candidates, users: int = 4) -> tuple[float, dict[str, Any]]:
    """Seconds until an answer is taken again without anything being done to the site; then all the others, and the check."""
    began = time.monotonic()
    while True:
        before = len(people.answers)
        people.seen.clear()
        people.send([people.answer(0)], 1, lambda: False)
        if len(people.answers) > before:
            break
        if time.monotonic() - began > 90:
            raise RuntimeError(f"It did not recover: {people.seen}")
        time.sleep(0.2)
    seconds = time.monotonic() - began
    people.send(people.submits(), users, lambda: False)
    return seconds, people.check()


def after(seconds: float, checked: dict[str, Any]) -> str:
    return f"by itself within {seconds:.1f} s; {found_of(checked)}; all {checked['once']} submissions recorded once"


# --- SQLite on a disk of its own ------------------------------------------------------------------------------------


def on_sqlite(to: Report) -> None:
    with ExitStack() as stack:
        disk = stack.enter_context(disks.disk(200))
        running = stack.enter_context(sites.site(PEOPLE, ENROLMENTS, at=disk.at / "data"))
        stack.enter_context(sites.started(running))
        people = Candidates.make(
            running,
            killed=(SUBMISSIONS, 1),
            cut=(40, 30),
            writers=(WRITERS, WRITERS),
            file=(0, 1),
            lost=(4, 2),
            full=(60, 20),
            only=(10, 2),
        )
        killed(people["killed"], to, "SQLite")
        power_cut(people["cut"], disk, to)
        writers(people["writers"], to, "SQLite")
        missing_file(people["file"], to)
        missing_database(people["lost"], to)
        full(people["full"], disk, to)
        read_only(people["only"], disk, to)


def power_cut(people: Candidates, disk: disks.Disk, to: Report, cuts: int = 5) -> None:
    """What the disk itself holds at a random moment, written down to its last block by nobody: the image is copied while
    every process stands still, mounted (the file system replays its journal), and the site's files in it are opened."""
    running = people.running
    work = [people.answer(number) for number in range(len(people.made["answers"]))]
    for place, one in enumerate(people.submits()):
        work.insert(place * 15, one)
    ended = threading.Event()
    sender = threading.Thread(target=lambda: (people.send(work, 4, lambda: False), ended.set()))
    sender.start()
    folder = Path(tempfile.mkdtemp(prefix="kalanso-cut-"))
    known: list[Candidates] = []
    try:
        while len(known) < cuts and not ended.is_set():
            time.sleep(random.uniform(0.1, 0.6))
            pids = [pid for process in running.processes for pid in tree(process.pid)]
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            known.append(Candidates(running, people.made, list(people.submitted), list(people.answers)))
            shutil.copyfile(disk.image, folder / f"image-{len(known)}")
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        sender.join()
        checked = [_opened(one, folder / f"image-{cut}", folder / "at") for cut, one in enumerate(known, 1)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    said = [f"{one['answers']} answers, {one['submissions']} submissions" for one in checked]
    worst = any(map(bad, checked))
    to.add(
        "power cut (SQLite)",
        f"the blocks of the disk copied at {len(said)} random moments amid answers and submissions, mounted and opened",
        "nothing but the cut",
        f"acknowledged before each cut: {' / '.join(said)}; lost {'SOME' if worst else '0'}; the database is sound, nothing half",
        wrong=worst or not said,
    )


def _opened(known: Candidates, image: Path, at: Path) -> dict[str, Any]:
    """What the site finds on that disk."""
    other = disks.Disk(image, at)
    at.mkdir(exist_ok=True)
    other.mount()
    try:
        there = {**known.running.env, "DATA_DIR": str(at / "data")}
        known.running = sites.Running(known.running.port, at / "data", there)
        return known.check()
    finally:
        other.unmount()


def missing_file(people: Candidates, to: Report) -> None:
    running = people.running
    address, name = people.made["figure"]
    session = people.made["reading"][0]["session"]
    path = running.data / "files" / name
    aside, logged = path.rename(path.with_suffix(".aside")), len(running.log)
    try:
        seen = looks(people, figure=Ask(address, session), lesson=Ask(**people.made["reading"][0]))
    finally:
        aside.rename(path)
    told = "file of the site is missing" in running.log[logged:]
    to.add(
        "missing file (a figure)",
        "its file taken away from the disk",
        seen,
        f"put back: {look(running, Ask(address, session))}; the log {'told' if told else 'TOLD NOTHING'} of it",
        wrong="404 “" not in seen or not told,
    )


def missing_database(people: Candidates, to: Report) -> None:
    running = people.running
    path = running.data / "kalanso.sqlite3"
    aside = path.rename(path.with_suffix(".aside"))
    time.sleep(3)  # the worker looks too
    seen = looks(people, **places(people))
    made_anew = path.exists()
    aside.rename(path)
    seconds, checked = recovers(people)
    to.add(
        "missing database file (SQLite)",
        "renamed under the running site, put back",
        seen,
        ("AN EMPTY ONE WAS MADE IN ITS PLACE; " if made_anew else "no empty one was made in its place; ")
        + after(seconds, checked),
        wrong=made_anew or bad(checked) or checked["once"] != 4,
    )


def full(people: Candidates, disk: disks.Disk, to: Report) -> None:
    taken = disk.fill()
    # Room inside of SQLite's own files is used up first.
    work = people.submits()[:50] + [people.answer(number) for number in range(8, 400)]
    people.send(work, 4, lambda: sum(people.seen.values()) >= WRONG)
    acknowledged = f"{len(people.submitted)} submissions and {len(people.answers)} answers still taken, then "
    errors = ", ".join(f"{count} × {what}" for what, count in people.seen.items())
    seen = looks(people, **places(people, 7))
    disk.free()
    seconds, checked = recovers(people)
    to.add(
        "full disk (SQLite)",
        f"filled to the last block ({taken // 2**20} MB), then freed",
        f"{acknowledged}{errors or 'NOTHING'}; {seen}",
        after(seconds, checked),
        wrong=bad(checked) or checked["once"] != 60 or not errors,
    )


def read_only(people: Candidates, disk: disks.Disk, to: Report) -> None:
    running = people.running
    people.send([people.answer(number) for number in range(6)] + people.submits()[:4], 4, lambda: False)
    disk.abort()
    seen = looks(people, **places(people, 7))
    kill(running)
    disk.repair()
    sites.start(running)
    _seconds, checked = recovers(people)
    to.add(
        "read-only disk (SQLite)",
        "ext4 aborted under the running site, which remounts it read-only (as after an error of the disk); then the machine "
        "“restarted”: fsck, mount, start",
        seen,
        f"{found_of(checked)}; all {checked['once']} submissions recorded once",
        wrong=bad(checked) or checked["once"] != 10,
    )


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def on_postgresql(to: Report) -> None:
    with ExitStack() as stack:
        disk = stack.enter_context(disks.disk(700))
        server = stack.enter_context(disks.cluster(disk.at))
        running = stack.enter_context(sites.site(PEOPLE, ENROLMENTS, server.url))
        stack.enter_context(sites.started(running))
        people = Candidates.make(
            running,
            killed=(SUBMISSIONS, 1),
            writers=(WRITERS, WRITERS),
            dead=(60, 4),
            standby=(4, 2),
            full=(60, 20),
        )
        killed(people["killed"], to, "PostgreSQL")
        writers(people["writers"], to, "PostgreSQL")
        dead(people["dead"], server, to)
        standby(people["standby"], server, to)
        full_server(people["full"], server, disk, to)


def dead(people: Candidates, server: disks.Cluster, to: Report) -> None:
    stopper = threading.Thread(target=lambda: (_wait(lambda: len(people.submitted) >= 20), server.kill()))
    stopper.start()
    people.send(people.submits(), 8, lambda: sum(people.seen.values()) >= 8)
    stopper.join()
    errors = ", ".join(f"{count} × {what}" for what, count in people.seen.items())
    before = len(people.submitted)
    seen = looks(people, **places(people), readyz=Ask("/readyz"), healthz=Ask("/healthz"))
    server.start()
    seconds, checked = recovers(people)
    to.add(
        "dead database (PostgreSQL)",
        f"the server stopped at once amid 60 submissions, after {before} were acknowledged; started again",
        f"{errors}; {seen}",
        after(seconds, checked),
        wrong=bad(checked) or checked["once"] != 60,
    )


def _wait(ready: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not ready() and time.monotonic() < until:
        time.sleep(0.005)


def standby(people: Candidates, server: disks.Cluster, to: Report) -> None:
    _set(server, "on")
    seen = looks(people, **places(people))
    _set(server, "off")
    seconds, checked = recovers(people)
    to.add(
        "read-only database (PostgreSQL)",
        "default_transaction_read_only, as on a standby; then writable again",
        seen,
        after(seconds, checked),
        wrong=bad(checked) or checked["once"] != 4,
    )


def _set(server: disks.Cluster, value: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")  # type: ignore[arg-type]
        connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)


def full_server(people: Candidates, server: disks.Cluster, disk: disks.Disk, to: Report) -> None:
    taken = disk.fill()
    work = people.submits()[:50] + [people.answer(number) for number in range(8, 400)]
    for _round in range(20):  # room inside of the server's own files is used up first
        people.send(work, 4, lambda: sum(people.seen.values()) >= WRONG)
        if people.seen:
            break
    errors = ", ".join(f"{count} × {what}" for what, count in people.seen.items())
    acknowledged = f"{len(people.submitted)} submissions and {len(people.answers)} answers still taken, then "
    seen = looks(people, **places(people, 7))
    ended = not server.runs()
    disk.free()
    if ended:
        server.kill()
        server.start()
    seconds, checked = recovers(people)
    to.add(
        "full disk (PostgreSQL)",
        f"the server's disk filled to the last block ({taken // 2**20} MB), then freed"
        + (" and the server, which had ended by itself, started" if ended else ""),
        f"{acknowledged}{errors or 'no error: its files had room'}; {seen}",
        after(seconds, checked),
        wrong=bad(checked) or checked["once"] != 60,
    )


# --- what stands beside ---------------------------------------------------------------------------------------------


def with_services(to: Report) -> None:
    with ExitStack() as stack:
        cache, files = stack.enter_context(disks.redis()), stack.enter_context(disks.bucket())
        keys = {"S3_BUCKET": "kalanso", "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b", "S3_REGION": "us-east-1"}
        address = f"redis://127.0.0.1:{cache.port}/0"
        more = keys | {"REDIS_URL": address, "CELERY_BROKER_URL": address}
        more["S3_ENDPOINT"] = f"http://127.0.0.1:{files.port}"
        running = stack.enter_context(sites.site(PEOPLE, ENROLMENTS, **more))
        _upload(running, files)
        stack.enter_context(sites.started(running))
        people = Candidates.make(running, redis=(4, 2), bucket=(4, 2))
        dead_redis(people["redis"], cache, to)
        dead_bucket(people["bucket"], files, to)


def _upload(running: sites.Running, files: disks.Service) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=running.env["S3_ENDPOINT"],
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="kalanso")
    folder = running.data / "files"
    for path in folder.rglob("*"):
        if path.is_file():
            client.upload_file(str(path), "kalanso", str(path.relative_to(folder)))


def dead_redis(people: Candidates, cache: disks.Service, to: Report) -> None:
    running = people.running
    login = places(people)["sign-in"]
    look(running, login)
    cache.kill()
    seen = looks(people, **places(people))
    wrong = Ask("/accounts/login/", "", {"login": people.made["username"], "password": "no"})
    tries = [Browser(running.port).send(wrong) for _ in range(8)]
    still = sum("quelques minutes" in answer.text or "plusieurs fois" in answer.text.lower() for answer in tries)
    cache.start()
    seconds, checked = recovers(people)
    to.add(
        "dead Redis (cache and Celery's broker)",
        "killed; started again",
        f"{seen}; eight wrong passwords: {still} of them met the pause, counted in files meanwhile",
        after(seconds, checked),
        wrong=bad(checked) or "50" in seen or not still,
    )


def dead_bucket(people: Candidates, files: disks.Service, to: Report) -> None:
    running = people.running
    session = people.made["reading"][0]["session"]
    figure = Ask(people.made["figure"][0], session)
    whole = look(running, figure)
    files.kill()
    seen = looks(people, **places(people), figure=figure)
    files.start()
    _upload(running, files)  # moto keeps nothing
    seconds, checked = recovers(people)
    to.add(
        "dead service of files (S3)",
        "killed; started again",
        seen,
        f"the figure: {look(running, figure)}; {after(seconds, checked)}",
        wrong=bad(checked) or not whole.startswith("200"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    known = {
        "sqlite": ("SQLite", on_sqlite),
        "postgresql": ("PostgreSQL", on_postgresql),
        "services": ("Redis, Celery's broker and a bucket of files", with_services),
    }
    parser.add_argument("--only", nargs="+", choices=known, default=list(known))
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/measurements.md alone")
    given = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("Mounting a disk to fill and break it needs root.")
    # Told to stop, it still unmounts its disks and stops its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wrong: list[str] = []
    for name in given.only:
        load, to = os.getloadavg()[0], Report()
        known[name][1](to)
        wrong += to.wrong
        if given.dry:
            continue
        table = report.table(["fault", "what was done", "what users saw", "afterwards"], to.rows, words=True)
        report.write(
            f"FAULTS {name}",
            f'## Faults: {known[name][0]}\n\n`make faults`, this part alone: `make faults FAULTS="--only {name}"`. '
            f"{report.circumstances(load)} Between quotation marks stands the heading of the page.\n\n{table}",
        )
    if wrong:
        raise SystemExit(f"Not as it should be: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
