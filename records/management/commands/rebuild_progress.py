from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from records import services


class Command(BaseCommand):
    help = "Fold the whole learning record anew and write the rows that differ; with --check only list them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a row differs")

    def handle(self, *args: Any, **options: Any) -> None:
        check: bool = options["check"]
        shows = self.stderr.isatty() and options["verbosity"] > 0
        found = 0
        for done, differences in services.rebuild(write=not check):
            if shows:
                self.stderr.write(f"\r{done} registrations", ending="")
            for difference in differences:
                found += 1
                self.stdout.write(str(difference))
        if shows:
            self.stderr.write("")
        if not found:
            self.stdout.write("Every row is what the record says.")
        elif check:
            self.stdout.write(f"{found} rows are not what the record says.")
            sys.exit(1)
        else:
            self.stdout.write(f"{found} rows were written anew.")
