from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lms.upkeep import support


class Command(BaseCommand):
    help = "Write a file for whoever helps from afar: versions, settings, status, log; no personal data, no secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file, ending in .zip")

    def handle(self, *args: Any, **options: Any) -> None:
        content = support.bundle()
        try:
            descriptor = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        self.stdout.write(str(options["file"]))
