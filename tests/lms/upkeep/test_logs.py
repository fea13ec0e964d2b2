"""Each line of the log belongs to a request, and none says anything of people."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.http import Http404

from assessments.services import start_attempt
from lms.upkeep import logs
from operations import jobs, notify
from operations.errors import Refused
from tests.assessments.school import make_school
from tests.cast import PASSWORD

NUMBER = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}")


@pytest.fixture
def lines():
    """What a machine reads, from INFO upwards."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.formatter(machine=True))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in ("django", "kalanso.request"):
        logging.getLogger(name).setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


def test_every_answer_bears_a_number_that_stands_in_the_log(client, db, lines):
    response = client.get("/fr/nothing-here/")
    assert NUMBER.fullmatch(response["X-Request-ID"])
    assert {line["request"] for line in lines()} == {response["X-Request-ID"]}
    assert {line["event"] for line in lines()} == {"Not Found", "request"}
    assert client.get("/healthz")["X-Request-ID"] != response["X-Request-ID"]


def test_the_number_of_a_proxy_is_taken_only_where_there_is_one_of_ours_and_if_it_is_sane(client, settings):
    assert client.get("/healthz", headers={"X-Request-ID": "abcdefgh-1"})["X-Request-ID"] != "abcdefgh-1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert client.get("/healthz", headers={"X-Request-ID": "abcdefgh-1"})["X-Request-ID"] == "abcdefgh-1"
    for hostile in ("awa@kalanso.test", "x", "a" * 65, '"} {"event": "forged"', "abc def ghi"):
        assert NUMBER.fullmatch(client.get("/healthz", headers={"X-Request-ID": hostile})["X-Request-ID"])


def test_the_page_of_a_failure_shows_the_number_of_its_request(client, db, lines, monkeypatch):
    monkeypatch.setattr("lms.views.home.audiences_with_courses", lambda: 1 / 0)
    client.raise_request_exception = False
    response = client.get("/en/")
    assert response.status_code == 500
    assert response["X-Request-ID"] in response.content.decode()
    failed = next(line for line in lines() if line.get("error"))
    assert failed["error"] == "ZeroDivisionError" and failed["request"] == response["X-Request-ID"]
    assert any(at.startswith("lms/views/home.py:") for at in failed["at"])


def test_a_line_of_json_is_a_line_whatever_is_in_it(lines):
    logging.getLogger("x").error("first\nsecond %s", '"}\n{"event": "forged"')
    assert len(lines()) == 1


@pytest.mark.parametrize(
    "personal",
    [
        "awa.diarra@kalanso.test",
        "Key (username)=(awa) already exists",
        "no such person: 'Awa Diarra'",
        "« Awa Diarra »",
        "from 192.168.1.17",
        "call +223 76 12 34 56",
        "/fr/manage/people/2f3c/?q=Diarra",
        "token 8f14e45fceea167a5a36dedd4bea2543",
    ],
)
def test_what_looks_personal_or_secret_is_blotted_out(personal):
    kept = logs.scrub_text(personal)
    assert logs.BLOT in kept
    for word in ("awa", "Awa", "Diarra", "192.168", "12 34", "8f14e"):
        assert word not in kept


def test_the_log_of_a_whole_journey_names_nobody(cast, client_for, lines, monkeypatch, settings):
    client = client_for(None)
    client.raise_request_exception = False
    for login, password in (("awa", "wrong"), ("awa@kalanso.test", PASSWORD), ("Diarra", "x")):
        client.post("/accounts/login/", {"login": login, "password": password})
    client.get("/accounts/enter/AWA-DIARRA/")
    client.get("/fr/catalogue/?q=Diarra")
    client.get("/fr/awa-diarra@kalanso.test/")
    client.get("/fr/", headers={"host": "awa-diarra.example"})

    learner = client_for(cast.awa)
    learner.raise_request_exception = False
    school = make_school()
    enrolment = school.enrol(cast.awa)
    attempt = start_attempt(enrolment=enrolment, quiz=school.practice[0])
    for path in ("/fr/learn/", f"/fr/attempts/{attempt.pk}/", "/fr/account/", "/fr/certificates/", "/fr/messages/"):
        learner.get(path)
    learner.post("/fr/account/", {"first_name": "Awa", "last_name": "Diarra", "email": "not an address of Awa"})

    manager = client_for(cast.mariam)
    manager.raise_request_exception = False
    manager.get(f"/fr/manage/people/{cast.awa.key}/")
    manager.get("/fr/manage/people/?q=Diarra")
    manager.get("/fr/manage/status/")

    def fail(*args, **kwargs):
        raise ValueError(f"Awa Diarra <awa@kalanso.test> {cast.awa.staff_number}")

    monkeypatch.setattr("lms.views.home.audiences_with_courses", fail)
    assert learner.get("/fr/").status_code == 500

    notify.register("test.news", body="%(who)s")
    notify.notify(cast.awa, "test.news", context={"who": "Awa Diarra"})
    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    for kind, error in (
        ("test.fails", fail),
        ("test.refused", lambda job: (_ for _ in ()).throw(Refused("Awa Diarra"))),
    ):
        jobs.register(kind, error)
        jobs.ask(kind)
    jobs.work(once=True)
    try:
        raise Http404("Awa Diarra")
    except Http404:
        logging.getLogger("other.library").exception("Something about %s", "“Awa Diarra”")

    written = lines()
    assert len(written) > 15
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in written)
    for person in cast:
        for secret in (person.first_name, person.last_name, person.email, person.staff_number, str(person.key)):
            if secret and secret != "Administration":
                assert not re.search(rf"\b{re.escape(secret)}\b", text, re.I), secret
    assert PASSWORD not in text and "127.0.0.1" not in text


def test_warnings_are_also_in_a_file_that_does_not_grow_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "LARGEST", 2_000)
    handlers = [logs.LogFile(str(tmp_path / "logs" / "site.jsonl")) for _process in range(2)]
    for number in range(200):
        record = logging.LogRecord("x", logging.WARNING, "", 0, f"line {number:04} " + "x" * 40, (), None)
        handlers[number % 2].emit(record)
    kept = "".join(path.read_text() for path in sorted((tmp_path / "logs").iterdir()))
    assert {path.name for path in (tmp_path / "logs").iterdir()} == {"site.jsonl", "site.old.jsonl"}
    assert len(kept) < 5_000 and "line 0199" in kept and "line 0198" in kept


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "logs").write_text("no folder")
    handler = logs.LogFile(str(tmp_path / "logs" / "site.jsonl"))
    handler.emit(logging.LogRecord("x", logging.WARNING, "", 0, "x", (), None))
