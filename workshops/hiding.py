"""Hiding small groups in figures that leave the desk: cells under five, and as many more as it takes that nobody works them
out from the totals that are shown. Pure functions.

A table is read as a circulation: each figure is an arc, each total an equation at a node. Whoever reads the table knows the shown figures, the totals, and that a hidden figure is at least one, because a
group of nobody is shown. A hidden figure is given away when no other whole number fits: when it lies on no cycle along
which one can be moved. What is checked is therefore exact, not a rule of thumb.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

LEAST = 5  # people in a group that may be told
_SOURCE, _SINK = ("from",), ("to",)


@dataclass(frozen=True, slots=True)
class Arc:
    tail: Hashable
    head: Hashable
    value: int


@dataclass(frozen=True, slots=True)
class Crossed:
    """A two-way table with its totals; None: hidden."""

    cells: dict[tuple[str, str], int | None]
    rows: dict[str, int | None]
    columns: dict[str, int | None]


def one_way(cells: Mapping[str, int]) -> dict[str, int | None] | None:
    """The figures as they may be told beside their total, None for a hidden one; None for the whole table where even its
    list of groups would say too much (or the total is under five)."""
    arcs: dict[Hashable, Arc] = {name: Arc(_SOURCE, _SINK, value) for name, value in cells.items()}
    hidden = _hide(arcs, sum(cells.values()))
    return None if hidden is None else {name: None if name in hidden else value for name, value in cells.items()}


def two_way(cells: Mapping[tuple[str, str], int]) -> Crossed | None:
    """A table of rows and columns as it may be told with the totals of both; None where nothing of it may.

    cells: {(row, column): people}; what is not in it is nobody.
    """
    rows = list(dict.fromkeys(row for row, _column in cells))
    columns = list(dict.fromkeys(column for _row, column in cells))
    whole = {(row, column): cells.get((row, column), 0) for row in rows for column in columns}
    by_row = {row: sum(whole[row, column] for column in columns) for row in rows}
    by_column = {column: sum(whole[row, column] for row in rows) for column in columns}
    arcs: dict[Hashable, Arc] = {
        ("cell", row, column): Arc(("row", row), ("column", column), value) for (row, column), value in whole.items()
    }
    arcs |= {("row", row): Arc(_SOURCE, ("row", row), value) for row, value in by_row.items()}
    arcs |= {("column", column): Arc(("column", column), _SINK, value) for column, value in by_column.items()}
    hidden = _hide(arcs, sum(whole.values()))
    if hidden is None:
        return None
    return Crossed(
        {place: None if ("cell", *place) in hidden else value for place, value in whole.items()},
        {row: None if ("row", row) in hidden else value for row, value in by_row.items()},
        {column: None if ("column", column) in hidden else value for column, value in by_column.items()},
    )


def _hide(arcs: Mapping[Hashable, Arc], total: int) -> set[Hashable] | None:
    if total < LEAST:
        return None
    hidden = {name for name, arc in arcs.items() if 0 < arc.value < LEAST}
    while bad := told(arcs, hidden):
        ends = {end for name in bad for end in (arcs[name].tail, arcs[name].head)}
        left = [name for name, arc in arcs.items() if name not in hidden and arc.value]
        near = [name for name in left if arcs[name].tail in ends or arcs[name].head in ends]
        if not left:
            return None
        hidden.add(min(near or left, key=lambda name: arcs[name].value))
    return hidden


def told(arcs: Mapping[Hashable, Arc], hidden: set[Hashable]) -> set[Hashable]:
    """The hidden figures that the shown ones give away: one by one, or together as a group under five."""
    found = {name for name in hidden if not _free(name, arcs, hidden)}
    for node in {end for name in hidden for end in (arcs[name].tail, arcs[name].head)}:
        leaving = [name for name in hidden if arcs[name].tail == node]
        coming = [name for name in hidden if arcs[name].head == node]
        # Figures hidden on one side of an equation only: their sum is told.
        if not (leaving and coming) and sum(arcs[name].value for name in leaving + coming) < LEAST:
            found.update(leaving, coming)
    return found


def _free(name: Hashable, arcs: Mapping[Hashable, Arc], hidden: set[Hashable]) -> bool:
    """Whether another whole number fits in the place of a hidden figure."""
    arc = arcs[name]
    steps: dict[Hashable, set[Hashable]] = {}
    for other in hidden - {name}:
        tail, head = arcs[other].tail, arcs[other].head
        steps.setdefault(tail, set()).add(head)  # one more
        if arcs[other].value > 1:
            steps.setdefault(head, set()).add(tail)  # one less; never nobody
    return _leads(steps, arc.head, arc.tail) or (arc.value > 1 and _leads(steps, arc.tail, arc.head))


def _leads(steps: Mapping[Hashable, set[Hashable]], start: Hashable, goal: Hashable) -> bool:
    seen, open_ends = {start}, [start]
    while open_ends:
        for end in steps.get(open_ends.pop(), ()):
            if end == goal:
                return True
            if end not in seen:
                seen.add(end)
                open_ends.append(end)
    return False
