from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.urls import reverse
from django.utils import timezone, translation

from operations.errors import Refused
from people.queries import accounts_for_login
from people.services import make_recovery


class Command(BaseCommand):
    """Make a one-time recovery code at the console of the server, for whoever cannot be helped otherwise.

    Prints the code, once, and on the last line the identifier of its row as JSON.
    """

    help = "Make a one-time code that opens the account of USER (username, staff number or e-mail) for 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            found = accounts_for_login(options["user"])
            if not found:
                raise CommandError(f"Nobody is called “{options['user']}” here.")
            if len(found) > 1:
                raise CommandError(f"“{options['user']}” names {len(found)} accounts: give a username.")
            try:
                made = make_recovery(user=found[0], actor=None)
            except Refused as refusal:
                raise CommandError(f"{refusal.sentence} {refusal.next_step}".strip()) from refusal
        expires = timezone.localtime(made.row.expires)
        with translation.override(settings.LANGUAGE_CODE):
            address = settings.SITE_URL + reverse("enter")
        self.stdout.write(f"Address:   {address}")
        self.stdout.write(f"Username:  {found[0].username}")
        self.stdout.write(f"Code:      {made.code}")
        self.stdout.write(f"Works once, until {expires:%Y-%m-%d %H:%M}. The holder will read that it was made here.")
        self.stdout.write(json.dumps({"login_code": str(made.row.pk)}))
