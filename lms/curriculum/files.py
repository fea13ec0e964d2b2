"""The files of a folder, read once and safely: no link out of it, nothing but regular files, text in UTF-8."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from lms.curriculum.model import Problem

MAX_BYTES = 5_000_000  # of one file; the largest exam bank has 300,000
MAX_FILES = 20_000


class Files:
    """All files of `folder` by their path with slashes. Hidden files are left out. Problems go to `problems`."""

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        self.problems = problems
        self.content: dict[str, bytes] = {}
        self._texts: dict[str, str | None] = {}
        self._root = Path(os.path.realpath(folder))
        if not self._root.is_dir():
            self._wrong(str(folder), _("This folder does not exist."))
            return
        try:
            for path in sorted(self._walk(self._root)):
                self._take(path)
        except OverflowError:
            self._wrong(".", _("The folder holds more than %(count)d files.") % {"count": MAX_FILES})

    def _wrong(self, path: str, reason: str) -> None:
        self.problems.append(Problem(path, 0, "", reason))

    def _walk(self, folder: Path, depth: int = 0) -> Iterator[Path]:
        if depth > 12:
            self._wrong(self._name(folder), _("The folders are nested too deeply."))
            return
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            self._wrong(self._name(folder), _("This folder cannot be read."))
            return
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(self._root):
                self._wrong(self._name(path), _("This link leads out of the folder."))
            elif entry.is_symlink() and entry.is_dir():
                self._wrong(self._name(path), _("A folder cannot be a link."))
            elif entry.is_dir():
                yield from self._walk(path, depth + 1)
            else:
                yield path

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix().encode("utf-8", "replace").decode()

    def _take(self, path: Path) -> None:
        name = self._name(path)
        if len(self.content) >= MAX_FILES:
            raise OverflowError
        try:
            # A pipe or a device is never opened.
            facts = path.stat()
            if not stat.S_ISREG(facts.st_mode):
                self._wrong(name, _("This is not a regular file."))
            elif facts.st_size > MAX_BYTES:
                self._wrong(name, _("This file is larger than %(size)d bytes.") % {"size": MAX_BYTES})
            else:
                self.content[name] = path.read_bytes()
        except OSError:
            self._wrong(name, _("This file cannot be read."))

    def text(self, name: str) -> str | None:
        """Give a file's text with line feeds, None if it is missing or no UTF-8 (which is reported once)."""
        if name not in self._texts:
            self._texts[name] = self._decode(name)
        return self._texts[name]

    def _decode(self, name: str) -> str | None:
        data = self.content.get(name)
        if data is None:
            return None
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self.problems.append(Problem(name, line, "", _("This file is not in UTF-8.")))
            return None
        for number, line_text in enumerate(text.split("\n"), 1):
            if has_control(line_text):
                self.problems.append(Problem(name, number, "", _("This line holds a control character.")))
                return None
        return text

    def under(self, prefix: str) -> list[str]:
        """Give the paths below a folder, in order."""
        return [name for name in self.content if name.startswith(prefix)]

    def folders(self, prefix: str) -> list[str]:
        """Give the names of the folders directly below a folder."""
        return sorted({rest[0] for name in self.under(prefix) if len(rest := name[len(prefix) :].split("/", 1)) == 2})

    def digest(self) -> str:
        """Give the SHA-256 of all paths and bytes."""
        total = hashlib.sha256()
        for name, data in sorted(self.content.items()):
            for part in (name.encode(), data):
                total.update(len(part).to_bytes(8, "big"))
                total.update(part)
        return total.hexdigest()


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")


def has_control(text: str) -> bool:
    """Say if a text holds a character that no text of ours needs and that databases refuse."""
    return _CONTROL.search(text) is not None
