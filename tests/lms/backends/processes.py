"""Processes and servers that tests of back ends start for themselves."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, seconds: float = 60) -> None:
    """Until something listens there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on port {port}")


def child_environment() -> dict[str, str]:
    """In which a child process works with the database and the folder of this test process."""
    environment = {**os.environ, "KALANSO_TEST_DATA": str(settings.DATA_DIR)}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    if connection.vendor == "postgresql":
        values = connection.settings_dict
        server = f"{values['HOST']}:{values['PORT'] or 5432}"
        environment["TEST_DATABASE_URL"] = f"postgres://{values['USER']}:{values['PASSWORD']}@{server}/{values['NAME']}"
    return environment


def ask_settings(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code under the site's own settings, with nothing but this environment to change them."""
    given = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "lms.settings",
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, text=True, timeout=120, check=False
    )
