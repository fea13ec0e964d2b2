"""`manage.py rotate_signing_key`: new keys for badges and square codes, and for PDFs; what the old ones signed holds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from certificates import keys, signer
from certificates.signing import SigningKeyError


class Command(BaseCommand):
    help = "Put new signing keys in use. Old public keys stay published, so that older certificates still verify."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=["badges", "pdf"], help="one of the two keys; without it, both")
        parser.add_argument(
            "--withdraw",
            action="store_true",
            help="others may hold the key of badges and square codes: nothing that it signed counts any more",
        )

    def handle(self, *args: Any, only: str | None, withdraw: bool, **options: Any) -> None:
        if withdraw and only == "pdf":
            raise CommandError(_("Only the key of badges and square codes can be withdrawn."))
        try:
            if only != "pdf":
                key = keys.rotate(withdraw=withdraw)
                self.stdout.write(_("Badges and square codes: key %(name)s is in use.") % {"name": key.name})
            if only != "badges":
                self.stdout.write(
                    _("PDFs: certificate %(name)s is in use.") % {"name": signer.rotate().fingerprint[:16]}
                )
        except SigningKeyError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Make a backup now: the older ones do not hold the new keys."))
