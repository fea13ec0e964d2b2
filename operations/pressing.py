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
from datetime import datetime
from pathlib import Path

import typst

from operations.press import read, write

DOCUMENTS = 8  # a fresh start costs as much as three of them, each kept one 5 MB
IDLE_SECONDS = 5.0


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
            if given["template"] not in compilers:
                compilers[given["template"]] = typst.Compiler(template, root=template.parent, ignore_system_fonts=True)
            pdf = compilers[given["template"]].compile(
                sys_inputs={"data": given["data"]},
                format="pdf",
                pdf_standards=given["standards"],
                timestamp=datetime.fromisoformat(given["timestamp"]),
            )
            if not isinstance(pdf, bytes):
                raise TypeError(f"{template.name} made no single document.")
        except Exception as error:
            write(answers, b"\0" + f"{type(error).__name__}: {error}".encode())
        else:
            write(answers, b"\1" + pdf)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)
