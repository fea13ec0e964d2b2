"""Which version of the site this is."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from django.conf import settings

_HASH = re.compile(r"[0-9a-f]{40}")


@lru_cache(maxsize=1)
def version() -> str:
    """The number in pyproject.toml and, in a git checkout, the first digits of its commit: "0.1.0 (2a13692)"."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        number = str(tomllib.load(file)["project"]["version"])
    found = commit(settings.BASE_DIR)
    return f"{number} ({found[:7]})" if found else number


def commit(root: Path) -> str:
    """The commit that is checked out, "" where there is none; without git, which may not be installed."""
    try:
        folder = root / ".git"
        if folder.is_file():  # a linked worktree
            folder = (root / folder.read_text(encoding="utf-8").removeprefix("gitdir:").strip()).resolve()
        head = (folder / "HEAD").read_text(encoding="utf-8").strip()
        if _HASH.fullmatch(head):
            return head
        name = head.removeprefix("ref:").strip()
        common = folder / "commondir"
        shared = (folder / common.read_text(encoding="utf-8").strip()).resolve() if common.exists() else folder
        for place in (folder, shared):
            if (place / name).is_file():
                return (place / name).read_text(encoding="ascii").strip()
        packed = (shared / "packed-refs").read_text(encoding="utf-8")
        return next((line[:40] for line in packed.splitlines() if line.endswith(f" {name}")), "")
    except OSError:
        return ""
