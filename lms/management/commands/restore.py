from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms.upkeep import restore
from lms.upkeep.command import refusals_in_words


class Command(BaseCommand):
    help = "Put the data of a backup in the place of the site's, or with --into only verify it. The last line is JSON."
    requires_system_checks: list[str] = []  # the database may be what is broken

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--key", type=Path, help="file of the private key, for an encrypted archive")
        parser.add_argument("--into", type=Path, help="build and verify in this empty folder; exchange nothing")

    @refusals_in_words
    def handle(self, *args: Any, **options: Any) -> None:
        done = restore.restore(options["file"], key=options["key"], into=options["into"], say=self._say)
        self.stdout.write(json.dumps(asdict(done), ensure_ascii=False))

    def _say(self, line: str) -> None:
        self.stdout.write(f"  {line} …")
        self.stdout.flush()
