"""When something that the site stands on fails, a person reads what was not saved and what to do, and loses nothing."""

from __future__ import annotations

import errno
import html
import json
import re
import sqlite3
from urllib.parse import urlencode

import pytest
from django.core.cache import caches
from django.core.files.storage import default_storage
from django.db import OperationalError, ProgrammingError, connection

from content.models import Tier
from content.rendering import figure_url
from content.services import store_figure
from lms.upkeep import status
from operations import sqlite
from operations.faults import Fault, fault_of
from tests.assessments.school import begin, items, right
from tests.content.conftest import SVG
from tests.lms.backends.processes import ask_settings, free_port

AS_BROWSERS_DO = "application/x-www-form-urlencoded"
ASK = """
import json, lms.wsgi
from django.test import Client
client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1", headers={"accept-language": "fr"})
asked = [client.get("/fr/"), client.get("/fr/catalogue/"), client.post("/accounts/login/", {"login": "a", "password": "b"})]
asked += [client.get("/readyz"), client.get("/healthz")]
print(json.dumps([[answer.status_code, answer.get("Retry-After"), answer.content.decode()] for answer in asked]))
"""


def test_a_dead_database_is_said_on_every_page(tmp_path):
    address = f"postgres://nobody@127.0.0.1:{free_port()}/none"
    done = ask_settings(ASK, tmp_path, DATABASE_URL=address, MANIFEST_STATIC="0")
    assert done.returncode == 0, done.stderr[-3000:]
    answers = json.loads(done.stdout.splitlines()[-1])
    for code, retry, page in answers[:3]:
        assert (code, bool(retry)) == (503, True)
        assert '<html lang="fr"' in page and "kalanso.css" in page and "Traceback" not in page
        assert len(page) < 5_000
    assert [code for code, _, _ in answers[3:]] == [503, 200]


def test_a_missing_database_file_is_not_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "_prepared", True)
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(tmp_path / "kalanso.sqlite3", factory=sqlite.Connection)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_where_nothing_can_be_written_pages_are_read_and_an_answer_is_sent_again(school, cast, client_for):
    attempt = begin(school, cast.awa)
    item, client = items(attempt)[0], client_for(cast.awa)
    client.raise_request_exception = False
    address, form = f"/en/attempts/{attempt.pk}/answer/", {"q": "1", "go": "next", **right(item)}
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only=ON")
        try:
            refused = client.post(address, urlencode(form, doseq=True), content_type=AS_BROWSERS_DO)
            read = client.get(f"/en/attempts/{attempt.pk}/")
        finally:
            cursor.execute("PRAGMA query_only=OFF")
    page = refused.content.decode()
    assert refused.status_code == 503 and refused["Retry-After"] and refused["Cache-Control"] == "no-store"
    assert "What you just sent was not saved" in page and "Traceback" not in page
    assert read.status_code == 200
    item.refresh_from_db()
    assert item.answer is None
    # The page holds what was sent: one press sends it again.
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    again: dict[str, list[str]] = {}
    for name, value in fields:
        again.setdefault(html.unescape(name), []).append(html.unescape(value))
    assert f'action="{address}"' in page
    assert client.post(address, again).status_code == 303
    item.refresh_from_db()
    assert item.answer is not None


def test_a_secret_is_not_written_into_a_page(client, db):
    client.raise_request_exception = False
    with connection.execute_wrapper(broken):
        given = "login=awa&code=K7QM-22XP"
        page = client.post("/fr/enter/", given, content_type=AS_BROWSERS_DO).content.decode()
    assert "503" in page
    assert "K7QM" not in page and 'data-action="send-again"' not in page


def broken(execute, sql, params, many, context):
    raise OperationalError("disk I/O error")


def test_a_missing_file_is_said_and_stands_on_the_status_page(cast, client_for, db, caplog):
    file = store_figure(owner="essai", name="a", language="fr", data=SVG, tier=Tier.OPEN).files.get()
    default_storage.delete(str(file.file))
    answer = client_for(cast.awa).get(figure_url(file))
    assert answer.status_code == 404
    assert "Ce fichier" in answer.content.decode() or "This file is missing" in answer.content.decode()
    assert "missing" in caplog.text
    row = next(row for row in status.rows() if row.key == "files")
    assert row.state == status.BAD and str(file.file) in row.says


def test_a_dead_service_of_files_is_no_dead_site(cast, client_for, school, settings):
    file = store_figure(owner="essai", name="a", language="fr", data=SVG, tier=Tier.OPEN).files.get()
    dead = {"bucket_name": "b", "endpoint_url": f"http://127.0.0.1:{free_port()}", "access_key": "a", "secret_key": "b"}
    client = client_for(cast.awa)
    client.raise_request_exception = False
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "operations.files.Bucket", "OPTIONS": dead}}
    answer = client.get(figure_url(file))
    assert answer.status_code == 503 and answer["Retry-After"]
    assert client.get(f"/en/c/{school.course.code}/").status_code == 200


def test_a_dead_cache_is_not_noticed(settings, tmp_path):
    no_folder = tmp_path / "file"
    no_folder.write_text("")
    given = {"LOCATION": no_folder, "OPTIONS": {"redis": f"redis://127.0.0.1:{free_port()}/0"}}
    settings.CACHES = {"default": {"BACKEND": "operations.cache.Sheltered", **given}}
    cache = caches["default"]
    assert cache.add("key", [1], 60) and not cache.add("key", [2], 60)
    cache.set("key", [1, 2], 60)
    assert cache.get("key") == [1, 2]
    cache.delete("key")
    assert cache.get("key", "none") == "none"


def test_a_mistake_of_the_code_is_no_fault_of_the_disk(db):
    assert fault_of(OSError(errno.ENOSPC, "full")) == Fault.FULL
    assert fault_of(OSError(errno.EROFS, "ro")) == Fault.READ_ONLY
    assert fault_of(ZeroDivisionError()) is None
    with pytest.raises((OperationalError, ProgrammingError)) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT nothing_like_it FROM nowhere")
    assert fault_of(caught.value) is None
