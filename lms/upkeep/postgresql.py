"""Databases beside the site's own, on the same PostgreSQL server: made, filled, renamed, dropped."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection, connections
from django.utils.translation import gettext as _
from psycopg import sql

from lms.upkeep.backup import postgresql_environment
from operations.errors import Refused


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    """A connection to another database of the server: none can be renamed from within."""
    given = connection.settings_dict
    try:
        with psycopg.connect(
            host=given["HOST"] or None,
            port=given["PORT"] or None,
            user=given["USER"] or None,
            password=given["PASSWORD"] or None,
            dbname="postgres",
            autocommit=True,
            connect_timeout=10,
        ) as server:
            yield server
    except psycopg.Error as error:
        raise Refused(
            _("PostgreSQL refused: %(why)s") % {"why": " ".join(str(error).split())[:300]},
            _("Its user needs the right to make databases: ALTER ROLE … CREATEDB. Nothing was changed."),
        ) from error


def address(name: str) -> str:
    """The site's DATABASE_URL with another database's name."""
    given = connection.settings_dict
    person = ":".join(quote(str(given[key]), safe="") for key in ("USER", "PASSWORD") if given[key])
    port = f":{given['PORT']}" if given["PORT"] else ""
    return f"postgres://{person}{'@' if person else ''}{given['HOST']}{port}/{quote(name)}"


def fill(dump: Path) -> str:
    """Make a database from the dump; return its name. Raises Refused."""
    program = shutil.which("pg_restore")
    if program is None:
        raise Refused(_("pg_restore is not installed on this machine."), _("sudo apt install postgresql-client"))
    name = f"{connection.settings_dict['NAME']}_beside_{secrets.token_hex(4)}"
    with _server() as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    done = subprocess.run(  # noqa: S603  (a fixed program and options)
        [program, "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={name}", str(dump)],
        env=postgresql_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        drop(name)
        raise Refused(
            _("pg_restore could not fill the database: %(why)s") % {"why": " ".join(done.stderr.split())[-300:]},
            _("Is its version that of the server or newer? Nothing was changed."),
        )
    return name


def rename(name: str, stamp: str) -> None:
    """Put that database in the place of the site's, which is called …_before_<stamp> from then on. Nothing where that
    was done before."""
    ours = str(connection.settings_dict["NAME"])
    connections.close_all()
    with _server() as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            return
        # Whoever is still connected has been answered with the maintenance page for a while.
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)", [[ours, name]])
        with server.transaction():
            for old, new in ((ours, f"{ours}_before_{stamp}"), (name, ours)):
                server.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
                )


def drop(name: str) -> None:
    """Drop a database that we made beside."""
    connections.close_all()
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
