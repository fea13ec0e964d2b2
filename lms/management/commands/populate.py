from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from lms.populate import populate
from operations.errors import Refused


class Command(BaseCommand):
    """Fill a database with invented people, for measuring. The last line is a summary as JSON."""

    help = "Fill an empty database with invented people who learn, to measure the site under load."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=10_000, metavar="N")
        parser.add_argument("--enrolments", type=int, default=50_000, metavar="M")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed makes the same people")
        parser.add_argument("--password", default="", help="let all of them sign in with it (default: nobody can)")
        parser.add_argument("--force", action="store_true", help="even where real people use the database")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        wanted = {name: options[name] for name in ("people", "enrolments", "seed", "password", "force")}
        try:
            made = populate(**wanted, told=self._told)
        except Refused as refusal:
            raise CommandError(f"{refusal.sentence} {refusal.next_step}".strip()) from refusal
        facts = asdict(made) | {"seed": options["seed"], "seconds": round(time.monotonic() - started, 1)}
        self.stdout.write(json.dumps(facts))

    def _told(self, done: int) -> None:
        if done % 1000 == 0:
            self.stderr.write(f"{done} people", style_func=str)
