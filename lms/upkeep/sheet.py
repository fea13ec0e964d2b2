"""The recovery sheet: one page of paper for the day on which the machine is gone. No secrets: blank lines for those."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from lms.upkeep.version import version
from operations.paper import compile_pdf, printable

TEMPLATE = Path(__file__).parent / "typst" / "sheet.typ"
LANGUAGES = ("fr", "en")  # the languages of paper; others get French


def render(day: date) -> bytes:
    """The sheet as a PDF (PDF/A-2a, PDF/UA-1), in the language of the interface where there is paper in it."""
    language = get_language() or ""
    language = language if language in LANGUAGES else LANGUAGES[0]
    encrypted = bool(settings.BACKUP_PUBLIC_KEY)
    with override(language):
        data = {
            "language": language,
            "title": _("Recovery sheet"),
            "lead": _("Keep this sheet on paper, in a locked cupboard, not beside the machine."),
            "foot": f"Kalanso {version()} · {date_format(day)}",
            "where": _("Where things are"),
            "places": [
                [_("Address of the site"), settings.SITE_URL],
                [_("Programme"), str(settings.BASE_DIR)],
                [_("Data"), str(settings.DATA_DIR)],
                [_("Backups"), str(settings.BACKUP_DIR)],
                [_("Second place"), str(settings.BACKUP_COPY_DIR or _("none: set BACKUP_COPY_DIR"))],
                [_("Backups are encrypted"), _("yes") if encrypted else _("no")],
            ],
            "hand": _("To be written by hand"),
            "blanks": [
                _("Who runs the machine, telephone"),
                _("Who else knows how, telephone"),
                _("Where the machine stands"),
                _("Account on the machine"),
                _("Where its password is kept"),
                _("Where the private key of the backups is kept"),
                _("Where SIGNING_PASSPHRASE and the settings are kept"),
                _("Last time a restore was practised"),
            ],
            "how": _("Bring the site back on a new machine"),
            "steps": [
                [_("Debian with Python and git:"), "sudo apt install python3 python3-venv git make"],
                [_("Get the programme, in the version that stands below or a newer one:"), "git clone … kalanso"],
                [
                    _("In its folder, bring back the newest backup from the second place:"),
                    f"make restore FILE=kalanso-….tar.gz{'.age KEY=…' if encrypted else ''}",
                ],
                [_("Start, and open the address:"), "make run"],
                [_("Sign in as an administrator and open the status page."), ""],
            ],
            "often": _("On the machine that runs"),
            "commands": [
                ["make backup", _("make a backup now")],
                ["make restore FILE=…", _("go back to a backup; what is there is kept beside")],
                ["make upgrade", _("install the newest version; goes back by itself if it does not work")],
                [".venv/bin/python manage.py self_check", _("are the data sound?")],
                [
                    ".venv/bin/python manage.py support_bundle F.zip",
                    _("a file for whoever helps, without personal data"),
                ],
            ],
        }
        data["places"] = [[label, printable(value, 90)] for label, value in data["places"]]
        moment = datetime.combine(day, time(12), tzinfo=UTC)
        return compile_pdf(TEMPLATE, data, timestamp=moment, standards=["a-2a", "ua-1"])
