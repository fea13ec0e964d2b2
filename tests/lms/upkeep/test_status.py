"""The status page says how the site is and what to do, and the bundle says nothing of people."""

from __future__ import annotations

import datetime as dt
import json
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pypdf import PdfReader

from lms.upkeep import backup, jobs, logs, sheet, status
from operations import jobs as queue
from operations import maintenance
from operations.models import AuditEntry, Delivery, Job, Message


@pytest.fixture
def data(settings, tmp_path, db) -> Path:
    settings.DATA_DIR = tmp_path
    settings.BACKUP_DIR = tmp_path / "backups"
    return tmp_path


def row(key: str) -> status.Row:
    return next(found for found in status.rows() if found.key == key)


def remembered(data: Path, **values) -> backup.Made:
    known = {
        "when": timezone.now().isoformat(),
        "name": "kalanso-1.tar.gz",
        "bytes": 5,
        "sha256": "0" * 64,
        "encrypted": True,
        "places": ["a", "b"],
        **values,
    }
    (maintenance.folder(data) / "backups.json").write_text(json.dumps([known]))
    return backup.Made(**known)


# --- the page -------------------------------------------------------------------------------------------------------


def test_administrators_see_every_part_in_french_and_nobody_else_does(data, cast, client_for):
    html = client_for(cast.admin).get("/fr/manage/status/").content.decode()
    for key in ("disk", "database", "files", "backup", "trial", "clock", "worker", "mail", "certificate", "version"):
        assert f'data-row="{key}"' in html
    assert client_for(cast.mariam).get("/fr/manage/status/").status_code == 403
    assert client_for(None).get("/fr/manage/status/").status_code == 302
    assert 'href="/fr/manage/status/"' in client_for(cast.admin).get("/fr/manage/").content.decode()
    assert 'href="/fr/manage/status/"' not in client_for(cast.mariam).get("/fr/manage/").content.decode()


def test_every_row_that_is_not_well_says_what_to_do(data):
    for found in status.rows():
        assert found.says and (found.state == status.OK) == (not found.todo), found


def test_the_page_costs_few_queries(data, django_assert_max_num_queries):
    with django_assert_max_num_queries(17):
        status.rows()


def test_a_part_that_cannot_be_looked_at_is_bad_and_the_others_are_shown(data, monkeypatch):
    def gone(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", gone)
    assert row("disk").state == status.BAD
    assert row("version").state == status.OK


@pytest.mark.parametrize(
    ("free", "notes", "expected"),
    [
        (100, [], None),
        (100, [("2026-11-23", 110, 0)], None),  # one day says nothing
        (100, [("2026-11-14", 200, 0)], 10),
        (100, [("2026-11-14", 50, 0)], None),  # it has become emptier
        (0, [("2026-11-14", 50, 0)], 0),
        (100, [("2026-01-01", 10_000, 0), ("2026-11-14", 200, 0)], 10),  # only the last month counts
    ],
)
def test_days_until_the_disk_is_full_follow_the_last_month(free, notes, expected):
    assert status.days_left(free, notes, dt.date(2026, 11, 24)) == expected


def test_a_disk_that_fills_within_a_week_is_bad(data, monkeypatch):
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 5 * 10**11, 5 * 10**11))
    assert row("disk").state == status.OK
    before = (timezone.localdate() - dt.timedelta(days=10)).isoformat()
    (maintenance.folder(data) / "growth.json").write_text(json.dumps([[before, 15 * 10**11, 0]]))
    assert row("disk").state == status.BAD


def test_backups_are_judged_by_age_place_encryption_and_by_what_was_read_again(data, settings):
    assert row("backup").state == status.WARN  # none yet, on a site of today
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - dt.timedelta(days=3))
    assert row("backup").state == status.BAD
    settings.BACKUP_COPY_DIR, settings.BACKUP_PUBLIC_KEY = data / "b", "age1"
    remembered(data)
    assert row("backup").state == status.OK
    remembered(data, places=["a"])
    assert row("backup").state == status.BAD  # not at the second place
    remembered(data, whole=False)
    assert row("backup").state == status.BAD
    remembered(data, when=(timezone.now() - dt.timedelta(hours=49)).isoformat())
    assert row("backup").state == status.BAD
    settings.BACKUP_PUBLIC_KEY = ""
    remembered(data)
    assert row("backup").state == status.WARN
    settings.BACKUP_COPY_DIR = None
    assert row("backup").state == status.WARN


