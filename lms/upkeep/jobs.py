"""What the worker does by itself: a backup each night, a look at its age each hour, a restore into an empty folder each
month, and a note each day of how full the disk is."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from lms.upkeep import backup, restore
from operations import clock, jobs, maintenance, notify
from operations.errors import Refused
from people.models import Role, RoleGrant, User

NIGHTLY, WATCH, MONTHLY, GROWTH = "lms.backup", "lms.watch-backups", "lms.try-restore", "lms.disk"
KEEP_GROWTH = 60  # days
Growth = list[tuple[str, int, int]]  # (day, bytes free on the disk, bytes of the database)


def connect() -> None:
    """Called once, from `AppConfig.ready`."""
    for kind, handler, every in (
        (NIGHTLY, nightly, timedelta(days=1)),
        (WATCH, watch, timedelta(hours=1)),
        (MONTHLY, try_restore, timedelta(days=30)),
        (GROWTH, note_growth, timedelta(days=1)),
    ):
        jobs.register(kind, handler)
        jobs.periodic(kind, every=every)
    clock.listen(doubtful=tell_of_clock)
    notify.register(
        "lms.clock-in-doubt",
        subject=_("Clock"),
        body=_("The clock of the server is in doubt: certificates wait. Open the status page: it says what to do."),
        urgent=True,
    )
    notify.register(
        "lms.backup-old",
        subject=_("Backups"),
        body=_("The newest backup is older than 48 hours. Open the status page: it says what to do."),
        urgent=True,
    )
    notify.register(
        "lms.backup-unsound",
        subject=_("Backups"),
        body=_("A backup could not be read again as it was written. Open the status page: it says what to do."),
        urgent=True,
    )


def nightly(job: jobs.Work | None = None) -> dict[str, Any]:
    """The backup of the night. A second try in the same night does not make a second one."""
    today = timezone.localdate()
    wanted = 2 if settings.BACKUP_COPY_DIR else 1
    for one in backup.known():
        if timezone.localdate(one.moment) == today and len(one.places) >= wanted and one.whole:
            return {"name": one.name}
    return {"name": backup.make().name}


def watch(job: jobs.Work | None = None) -> dict[str, int]:
    """Read the newest backup again, once a day, and tell administrators of what is too old or not whole."""
    told = 0
    newest = next(iter(backup.known()), None)
    if newest and (not newest.verified or datetime.fromisoformat(newest.verified) < timezone.now() - timedelta(days=1)):
        for bad in backup.reread():
            told += tell_administrators("lms.backup-unsound", key=f"backup-unsound {bad.name}")
    if backup.too_old():
        told += tell_administrators("lms.backup-old", key=f"backup-old {timezone.localdate()}")
    return {"told": told}


def tell_of_clock(found: clock.Doubt, sure: datetime) -> None:
    """Tell administrators, once for each time that the clock goes wrong."""
    tell_administrators("lms.clock-in-doubt", key=f"clock {found.value} {sure.isoformat()}")


def try_restore(job: jobs.Work | None = None) -> dict[str, Any]:
    """Restore into an empty folder and check everything. An encrypted archive cannot be opened here, and should not: a
    new one, not encrypted, takes the same way and is deleted afterwards. Raises Refused where it is not sound."""
    done: dict[str, Any] = {"when": datetime.now(UTC).isoformat(), "sound": True, "why": ""}
    try:
        with backup.scratch() as work:
            made = backup.make(place=work / "archive", encrypted=False, remember=False)
            restored = restore.restore(work / "archive" / made.name, into=work / "empty")
            done["made"] = restored.made
    except Refused as refused:
        done |= {"sound": False, "why": refused.sentence}
        tell_administrators("lms.backup-unsound", key=f"try-restore {timezone.localdate()}")
        raise
    finally:
        _write("trial.json", done)
    return done


def last_trial() -> dict[str, Any]:
    """What the last restore into an empty folder found: when, sound, why. Empty before the first."""
    found: dict[str, Any] = _read("trial.json", {})
    return found


def note_growth(job: jobs.Work | None = None) -> dict[str, int]:
    """Remember how much room there is today."""
    rows = [row for row in growth() if row[0] != date.today().isoformat()]
    rows.append((date.today().isoformat(), shutil.disk_usage(settings.DATA_DIR).free, database_size()))
    _write("growth.json", rows[-KEEP_GROWTH:])
    return {"days": len(rows)}


def growth() -> Growth:
    """The notes of the last days, oldest first."""
    return [(str(day), int(free), int(size)) for day, free, size in _read("growth.json", [])]


def database_size() -> int:
    """Bytes of the database. One query on PostgreSQL."""
    if connection.vendor == "sqlite":
        file = Path(str(connection.settings_dict["NAME"]))
        return sum(path.stat().st_size for path in (file, file.with_name(file.name + "-wal")) if path.exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def tell_administrators(kind: str, *, key: str) -> int:
    """Put the message into each administrator's inbox, once for this key; returns how many there are."""
    today = clock.today()
    grants = RoleGrant.objects.filter(role=Role.ADMINISTRATOR, since__lte=today).exclude(until__lt=today)
    people = list(User.objects.filter(pk__in=grants.values("user"), is_active=True))
    for person in people:
        with override(person.language or settings.LANGUAGE_CODE):
            notify.notify(person, kind, url=reverse("status"), key=key)
    return len(people)


def _read(name: str, otherwise: Any) -> Any:
    try:
        return json.loads((maintenance.folder(settings.DATA_DIR) / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return otherwise


def _write(name: str, what: Any) -> None:
    path = maintenance.folder(settings.DATA_DIR) / name
    new = path.with_suffix(".new")
    new.write_text(json.dumps(what, indent=1), encoding="utf-8")
    new.replace(path)
