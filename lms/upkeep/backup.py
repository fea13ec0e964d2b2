"""Backups, made while the site runs: database, files, signing keys and the secret key, in one archive.

The database comes first, as it was at one moment; files afterwards: they are added, not changed, so that what the
database names is there. What is known of the last backups stands in `DATA_DIR/upkeep/backups.json`, beside the data and
not in the database, so that a restore does not turn that knowledge back.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.upkeep import archive
from lms.upkeep.version import version
from operations import clock, maintenance
from operations.errors import Refused
from records import guard

SQLITE, POSTGRESQL = "kalanso.sqlite3", "kalanso.pgdump"
KNOWN = 60  # backups that are remembered
OLD = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Made:
    """One backup: when (ISO 8601), its file's name and digest, the folders it lies in, and what has been found out
    since: when it was last read again, and whether it was whole."""

    when: str
    name: str
    bytes: int
    sha256: str
    encrypted: bool
    places: list[str]
    verified: str = ""
    whole: bool = True

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.when)


def make(*, place: Path | None = None, encrypted: bool = True, remember: bool = True) -> Made:
    """Make a backup and copy it to the second place; with `remember`, delete what is older than BACKUP_KEEP.

    place: another folder than BACKUP_DIR, without a copy elsewhere. encrypted: to BACKUP_PUBLIC_KEY where it is set.
    Raises Refused in words: the disk is full, a folder cannot be written, the database is damaged, pg_dump is missing.
    """
    public_key = settings.BACKUP_PUBLIC_KEY if encrypted else ""
    if public_key:
        archive.check_recipient(public_key)
    folder = place or settings.BACKUP_DIR
    with archive.writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = datetime.now(UTC)
    name = f"kalanso-{now:%Y%m%d-%H%M%S}.tar.gz" + (".age" if public_key else "")
    with scratch() as work:
        # In the data folder, never at a place that others may read: until it is encrypted, it is not.
        plain = work / "plain.tar.gz"
        database = work / (SQLITE if connection.vendor == "sqlite" else POSTGRESQL)
        snapshot(database)
        archive.pack(plain, _members(database), _facts(now))
        database.unlink()
        ready = plain
        if public_key:
            ready = work / "ready.age"
            archive.encrypt(plain, ready, public_key)
            plain.unlink()
        digest = archive.digest_of(ready)
        _copy(ready, folder / name, digest)
    places = [str(folder)]
    made = Made(now.isoformat(), name, (folder / name).stat().st_size, digest, bool(public_key), places)
    if not remember:
        return made
    _note(made)
    if place is None and (second := settings.BACKUP_COPY_DIR):
        # The first copy is made and known by now, whatever becomes of the second.
        with archive.writing(second):
            if not second.is_dir():
                raise Refused(
                    _("The second place for backups is not there: %(place)s") % {"place": second},
                    _("Plug in or mount it. The backup at the first place was made."),
                )
            _copy(folder / name, second / name, digest)
        made = replace(made, places=[*places, str(second)])
        _note(made)
    if place is None:
        _forget_old()
    return made


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of our own beside the data, gone afterwards; also what earlier ones left when they were killed."""
    parent = maintenance.folder(settings.DATA_DIR)
    for left in parent.glob("scratch-*"):
        if datetime.fromtimestamp(left.stat().st_mtime, UTC) < datetime.now(UTC) - timedelta(days=1):
            shutil.rmtree(left, ignore_errors=True)
    with archive.writing(parent):
        made = tempfile.mkdtemp(prefix="scratch-", dir=parent)
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _copy(source: Path, target: Path, digest: str) -> None:
    """Copy under another name first: what bears the name of a backup is whole."""
    part = target.with_name(target.name + ".part")
    try:
        with archive.writing(target.parent), source.open("rb") as read, part.open("wb") as write:
            os.fchmod(write.fileno(), 0o600)
            shutil.copyfileobj(read, write, 1 << 20)
            write.flush()
            os.fsync(write.fileno())
        if archive.digest_of(part) != digest:
            raise archive.Damaged(
                _("What was written at %(place)s is not what is read there.") % {"place": target.parent},
                _("The disk there may be failing: use another one."),
            )
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _members(database: Path) -> Iterable[tuple[str, Path]]:
    yield database.name, database
    folders = [("files", settings.MEDIA_ROOT), ("signing", settings.SIGNING_DIR)]
    for name, folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield f"{name}/{path.relative_to(folder).as_posix()}", path
    for name, given in (("key.pem", settings.SIGNING_KEY_FILE), ("chain.pem", settings.SIGNING_CHAIN_FILE)):
        if given:
            yield f"authority/{name}", given
    yield "secret-key", settings.DATA_DIR / "secret-key"


