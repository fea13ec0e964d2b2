import uuid

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from records import guard
from records.models import RecordKey, Statement, Voiding
from records.services import record, void
from tests.records.test_record import statement

TABLES = ("records_statement", "records_voiding")


@pytest.fixture
def voided():
    (row,) = record([statement()])
    void(row.pk, by=uuid.uuid4(), reason="test")
    return row


def refused(sql, *values):
    with pytest.raises(IntegrityError, match=r"insert-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses_update_and_delete(voided, table):
    column = "authority" if table == "records_statement" else "statement_id"
    refused(f"UPDATE {table} SET {column} = {column}")
    refused(f"DELETE FROM {table}")


@pytest.mark.django_db
def test_the_database_refuses_what_querysets_try(voided):
    for attempt in (
        lambda: Statement.objects.filter(pk=voided.pk).update(authority="another"),
        lambda: Voiding.objects.all().delete(),
        lambda: Statement.objects.bulk_update([voided], ["authority"]),
    ):
        with pytest.raises(IntegrityError, match="insert-only"), transaction.atomic():
            attempt()


@pytest.mark.django_db
def test_replacing_a_row_does_not_pass_either(voided):
    names = [field.column for field in Statement._meta.concrete_fields]
    columns = ", ".join(f'"{name}"' for name in names)
    if connection.vendor == "sqlite":
        refused(f"INSERT OR REPLACE INTO records_statement ({columns}) SELECT {columns} FROM records_statement")
    refused(
        f"INSERT INTO records_statement ({columns}) SELECT {columns} FROM records_statement WHERE true "
        "ON CONFLICT (id) DO UPDATE SET authority = 'another'"
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", TABLES)
def test_truncate_does_not_pass_either(voided, table):
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has TRUNCATE")
    refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.django_db
def test_keys_of_people_can_still_be_erased():
    key = RecordKey.objects.create()
    key.delete()


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_remakes_the_table_loses_the_triggers_until_it_ends():
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite remakes tables")
    field = Statement._meta.get_field("authority")
    wider = models.CharField(max_length=65)
    wider.set_attributes_from_name("authority")
    wider.model = Statement
    with connection.schema_editor() as editor:
        editor.alter_field(Statement, field, wider)
    assert set(guard.missing(connection)) >= {"records_statement_no_update", "records_statement_no_delete"}
    guard.after_migrate(sender=apps.get_app_config("records"), using="default")
    assert guard.missing(connection) == []
    record([statement()])
    refused("UPDATE records_statement SET authority = 'another'")


@pytest.mark.django_db(transaction=True)
def test_triggers_that_lack_are_told_and_made_again_by_migrate():
    assert run_checks(tags=["database", "records"], databases=["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER records_statement_no_update"
            + (" ON records_statement" if connection.vendor == "postgresql" else "")
        )
    (warning,) = run_checks(tags=["database"], databases=["default"])
    assert (warning.id, "records_statement_no_update" in warning.msg) == ("records.W001", True)
    assert len(run_checks(tags=["records"])) == (1 if connection.vendor == "sqlite" else 0)
    call_command("migrate", "records", verbosity=0)
    assert guard.missing(connection) == []


@pytest.mark.django_db(transaction=True)
def test_a_disabled_trigger_counts_as_missing():
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL disables triggers")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_statement DISABLE TRIGGER ALL")
    assert "records_statement_no_delete" in guard.missing(connection)
    guard.install(connection)
    assert guard.missing(connection) == []


@pytest.mark.django_db(transaction=True)
def test_sqlite_without_recursive_triggers_is_an_error():
    if connection.vendor != "sqlite":
        pytest.skip("a setting of SQLite")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers = OFF")
    try:
        assert [error.id for error in run_checks(tags=["records"])] == ["records.E002"]
    finally:
        connection.close()
