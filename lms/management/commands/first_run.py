from __future__ import annotations

import time
import traceback
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser, SystemCheckError
from django.utils import translation

from lms import first_run


class Command(BaseCommand):
    """Prepare the site: every step that is not done yet, one line each. Exits 1 at the first that fails."""

    help = "Prepare the site: catalogues, database, checks, signing key, curriculum, accounts, static files."
    requires_system_checks: list[str] = []  # a step of its own, after the database is there

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", nargs="+", metavar="STEP", help="these steps only")

    def handle(self, *args: Any, **options: Any) -> None:
        for step in first_run.steps():
            if options["only"] and step.key not in options["only"]:
                continue
            started = time.monotonic()
            try:
                with translation.override("en"):  # as the lines of tools/run.py, which knows no Django
                    done = step.do()
            except Exception as error:
                raise CommandError(self._explain(step, error)) from error
            seconds = time.monotonic() - started
            self.stdout.write(f"{seconds:>7.1f} s  {step.name}: {done or 'nothing to do'}")
            self.stdout.flush()

    def _explain(self, step: first_run.Step, error: Exception) -> str:
        said = str(error).strip() or type(error).__name__
        if isinstance(error, CommandError | SystemCheckError):
            return f"{step.name} failed:\n{said}\n{step.otherwise}"
        report = settings.DATA_DIR / "first-run-error.txt"
        report.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        return f"{step.name} failed: {type(error).__name__}: {said}\n{step.otherwise}\nDetails: {report}"
