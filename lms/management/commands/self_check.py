from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms.upkeep import selfcheck


class Command(BaseCommand):
    help = "Say whether the data are sound; exit with 1 if not."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="bring the database up to this version in between")
        parser.add_argument("--whole", action="store_true", help="compare the whole record, however long it takes")
        parser.add_argument("--json", action="store_true", help="the last line is JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(selfcheck.problems(migrate=options["migrate"], whole=options["whole"]))
        for sentence in found:
            self.stderr.write(sentence)
        self.stdout.write(json.dumps({"problems": found}, ensure_ascii=False) if options["json"] else _verdict(found))
        if found:
            sys.exit(1)


def _verdict(found: list[str]) -> str:
    return f"{len(found)} problems." if found else "ok"
