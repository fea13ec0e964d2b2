"""What processes have used, read from /proc (Linux): the server's whole tree, and PostgreSQL's processes for a database."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    # The name may hold spaces and brackets: what follows its last bracket is plain.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(root: int, but: str = "") -> list[int]:
    """A process and all that it has started, however deep; leaving out those of the name `but`, and what they started."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "comm").read_text().strip() != (but or None):
                    parents[int(entry.name)] = int(_stat(int(entry.name))[1])
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def backends(database: str) -> list[int]:
    """PostgreSQL's server processes that work for this database on this machine."""
    found = []
    for entry in Path("/proc").iterdir() if database else ():
        if entry.name.isdigit():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").split()
                if words[:1] == ["postgres:"] and database in words:
                    found.append(int(entry.name))
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time in and for these processes so far, with that of children that have ended."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            total += sum(int(value) for value in _stat(pid)[11:15])
    return total / _TICK


def pss_bytes(pids: Iterable[int]) -> int:
    """Memory of these processes, each shared page counted once in all."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += 1024 * int(line.split()[1])
    return total