def test_a_worker_that_is_silent_is_bad(data):
    assert row("worker").state == status.BAD
    queue.register("test.nothing", lambda job: None)
    queue.ask("test.nothing")
    Job.objects.update(status=Job.Status.DONE, ended=timezone.now())
    assert row("worker").state == status.OK
    Job.objects.update(ended=timezone.now() - dt.timedelta(minutes=10))
    assert row("worker").state == status.BAD
    Job.objects.update(status=Job.Status.RUNNING, ended=None, leased_until=timezone.now() + dt.timedelta(seconds=30))
    assert row("worker").state == status.OK


def test_a_mail_that_waits_too_long_is_bad(data, cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert row("mail").state == status.OK
    late = Delivery.objects.create(
        recipient=cast.awa, mode=Delivery.Mode.NOW, due=timezone.now() - dt.timedelta(hours=1)
    )
    assert row("mail").state == status.BAD
    Delivery.objects.filter(pk=late.pk).update(state=Delivery.State.REFUSED, ended=timezone.now())
    assert row("mail").state == status.WARN


def test_a_newer_database_is_said_to_be_newer(data):
    MigrationRecorder.Migration.objects.create(app="records", name="0099_to_come")
    assert row("version").state == status.BAD


def test_the_certificate_that_the_site_shows_is_read_whoever_signed_it(tmp_path, data, settings):
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "20",
            "-subj",
            "/CN=localhost",
            "-keyout",
            "key",
            "-out",
            "cert",
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            line, _ = server.accept()
            with context.wrap_socket(line, server_side=True):
                pass

        thread = threading.Thread(target=answer)
        thread.start()
        settings.SITE_URL = f"https://127.0.0.1:{port}"
        found = row("certificate")
        thread.join()
    assert found.state == status.WARN and "19" in found.says
    assert row("certificate").state == status.BAD  # nothing answers any more


# --- what the worker does by itself ---------------------------------------------------------------------------------


def test_the_night_makes_one_backup_however_often_it_is_tried(data, settings):
    first = jobs.nightly()
    assert jobs.nightly() == first
    assert [one.name for one in backup.known()] == [first["name"]]
    assert (settings.BACKUP_DIR / first["name"]).exists()


def test_older_archives_than_are_to_be_kept_are_deleted(data, settings):
    settings.BACKUP_KEEP = 2
    rows = []
    settings.BACKUP_DIR.mkdir()
    (settings.BACKUP_DIR / "somebody-elses.tar.gz").touch()
    for day in range(1, 5):
        name = f"kalanso-2026010{day}-000000.tar.gz"
        (settings.BACKUP_DIR / name).touch()
        rows.append({**vars_of(remembered(data)), "name": name, "when": f"2026-01-0{day}T00:00:00+00:00"})
        rows[-1]["places"] = [str(settings.BACKUP_DIR)]
    (maintenance.folder(data) / "backups.json").write_text(json.dumps(rows[::-1]))
    made = backup.make()
    left = {path.name for path in settings.BACKUP_DIR.iterdir()}
    assert left == {"somebody-elses.tar.gz", "kalanso-20260104-000000.tar.gz", made.name}


def vars_of(made: backup.Made) -> dict:
    return {name: getattr(made, name) for name in made.__dataclass_fields__}


def test_administrators_are_told_once_a_day_of_a_backup_that_is_too_old(data, cast):
    remembered(data, when=(timezone.now() - dt.timedelta(hours=47)).isoformat(), verified=timezone.now().isoformat())
    assert jobs.watch() == {"told": 0}
    remembered(data, when=(timezone.now() - dt.timedelta(hours=49)).isoformat(), verified=timezone.now().isoformat())
    jobs.watch()
    jobs.watch()
    assert [message.recipient for message in Message.objects.filter(kind="lms.backup-old")] == [cast.admin]
    assert Message.objects.get(kind="lms.backup-old").url.endswith("/manage/status/")


def test_a_backup_that_rots_is_found_and_told(data, cast, settings):
    made = backup.make()
    jobs.watch()
    assert backup.known()[0].whole and backup.known()[0].verified
    (settings.BACKUP_DIR / made.name).write_bytes(b"rotten")
    remembered(data, **{**vars_of(made), "verified": ""})
    jobs.watch()
    assert not backup.known()[0].whole
    assert Message.objects.filter(kind="lms.backup-unsound", recipient=cast.admin).count() == 1


def test_each_month_a_backup_is_restored_into_an_empty_folder_and_leaves_nothing(data, settings, monkeypatch):
    settings.BACKUP_PUBLIC_KEY = "age1 is never needed for this"
    (data / "secret-key").write_text("x")
    done = jobs.try_restore()
    assert done["sound"] and jobs.last_trial()["sound"] and row("trial").state == status.OK
    assert not list((data / "upkeep").glob("scratch-*")) and not list(data.glob("before-*"))


# --- the bundle and the sheet ---------------------------------------------------------------------------------------


def test_the_bundle_helps_and_says_nothing_about_people(data, cast, client_for, settings):
    settings.SECRET_KEY, settings.SIGNING_PASSPHRASE = "a secret of the site", "another secret"
    settings.DATABASES["default"]["PASSWORD"] = "a third secret"
    handler = logs.LogFile(str(data / "logs" / "site.jsonl"))
    handler.setFormatter(logs.formatter(machine=True))
    handler.emit(logging.LogRecord("x", logging.WARNING, "", 0, "about awa@kalanso.test “Awa Diarra”", (), None))
    with (data / "logs" / "site.jsonl").open("a") as file:
        file.write("a stray line about 'Awa Diarra' awa@kalanso.test\n")
    response = client_for(cast.admin).post("/fr/manage/status/bundle/")
    files = zipfile.ZipFile(BytesIO(response.content))
    text = "\n".join(files.read(name).decode() for name in files.namelist())
    assert set(files.namelist()) == {
        *("status.json", "versions.json", "settings.json", "database.json", "jobs.json", "log.jsonl")
    }
    assert '"wagtail"' in text and "records.0001_initial" in text and '"records.Statement"' in text
    for person in cast:
        for personal in (person.last_name, person.email, person.staff_number, str(person.key)):
            assert not personal or personal not in text, personal
    assert "Awa" not in text and "Mariam" not in text
    assert "secret of" not in text and "third secret" not in text and "another secret" not in text
    settings.DATABASES["default"]["PASSWORD"] = ""
    assert AuditEntry.objects.filter(code="lms.support-bundle", actor=cast.admin, look=True).count() == 1
    assert client_for(cast.mariam).post("/fr/manage/status/bundle/").status_code == 403


def test_the_command_writes_the_bundle_once_for_its_owner(data, tmp_path):
    call_command("support_bundle", str(tmp_path / "b.zip"))
    assert zipfile.is_zipfile(tmp_path / "b.zip") and (tmp_path / "b.zip").stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_recovery_sheet_is_one_page_without_secrets(data, cast, client_for, settings, language):
    settings.SECRET_KEY = "a secret of the site"
    response = client_for(cast.admin).get(f"/{language}/manage/status/sheet/")
    assert response["Content-Type"] == "application/pdf"
    paper = PdfReader(BytesIO(response.content))
    assert len(paper.pages) == 1
    words = paper.pages[0].extract_text()
    assert "make restore FILE=" in words and "make backup" in words and str(data)[:30] in words
    assert "secret of" not in words


def test_the_sheet_says_whether_a_private_key_is_needed(settings):
    settings.BACKUP_PUBLIC_KEY = "age1x"
    words = PdfReader(BytesIO(sheet.render(dt.date(2026, 11, 24)))).pages[0].extract_text()
    assert "KEY=" in words
