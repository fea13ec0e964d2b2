"""What all tests share: a database that starts as a copy of the template, the cast, and clients that are signed in."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client, TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from lms.catalogues import compile_all
from lms.upkeep import jobs as upkeep
from operations import clock, jobs
from people.models import User
from records import services as record
from tests import cast as the_cast
from tests import postgresql, template
from tests.cast import Cast

# The same examples on every run of CI; new ones on a developer's machine.
hypothesis_settings.register_profile(
    "kalanso",
    deadline=None,
    max_examples=40,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("kalanso")


# Rooms whose tests run on PostgreSQL too, where they touch the database; others mark single tests `postgres`.
# Of these, some ask the database nothing of their own: what they try is the policy, files, words, cookies or papers, over
# rows that others write and read on PostgreSQL too.
_ON_SQLITE_ALONE = tuple(
    f"tests/{name}"
    for name in (
        "certificates/test_download.py",
        "certificates/test_protected.py",
        "certificates/test_verify.py",
        "lms/curriculum/test_dump.py",
        "lms/curriculum/test_load_broken.py",
        "people/test_clear_phone.py",
        "people/test_limits.py",
        "people/test_mfa.py",
        "people/test_names.py",
        "people/test_policy.py",
        "people/test_protected_walk.py",
        "people/test_recovery.py::test_every_role_tries_to_become_every_other",
        "people/test_shared_device.py",
    )
)
_ON_POSTGRESQL = ("records", "courses", "assessments", "certificates", "people", "operations", "lms/curriculum")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests share one server and one browser: one worker takes them all, and takes them first."""
    for item in items:
        touches = item.get_closest_marker("django_db") or "db" in getattr(item, "fixturenames", ())
        there = item.nodeid.startswith(tuple(f"tests/{room}/" for room in _ON_POSTGRESQL))
        if touches and there and not item.nodeid.startswith(_ON_SQLITE_ALONE):
            item.add_marker(pytest.mark.postgres)
        if "/e2e/" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("e2e"))
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


def pytest_sessionstart() -> None:
    """The catalogues are compiled, as they are on every installation."""
    compile_all()


def pytest_terminal_summary(terminalreporter) -> None:
    """Say again, next to the last line, which of the checks that ran before the tests failed."""
    if failed := os.environ.get("KALANSO_FAILED_CHECKS"):
        terminalreporter.section("checks before the tests", sep="=", red=True, bold=True)
        terminalreporter.line(f"failed, see above: {failed}")


# --- the database ---------------------------------------------------------------------------------------------------


class _SqliteFile:
    """A file of this process, copied from the template."""

    def __init__(self, source: Path, target: Path) -> None:
        self.source, self.target = source, target

    def restore(self) -> None:
        """Through SQLite's own backup: correct also when another connection is still open."""
        connections.close_all()
        with sqlite3.connect(self.source) as source, sqlite3.connect(self.target, timeout=20) as target:
            target.execute("PRAGMA synchronous=OFF")
            source.backup(target)
        source.close()
        target.close()

    def drop(self) -> None:
        connections.close_all()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:
    """Instead of migrating for every run: a copy of the template (`tests.template`)."""
    with django_db_blocker.unblock():
        data = Path(settings.DATA_DIR)
        if connection.vendor == "sqlite":
            source = template.folder()
            if (source / "files").exists():
                shutil.copytree(source / "files", settings.MEDIA_ROOT, dirs_exist_ok=True)
            database = _SqliteFile(source / "kalanso.sqlite3", data / "kalanso.sqlite3")
            connections.close_all()
            settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = str(database.target)
        else:
            database = postgresql.Database(data, Path(settings.MEDIA_ROOT))
        database.restore()

    def put_back(case: TransactionTestCase) -> None:
        # Instead of a flush, which the triggers of the record refuse, and which would take the curriculum away.
        database.restore()

    TransactionTestCase._fixture_teardown = put_back
    yield
    with django_db_blocker.unblock():
        database.drop()


@pytest.fixture(autouse=True)
def _no_backup_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that a test sets to work makes no backup of the test's database and tries none."""
    for kind in (upkeep.NIGHTLY, upkeep.MONTHLY):
        monkeypatch.delitem(jobs._periodic, kind)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Nothing is in the cache from a test that was rolled back, nor does a test that travelled into the future bind the
    clock of the record; and services called outside a request speak English,
    the language of the sources; a request speaks the language of its address."""
    cache.clear()
    record._newest = datetime.min.replace(tzinfo=UTC)
    clock._path().unlink(missing_ok=True)
    clock._looked = None
    with translation.override("en"):
        yield


# --- people ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def cast(db) -> Cast:
    """Awa, Issa, Mariam, Oumar, Fanta, Seydou and Admin (`tests.cast`)."""
    return the_cast.call()


@pytest.fixture
def client_for(db) -> Callable[..., Client]:
    """`client_for(person)` is a browser in which that person is signed in; `client_for(None)` a stranger's.

    `csrf=True` checks tokens as the site does.
    """

    def make(person: User | None = None, *, csrf: bool = False) -> Client:
        client = Client(enforce_csrf_checks=csrf)
        if person is not None:
            client.force_login(person)
        return client

    return make
