"""Invented workshops in any number, written in bulk, and what the cascade over them costs. Runs in a site's own environment:
`python -m bench.cascade_fill TRAINERS PEOPLE` fills an empty database and prints the figures, as JSON, on its last line.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

import django

if __name__ == "__main__":
    django.setup()

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.prepare import sign_in
from certificates.models import Credential
from certificates.numbers import new_number
from certificates.queries.cascade import cascade, prepared
from lms.institutions import plant
from operations.connections import take_statistics
from people.models import Membership, RoleGrant, User
from people.models.roles import Role
from workshops.models import Facilitator, Mark, Presence, Registration, Session, TestSitting, Workshop

GROUP, SESSIONS, QUESTIONS, GENERATIONS = 20, 4, 10, 6
WITH_ACCOUNT, THERE, TESTED = 0.6, 0.95, 0.8
FIRST, YEAR = dt.date(2012, 1, 2), 300
NOW = timezone.now()


def fill(trainers: int, people: int) -> None:
    """Six generations of trainers; each leads the same number of workshops, of twenty people, four half-days and tests."""
    chance = random.Random(8)
    place = plant()["dnapes"]
    users = [
        User(username=f"essai-{n}", first_name="Essai", last_name=f"N{n}") for n in range(int(people * WITH_ACCOUNT))
    ]
    for user in users:
        user.set_unusable_password()
    users = User.objects.bulk_create(users, batch_size=2_000)
    Membership.objects.bulk_create(Membership(user=user, institution=place) for user in users[:trainers])
    # Each generation is as large as all before it together.
    edges = [0, *(max(2, trainers >> GENERATIONS - 1 - number) for number in range(GENERATIONS - 1)), trainers]
    _masters(users[: edges[1]], place)
    _certificates(users[:trainers])
    workshops, leading, sessions, rows = [], [], [], []
    waiting = {number: list(users[edges[number] : edges[number + 1]]) for number in range(1, GENERATIONS)}
    for number in range(people // GROUP):
        leader = number % trainers
        generation = next(one for one in range(GENERATIONS) if leader < edges[one + 1])
        day = FIRST + dt.timedelta(days=generation * YEAR + chance.randrange(YEAR - 60))
        workshop = Workshop(
            code=f"E-{number:06d}",
            title="Essai",
            organiser=place,
            place="Bamako",
            starts=day,
            ends=day + dt.timedelta(days=1),
            status=Workshop.Status.CLOSED,
            closed_at=NOW,
        )
        workshops.append(workshop)
        leading.append(Facilitator(workshop=workshop, user=users[leader]))
        if leader % 3 == 0:
            leading.append(Facilitator(workshop=workshop, user=users[(leader + 1) % trainers], part="co"))
        sessions += [
            Session(
                workshop=workshop,
                day=day + dt.timedelta(days=half // 2),
                starts=dt.time(8 + 4 * (half % 2)),
                ends=dt.time(11 + 4 * (half % 2)),
            )
            for half in range(SESSIONS)
        ]
        coming: list[User | None] = []
        if generation + 1 in waiting:
            later = waiting[generation + 1]
            coming += [later.pop() for _one in range(min(2, len(later)))]
        coming += [
            users[chance.randrange(trainers, len(users))] if chance.random() < WITH_ACCOUNT else None
            for _one in range(GROUP - len(coming))
        ]
        known = set()
        for user in coming:
            if user is not None and user.pk in known:
                user = None
            known.add(user.pk if user else None)
            rows.append(
                Registration(
                    workshop=workshop,
                    number=len(rows) + 1,
                    user=user,
                    name="" if user else f"Essai {len(rows)}",
                    state=Registration.State.ACCEPTED,
                    origin="list",
                )
            )
    # Numbers count from one in each workshop.
    for place_in, row in enumerate(rows):
        row.number = place_in % GROUP + 1
    for model, made in ((Workshop, workshops), (Facilitator, leading), (Session, sessions), (Registration, rows)):
        model.objects.bulk_create(made, batch_size=2_000)
    _attend(rows, sessions, chance)
    _tests(rows, chance)
    take_statistics()


def _masters(users: Iterable[User], place: Any) -> None:
    RoleGrant.objects.bulk_create(
        RoleGrant(user=user, role=Role.MASTER, institution=place, since=FIRST) for user in users
    )


def _certificates(users: Iterable[User]) -> None:
    today = timezone.localdate()
    Credential.objects.bulk_create(
        Credential(
            number=new_number(today.year),
            kind=Credential.Kind.TRAINER,
            holder=user,
            holder_name="Essai",
            issued=today,
            expires=today + dt.timedelta(days=place % 700 - 50),
        )
        for place, user in enumerate(users)
    )


def _pieces(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), 20_000):
        yield rows[start : start + 20_000]


def _attend(rows: list[Registration], sessions: list[Session], chance: random.Random) -> None:
    held: dict[uuid.UUID, list[Session]] = {}
    for session in sessions:
        held.setdefault(session.workshop_id, []).append(session)
    there = [(session, row) for row in rows for session in held[row.workshop_id] if chance.random() < THERE]
    for piece in _pieces(there):
        marks = [
            Mark(session=session, registration=row, status="present", source="call", made=NOW, stored=NOW)
            for session, row in piece
        ]
        Mark.objects.bulk_create(marks, batch_size=2_000)
        Presence.objects.bulk_create(
            (
                Presence(session=mark.session, registration=mark.registration, status="present", mark=mark)
                for mark in marks
            ),
            batch_size=2_000,
        )


def _tests(rows: list[Registration], chance: random.Random) -> None:
    tested = [row for row in rows if chance.random() < TESTED]
    for piece in _pieces(tested):
        TestSitting.objects.bulk_create(
            (
                TestSitting(
                    registration=row,
                    moment=moment,
                    stored=NOW,
                    points={f"question-{n}": float(chance.random() < share) for n in range(QUESTIONS)},
                )
                for row in piece
                for moment, share in (("pre", 0.45), ("post", 0.7))
            ),
            batch_size=2_000,
        )


# --- what it costs ------------------------------------------------------------------------------------------------------


def timed(do: Callable[[], Any], times: int = 2) -> tuple[float, int, Any]:
    """CPU seconds (the best of so many), SQL statements, what it gave. SQLite works within the process."""
    best, queries, result = float("inf"), 0, None
    for _one in range(times):
        with CaptureQueriesContext(connection) as caught:
            started = time.process_time()
            result = do()
            best = min(best, time.process_time() - started)
        queries = len(caught.captured_queries)
    return best, queries, result


def _floor() -> int:
    """The least that can be read: registrations with their people, and nothing done with them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT workshop_id, id, user_id FROM workshops_registration")
        return len(cursor.fetchall())


def measure() -> dict[str, Any]:
    """The figures of the database as it is."""
    figures: dict[str, Any] = {"registrations": _floor(), "floor": timed(_floor)[0]}
    figures["seconds"], figures["queries"], found = timed(cascade)
    figures["trainers"], figures["generations"] = len(found.trainers), len(found.generations)
    prepared()
    figures["prepared"], figures["prepared_queries"], _found = timed(prepared)
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.cookies["sessionid"] = sign_in(RoleGrant.objects.filter(role=Role.MASTER)[0].user)
    for name, path in (("screen", "/fr/teach/cascade/"), ("register", "/fr/teach/trainers/")):
        figures[name], figures[f"{name}_queries"], answer = timed(lambda path=path: browser.get(path))
        assert answer.status_code == 200, (path, answer.status_code)
        figures[f"{name}_size"] = len(answer.content)
    return figures


if __name__ == "__main__":
    cache.clear()
    fill(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps(measure()))
