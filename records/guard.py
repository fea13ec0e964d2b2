"""The database itself refuses to change or delete what is written once.

Triggers on the tables of `Statement` and `Voiding`, on SQLite and PostgreSQL. They are made in `post_migrate`, not in a
migration: SQLite drops a table's triggers whenever a later migration remakes the table. What they do not stop is a
person with the rights of the database's owner, who can drop them: `missing` shows that.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from records.models import Statement, Voiding

SENTENCE = "The learning record is insert-only."
TABLES: tuple[str, ...] = tuple(model._meta.db_table for model in (Statement, Voiding))
_FUNCTION = "records_insert_only"


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the triggers that are not there. Does nothing for tables that do not exist."""
    lacking = set(missing(connection))
    if not lacking:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
        for trigger, table, event in _wanted(connection):
            if trigger not in lacking:
                continue
            if connection.vendor == "postgresql":
                # ENABLE ALWAYS: a replication role does not pass either.
                cursor.execute(
                    f"CREATE OR REPLACE TRIGGER {trigger} BEFORE {event} ON {table} "
                    f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()"
                )
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
            else:
                cursor.execute(
                    f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
                )


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the triggers that should be there and work, and do not. One query, two on PostgreSQL."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind = 'r' AND pg_table_is_visible(oid)",
                [list(TABLES)],
            )
            tables = {name for (name,) in cursor.fetchall()}
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'records_%%_no_%%' AND tgenabled = 'A'")
            there = {name for (name,) in cursor.fetchall()}
        else:
            cursor.execute("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'trigger')")
            names = cursor.fetchall()
            tables = {name for kind, name in names if kind == "table"}
            there = {name for kind, name in names if kind == "trigger"}
    return [trigger for trigger, table, _ in _wanted(connection) if table in tables and trigger not in there]


def _wanted(connection: BaseDatabaseWrapper) -> list[tuple[str, str, str]]:
    """(trigger, table, event)"""
    events = ("UPDATE", "DELETE", "TRUNCATE") if connection.vendor == "postgresql" else ("UPDATE", "DELETE")
    return [(f"{table}_no_{event.lower()}", table, event) for table in TABLES for event in events]


def after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    """Receiver of post_migrate."""
    install(connections[using])


@checks.register(checks.Tags.database)
def check_triggers(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """With `manage.py check --database default`, and in every `migrate`: the tables are guarded."""
    return [error for alias in databases or () for error in _errors(connections[alias])]


@checks.register("records")
def check_at_start(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """With every command on an embedded database: two reads of its file. A database on a server is not called on here,
    as many commands must work without it; the health page asks `missing` there.
    """
    connection = connections["default"]
    if databases:  # `check_triggers` looks
        return []
    if connection.vendor != "sqlite" or not Path(str(connection.settings_dict["NAME"])).is_file():
        return []
    return _errors(connection)


def _errors(connection: BaseDatabaseWrapper) -> list[checks.CheckMessage]:
    errors: list[checks.CheckMessage] = []
    try:
        if names := missing(connection):
            errors.append(
                # No error: that would stop the very command that makes them again.
                checks.Warning(
                    f"The learning record can be changed: the database lacks {', '.join(names)}.",
                    hint="Run “manage.py migrate”: it makes them again.",
                    id="records.W001",
                )
            )
        if not connection.features.can_return_rows_from_bulk_insert:
            errors.append(
                checks.Error(
                    "This version of SQLite is too old: the learning record needs INSERT … RETURNING.",
                    hint="Use SQLite 3.35 or newer, as Python’s own installers bring it.",
                    id="records.E004",
                )
            )
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA recursive_triggers")
                (on,) = cursor.fetchone()
            if not on:
                errors.append(
                    checks.Error(
                        "SQLite runs without recursive_triggers: INSERT OR REPLACE would change the learning record.",
                        hint='Put "PRAGMA recursive_triggers=ON;" into init_command of the database options.',
                        id="records.E002",
                    )
                )
    except DatabaseError as error:
        errors.append(
            checks.Warning(f"Whether the learning record is guarded could not be read: {error}", id="records.W003")
        )
    return errors
