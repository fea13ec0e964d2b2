"""The web server's own process: prepares the site, then serves it.

One process, since each start of Django costs seconds: what was imported for preparing is what the web processes, which
are forked from it, serve with. Their memory is shared with it until they write to it.
Exits with 3 when preparing failed; the reason has been said. With 4 when the data under it were exchanged: it wants to be
started again.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

import django  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.db import connections  # noqa: E402
from granian import Granian  # noqa: E402
from granian.constants import HTTPModes, Interfaces  # noqa: E402
from granian.log import LogLevels  # noqa: E402

from operations import maintenance  # noqa: E402
from tools.serve import NOT_PREPARED, PortTaken, check_port  # noqa: E402


def _give_back() -> None:
    """What preparing has used and freed goes back to the system, before it is copied into each web process (glibc)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8000)
    arguments.add_argument("--workers", type=int, default=2)
    given = arguments.parse_args()
    django.setup()
    try:
        call_command("first_run")
        check_port(given.host, given.port)
    except (CommandError, PortTaken) as error:
        sys.stderr.write(f"\n{error}\n")
        return NOT_PREPARED
    # Only now: it looks once at which static files there are.
    importlib.import_module("lms.wsgi")
    connections.close_all()  # a connection must not be shared by two processes
    gc.collect()
    _give_back()
    gc.freeze()
    level = os.environ.get("LOG_LEVEL", "warning").lower()
    exchanged = threading.Event()
    maintenance.watch(settings.DATA_DIR, lambda: (exchanged.set(), os.kill(os.getpid(), signal.SIGTERM)))
    Granian(
        "lms.wsgi:application",
        address=given.host,
        port=given.port,
        interface=Interfaces.WSGI,
        workers=given.workers,
        # Some requests wait (for the disk, for SQLite's one writer) while others are worked on.
        blocking_threads=4,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=8,
        log_level=LogLevels(level) if level in {known.value for known in LogLevels} else LogLevels.warning,
        working_dir=ROOT,
    ).serve()
    return maintenance.RESTART if exchanged.is_set() else 0


if __name__ == "__main__":
    sys.exit(main())
