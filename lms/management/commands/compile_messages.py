"""`manage.py compile_messages`: what `make run` does with the catalogues, alone."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms.catalogues import ROOT, compile_all


class Command(BaseCommand):
    help = "Compile the message catalogues that have changed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="all of them")

    def handle(self, *args: Any, **options: Any) -> None:
        for target in compile_all(force=options["force"]):
            self.stdout.write(str(target.relative_to(ROOT.parent)))
