"""The way back from a backup: built beside, verified, then put in the place of what is there.

Until the exchange nothing of the running site is touched. The exchange is a handful of renamings, written down before the
first: whoever is killed in between, the next start finishes it (`finish`). What was there before stays in the data
folder, in `before-restore-…`, until the operator removes it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.utils.translation import gettext as _

from lms.upkeep import archive, postgresql
from lms.upkeep.backup import POSTGRESQL, SQLITE, scratch
from operations import maintenance
from operations.errors import Refused

PATIENCE = 60  # seconds in which whoever still works in the database must end
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """made: when the archive was made (ISO 8601). before: where what was there lies now, "" where nothing was
    exchanged. paused: seconds during which the site answered with the maintenance page."""

    made: str
    version: str
    before: str
    paused: float


def restore(file: Path, *, key: Path | None = None, into: Path | None = None, say: Say = lambda line: None) -> Restored:
    """Put the data of an archive in the place of the site's, or with `into` only build and verify them in that folder.

    key: the file of the private key, for an encrypted archive. Raises Refused in words; nothing is changed then.
    """
    if not file.is_file():
        raise Refused(_("There is no file %(file)s.") % {"file": file}, _("Look where BACKUP_DIR says."))
    finish(settings.DATA_DIR)
    with scratch() as work:
        plain = file
        if archive.is_encrypted(file):
            say(_("opening the encrypted archive"))
            plain = work / "plain.tar.gz"
            archive.decrypt(file, plain, key)
        beside = into or work / "beside"
        _empty(beside)
        say(_("unpacking, and comparing every checksum"))
        manifest = archive.unpack(plain, beside)
        _suits(manifest)
        say(_("checking the database, the record and the key"))
        if manifest["engine"] == "postgresql":
            return _restore_postgresql(beside, manifest, exchange=into is None, say=say)
        _verify(beside)
        if into is not None:
            return Restored(manifest["made"], manifest["version"], "", 0)
        return _exchange(beside, manifest, say)


def _empty(folder: Path) -> None:
    with archive.writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Refused(_("The folder %(folder)s is not empty.") % {"folder": folder}, _("Name a new one."))


def _suits(manifest: dict[str, Any]) -> None:
    """Whether this site can use such data."""
    engine = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1].removesuffix("3")
    if manifest["engine"] != engine:
        raise Refused(
            _("The archive holds a %(theirs)s database; this site runs on %(ours)s.")
            % {"theirs": manifest["engine"], "ours": engine},
            _("Set DATABASE_URL as it was where the archive was made."),
        )


def _verify(beside: Path, **more: str) -> None:
    """Ask a process of its own, for which `beside` is the data folder. Raises Refused with what is wrong."""
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    environment |= {"DATA_DIR": str(beside), "DJANGO_SETTINGS_MODULE": "lms.settings", **more}
    done = subprocess.run(
        [sys.executable, "manage.py", "self_check", "--migrate", "--whole", "--json"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads(done.stdout.strip().splitlines()[-1])["problems"]
    except (IndexError, ValueError, KeyError):
        found = [" ".join(done.stderr.split())[-400:] or f"exit code {done.returncode}"]
    if found:
        raise Refused(
            _("The data in the archive are not sound. %(why)s") % {"why": " ".join(found)},
            _("Nothing was changed. Take another archive, or install the version that made this one."),
        )


# What would lead the process that verifies away from the folder it is to verify.
_ELSEWHERE = {"DATABASE_URL", "REDIS_URL", "SIGNING_DIR", "SIGNING_KEY_FILE", "SIGNING_CHAIN_FILE", "STATIC_ROOT"}


# --- the exchange ---------------------------------------------------------------------------------------------------


def _exchange(beside: Path, manifest: dict[str, Any], say: Say, database: str = "") -> Restored:
    data = settings.DATA_DIR
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    before = data / f"before-restore-{stamp}"
    before.mkdir(mode=0o700)
    steps = list(_steps(beside, data, before, stamp))
    try:
        with maintenance.begun(data):
            say(_("the site now answers with the maintenance page"))
            began = time.monotonic()
            connections.close_all()
            file = data / SQLITE
            if not database and file.exists() and not maintenance.alone(file, PATIENCE):
                raise Refused(
                    _("Somebody still works in the database after %(seconds)d seconds.") % {"seconds": PATIENCE},
                    _("Wait until the long job has ended, or stop the site, then restore again. Nothing was changed."),
                )
            todo = {"what": "restore", "steps": steps, "database": database, "stamp": stamp}
            maintenance.write_down(data, todo)
            finish(data)
            cache.clear()
            paused = time.monotonic() - began
    except maintenance.Busy:
        before.rmdir()
        raise Refused(_("Another restore or upgrade is under way."), _("Wait until it has ended.")) from None
    except Refused:
        before.rmdir()
        raise
    return Restored(manifest["made"], manifest["version"], str(before), paused)


def _steps(beside: Path, data: Path, before: Path, stamp: str) -> Iterator[tuple[str, str, str]]:
    """(what comes, "" for nothing; its place; where to put what is there), in the order in which they are done."""
    for ending in ("-wal", "-shm"):
        yield "", str(data / (SQLITE + ending)), str(before / (SQLITE + ending))
    (beside / "files").mkdir(exist_ok=True)
    for name in (SQLITE, "files", "secret-key"):
        if (beside / name).exists():
            yield str(beside / name), str(data / name), str(before / name)
    signing, here = beside / "signing", Path(settings.SIGNING_DIR)
    if signing.exists():
        if here.is_relative_to(data):
            yield str(signing), str(here), str(before / "signing")
        else:  # perhaps on another disk, where nothing can be renamed to
            near = here.with_name(f"{here.name}.restored-{stamp}")
            shutil.copytree(signing, near)
            yield str(near), str(here), str(here.with_name(f"{here.name}.before-{stamp}"))
    if (beside / "authority").exists():
        # Never over a key that the settings name: the operator decides.
        yield str(beside / "authority"), str(data / f"authority-{stamp}"), str(before / "authority")


def finish(data: Path) -> bool:
    """Do what was written down and not finished; can be killed and called again at any point. Whether there was any."""
    todo = maintenance.unfinished(data)
    if todo.get("what") != "restore":
        return False
    if todo["database"]:
        postgresql.rename(todo["database"], todo["stamp"])
    for new, place, old in todo["steps"]:
        if new and not Path(new).exists():
            continue  # done before
        if Path(place).exists() and not Path(old).exists():
            Path(place).rename(old)
        if new:
            Path(new).rename(place)
    for folder in {Path(place).parent for _new, place, _old in todo["steps"]}:
        maintenance.sync(folder)
    maintenance.finished(data)
    return True


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def _restore_postgresql(beside: Path, manifest: dict[str, Any], *, exchange: bool, say: Say) -> Restored:
    """The same with a database beside on the same server, renamed in the end."""
    name = postgresql.fill(beside / POSTGRESQL)
    try:
        _verify(beside, DATABASE_URL=postgresql.address(name))
        (beside / POSTGRESQL).unlink()
        if exchange:
            return _exchange(beside, manifest, say, database=name)
        return Restored(manifest["made"], manifest["version"], "", 0)
    finally:
        if not maintenance.unfinished(settings.DATA_DIR):  # else it is still needed
            postgresql.drop(name)
