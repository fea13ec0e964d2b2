"""Small groups are hidden, and nobody works them out: every hidden figure could be another number."""

import itertools

from hypothesis import assume, given
from hypothesis import strategies as st

from workshops.hiding import LEAST, one_way, two_way


def compositions(total, parts):
    """All ways to write `total` as `parts` whole numbers from 1 on."""
    if parts == 0:
        return [()] if total == 0 else []
    return [(first, *rest) for first in range(1, total - parts + 2) for rest in compositions(total - first, parts - 1)]


def test_a_single_small_group_takes_another_with_it():
    assert one_way({"f": 3, "m": 9, "x": 20}) == {"f": None, "m": None, "x": 20}
    assert one_way({"f": 6, "m": 9}) == {"f": 6, "m": 9}
    assert one_way({"f": 3, "m": 3}) == {"f": None, "m": None}
    assert one_way({"f": 1, "m": 3}) is None  # the total is a small group itself
    assert one_way(dict.fromkeys("abcde", 1)) is None  # five groups and five people: each is one
    assert one_way({}) is None


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_no_hidden_figure_of_a_list_is_worked_out(values):
    cells = {str(place): value for place, value in enumerate(values)}
    shown = one_way(cells)
    assume(shown is not None)
    assert all(value is None or value == 0 or value >= LEAST for value in shown.values())
    hidden = [name for name, value in shown.items() if value is None]
    rest = sum(values) - sum(value for value in shown.values() if value is not None)
    if not hidden:
        return
    assert rest >= LEAST
    fitting = compositions(rest, len(hidden))
    for place in range(len(hidden)):
        assert len({one[place] for one in fitting}) > 1


@given(st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=2), min_size=2, max_size=3))
def test_no_hidden_figure_of_a_crossed_table_is_worked_out(values):
    """Tried out: every table that fits what is shown is built, with the totals as a reader has them."""
    rows, columns = range(len(values)), range(2)
    cells = {(f"r{row}", f"c{column}"): values[row][column] for row in rows for column in columns}
    told = two_way(cells)
    assume(told is not None)
    figures = [*told.cells.values(), *told.rows.values(), *told.columns.values()]
    assert all(value is None or value == 0 or value >= LEAST for value in figures)
    total = sum(cells.values())
    seen: dict = {}
    for table in _fitting(told, cells, total):
        sums = {("row", row): sum(n for (r, _c), n in table.items() if r == row) for row in told.rows}
        sums |= {("column", col): sum(n for (_r, c), n in table.items() if c == col) for col in told.columns}
        for name, value in {**table, **sums}.items():
            seen.setdefault(name, set()).add(value)
    for place, value in told.cells.items():
        assert value is not None or len(seen[place]) > 1
    for row, value in told.rows.items():
        assert value is not None or len(seen["row", row]) > 1
    for column, value in told.columns.items():
        assert value is not None or len(seen["column", column]) > 1


def _fitting(told, cells, total):
    """The tables near the true one (two more or less in each hidden cell) that a reader cannot rule out."""
    choices = [
        (value,) if value is not None else range(max(1, cells[place] - 2), cells[place] + 3)
        for place, value in told.cells.items()
    ]
    for numbers in itertools.product(*choices):
        if sum(numbers) != total:
            continue
        table = dict(zip(told.cells, numbers, strict=True))
        by_row = {row: sum(n for (r, _c), n in table.items() if r == row) for row in told.rows}
        by_column = {col: sum(n for (_r, c), n in table.items() if c == col) for col in told.columns}
        if all(v in (None, by_row[row]) for row, v in told.rows.items()) and all(
            v in (None, by_column[col]) for col, v in told.columns.items()
        ):
            yield table
