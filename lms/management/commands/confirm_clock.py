from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from lms.upkeep.command import refusals_in_words
from operations import clock
from people.access import is_administrator
from people.queries import accounts_for_login


class Command(BaseCommand):
    """An administrator at the console says that the clock is right; the audit trail keeps who and when."""

    help = "Confirm that the clock of this machine is right as it stands."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", default=os.environ.get("BY", ""), metavar="USER", help="who confirms it")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    @refusals_in_words
    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            shown = f"{timezone.localtime():%A %d %B %Y, %H:%M}"
            self.stdout.write(f"The clock shows {shown}.")
            by = options["by"] or input("Username of the administrator who confirms it: ")
            people = [person for person in accounts_for_login(by.strip()) if is_administrator(person)]
            if len(people) != 1:
                raise CommandError(f"“{by}” is not an administrator here. Nothing was confirmed.")
            if not options["yes"] and input("Is that right? Type yes: ").strip().lower() not in ("yes", "oui"):
                raise CommandError("Nothing was confirmed. Set the clock with: sudo timedatectl set-time …")
            clock.confirm(actor=people[0])
            self.stdout.write("The clock is confirmed. What waited for it is done within a minute.")
