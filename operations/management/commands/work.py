from __future__ import annotations

import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from operations import jobs, maintenance
from operations.sqlite import must_exist


class Command(BaseCommand):
    help = "Do the background jobs. Stops at SIGTERM or Ctrl-C, after the job in hand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        must_exist()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        exchanged = threading.Event()

        def end() -> None:
            exchanged.set()
            stop.set()

        if not options["once"]:
            maintenance.watch(settings.DATA_DIR, end)
        count = jobs.work(once=options["once"], stop=stop)
        if options["once"]:
            self.stdout.write(f"{count} jobs.")
        if exchanged.is_set():
            sys.exit(maintenance.RESTART)
