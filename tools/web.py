"""The web server's own process: prepares the site, then serves it, and with --worker does its background jobs as well.

Each start of Django costs seconds and a hundred megabytes, so it is loaded once: the web processes and the worker are
forked from this one, and share with it what they do not write to. The site is prepared in a child of its own, whose
hundreds of modules are gone when it has ended.
Exits with 3 when preparing failed; the reason has been said. With 4 when the data under it were exchanged: it wants to be
started again.
"""

from __future__ import annotations

import gc

gc.disable()  # nothing that a start makes is garbage; looking for it takes a fifth of the time

import argparse  # noqa: E402
import ctypes  # noqa: E402
import importlib  # noqa: E402
import multiprocessing  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from collections.abc import Callable  # noqa: E402
from contextlib import suppress  # noqa: E402
from pathlib import Path  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

import django  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils.translation.reloader import translation_file_changed  # noqa: E402
from granian import Granian  # noqa: E402
from granian.constants import HTTPModes, Interfaces  # noqa: E402
from granian.log import LogLevels  # noqa: E402

from operations import maintenance  # noqa: E402
from tools.serve import NOT_PREPARED, PortTaken, answers, check_port, end_with_parent  # noqa: E402

WORKER = "kalanso-worker"  # what `ps -e` calls it
_AGAIN_SECONDS = 3.5  # before a worker that has died is replaced: what killed it may still be there
_STOPPING_SECONDS = 9  # of the worker's job in hand
_MMAP_THRESHOLD = -3  # malloc.h


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=8000)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--worker", action="store_true", help="do the background jobs too")
    given = arguments.parse_args()
    _give_memory_back()
    django.setup()
    child = _fork(_prepare)
    with suppress(Exception):  # what is wrong, the child's checks say
        importlib.import_module(settings.ROOT_URLCONF)
    if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        return code if code > 0 else 1
    translation_file_changed(sender=None, file_path=Path("any.mo"))  # they may just have been compiled
    _read_static_names_again()
    try:
        check_port(given.host, given.port)
    except PortTaken as error:
        sys.stderr.write(f"\n{error}\n")
        return NOT_PREPARED
    # Only now: it looks once at which static files there are.
    importlib.import_module("lms.wsgi")
    connections.close_all()  # a connection must not be shared by two processes
    gc.freeze()
    gc.enable()
    worker = _Worker(given.host, given.port) if given.worker else None
    exchanged = threading.Event()
    maintenance.watch(settings.DATA_DIR, lambda: (exchanged.set(), os.kill(os.getpid(), signal.SIGTERM)))
    _serve(given, worker)
    return maintenance.RESTART if exchanged.is_set() else 0


def _read_static_names_again() -> None:
    """What was loaded meanwhile may have asked for the names of static files before the child had collected them."""
    if isinstance(staticfiles_storage, ManifestFilesMixin):
        staticfiles_storage.hashed_files, staticfiles_storage.manifest_hash = staticfiles_storage.load_manifest()


def _serve(given: argparse.Namespace, worker: _Worker | None) -> None:
    level = os.environ.get("LOG_LEVEL", "warning").lower()
    multiprocessing.set_start_method("fork")  # from Python 3.14 on, no longer by itself
    server = Granian(
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
    )
    if worker:
        worker.start()
        server.on_shutdown(worker.tell)
    try:
        server.serve()
    finally:
        if worker:
            worker.stop()


def _give_memory_back() -> None:
    """Blocks of a megabyte and more go back to the system when they are freed: each password that is tried takes 19, and
    glibc would keep them for the next one in every thread."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 2**20)


def _fork(do: Callable[[], int]) -> int:
    """Do it in a child that ends with this process; gives the child's number."""
    sys.stdout.flush()
    if child := os.fork():
        return child
    code = 1
    try:
        end_with_parent()
        code = do()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


def _prepare() -> int:
    gc.freeze()
    gc.enable()  # the first time, it loads all courses
    try:
        call_command("first_run")
    except CommandError as error:
        sys.stderr.write(f"\n{error}\n")
        return NOT_PREPARED
    return 0


class _Worker:
    """The process that does the background jobs: replaced when it dies, until it is told to stop."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._pid = 0
        self._told = threading.Event()
        self._gone = threading.Event()

    def start(self) -> None:
        self._pid = _fork(self._work)
        threading.Thread(target=self._watch, name="worker", daemon=True).start()

    def tell(self) -> None:
        """To stop after the job in hand."""
        self._told.set()
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)

    def stop(self) -> None:
        """Tell it, wait, and end it if it takes too long: another worker takes its job up."""
        self.tell()
        if not self._gone.wait(_STOPPING_SECONDS):
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def _watch(self) -> None:
        while True:
            code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
            # One that saw that the data were exchanged is not replaced: all of them are started again.
            if self._told.is_set() or code == maintenance.RESTART:
                break
            sys.stderr.write(f"The worker ended by itself ({code}); another one takes its place.\n")
            if self._told.wait(_AGAIN_SECONDS):
                break
            self._pid = _fork(self._work)
        self._gone.set()

    def _work(self) -> int:
        with suppress(OSError):
            Path("/proc/self/comm").write_text(WORKER, encoding="ascii")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        while not answers(self._host, self._port):  # whoever waits for the first page comes first
            time.sleep(0.2)
        call_command("work")
        return 0


if __name__ == "__main__":
    sys.exit(main())