def _facts(now: datetime) -> dict[str, Any]:
    applied = MigrationRecorder(connection).applied_migrations()
    return {
        "made": now.isoformat(),
        "version": version(),
        "engine": connection.vendor,
        "site": settings.SITE_URL,
        "migrations": sorted(f"{app}.{name}" for app, name in applied),
        "unguarded": guard.missing(connection),
    }


# --- the database ---------------------------------------------------------------------------------------------------


def snapshot(target: Path) -> None:
    """The database as it is at this moment, while others write. Raises Refused."""
    if connection.vendor == "sqlite":
        with archive.writing(target.parent):
            _sqlite(Path(str(connection.settings_dict["NAME"])), target)
    elif connection.vendor == "postgresql":
        _pg_dump(target)
    else:
        raise Refused(_("Only SQLite and PostgreSQL are backed up here."), _("Use the tools of your database."))


def _sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup: all pages in one read transaction, which in WAL mode keeps no writer waiting."""
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=60)) as read,
            closing(sqlite3.connect(target)) as write,
        ):
            target.chmod(0o600)
            read.backup(write)
            write.execute("PRAGMA journal_mode=DELETE")
            said = [row[0] for row in write.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise OSError(28, str(error)) from error
        raise _unreadable(source) from error
    except sqlite3.DatabaseError as error:
        raise _unreadable(source) from error
    if said != ["ok"]:
        raise _unreadable(source)


def _unreadable(source: Path) -> Refused:
    return Refused(
        _("The database is damaged or cannot be read: %(file)s") % {"file": source.name},
        _("Do not delete anything. Restore the newest backup; the damaged file stays beside it."),
    )


def postgresql_environment() -> dict[str, str]:
    """What PostgreSQL's own programs must know to reach the database; never on their command line, where all see it."""
    given = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    return {**os.environ, **{name: str(given[key]) for name, key in names.items() if given.get(key)}}


def _pg_dump(target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise Refused(
            _("pg_dump is not installed on this machine, and without it there is no backup of PostgreSQL."),
            _("On Debian: sudo apt install postgresql-client, in the version of the server."),
        )
    done = subprocess.run(  # noqa: S603  (a fixed program and options)
        [program, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"],
        env=postgresql_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(
            _("pg_dump could not copy the database: %(why)s") % {"why": " ".join(done.stderr.split())[-300:]},
            _("Is its version that of the server or newer? Is the disk full?"),
        )
    target.chmod(0o600)


# --- what is known of backups ---------------------------------------------------------------------------------------


def _list() -> Path:
    return maintenance.folder(settings.DATA_DIR) / "backups.json"


def known() -> list[Made]:
    """The last backups, newest first."""
    try:
        rows = json.loads(_list().read_text(encoding="utf-8"))
        return [Made(**row) for row in rows]
    except (OSError, ValueError, TypeError):
        return []


def _note(made: Made) -> None:
    # As they were made, whatever the clock showed then.
    rows = [made, *(one for one in known() if one.name != made.name)]
    new = _list().with_suffix(".new")
    new.write_text(json.dumps([asdict(one) for one in rows[:KNOWN]], indent=1), encoding="utf-8")
    new.replace(_list())


def _forget_old() -> None:
    """Delete the archives beyond BACKUP_KEEP, of those that we made and in the places where we put them."""
    if clock.doubt():  # which are old?
        return
    for old in known()[settings.BACKUP_KEEP :]:
        for place in old.places:
            (Path(place) / old.name).unlink(missing_ok=True)


def too_old(now: datetime | None = None) -> bool:
    """Whether the newest backup, at all its places, is older than 48 hours, or there is none on a site of that age."""
    limit = (now or timezone.now()) - OLD
    wanted = 2 if settings.BACKUP_COPY_DIR else 1
    newest = next(
        (
            one.moment
            for one in known()
            if one.moment <= limit + OLD + clock.TOLERANCE and len(one.places) >= wanted and one.whole
        ),
        None,
    )
    return (newest or _since()) < limit


def _since() -> datetime:
    """Since when the site is here: its first migration."""
    applied = MigrationRecorder.Migration.objects.order_by("applied").values_list("applied", flat=True).first()
    return applied or timezone.now()


# --- reading them again ---------------------------------------------------------------------------------------------


def reread() -> list[Made]:
    """Read the newest backup at each of its places and note whether it is what was written; returns those that are
    not."""
    newest = next(iter(known()), None)
    if newest is None:
        return []
    whole = True
    for place in newest.places:
        try:
            whole = whole and archive.digest_of(Path(place) / newest.name) == newest.sha256
        except OSError:
            whole = False
    seen = replace(newest, verified=datetime.now(UTC).isoformat(), whole=whole)
    _note(seen)
    return [] if whole else [seen]
