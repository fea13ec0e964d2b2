"""Documents on paper, made with typst: one place that compiles, and what every template needs.

What is printed is data for a template, handed over as JSON; no source text is ever put together. The fonts are those
inside the typst wheel (Libertinus Serif and DejaVu Sans Mono, both free licences): the machine's own are ignored, so
that the same content gives the same bytes everywhere.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import segno
import typst

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
_SUBSTITUTE = "\u25a1"
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


def compile_pdf(template: Path, data: Mapping[str, Any], *, timestamp: datetime, standards: list[Standard]) -> bytes:
    """The PDF that `template` makes of `data` (JSON values, read there as `sys.inputs.data`).

    timestamp: the date inside the file. standards: as typst names them ("a-3a", "ua-1"). Threads take turns.
    Raises RuntimeError in a process forked from one that made a document already, typst.TypstError for a bad template.
    """
    compiler, lock, process = _compiler(template)
    if process != os.getpid():
        # typst's threads do not survive a fork: it would wait for them for ever.
        raise RuntimeError("This process was forked after a document was made in its parent; fork before, or spawn.")
    with lock:
        pdf = compiler.compile(
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            format="pdf",
            pdf_standards=standards,
            timestamp=timestamp,
        )
    if not isinstance(pdf, bytes):
        raise TypeError(f"{template.name} made no single document.")
    return pdf


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


@lru_cache(maxsize=8)
def _compiler(template: Path) -> tuple[typst.Compiler, Lock, int]:
    # Kept, since making one reads all fonts; 80 MB at most in a process that makes many.
    return typst.Compiler(template, root=template.parent, ignore_system_fonts=True), Lock(), os.getpid()
