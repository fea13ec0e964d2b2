from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyrage
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Make a pair of keys for backups: the private one into a new file, the public one on the last line."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file, on a medium that does not stay with the machine")

    def handle(self, *args: Any, **options: Any) -> None:
        pair = pyrage.x25519.Identity.generate()
        try:
            descriptor = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"# Kalanso: private key of backups. Without it no encrypted backup can be opened.\n{pair}\n")
        self.stdout.write(str(pair.to_public()))
