from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms.upkeep import backup
from lms.upkeep.command import refusals_in_words


class Command(BaseCommand):
    help = "Make a backup while the site runs: database, files and keys in one file. The last line is JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plain", type=Path, metavar="FOLDER", help="into this folder, not encrypted, not counted")

    @refusals_in_words
    def handle(self, *args: Any, **options: Any) -> None:
        plain = options["plain"]
        made = backup.make(place=plain, encrypted=False, remember=False) if plain else backup.make()
        self.stdout.write(json.dumps(asdict(made), ensure_ascii=False))
