"""The repository's own files, as the house rules look at them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# From the highest to the lowest; rooms in one tuple do not know each other. Rooms to come are named already.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("lms",),
    ("sync",),
    ("reports",),
    ("certificates",),
    ("workshops",),
    ("assessments", "packages"),
    ("courses",),
    ("content", "programme"),
    ("records",),
    ("people",),
    ("operations",),
)
HEIGHT = {room: -depth for depth, rooms in enumerate(LAYERS) for room in rooms}
ROOMS = [room for rooms in LAYERS for room in rooms if (ROOT / room / "apps.py").exists()]
# Ours, but not code: the folder that the curriculum is kept in.
_NOT_CODE = ROOT / "content" / "curriculum"


def python_files(*folders: str) -> Iterator[Path]:
    """Python files of these folders (all rooms, if none is named), migrations apart."""
    for folder in folders or ROOMS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts and not path.is_relative_to(_NOT_CODE):
                yield path


def templates() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).glob("templates/**/*.html"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
