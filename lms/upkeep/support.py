"""What somebody who helps from afar needs to know, and nothing about people: a ZIP of a few text files.

Settings are named one by one: what is not in the list is not in the bundle. No personal data.
"""

from __future__ import annotations

import json
import platform
import sqlite3
import sys
from collections import Counter
from datetime import timedelta
from importlib.metadata import distributions
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from lms.upkeep import status
from lms.upkeep.logs import scrub_text
from lms.upkeep.version import version
from operations.models import Job

LOG_LINES = 2_000
# As they are: none of them holds a secret or a person.
_SHOWN = (
    "DEBUG", "TLS", "SITE_URL", "ALLOWED_HOSTS", "TIME_ZONE", "ALLAUTH_TRUSTED_PROXY_COUNT", "ACCOUNT_SIGNUP", "MFA_REQUIRED",
    "IDLE_MINUTES", "IDLE_MINUTES_OWN", "BACKUP_KEEP", "EMAIL_BACKEND",
)  # fmt: skip
# Only whether they are set.
_SET = ("REDIS_URL", "FILES_ACCEL", "OIDC_SERVER", "SIGNING_KEY_FILE", "SIGNING_PASSPHRASE", "BACKUP_COPY_DIR", "BACKUP_PUBLIC_KEY")  # fmt: skip


def bundle() -> bytes:
    """The bundle as a ZIP. About 40 queries, one for each table."""
    parts: dict[str, Any] = {
        "status.json": _status(),
        "versions.json": _versions(),
        "settings.json": _settings(),
        "database.json": _database(),
        "jobs.json": _jobs(),
    }
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, json.dumps(content, ensure_ascii=False, indent=1, default=str))
        file.writestr("log.jsonl", _log())
    return made.getvalue()


def _status() -> list[dict[str, str]]:
    return [
        {"what": row.key, "state": row.state, "says": scrub_text(row.says), "todo": row.todo} for row in status.rows()
    ]


def _versions() -> dict[str, Any]:
    return {
        "kalanso": version(),
        "python": sys.version.split()[0],
        "machine": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        "packages": dict(sorted((one.metadata["Name"], one.version) for one in distributions())),
    }


def _settings() -> dict[str, Any]:
    shown = {name: getattr(settings, name, None) for name in _SHOWN}
    return shown | {name: bool(getattr(settings, name, None)) for name in _SET} | {
        "DATABASE": connection.vendor,
        "LANGUAGES": [code for code, _name in settings.LANGUAGES],
    }  # fmt: skip


def _database() -> dict[str, Any]:
    """Migrations, and how many rows each of our tables has."""
    counts = {model._meta.label: model._base_manager.count() for model in apps.get_models()}
    applied = MigrationRecorder(connection).applied_migrations()
    return {"rows": counts, "migrations": sorted(f"{app}.{name}" for app, name in applied)}


def _jobs() -> dict[str, int]:
    recent = Job.objects.filter(created__gte=timezone.now() - timedelta(days=30))
    return dict(Counter(f"{kind}: {state}" for kind, state in recent.values_list("kind", "status")))


def _log() -> str:
    """The last lines. They were scrubbed when they were written; once more does no harm to JSON whose values are plain."""
    path = Path(settings.DATA_DIR) / "logs" / "site.jsonl"
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        return ""
    return "\n".join(_line(line) for line in lines)


def _line(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        return scrub_text(line)
    if isinstance(found, dict):
        found["event"] = scrub_text(str(found.get("event", "")))
    return json.dumps(found, ensure_ascii=False)
