"""What must be true before the site can serve, made true: each step does nothing when nothing has changed.

One process does all of it, since every start of Django costs seconds. `steps()` is the list in its order.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation.reloader import translation_file_changed

from certificates.keys import current_key
from certificates.signer import own_signer
from lms import catalogues, demonstration, institutions
from lms.upkeep.restore import finish
from operations.connections import take_statistics
from workshops.services import plant_feasts


@dataclass(frozen=True)
class Step:
    """`do` makes it true and returns what it did, in a few words, or nothing when there was nothing to do."""

    key: str
    name: str
    do: Callable[[], str]
    otherwise: str  # what to do when it fails


def steps() -> list[Step]:
    """Everything in its order."""
    disk = "Is the disk full, or the data folder not yours?"
    return [
        Step("exchange", "unfinished restore", _exchange, f"{disk} The archive is whole: restore it again."),
        Step("catalogues", "message catalogues", _catalogues, "Is the folder locale/ complete and yours to write?"),
        Step(
            "database",
            "database",
            _database,
            f"{disk} With DATABASE_URL: does the server run, and may its user create tables?",
        ),
        Step("checks", "checks", _checks, "Change the setting that is named, then start again."),
        Step("signing", "signing key", _signing, f"{disk} SIGNING_DIR names the folder of the key."),
        Step(
            "curriculum",
            "curriculum",
            _curriculum,
            "Nothing was changed. Correct the lines that are named; "
            "`manage.py load_curriculum DIR --check` only checks.",
        ),
        Step("institutions", "institutions", _institutions, disk),
        Step("feasts", "calendar of feasts", _feasts, disk),
        Step("accounts", "demonstration accounts", _accounts, disk),
        Step("static", "stylesheets, scripts and pictures", _static, f"{disk} STATIC_ROOT names their folder."),
    ]


# --- what was done before -------------------------------------------------------------------------------------------


def _stamps() -> dict[str, str]:
    try:
        stamps: dict[str, str] = json.loads((settings.DATA_DIR / "prepared.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps


def _stamp(key: str, value: str) -> None:
    path = settings.DATA_DIR / "prepared.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps({**_stamps(), key: value}, indent=1), encoding="utf-8")
    new.replace(path)


def _files(folder: Path, pattern: str = "*") -> Iterable[Path]:
    return sorted(path for path in folder.rglob(pattern) if path.is_file() and "__pycache__" not in path.parts)


def _static_digest() -> str:
    """Digest of names, sizes and times of all static files; their contents would take a second to read."""
    digest = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = os.stat(storage.path(name))
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


# --- the steps ------------------------------------------------------------------------------------------------------


def _exchange() -> str:
    """Before anything opens the database."""
    return "finished" if finish(settings.DATA_DIR) else ""


def _catalogues() -> str:
    made = catalogues.compile_all(settings.LOCALE_PATHS[0])
    if made:
        translation_file_changed(sender=None, file_path=made[0])  # this process has read the old ones
    return f"{len(made)} compiled" if made else ""


def _database() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    # Also with nothing to migrate: permissions and triggers are made anew after each migrate.
    call_command("migrate", interactive=False, verbosity=0)
    take_statistics()
    return f"{len(plan)} migrations" if plan else ""


def _checks() -> str:
    call_command("check", databases=["default"], stdout=io.StringIO())  # problems go to stderr
    return ""


def _signing() -> str:
    fresh = not settings.SIGNING_DIR.exists()
    own_signer()
    current_key()
    return f"made in {settings.SIGNING_DIR}" if fresh else ""


def _curriculum() -> str:
    summary = io.StringIO()
    call_command("load_curriculum", str(settings.CURRICULUM_DIR), stdout=summary)
    done = json.loads(summary.getvalue().strip().splitlines()[-1])
    if done["changed"]:
        return f"{done['courses']} courses from {settings.CURRICULUM_DIR}"
    rendered = done.get("rendered")  # nothing new in the folder, but in what renders it
    return f"texts of {rendered} courses rendered again" if rendered else ""


def _institutions() -> str:
    """Those of the programme, where there is none: courses name their owner among them."""
    return "" if institutions.are_there() else f"{len(institutions.plant())} placed"


def _feasts() -> str:
    """Those of the coming years, where the calendar is empty."""
    planted = plant_feasts()
    return f"{planted} written" if planted else ""


def is_local_trial() -> bool:
    """Whether the database is the file that nobody configured, or demonstration accounts were asked for."""
    asked = os.environ.get("DEMO_ACCOUNTS", "")
    if asked:
        return asked.lower() in {"1", "yes", "true"}
    return not os.environ.get("DATABASE_URL")


def _accounts() -> str:
    if not is_local_trial() or demonstration.has_people():
        return ""
    # Twelve letters and digits without those that look alike: 59 bits.
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    password = "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))
    made = demonstration.create_accounts(password=password)
    note = settings.DATA_DIR / "first-run.txt"
    note.unlink(missing_ok=True)
    descriptor = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("Demonstration accounts. Delete them before real people use this site.\n\n")
        file.writelines(f"{username:<12}{what}\n" for username, what in made)
        file.write(f"\npassword: {password}\n")
    return f"{len(made)} made"


def _static() -> str:
    if settings.STORAGES["staticfiles"]["BACKEND"].endswith(".StaticFilesStorage"):
        return ""
    digest = _static_digest()
    if _stamps().get("static") == digest and (settings.STATIC_ROOT / "staticfiles.json").exists():
        return ""
    call_command("collectstatic", interactive=False, verbosity=0)
    _stamp("static", digest)
    return f"{sum(1 for _ in _files(settings.STATIC_ROOT))} files"
