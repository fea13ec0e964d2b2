"""SQL statements of requests, counted in a process of its own so that the measured server counts nothing.

Reads requests as JSON from the standard input, each row's asked twice: what is loaded once by a process is not counted.
"""

from __future__ import annotations

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

import django

if __name__ == "__main__":
    django.setup()

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.client import CSRF


def count(ask: dict) -> int:
    """The statements of one request, without those that only open and close transactions."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies["csrftoken"] = CSRF
    client.cookies["language"] = "fr"
    if ask["session"]:
        client.cookies["sessionid"] = ask["session"]
    with CaptureQueriesContext(connection) as caught:
        if ask["form"] is None:
            answer = client.get(ask["path"])
        else:
            answer = client.post(ask["path"], ask["form"] | {"csrfmiddlewaretoken": CSRF})
    assert answer.status_code == ask["expect"], (ask["path"], answer.status_code)
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return sum(not query["sql"].upper().startswith(frame) for query in caught.captured_queries)


if __name__ == "__main__":
    rows = json.load(sys.stdin)
    print(json.dumps({name: min(count(ask) for ask in asks) for name, asks in rows.items()}))
