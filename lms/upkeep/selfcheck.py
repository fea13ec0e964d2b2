"""Are the data sound: the database, its guards, the record against what is folded from it, the key, the files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from certificates.keys import current_key
from certificates.signer import own_signer
from certificates.signing import SigningKeyError
from content.models import Attachment, FigureFile, Picture
from operations.errors import Refused
from records import guard, services

SAMPLE = 2_000  # registrations, in the quick check


def problems(*, migrate: bool = False, whole: bool = False) -> Iterator[str]:
    """Say what is wrong, a whole sentence each; nothing where all is well.

    migrate: bring an older database up to this version in between: on data that are not in use. whole: compare every
    registration, not only the first ones. Raises nothing that a broken database raises: it becomes a sentence.
    """
    for check in (_readable, _known_migrations, _guarded, lambda: _migrated(migrate)):
        found = list(_said(check))
        yield from found
        if found:  # what follows would only repeat it
            return
    for check in (_guarded, lambda: _folded(whole), _key, _files):
        yield from _said(check)


def _said(check: Callable[[], Iterator[str]]) -> Iterator[str]:
    try:
        yield from check()
    except (DatabaseError, OSError) as error:
        yield _("The database or a file cannot be read: %(why)s") % {"why": f"{type(error).__name__}: {error}"}


def _readable() -> Iterator[str]:
    if connection.vendor != "sqlite":
        connection.ensure_connection()
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check(3)")
        said = [str(row[0]) for row in cursor.fetchall()]
        cursor.execute("PRAGMA foreign_key_check")
        loose = len(cursor.fetchall())
    if said != ["ok"]:
        yield _("The database file is damaged: %(why)s") % {"why": "; ".join(said)[:300]}
    if loose:
        yield _("%(count)d rows of the database point to rows that are not there.") % {"count": loose}


def _known_migrations() -> Iterator[str]:
    if unknown := unknown_migrations():
        yield _("These data were made by a newer version of the site: it has %(names)s, which this version lacks.") % {
            "names": ", ".join(unknown[:5])
        }


def unknown_migrations() -> list[str]:
    """Migrations of ours that were applied to the database and that this version does not have. 1 query."""
    loader = MigrationExecutor(connection).loader
    known = {app.label for app in apps.get_app_configs()}
    # Of replaced migrations, and of libraries that were taken out, nothing is left in the code.
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    gone = set(loader.applied_migrations) - set(loader.disk_migrations) - replaced
    return sorted(f"{app}.{name}" for app, name in gone if app in known)


def unapplied_migrations() -> list[str]:
    """Migrations of this version that the database has not had yet. 1 query."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def _guarded() -> Iterator[str]:
    if lacking := guard.missing(connection):
        yield _("The learning record can be changed: the database lacks %(names)s.") % {"names": ", ".join(lacking)}


def _migrated(migrate: bool) -> Iterator[str]:
    names = unapplied_migrations()
    if names and migrate:
        call_command("migrate", interactive=False, verbosity=0)
    elif names:
        yield _("The database waits for %(count)d migrations.") % {"count": len(names)}


def _folded(whole: bool) -> Iterator[str]:
    different = 0
    batches = services.rebuild(write=False)
    for _done, differences in batches if whole else itertools.takewhile(lambda pair: pair[0] <= SAMPLE, batches):
        different += len(differences)
    if different:
        yield _("%(count)d rows of progress are not what the record says: run “manage.py rebuild_progress”.") % {
            "count": different
        }


def _key() -> Iterator[str]:
    try:
        own_signer()
        current_key()
    except (SigningKeyError, Refused) as error:
        yield _("The signing key cannot be used: %(why)s") % {"why": error}


def _files() -> Iterator[str]:
    """The newest pictures: where they are missing, the folder of files is."""
    names = list(Picture.objects.order_by("-pk").values_list("file", flat=True)[:50])
    if lacking := [name for name in names if not (settings.MEDIA_ROOT / name).is_file()]:
        yield _("%(count)d of the last %(all)d pictures are missing in the folder of files.") % {
            "count": len(lacking),
            "all": len(names),
        }


def missing_files() -> tuple[int, list[str]]:
    """How many files the database knows, and those of them that are not there; 3 queries. Where they lie in a bucket,
    only the newest of each kind are asked for: each costs a call. Raises what the service raises when it is down."""
    known, lacking = 0, []
    for model in (FigureFile, Picture, Attachment):
        names = list(model._default_manager.order_by("-pk").values_list("file", flat=True))
        known += len(names)
        lacking += [name for name in names[: 1 if settings.S3_BUCKET else None] if not default_storage.exists(name)]
    return known, lacking
