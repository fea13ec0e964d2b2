"""docs/measurements.md: each measuring command owns the lines between its two marks, and leaves the others alone."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

PATH = Path(__file__).resolve().parent.parent / "docs" / "measurements.md"
_HEAD = "# Measurements\n\nEach section is written by the command it names; figures of one section come from one run.\n"


def write(name: str, text: str) -> None:
    """Replace the section `name` (COST, FAULTS, LOAD …), or add it at the end."""
    before = PATH.read_text(encoding="utf-8") if PATH.exists() else _HEAD
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    if begin in before and end in before:
        head, _, rest = before.partition(begin)
        PATH.write_text(head + section + rest.partition(end)[2], encoding="utf-8")
    else:
        PATH.write_text(f"{before.rstrip()}\n\n{section}\n", encoding="utf-8")


def circumstances(load: float) -> str:
    """When, of what and on what this was measured. load: the machine's load average before it began."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty=, with changes"], capture_output=True, text=True, check=False
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.stdout.strip() or 'unknown'}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, load of the machine before it began {load:.1f}."
    )


def table(head: list[str], rows: list[list[str]], *, words: bool = False) -> str:
    """A Markdown table; the first column is words, the others are figures, or with `words` words too."""
    lines = [head, ["---", *["---" if words else "---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
