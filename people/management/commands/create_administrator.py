from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from operations.audit import record_change
from operations.errors import Refused
from people.models import Role, User
from people.queries import login_name_is_taken
from people.services import grant_role, make_slips


class Command(BaseCommand):
    """Make an administrator of the whole site. No password passes the console: a one-time code opens the account, and
    its holder chooses the password. Prints the code, once, and on the last line the username as JSON."""

    help = "Make an administrator; prints a one-time code with which the holder chooses a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--first", default="", help="first name")
        parser.add_argument("--last", default="", help="last name")
        parser.add_argument("--email", default="")
        parser.add_argument("--language", default=settings.LANGUAGE_CODE, choices=list(dict(settings.LANGUAGES)))

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            username, email = options["username"].strip(), options["email"].strip().lower()
            if login_name_is_taken(username) or (email and login_name_is_taken(email)):
                raise CommandError("This name or address opens an account already.")
            person = User(
                username=username,
                first_name=options["first"],
                last_name=options["last"],
                email=email,
                language=options["language"],
            )
            person.set_unusable_password()
            try:
                person.full_clean()
                person.save()
                grant_role(user=person, role=Role.ADMINISTRATOR, actor=None)
                [made] = make_slips(people=[person], actor=None)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            except Refused as refusal:
                raise CommandError(f"{refusal.sentence} {refusal.next_step}".strip()) from refusal
            record_change(actor=None, code="people.administrator-created", obj=person)
        with translation.override(options["language"]):
            address = settings.SITE_URL + reverse("enter")
        self.stdout.write(f"Address:   {address}")
        self.stdout.write(f"Username:  {person.username}")
        self.stdout.write(f"Code:      {made.code}")
        self.stdout.write(f"Works once, until {timezone.localtime(made.row.expires):%Y-%m-%d %H:%M}.")
        self.stdout.write(json.dumps({"administrator": person.username}))
