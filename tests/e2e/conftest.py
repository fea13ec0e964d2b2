"""The real site in its own processes, and a real browser.

`site` is the server that people meet (granian, two processes, the worker, compressed static files), started as `make
run` starts it, over a copy of the template database. `browser_page` opens a page in which everything that goes wrong behind the person's back fails the
test: script errors, refusals by the content security policy, requests to other hosts.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests import template
from tests.cast import PASSWORD
from tools import browser as browser_tools
from tools import serve

_STARTING_SECONDS = 120
WIDTHS = (320, 1280)
_AXE = Path(AXE_FILE_PATH).read_text(encoding="utf-8")

# Words that lie, in part, outside of the screen or of a box that hides what does not fit.
_CUT_OFF = """() => {
  const cut = [];
  for (const it of document.querySelectorAll("main *, header *, footer *")) {
    const words = [...it.childNodes].filter(node => node.nodeType === 3 && node.data.trim());
    if (!words.length || it.closest("select, script, title, .vh, .skip") || !it.checkVisibility()) continue;
    let box = it.parentElement;
    while (box && getComputedStyle(box).overflowX === "visible") box = box.parentElement;
    if (box && ["auto", "scroll"].includes(getComputedStyle(box).overflowX)) continue;
    const frame = box && box !== document.body ? box.getBoundingClientRect() : {left: 0, right: innerWidth};
    if (frame.right - frame.left < 3) continue; // there for the ear only
    const range = document.createRange();
    for (const node of words) {
      range.selectNodeContents(node);
      const over = [...range.getClientRects()].some(r => r.width && (r.right > frame.right + 1 || r.left < frame.left - 1));
      if (over) { cut.push(`${it.tagName} “${node.data.trim().slice(0, 60)}”`); break; }
    }
  }
  return cut.slice(0, 5);
}"""


@dataclass
class Site:
    """A running site. `url` has no slash at its end; `data` is its DATA_DIR."""

    url: str
    data: Path
    environment: dict[str, str]
    _people: int = field(default=0)
    _processes: list[subprocess.Popen] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What its processes have said."""
        return self.data / "log.txt"

    def start(self) -> None:
        """Start the web server and the worker, and wait until the site is ready."""
        port = int(self.url.rpartition(":")[2])
        command = serve.web_command(sys.executable, host="127.0.0.1", port=port)
        with self.log.open("ab") as output:
            self._processes.append(serve.start(command, env=self.environment, stdout=output, stderr=output))
        until = time.monotonic() + _STARTING_SECONDS
        while not serve.answers("127.0.0.1", port):
            if time.monotonic() > until or any(process.poll() is not None for process in self._processes):
                raise RuntimeError(f"The site did not start:\n{self.log.read_text(encoding='utf-8')[-8000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        serve.stop(self._processes)
        self._processes.clear()

    def kill_web_processes(self) -> None:
        """Kill those that answer, and the worker, but not the one that watches over them."""
        web = self._processes[0].pid
        for child in Path(f"/proc/{web}/task/{web}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)

    def kill(self) -> None:
        """Kill every process at once: none of them can finish anything, as when the power goes."""
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
        for process in self._processes:
            process.wait()
        self._processes.clear()

    def manage(self, *arguments: str) -> str:
        """Run a management command against this site and return what it printed (costs a start of Django: 3 s)."""
        return self.python("manage.py", *arguments)

    def python(self, *arguments: str) -> str:
        """The same for a program of our own."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=template.ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sql(self, query: str, *parameters: Any) -> list[tuple]:
        """Read from, or write into, the site's database behind its back."""
        with closing(sqlite3.connect(self.data / "kalanso.sqlite3", timeout=20)) as database, database:
            return database.execute(query, parameters).fetchall()

    def new_person(self, language: str = "fr") -> str:
        """A new trainee's username; the password is `tests.cast.PASSWORD`. A journey takes one of its own."""
        self._people += 1
        username = f"person{self._people}"
        names = [row[1] for row in self.sql("PRAGMA table_info(people_user)") if row[1] != "id"]
        new = {"username": "?", "email": "''", "staff_number": "NULL", "language": "?"}
        new["key"] = "lower(hex(randomblob(16)))"
        columns = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(new.get(name, f'"{name}"') for name in names)
        given = [{"username": username, "language": language}[n] for n in names if n in {"username", "language"}]
        self.sql(f"INSERT INTO people_user ({columns}) SELECT {values} FROM people_user WHERE username = 'awa'", *given)
        return username


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The running site; one for the whole session."""
    data = Path(tempfile.mkdtemp(prefix="kalanso-e2e-"))
    source = template.folder()
    shutil.copytree(source, data, dirs_exist_ok=True)
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    unwanted = {
        "DATABASE_URL",
        "MANIFEST_STATIC",
        "CURRICULUM_DIR",
        "SIGNING_DIR",
        "STATIC_ROOT",
        "LANGUAGES",
        "SECRET_KEY",
    }
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "lms.settings",
        "DATA_DIR": str(data),
        "SITE_URL": url,
        "WEB_WORKERS": "2",
        "ACCOUNT_SIGNUP": "open",
    }
    running = Site(url, data, environment)
    try:
        running.start()
        yield running
        errors = running.log.read_text(encoding="utf-8")
    finally:
        running.stop()
        shutil.rmtree(data, ignore_errors=True)
    assert "Traceback" not in errors and '"level": "error"' not in errors, (
        f"The server said, during the tests:\n{errors[-8000:]}"
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, the machine's own."""
    path = browser_tools.find()
    assert path, browser_tools.HOW_TO_GET_ONE
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@dataclass
class Watched:
    """What went on behind a page: problems, and every answer with its weight over the wire."""

    site: Site
    problems: list[str] = field(default_factory=list)
    requests: list[tuple[str, int]] = field(default_factory=list)  # address, bytes with head, compressed

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"script error on {page.url}: {error}"))
        page.on("console", lambda message: self._console(page, message))
        page.on("request", self._request)
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        addresses: dict[str, str] = {}
        network.on("Network.requestWillBeSent", lambda e: addresses.update({e["requestId"]: e["request"]["url"]}))
        network.on(
            "Network.loadingFinished",
            lambda e: self.requests.append((addresses.get(e["requestId"], "?"), int(e["encodedDataLength"]))),
        )

    def _console(self, page: Page, message: Any) -> None:
        # A page that answers 403 or 404 on purpose is reported by the browser as an error of loading.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(f"{page.url}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:", "about:")):
            self.problems.append(f"a request to another host: {request.url}")

    @property
    def bytes(self) -> int:
        """Everything that came over the wire since `forget`."""
        return sum(weight for address, weight in self.requests if not address.startswith("data:"))

    @property
    def count(self) -> int:
        """How many requests were answered since `forget`."""
        return sum(1 for address, _ in self.requests if not address.startswith("data:"))

    def forget(self) -> None:
        """Count from here."""
        self.requests.clear()


