"""What the site stands on can fail: its database, its disk, its service of files. Told apart from mistakes of the code."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from enum import Enum

from django.db import DatabaseError, Error, InterfaceError, InternalError, OperationalError


class Fault(Enum):
    """What has failed. The value stands in the log."""

    DATABASE = "the database does not answer"
    FULL = "the disk is full"
    READ_ONLY = "the disk or the database can only be read"
    DISK = "the disk cannot be read or written"
    FILES = "the service of files does not answer"


_DISK = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EFBIG: Fault.FULL,
    errno.EROFS: Fault.READ_ONLY,
    errno.EIO: Fault.DISK,
}
# https://sqlite.org/rescode.html: the lowest eight bits of what SQLite says. 1 (“no such table”) is a mistake of the code.
_SQLITE = {1: None, 8: Fault.READ_ONLY, 10: Fault.DISK, 13: Fault.FULL}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {"53100": Fault.FULL, "25006": Fault.READ_ONLY, "58030": Fault.DISK}


def fault_of(error: BaseException | None) -> Fault | None:
    """What has failed under this error, or under one that led to it; None where it is a mistake of the code."""
    for one in _chain(error):
        found = _of_database(one) if isinstance(one, Error) else _of_files(one)
        if found:
            return found
    return None


def may_have_gone_through(error: BaseException | None) -> bool:
    """Whether a change may have been kept although this error was the answer: the connection to a database server was
    lost in the middle. A connection that was never made, a full disk and SQLite change nothing."""
    causes = [one.__cause__ for one in _chain(error) if isinstance(one, (OperationalError, InterfaceError))]
    return any(
        cause is not None
        and type(cause).__module__.startswith("psycopg")
        and not str(cause).startswith(("connection failed", "connection timeout"))
        and (getattr(cause, "sqlstate", None) or "57P01").startswith(("08", "57P"))
        for cause in causes
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _of_database(error: BaseException) -> Fault | None:
    cause = error.__cause__
    if (code := getattr(cause, "sqlite_errorcode", None)) is not None:
        known = isinstance(error, OperationalError) or type(error) is DatabaseError
        return _SQLITE.get(code & 0xFF, Fault.DATABASE) if known else None
    if (state := getattr(cause, "sqlstate", None)) in _POSTGRESQL:
        return _POSTGRESQL[str(state)]
    if isinstance(error, InternalError):
        return Fault.DATABASE if str(state or "").startswith("XX") else None
    return Fault.DATABASE if isinstance(error, (OperationalError, InterfaceError)) else None


def _of_files(error: BaseException) -> Fault | None:
    if isinstance(error, OSError):
        return _DISK.get(error.errno or 0)
    library = sys.modules.get("botocore.exceptions")  # loaded only where files lie in a bucket
    if library is None:
        return None
    if isinstance(error, (library.ConnectionError, library.HTTPClientError)):
        return Fault.FILES
    if isinstance(error, library.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return Fault.FILES if status >= 500 else None
    return None
