"""The template of every test database: migrated, with the real curriculum and the cast, built once and kept in .cache/.

It is built by the very commands that an installation runs, in a child process, under a lock; each test process starts
from a copy. Two stages, so that a change of words does not cost the migrations again: `migrated` rests on models and
migrations, `loaded` also on the loader, the curriculum, and what its texts are rendered with. With TEST_CURRICULUM=no
only the first is used.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "tests"
ROOMS = (
    "lms",
    "certificates",
    "workshops",
    "assessments",
    "courses",
    "content",
    "programme",
    "records",
    "people",
    "operations",
)
# What only shows or asks cannot change what is loaded.
_SHOWS = ("views", "urls", "forms", "queries", "middleware", "context", "wagtail_hooks", "pdf", "templatetags")
_KEEP = 6


def _digest(paths: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _schema_sources() -> Iterator[Path]:
    yield ROOT / "requirements.txt"
    for room in ROOMS:
        yield from (ROOT / room).glob("migrations/*.py")
        yield from (ROOT / room).glob("models*.py")
        yield from (ROOT / room).glob("models/*.py")
    yield from (ROOT / "records").glob("*.py")
    yield ROOT / "tests" / "cast.py"


def _loading_sources() -> Iterator[Path]:
    yield from _schema_sources()
    yield from (path for path in (ROOT / "content" / "curriculum").rglob("*") if path.is_file())
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT / room).with_suffix("").parts
            if not any(part in _SHOWS for part in parts):
                yield path
    # The headings of blocks are rendered into texts at publication; information pages are loaded.
    yield from (ROOT / "content").glob("templates/content/blocks/*.html")
    yield from (ROOT / "content").glob("information/*.md")
    for language in ("fr", "en"):
        yield from (ROOT / "locale").glob(f"{language}/LC_MESSAGES/*.po")


@contextmanager
def _locked() -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(data: Path, *arguments: str) -> None:
    environment = {**os.environ, "KALANSO_TEST_DATA": str(data), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.template", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(
            f"The template of the test databases could not be built ({' '.join(arguments)}):\n"
            f"{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
        )


def _settle(database: Path) -> None:
    """Take what is in the write-ahead log into the file itself, so that the file alone is the database."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def _forget_old() -> None:
    kept = sorted(
        (path for path in CACHE.iterdir() if path.is_dir() and path.name.startswith(("migrated-", "loaded-"))),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in kept[_KEEP:]:
        shutil.rmtree(path, ignore_errors=True)


def _build(folder: Path, *arguments: str, start: Path | None = None) -> None:
    making = folder.with_name(folder.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    if start:
        shutil.copytree(start, making)
    else:
        making.mkdir()
    _run(making, *arguments)
    if (making / "kalanso.sqlite3").exists():
        _settle(making / "kalanso.sqlite3")
    shutil.rmtree(making / "cache", ignore_errors=True)
    making.rename(folder)


def wants_curriculum() -> bool:
    """Whether test databases hold the curriculum."""
    return (
        os.environ.get("TEST_CURRICULUM", "yes") != "no"
        and (ROOT / "lms" / "management" / "commands" / "load_curriculum.py").exists()
    )


def folder() -> Path:
    """The folder of the template (database file and files), built if what it rests on has changed.

    Returns a folder to copy from, never to write into. Raises RuntimeError with the child's output if it cannot be
    built.
    """
    with _locked():
        migrated = CACHE / f"migrated-{_digest(_schema_sources())}"
        if not migrated.exists():
            _build(migrated, "migrate")
        wanted = migrated
        if wants_curriculum():
            wanted = CACHE / f"loaded-{_digest(_loading_sources())}"
            if not wanted.exists():
                _build(wanted, "load", start=migrated)
        for used in {migrated, wanted}:
            os.utime(used)
        _forget_old()
    return wanted


def postgresql_name() -> tuple[str, bool]:
    """Name of the template database on a PostgreSQL server, and whether the curriculum belongs into it."""
    loaded = wants_curriculum()
    return "kalanso_template_" + _digest(_loading_sources() if loaded else _schema_sources()), loaded


def build_on_postgresql(url: str, data: Path, *, loaded: bool) -> None:
    """Fill the empty database at `url`, with its files in `data`."""
    os.environ["TEST_DATABASE_URL"], before = url, os.environ.get("TEST_DATABASE_URL", "")
    try:
        _run(data, "migrate", *(["load"] if loaded else []))
    finally:
        os.environ["TEST_DATABASE_URL"] = before


locked = _locked


def _main(steps: list[str]) -> None:
    import django  # noqa: PLC0415  this module is also read where no settings are known

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from tests import cast  # noqa: PLC0415

    for step in steps:
        if step == "migrate":
            call_command("migrate", interactive=False, verbosity=0)
            cast.engage()
        if step == "load":
            call_command("load_curriculum", str(ROOT / "content" / "curriculum"))


if __name__ == "__main__":
    _main(sys.argv[1:])