@pytest.fixture
def new_context(site: Site, browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """`new_context(width=360, …)` is a browser of a person's own: cookies and cache are empty.

    Takes what Playwright's `new_context` takes (java_script_enabled, color_scheme, locale …).
    """
    contexts: list[BrowserContext] = []

    def make(*, width: int = 360, height: int = 740, **options: Any) -> BrowserContext:
        options.setdefault("locale", "fr-FR")
        options.setdefault("base_url", site.url)
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def browser_page(site: Site, new_context) -> Iterator[Callable[..., tuple[Page, Watched]]]:
    """`page, watched = browser_page(width=360)`: a page in a browser of its own, and what goes on behind it.

    At the end of the test nothing may have gone wrong behind any of the pages.
    """
    everything: list[Watched] = []

    def make(**options: Any) -> tuple[Page, Watched]:
        page = new_context(**options).new_page()
        watched = Watched(site)
        watched.watch(page)
        everything.append(watched)
        return page, watched

    yield make
    problems = [problem for watched in everything for problem in watched.problems]
    assert not problems, "\n".join(problems)


@pytest.fixture
def sign_in(site: Site) -> Callable[..., None]:
    """`sign_in(page, "awa")` as a person does it, with the form. The password is the cast's."""

    def do(page: Page, username: str, password: str = PASSWORD) -> None:
        page.goto("/accounts/login/")
        page.locator("input[name=login]").fill(username)
        page.locator("input[name=password]").fill(password)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda address: "/accounts/login" not in address)

    return do


@dataclass(frozen=True)
class States:
    """People in every state (`tests.e2e.states`): their sessions, and the addresses of what is theirs."""

    sessions: dict[str, str]
    addresses: dict[str, str]
    _ready: list[str]

    def become(self, context: BrowserContext, name: str | None, url: str) -> None:
        """From now on this browser is the person's; with None it is a stranger's."""
        context.clear_cookies()
        if name:
            context.add_cookies([{"name": "sessionid", "value": self.sessions[name], "url": url}])

    def ready(self) -> str:
        """A person of one's own with everything before the final assessment of K7 done, and that is still to begin."""
        return self._ready.pop()


@pytest.fixture(scope="session")
def states(site: Site) -> States:
    """Made once for the whole session (10 s)."""
    made = json.loads(site.python("-m", "tests.e2e.states").splitlines()[-1])
    return States(**made, _ready=sorted(name for name in made["sessions"] if name.startswith("ready")))


@pytest.fixture
def assert_accessible(site: Site) -> Callable[..., None]:
    """`assert_accessible(page)`: axe finds nothing at 320 px and at 1280 px, and nothing is wider than the page."""

    def check(page: Page, widths: tuple[int, ...] = WIDTHS) -> None:
        before = page.viewport_size
        found: list[str] = []
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("typeof axe") == "undefined":
                page.evaluate(_AXE)
            results = page.evaluate("axe.run({resultTypes: ['violations']})")
            for violation in results["violations"]:
                places = "; ".join(json.dumps(node["target"]) + " " + node["html"] for node in violation["nodes"][:3])
                found.append(f"{width} px, {page.url}: {violation['id']}: {violation['help']}: {places}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                found.append(f"{width} px, {page.url}: the page is {wide} px wider than the screen")
            found += [f"{width} px, {page.url}: cut off: {cut}" for cut in page.evaluate(_CUT_OFF)]
        if before:
            page.set_viewport_size(before)
        assert not found, "\n".join(found)

    return check
