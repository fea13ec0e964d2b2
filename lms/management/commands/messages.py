"""`make messages`: collect what the interface says into locale/, then compile.

Only here GNU gettext is needed (Debian: gettext). Places are kept as file names without lines, and no message is
guessed from a like one: a catalogue changes only where the interface does.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import makemessages

from lms.catalogues import ROOT, compile_all

FILLED = ["fr", "ar"]  # English is the source; the other catalogues are empty and fall back to French
IGNORED = [".venv", "data", "tests", "bench", "docs", "node_modules", "staticfiles", "content/curriculum/*"]


class Command(makemessages.Command):
    help = "Collect the messages of the interface into locale/ and compile them."
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def add_arguments(self, parser: CommandParser) -> None:
        """None: it always does all languages."""

    def handle(self, *args: Any, **options: Any) -> None:
        if not shutil.which("xgettext"):
            raise CommandError("xgettext is missing. On Debian or Ubuntu: apt-get install gettext")
        os.chdir(settings.BASE_DIR)
        super().handle(
            locale=FILLED,
            exclude=[],
            domain="django",
            all=False,
            extensions=["html", "txt", "py", "typ"],
            symlinks=False,
            ignore_patterns=IGNORED,
            use_default_ignore_patterns=True,
            no_wrap=False,
            no_location=False,
            add_location="file",
            no_obsolete=True,
            keep_pot=False,
            verbosity=options.get("verbosity", 1),
        )
        for path in sorted(ROOT.glob("*/LC_MESSAGES/django.po")):
            _settle(path)
        for target in compile_all():
            self.stdout.write(str(target.relative_to(ROOT.parent)))


def _settle(path: Path) -> None:
    """Take out of the head what changes without reason."""
    catalogue = polib.pofile(str(path), wrapwidth=110)
    kept = ["Project-Id-Version", "Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
    catalogue.metadata = {
        **{key: catalogue.metadata.get(key, "") for key in kept},
        **{key: value for key, value in catalogue.metadata.items() if key == "Plural-Forms"},
    }
    catalogue.metadata["Project-Id-Version"] = "Kalanso"
    catalogue.metadata_is_fuzzy = False
    catalogue.header = ""
    catalogue.save()
