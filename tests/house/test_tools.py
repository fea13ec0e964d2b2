"""`make run` and `make test` as somebody meets them on a machine where something is missing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tools import browser

SITE = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers()
    def log_message(self, *a): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""
WATCH = """
import sys; sys.path.insert(0, "tools")
import serve
port, site = int(sys.argv[1]), sys.argv[2]
sys.exit(serve.watch([sys.executable, "-c", site, str(port)],
    host="127.0.0.1", port=port, when_ready=lambda: print("ready", flush=True)))
"""


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    return number


def run(**environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "tools/run.py"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def watch(port: int, site: str = SITE) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", WATCH, str(port), site], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_port_in_use_is_said_before_anything_else_is_done(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        done = run(PORT=str(taken), DATA_DIR=str(tmp_path / "new"))
    assert done.returncode == 1
    assert f"Port {taken} is in use" in done.stderr and "PORT=" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("wrong", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_none_is_named(wrong):
    done = run(PORT=wrong)
    assert done.returncode == 1 and wrong in done.stderr and "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path, port):
    (tmp_path / "a file").touch()
    done = run(PORT=str(port), DATA_DIR=str(tmp_path / "a file"))
    assert done.returncode == 1 and "a file cannot be written" in done.stderr and "DATA_DIR=" in done.stderr


def test_a_server_that_ends_by_itself_is_named(port):
    watched = watch(port, SITE.replace("serve_forever()", "handle_request(); sys.exit(7)"))
    said, _ = watched.communicate(timeout=30)
    assert watched.returncode == 1
    assert "ready" in said and "the web server ended by itself (exit code 7)" in said
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_a_web_server_that_could_not_prepare_the_site_has_said_why_already(port):
    watched = watch(port, site="import sys; sys.exit(3)")
    said, _ = watched.communicate(timeout=30)
    assert watched.returncode == 1 and "ended by itself" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_when_told_to_stop_it_stops_everything(port, number):
    watched = watch(port)
    assert watched.stdout and watched.stdout.readline().strip() == "ready"
    watched.send_signal(number)
    said, _ = watched.communicate(timeout=30)
    assert watched.returncode == 0 and "Stopped." in said
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent was killed")
def test_nothing_is_left_behind_when_the_watcher_is_killed(port):
    watched = watch(port)
    assert watched.stdout and watched.stdout.readline().strip() == "ready"
    watched.kill()
    watched.wait()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                break
        time.sleep(0.1)
    else:
        pytest.fail("the web server still listens")


def fake(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_a_browser_is_found_by_any_of_its_names(tmp_path, monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find() is None
    fake(tmp_path, "google-chrome", "")
    assert browser.find() == str(tmp_path / "google-chrome")


def test_a_missing_browser_is_installed_where_that_needs_no_question(tmp_path, monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(browser, "_NAMES", ("kalanso-test-chromium",))
    fake(
        tmp_path,
        "apt-get",
        f'echo "$@" >> {tmp_path}/asked; [ "$2" = install ] && '
        f"cp {tmp_path}/apt-get {tmp_path}/kalanso-test-chromium; true",
    )
    assert browser.find_or_install() == str(tmp_path / "kalanso-test-chromium")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0].endswith("update") and "install -y" in asked[1] and "chromium" in asked[1]


def test_where_nothing_may_be_installed_the_command_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    fake(tmp_path, "apt-get", "exit 1")
    assert browser.find_or_install() is None
    assert "sudo apt-get install -y chromium" in browser.HOW_TO_GET_ONE
