"""Requests as a browser sends them: one connection kept open a user, compressed answers, cookies; nothing is followed."""

from __future__ import annotations

import gzip
import http.client
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

PASSWORD = "Ba-fili-4821-Joliba"  # of the invented people
CSRF = "b" * 32  # any 32 letters are a token, where cookie and form agree


@dataclass(frozen=True)
class Ask:
    """One request of one person. `form` makes it a POST."""

    path: str
    session: str = ""
    form: dict[str, str | list[str]] | None = None
    expect: int = 200


@dataclass
class Answer:
    status: int
    location: str
    body: bytes
    size: int  # bytes on the wire, without the head
    seconds: float
    cookies: list[str] = field(default_factory=list)
    retry_after: str = ""

    @property
    def text(self) -> str:
        """The page, unpacked."""
        return (gzip.decompress(self.body) if self.body[:2] == b"\x1f\x8b" else self.body).decode(errors="replace")


class Browser:
    """One user's connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, ask: Ask) -> Answer:
        """Send one request and read its answer."""
        cookies = f"csrftoken={CSRF}; language=fr" + (f"; sessionid={ask.session}" if ask.session else "")
        head = {"Cookie": cookies, "Accept-Encoding": "gzip", "Accept-Language": "fr", "Accept": "text/html"}
        body = None
        if ask.form is not None:
            body = urlencode(ask.form | {"csrfmiddlewaretoken": CSRF}, doseq=True)
            head["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        try:
            self.connection.request("GET" if body is None else "POST", ask.path, body, head)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # A connection that was idle may have been closed meanwhile: what was never answered is sent once more.
            self.connection.close()
            self.connection.request("GET" if body is None else "POST", ask.path, body, head)
            response = self.connection.getresponse()
        content = response.read()
        return Answer(
            response.status,
            response.headers.get("Location", ""),
            content,
            len(content),
            time.perf_counter() - started,
            response.headers.get_all("Set-Cookie") or [],
            response.headers.get("Retry-After", ""),
        )


def send_all(port: int, asks: Sequence[Ask], users: int) -> tuple[list[Answer], float]:
    """Send all of them by so many users at once, each its share in turn; gives the answers and the seconds it took.

    Raises RuntimeError where an answer is not the one expected.
    """
    answers: list[Answer] = []
    wrong: list[str] = []

    def use(share: Sequence[Ask]) -> None:
        browser = Browser(port)
        for ask in share:
            answer = browser.send(ask)
            answers.append(answer)
            if answer.status != ask.expect:
                wrong.append(f"{ask.path} answered {answer.status} {answer.location}")

    threads = [threading.Thread(target=use, args=[asks[number::users]]) for number in range(users)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong or len(answers) != len(asks):
        raise RuntimeError(f"{len(wrong)} of {len(asks)} answers were not as expected: {wrong[:3]}")
    return answers, time.perf_counter() - started
