from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from lms.upkeep import backup
from lms.upkeep.command import refusals_in_words


class Command(BaseCommand):
    help = "Make a backup while the site runs: database, files and keys in one file. The last line is JSON."

    @refusals_in_words
    def handle(self, *args: Any, **options: Any) -> None:
        made = backup.make()
        self.stdout.write(json.dumps(asdict(made), ensure_ascii=False))
