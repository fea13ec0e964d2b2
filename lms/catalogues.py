"""Message catalogues: compiled in Python, so that nobody needs gettext's tools to run the site."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent / "locale"


def compile_all(root: Path = ROOT, *, force: bool = False) -> list[Path]:
    """Compile each django.po under `root` that is newer than its .mo; returns the .mo files written.

    Each .mo is replaced at once: a process that reads meanwhile gets the old or the new one, never a part.
    """
    written = []
    for source in sorted(root.glob("*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if not force and target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        binary = polib.pofile(str(source)).to_binary()
        descriptor, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(binary)
            Path(name).chmod(0o644)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        written.append(target)
    return written
