from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from content.markdown import MarkdownError
from lms.curriculum import dumper
from lms.curriculum.reader import read
from lms.curriculum.writer import write


class Command(BaseCommand):
    """Write the curriculum of this site as a folder, read it again to be sure. The last line is a summary as JSON."""

    help = "Write the curriculum as a folder that load_curriculum takes in (see content/curriculum/FORMAT.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="a folder that is empty or does not exist")
        parser.add_argument("--course", metavar="SLUG", help="this course only, with those it requires")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        started = time.monotonic()
        only = options["course"]
        dumped = dumper.dump()
        known = [course.slug for course in dumped.curriculum.courses]
        if not known:
            raise CommandError(_("There is no course on this site yet."))
        if only and only not in known:
            raise CommandError(
                _("There is no course “%(slug)s”. There are: %(known)s.") % {"slug": only, "known": ", ".join(known)}
            )
        try:
            paths = write(dumped.curriculum, folder, only_course=only)
        except (OSError, ValueError) as error:
            said = error.message if isinstance(error, MarkdownError) else str(error)
            raise CommandError(said) from error
        for note in dumped.notes:
            self.stderr.write(note, style_func=str)
        _curriculum, problems = read(folder)
        for problem in problems:
            self.stderr.write(str(problem))
        if problems:
            raise CommandError(
                _("The folder %(folder)s was written, but cannot be loaded before these problems are solved.")
                % {"folder": folder}
            )
        summary = {
            "folder": str(folder),
            "files": len(paths),
            "courses": [path.split("/")[1] for path in paths if path.endswith("/course.yaml")],
            "seconds": round(time.monotonic() - started, 1),
        }
        self.stdout.write(json.dumps(summary, ensure_ascii=False))
