"""`manage.py verify_credential FILE…`: is this certificate one of ours, unchanged, and does it hold today?"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from certificates.badge_checking import check_badge, form_of
from certificates.models import Credential
from certificates.queries import by_digest
from certificates.signer import recognised
from certificates.signing import check


class Command(BaseCommand):
    help = "Check certificates (PDF, Open Badge as JSON or JWT, text of a square code). One line of JSON for each file; exit code 1 if one does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="+", type=Path)

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        answers = [_check(file) for file in files]
        for answer in answers:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        if not all(answer["ok"] for answer in answers):
            sys.exit(1)


def _check(file: Path) -> dict[str, Any]:
    try:
        content = file.read_bytes()
    except OSError as error:
        return {"file": str(file), "ok": False, "reasons": [_("It cannot be read: %s.") % error.strerror]}
    if form_of(content) != "pdf":
        return _badge(file, content)
    report = check(content, recognised())
    reasons = list(report.problems)
    credential = by_digest(hashlib.sha256(content).hexdigest())
    if credential is None and report.valid:
        reasons.append(_("The signature is good, but no certificate with this file is registered here."))
    if credential is not None and credential.standing != Credential.Standing.VALID:
        reasons.append(_("The certificate is %(standing)s.") % {"standing": credential.get_standing_display()})
    return {
        "file": str(file),
        "form": "pdf",
        "ok": not reasons,
        "reasons": reasons,
        "number": credential.number if credential else None,
        "standing": credential.standing if credential else None,
        "signer": report.signer,
        "signed_at": report.signed_at.isoformat() if report.signed_at else None,
    }


def _badge(file: Path, content: bytes) -> dict[str, Any]:
    found = check_badge(content)
    return {
        "file": str(file),
        "form": found.form,
        "ok": not found.problems,
        "reasons": found.problems,
        "number": found.credential.number if found.credential else None,
        "standing": found.credential.standing if found.credential else None,
        "signer": found.key,
        "signed_at": found.signed_at or None,
    }
