"""Queries of the pages that everybody opens, and what they write, turned into SQL once a process.

Building the SQL of a query costs Django three to ten times what SQLite takes to answer it. `Prepared` keeps the SQL and
only fills in the values; rows become the same objects, related ones and annotations included.

    _mine = Prepared(lambda person, code: Enrolment.objects.filter(user=person, course__code=code), int, str)
    rows = _mine(person.pk, code)

Only for what is asked at nearly every request. Whatever is not one of the values is kept as it was at the first call: no
date of today, no active language. Lists (`__in`) and None cannot be values.

`write` and `insert` put rows into their table as `bulk_update` and `bulk_create` do, which take ten times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from functools import lru_cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model, QuerySet
from django.db.models.query import ModelIterable

Row = TypeVar("Row", bound=Model)

# Values that stand in while the SQL is built, one for each place: no constant of a query is like one of them. The numbers
# fit the smallest column, or Django would know that there is no such row.
_MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda place: 32_111 + place,
    str: lambda place: f"\x02mark {place}\x03",
    UUID: lambda place: UUID(int=0x6B616C61_0000_4000_8000_000000000000 + place),
}


class _Ready:
    """Stands where `ModelIterable` asks a query for its compiler."""

    def __init__(self, compiler: Any) -> None:
        self.compiler = compiler

    def get_compiler(self, *, using: str) -> Any:
        return self.compiler


class _Rows:
    """The little of a queryset that `ModelIterable` reads."""

    _known_related_objects: dict[Any, Any] = {}
    _fetch_mode: Any = None

    def __init__(self, model: type[Model], compiler: Any) -> None:
        self.db, self.model, self.query = DEFAULT_DB_ALIAS, model, _Ready(compiler)


class Prepared(Generic[Row]):
    """`make` builds the queryset from values of these kinds (int, str or UUID); calling gives its rows. One query."""

    def __init__(self, make: Callable[..., QuerySet[Row]], *kinds: type) -> None:
        self._make, self._kinds = make, kinds
        self._built: tuple[Any, str, tuple[Any, ...], dict[Any, int]] | None = None

    def __call__(self, *values: Any) -> list[Row]:
        connection = connections[DEFAULT_DB_ALIAS]
        compiler, sql, fixed, places = self._built or self._build(connection)
        given = [self._adapted(value, kind, connection) for value, kind in zip(values, self._kinds, strict=True)]
        parameters = tuple(given[places[value]] if value in places else value for value in fixed)
        mine = copy(compiler)
        mine.connection = connection
        mine.as_sql = lambda *args, **kwargs: (sql, parameters)
        return list(ModelIterable(_Rows(compiler.query.model, mine)))  # type: ignore[arg-type]

    def first(self, *values: Any) -> Row | None:
        """The first row; the queryset should ask for one only."""
        rows = self(*values)
        return rows[0] if rows else None

    def _adapted(self, value: Any, kind: type, connection: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"{value!r} is no {kind.__name__}.")
        return value.hex if isinstance(value, UUID) and not connection.features.has_native_uuid_field else value

    def _build(self, connection: Any) -> tuple[Any, str, tuple[Any, ...], dict[Any, int]]:
        marks = [_MARKS[kind](place) for place, kind in enumerate(self._kinds)]
        compiler = self._make(*marks).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        adapted = {self._adapted(mark, type(mark), connection): place for place, mark in enumerate(marks)}
        if missing := set(adapted) - set(parameters):
            raise TypeError(f"The query does not use every value as it is given: {missing}.")
        self._built = (compiler, sql, tuple(parameters), adapted)
        return self._built


# --- writing --------------------------------------------------------------------------------------------------------


def write(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write these fields of rows that are there, each found by its primary key. No signals; nothing without rows."""
    if not rows:
        return
    sql, fields = _update(type(rows[0]), tuple(names))
    here = connections[DEFAULT_DB_ALIAS]  # not through the proxy, which looks it up at every touch
    values = [[field.get_db_prep_save(getattr(row, field.attname), here) for field in fields] for row in rows]
    with here.cursor() as cursor:
        cursor.executemany(sql, values)


def insert(rows: Sequence[Model], *, unique: Sequence[str] = (), update: Sequence[str] = ()) -> int:
    """Insert rows in one statement; where one with the same `unique` fields is there, write its fields `update`, or
    leave it alone without them. Gives how many rows were inserted or written. A number that the database gives is not told. No signals; nothing without rows. Raises IntegrityError.
    """
    if not rows:
        return 0
    head, slots, tail, fields = _insertion(type(rows[0]), tuple(unique), tuple(update))
    here = connections[DEFAULT_DB_ALIAS]
    values = [field.get_db_prep_save(field.pre_save(row, True), here) for row in rows for field in fields]
    with here.cursor() as cursor:
        cursor.execute(f"{head}{', '.join([slots] * len(rows))}{tail}", values)
        count = int(cursor.rowcount)
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias
    return count


def _column(field: Any) -> str:
    return connection.ops.quote_name(str(field.column))


@lru_cache(maxsize=64)
def _update(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Field[Any, Any]]]:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    key: Any = model._meta.pk
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(f"{_column(field)} = %s" for field in fields)
    return f"UPDATE {table} SET {columns} WHERE {_column(key)} = %s", [*fields, key]  # noqa: S608 - names of columns


@lru_cache(maxsize=64)
def _insertion(
    model: type[Model], unique: tuple[str, ...], update: tuple[str, ...]
) -> tuple[str, str, str, list[Field[Any, Any]]]:
    fields: list[Any] = [field for field in model._meta.concrete_fields if not field.db_returning]
    table = connection.ops.quote_name(model._meta.db_table)
    tail = ""
    if unique:
        known = ", ".join(_column(model._meta.get_field(name)) for name in unique)
        columns = [_column(model._meta.get_field(name)) for name in update]
        then = f"UPDATE SET {', '.join(f'{one} = EXCLUDED.{one}' for one in columns)}" if columns else "NOTHING"
        tail = f" ON CONFLICT ({known}) DO {then}"
    head = f"INSERT INTO {table} ({', '.join(map(_column, fields))}) VALUES "  # noqa: S608 - names of columns
    return head, f"({', '.join(['%s'] * len(fields))})", tail, fields
