"""The program that makes documents, run by `operations.paper` in a process of its own and never imported by the site:
`operations.press` says how one talks with it.

typst remembers what it laid out for the last ten documents, 5 MB each, and there is no way to make it forget: this
process ends after some documents, and when nobody has asked for one for a while. It loads nothing of the site.
"""

from __future__ import annotations

import json
import os
import select
import sys
from base64 import b64decode
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

from operations.press import read, write

DOCUMENTS = 8  # a fresh start costs as much as three of them, each kept one 5 MB
IDLE_SECONDS = 5.0


def _compiler(template: Path) -> typst.Compiler:
    return typst.Compiler(template, root=template.parent, ignore_system_fonts=True)


def _compile(compiler: typst.Compiler, given: dict[str, Any]) -> bytes:
    pdf = compiler.compile(
        sys_inputs={"data": given["data"]},
        format="pdf",
        pdf_standards=given["standards"],
        timestamp=datetime.fromisoformat(given["timestamp"]),
    )
    if not isinstance(pdf, bytes):
        raise TypeError(f"{given['template']} made no single document.")
    return pdf


def _with_pictures(template: Path, given: dict[str, Any]) -> bytes:
    """In a folder of its own, beside the pictures that it shows; nothing of them stays."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / template.name
        copy.write_bytes(template.read_bytes())
        for name, content in given["pictures"].items():
            (copy.parent / Path(name).name).write_bytes(b64decode(content))
        return _compile(_compiler(copy), given)


def main() -> None:
    # What a library prints must not stand in the middle of an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asked = os.fdopen(0, "rb")  # nothing stands in its buffer before an answer is given
    compilers: dict[str, typst.Compiler] = {}
    for _document in range(DOCUMENTS):
        if not select.select([asked], [], [], IDLE_SECONDS)[0]:
            return
        message = read(asked)
        if message is None:
            return
        given = json.loads(message)
        template = Path(given["template"])
        try:
            if given["pictures"]:
                pdf = _with_pictures(template, given)
            else:
                if given["template"] not in compilers:
                    compilers[given["template"]] = _compiler(template)
                pdf = _compile(compilers[given["template"]], given)
        except Exception as error:
            write(answers, b"\0" + f"{type(error).__name__}: {error}".encode())
        else:
            write(answers, b"\1" + pdf)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)
