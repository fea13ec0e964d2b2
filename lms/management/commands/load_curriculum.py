from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lms.curriculum import conflicts, loader
from lms.curriculum.reader import read
from lms.models import LoadedFolder


class Command(BaseCommand):
    """Check a curriculum folder and take it in, all or nothing. The last line is a summary as JSON."""

    help = "Load a curriculum folder (see content/curriculum/FORMAT.md). Loading the same again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--check", action="store_true", help="only check, change nothing")
        parser.add_argument("--force", action="store_true", help="go through a folder that has not changed")
        parser.add_argument(
            "--overwrite", action="store_true", help="let the folder's words win over those edited on the site"
        )

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        started = time.monotonic()
        ready = LoadedFolder._meta.db_table in connection.introspection.table_names()
        if not ready and not options["check"]:
            raise CommandError(_("The database is not prepared yet. Run “manage.py migrate” first."))
        force = options["force"] or options["overwrite"] or options["check"]
        if not force and (digest := loader.folder_digest(folder)) and loader.is_loaded(digest):
            self.summary({"changed": False}, started)
            return
        curriculum, problems = read(folder)
        if curriculum is not None and ready:
            problems = conflicts.find(curriculum, folder)
        if problems or curriculum is None:
            for problem in problems:
                self.stderr.write(str(problem))
            count = len(problems)
            raise CommandError(
                ngettext(
                    "%(count)d problem in %(folder)s. Nothing was loaded.",
                    "%(count)d problems in %(folder)s. Nothing was loaded.",
                    count,
                )
                % {"count": count, "folder": folder}
            )
        if options["check"]:
            self.summary({"checked": True, "courses": len(curriculum.courses), "problems": 0}, started)
            return
        bar = _Bar(self.stderr)
        report = loader.load(curriculum, overwrite=options["overwrite"], force=options["force"], progress=bar.show)
        bar.end()
        for note in report.notes:
            self.stderr.write(note, style_func=str)  # not in the colour of errors
        self.summary(report.as_json(), started)

    def summary(self, facts: dict[str, Any], started: float) -> None:
        facts = {name: value for name, value in facts.items() if name != "notes"}
        self.stdout.write(json.dumps(facts | {"seconds": round(time.monotonic() - started, 1)}))


class _Bar:
    """Progress on a terminal as one line that grows, elsewhere as a line for each course."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.live = bool(getattr(stream, "isatty", lambda: False)())
        self.shown = ""

    def show(self, done: int, total: int, what: str) -> None:
        if self.live:
            filled = 30 * done // max(total, 1)
            self.stream.write(
                f"\r[{'#' * filled}{'.' * (30 - filled)}] {done}/{total} {what[:40]:<40}", style_func=str, ending=""
            )
            self.stream.flush()
        elif what and what != self.shown:
            self.stream.write(f"{what} ({done} / {total})", style_func=str)
        self.shown = what

    def end(self) -> None:
        if self.live and self.shown:
            self.stream.write("\r" + " " * 90 + "\r", style_func=str, ending="")
