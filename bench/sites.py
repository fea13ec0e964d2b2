"""Sites to be measured: data folders filled once and kept in .cache/bench, copies of them, and the running processes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench.client import PASSWORD, Ask, Browser
from bench.processes import backends, cpu_seconds, pss_bytes, tree
from tools import serve

WORKER = "kalanso-worker"  # as tools/web.py names it
CACHE = serve.ROOT / ".cache" / "bench"
_STARTING_SECONDS = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data: Path, database: str = "", **more: str) -> dict[str, str]:
    """The site's own environment; nothing of the operator's reaches it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    found = kept | {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "lms.settings", "DEMO_ACCOUNTS": "yes"} | more
    return found | ({"DATABASE_URL": database} if database else {})


def python(env: dict[str, str], *arguments: str, given: str = "") -> str:
    """Run a program of ours; gives what it printed. Raises RuntimeError with what it said."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=serve.ROOT, env=env, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}:\n{done.stdout[-3000:]}{done.stderr[-5000:]}")
    return done.stdout


def _do(server: str, command: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr[-2000:]}")


def _has(server: str, name: str) -> bool:
    with psycopg.connect(server) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _address(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def filled(people: int, enrolments: int, server: str = "") -> tuple[Path, str]:
    """A folder, and with `server` the name of a database on it, that hold so many invented people; made once."""
    name = f"{'pg' if server else 'sqlite'}-{enrolments}"
    folder, database = CACHE / name, f"kalanso_bench_{enrolments}" if server else ""
    if (folder / "populated.json").exists() and (not server or _has(server, database)):
        # What has changed in the code since then is not what a start costs.
        python(environment(folder, _address(server, database) if server else ""), "manage.py", "first_run")
        return folder, database
    dump = folder / "database.dump"
    if server and (folder / "populated.json").exists() and dump.exists():  # another server than then
        _do(server, "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", database)
        _run("pg_restore", "--no-owner", "-d", _address(server, database), str(dump))
        python(environment(folder, _address(server, database)), "manage.py", "first_run")
        return folder, database
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if server:
        _do(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
        _do(server, "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", database)
    env = environment(folder, _address(server, database) if server else "")
    python(env, "manage.py", "first_run")
    print(f"Making {people} people and {enrolments} enrolments …", flush=True)
    said = python(
        env, "manage.py", "populate", f"--people={people}", f"--enrolments={enrolments}", f"--password={PASSWORD}"
    )
    if server:
        _run("pg_dump", "-Fc", "-f", str(dump), _address(server, database))
    (folder / "populated.json").write_text(said.splitlines()[-1], encoding="utf-8")
    return folder, database


@dataclass
class Running:
    """A site that answers: its web processes, its worker, and its database."""

    port: int
    data: Path
    env: dict[str, str]
    database: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    seconds_to_first_page: float = 0.0

    def web(self) -> list[int]:
        """The processes whose time a request costs: not the worker, nor what it starts."""
        return tree(self.processes[0].pid, but=WORKER) + backends(self.database)

    def cpu(self) -> float:
        return cpu_seconds(self.web())

    def memory(self) -> int:
        """Of web processes and worker together, in bytes."""
        return pss_bytes(pid for process in self.processes for pid in tree(process.pid))

    @property
    def log(self) -> str:
        return (self.data / "bench.log").read_text(encoding="utf-8", errors="replace")


def _start(running: Running, command: list[str], path: str) -> None:
    started = time.monotonic()
    with (running.data / "bench.log").open("ab") as output:
        running.processes.append(serve.start(command, env=running.env, stdout=output, stderr=output))
    while not _answers(running.port, path):
        if time.monotonic() - started > _STARTING_SECONDS or running.processes[0].poll() is not None:
            raise RuntimeError(f"The site did not start:\n{running.log[-5000:]}")
        time.sleep(0.02)
    running.seconds_to_first_page = time.monotonic() - started


def _answers(port: int, path: str) -> bool:
    try:
        return Browser(port).send(Ask(path)).status == 200
    except OSError:
        return False


@contextmanager
def site(people: int, enrolments: int, server: str = "", at: Path | None = None, **more: str) -> Iterator[Running]:
    """A copy of the filled site, not yet started: what is measured writes into it. Removed at the end.

    at: the folder where it is put, on a disk of its own; else a temporary one."""
    folder, database = filled(people, enrolments, server)
    data = at or Path(tempfile.mkdtemp(prefix="kalanso-bench-"))
    mine = f"{database}_{os.getpid()}" if server else ""
    port = free_port()
    try:
        shutil.copytree(folder, data, dirs_exist_ok=True)
        if server:
            _do(server, "CREATE DATABASE {} TEMPLATE {}", mine, database)
        address = _address(server, mine) if server else ""
        env = environment(data, address, WEB_WORKERS="2", SITE_URL=f"http://127.0.0.1:{port}", **more)
        yield Running(port, data, env, mine)
    finally:
        shutil.rmtree(data, ignore_errors=True)
        if server:
            _do(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", mine)


def start(running: Running) -> None:
    """Start the web server and the worker, and wait for the first page."""
    _start(running, serve.web_command(sys.executable, host="127.0.0.1", port=running.port), "/fr/")


@contextmanager
def started(running: Running) -> Iterator[Running]:
    """Start the web server and the worker, and stop them at the end."""
    try:
        start(running)
        yield running
    finally:
        serve.stop(running.processes)


@contextmanager
def bare(server: str = "") -> Iterator[Running]:
    """The yardsticks, running."""
    data = CACHE / "bare"  # kept: it is only read
    data.mkdir(parents=True, exist_ok=True)
    name = f"kalanso_bare_{os.getpid()}" if server else ""
    port = free_port()
    if server:
        _do(server, "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0", name)
    env = environment(data, _address(server, name) if server else "", WEB_WORKERS="2")
    running = Running(port, data, env, name)
    try:
        _start(running, [sys.executable, "-m", "bench.bare.serve", str(port)], "/lesson/")
        yield running
    finally:
        serve.stop(running.processes)
        if server:
            _do(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def populated(folder: Path) -> dict[str, float]:
    """What `populate` said when the folder was filled."""
    found: dict[str, float] = json.loads((folder / "populated.json").read_text(encoding="utf-8"))
    return found
