"""Documents on paper, made with typst: one place that asks for them (`operations.pressing` compiles), and what every template needs.

What is printed is data for a template, handed over as JSON; no source text is ever put together. The fonts are those
inside the typst wheel (Libertinus Serif and DejaVu Sans Mono, both free licences): the machine's own are ignored, so
that the same content gives the same bytes everywhere.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Lock, Thread
from typing import IO, Any, Literal, cast

import segno

from operations import press

# What the two fonts can show; a test renders every character of it. Latin with its extensions (so also ɓ ɗ ŋ ɲ ƴ ɛ ɔ and
# their accents), Greek, Cyrillic, the Arabic of Arabic and Persian, general punctuation and a few signs.
SHOWN = (
    " -~\u00a0-\u00ac\u00ae-\u02e4\u0300-\u0341\u0343-\u034e\u0350-\u036f"
    "\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u0477\u048c-\u04c4\u04d0-\u04f9\u1e00-\u1eff"
    "\u060c\u061b\u061f\u0621-\u063a\u0640-\u0655\u0660-\u066a\u067e\u0686\u0698\u06a4\u06a9\u06af\u06be\u06cc\u06f0-\u06f9"
    "\u2010-\u2027\u202f-\u2037\u2039\u203a\u20ac\u2116\u2122\u2212\u25a1"
)
Standard = Literal[
    "1.4", "1.5", "1.6", "1.7", "2.0", "a-1a", "a-1b", "a-2a", "a-2b", "a-2u", "a-3a", "a-3b", "a-3u", "a-4", "a-4e", "a-4f",
    "ua-1",
]  # fmt: skip
_NOT_SHOWN = re.compile(f"[^{SHOWN}]")
_BLANK = re.compile(r"[ \t\n\r\f\v\u0085\u1680\u2000-\u200a\u2028\u2029\u205f\u3000]+")
_PILED_MARKS = re.compile(r"([\u0300-\u036f]{3})[\u0300-\u036f]+")
_ROOT = Path(__file__).resolve().parent.parent
_SUBSTITUTE = "\u25a1"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


class NotPrinted(Exception):
    """The template could not be compiled; the message is what typst says."""


def compile_pdf(
    template: Path,
    data: Mapping[str, Any],
    *,
    timestamp: datetime,
    standards: list[Standard],
    pictures: Mapping[str, bytes] | None = None,
) -> bytes:
    """The PDF that `template` makes of `data` (JSON values, read there as `sys.inputs.data`).

    timestamp: the date inside the file. standards: as typst names them ("a-3a", "ua-1"). pictures: by the plain names
    under which the template reads them. Threads take turns.
    Raises NotPrinted for a bad template.
    """
    asked = {
        "template": str(template.resolve()),
        "data": json.dumps(data, ensure_ascii=False),
        "standards": standards,
        "timestamp": timestamp.isoformat(),
        "pictures": {name: b64encode(content).decode() for name, content in (pictures or {}).items()},
    }
    return _press.make(json.dumps(asked).encode())


class _Press:
    """The process that compiles, started when it is needed; it ends by itself."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: Popen[bytes] | None = None

    def make(self, asked: bytes) -> bytes:
        with self._lock:
            # It may end in the moment in which it is asked; a new one is asked the same.
            answer = self._ask(asked) or self._ask(asked, anew=True)
        if answer is None:
            raise RuntimeError("The process that makes documents has ended without an answer.")
        if answer[:1] != b"\1":
            raise NotPrinted(answer[1:].decode())
        return answer[1:]

    def _ask(self, asked: bytes, *, anew: bool = False) -> bytes | None:
        if anew or self._process is None or self._process.poll() is not None:
            self._process = self._start(self._process)
        assert self._process.stdin and self._process.stdout
        try:
            press.write(self._process.stdin, asked)
            return press.read(self._process.stdout)
        except BrokenPipeError:
            return None

    def _start(self, before: Popen[bytes] | None) -> Popen[bytes]:
        for stream in (before.stdin, before.stdout) if before else ():
            with suppress(OSError):  # what it was asked last may still stand there
                cast(IO[bytes], stream).close()
        command = [sys.executable, "-m", "operations.pressing"]
        process = Popen(command, cwd=_ROOT, stdin=PIPE, stdout=PIPE)  # noqa: S603 - our own program
        Thread(target=process.wait, name="press", daemon=True).start()  # or its number stays taken when it has ended
        return process


def _renew() -> None:
    """In a forked process: the old one answers the parent, and a thread of the parent may have held the lock."""
    global _press
    _press = _Press()


_press = _Press()
os.register_at_fork(after_in_child=_renew)


def printable(text: str, longest: int = 300) -> str:
    """Return the text as it will stand on paper: one line, composed, nothing invisible, nothing without a glyph."""
    text = unicodedata.normalize("NFC", _BLANK.sub(" ", text))
    text = "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE)
    text = _PILED_MARKS.sub(r"\1", _NOT_SHOWN.sub(_SUBSTITUTE, text)).strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def unprintable(text: str) -> str:
    """Return the characters of the text that would appear as a square, each once, so that an issuer can be warned."""
    kept = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in _INVISIBLE)
    return "".join(dict.fromkeys(c for c in kept if not _BLANK.match(c) and _NOT_SHOWN.match(c)))


def qr(text: str, *, border: int = 0) -> str:
    """A square code as SVG, with a quiet zone of `border` modules."""
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", border=border, dark="#141b3c", xmldecl=False)
    return drawn.getvalue().decode()
