"""Two web processes over one database: what is changed anywhere shows in both at the next request, whatever they keep."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests import template
from tests.cast import PASSWORD
from tests.e2e.changes import COURSE, TITLE, TRANSLATED
from tests.e2e.conftest import _free_port
from tools import serve

CSRF = "c" * 32  # any 32 letters, where cookie and form agree


class Reader:
    """A person who is signed in, and can ask either process."""

    def __init__(self, ports: tuple[int, int], username: str = "") -> None:
        self.ports, self.cookies = ports, {"csrftoken": CSRF}
        if username:
            status, _body = self.ask(0, "/accounts/login/", {"login": username, "password": PASSWORD})
            assert status == 302 and "sessionid" in self.cookies

    def ask(self, process: int, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and page of one process; with a form it is a POST."""
        connection = HTTPConnection("127.0.0.1", self.ports[process], timeout=30)
        head = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is None:
            connection.request("GET", path, headers=head)
        else:
            head["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", path, urlencode(form | {"csrfmiddlewaretoken": CSRF}), head)
        answer = connection.getresponse()
        body = unescape(answer.read().decode())
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            if name == "sessionid":
                self.cookies[name] = value
        connection.close()
        return answer.status, body

    def both(self, path: str) -> tuple[tuple[int, str], tuple[int, str]]:
        return self.ask(0, path), self.ask(1, path)


@pytest.fixture(scope="module")
def two() -> Iterator[tuple[tuple[int, int], Callable[[str], None]]]:
    """The ports of two web processes, and `change(name)` by a third process."""
    data = Path(tempfile.mkdtemp(prefix="kalanso-two-"))
    shutil.copytree(template.folder(), data, dirs_exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    environment = kept | {"DJANGO_SETTINGS_MODULE": "lms.settings", "DATA_DIR": str(data), "WEB_WORKERS": "1"}
    ports = (_free_port(), _free_port())
    processes: list[subprocess.Popen] = []
    try:
        with (data / "log.txt").open("ab") as output:
            for port in ports:  # one after the other: each prepares the site
                command = serve.web_command(sys.executable, host="127.0.0.1", port=port, worker=False)
                processes.append(serve.start(command, env=environment, stdout=output, stderr=output))
                until = time.monotonic() + 180
                while not serve.answers("127.0.0.1", port):
                    assert time.monotonic() < until and processes[-1].poll() is None, (data / "log.txt").read_text()
                    time.sleep(0.1)
        third = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.changes"],
            cwd=template.ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(third)

        def change(name: str) -> None:
            assert third.stdin and third.stdout
            third.stdin.write(f"{name}\n")
            third.stdin.flush()
            assert third.stdout.readline() == "done\n"

        yield ports, change
        assert "Internal Server Error" not in (data / "log.txt").read_text()
    finally:
        for process in processes[2:]:
            process.kill()
            process.wait()
        serve.stop(processes[:2])
        shutil.rmtree(data, ignore_errors=True)


def first_lesson(reader: Reader) -> str:
    _status, page = reader.ask(0, f"/fr/c/{COURSE}/")
    return page.partition('<ol class="steps">')[2].partition('<a href="')[2].partition('"')[0]


def test_progress_made_in_one_process_shows_in_the_other(two):
    ports, _change = two
    awa = Reader(ports, "awa")
    assert awa.ask(0, f"/fr/c/{COURSE}/enrol/", {})[0] == 303
    lesson = first_lesson(awa)
    for path in (lesson, f"/fr/c/{COURSE}/", "/fr/learn/"):
        (here, _), (there, _) = awa.both(path)
        assert here == there == 200
    before = awa.ask(1, f"/fr/c/{COURSE}/")[1]
    assert '<li class="done">' not in before
    assert awa.ask(0, f"{lesson}complete/", {})[0] == 303
    assert awa.ask(1, f"/fr/c/{COURSE}/")[1].count('<li class="done">') == 1
    assert "1 étape sur" in awa.ask(1, "/fr/learn/")[1]
    assert awa.ask(1, lesson)[1].count('<li class="done">') == 1


def test_an_edit_and_a_translation_show_in_both(two):
    ports, change = two
    awa = Reader(ports, "awa")
    awa.ask(0, f"/fr/c/{COURSE}/enrol/", {})
    lesson = first_lesson(awa)
    english = lesson.replace("/fr/", "/en/")
    for path in (lesson, english, f"/fr/c/{COURSE}/", "/fr/catalogue/"):
        assert all(TITLE not in page and TRANSLATED not in page for _status, page in awa.both(path))
    change("edit")
    for path in (lesson, f"/fr/c/{COURSE}/"):
        assert all(TITLE in page for _status, page in awa.both(path))
    change("translate")
    for path in (english, f"/en/c/{COURSE}/"):
        assert all(TRANSLATED in page for _status, page in awa.both(path))
    assert all(TITLE in page for _status, page in awa.both(lesson))


def test_a_role_begins_and_ends_in_both_at_once(two):
    ports, change = two
    seydou = Reader(ports, "seydou")
    assert [status for status, _page in seydou.both("/fr/manage/people/")] == [403, 403]
    change("grant")
    assert [status for status, _page in seydou.both("/fr/manage/people/")] == [200, 200]
    assert all('href="/fr/manage/"' in page for _status, page in seydou.both("/fr/learn/"))
    change("end")
    assert [status for status, _page in seydou.both("/fr/manage/people/")] == [403, 403]
    assert all('href="/fr/manage/"' not in page for _status, page in seydou.both("/fr/learn/"))
    change("deactivate")
    assert [status for status, _page in seydou.both("/fr/learn/")] == [302, 302]


def test_what_is_unpublished_is_gone_from_both(two):
    ports, change = two
    stranger = Reader(ports)
    assert [status for status, _page in stranger.both(f"/fr/c/{COURSE}/")] == [200, 200]
    assert all(f"/fr/c/{COURSE}/" in page for _status, page in stranger.both("/fr/catalogue/"))
    change("unpublish")
    assert [status for status, _page in stranger.both(f"/fr/c/{COURSE}/")] == [404, 404]
    assert all(f"/fr/c/{COURSE}/" not in page for _status, page in stranger.both("/fr/catalogue/"))
