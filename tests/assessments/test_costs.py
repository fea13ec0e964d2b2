"""Learner pages cost at most 8 queries (session and user included), an answer at most 6, whatever the others do."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Attempt
from assessments.services import save_answers, start_attempt, submit
from courses.models import Enrolment
from people.models import User
from tests.assessments.school import begin, fields, items, right

pytestmark = pytest.mark.django_db


def count(act: Callable[[], object]) -> int:
    """SQL statements of an act, without those that only open and close transactions."""
    with CaptureQueriesContext(connection) as caught:
        act()
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return sum(not query["sql"].upper().startswith(frame) for query in caught.captured_queries)


def crowd(school, number: int) -> None:
    people = User.objects.bulk_create(User(username=f"n-{uuid.uuid4().hex[:20]}") for _ in range(number))
    outline = school.course.outline_versions.get()
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(user=person, course=school.course, outline=outline) for person in people
    )
    now = school.course.outline_versions.get().created
    Attempt.objects.bulk_create(
        Attempt(
            enrolment=enrolment, quiz=school.final, number=1, seed=1, maximum=8, started=now, submitted=now,
            status="submitted", passed=False, points=0,
        )
        for enrolment in enrolments
    )  # fmt: skip


def costs_for(school, person, client) -> dict[str, int]:
    school.enrol(person)
    seen = {"intro": count(lambda: client.get(school.address(school.final)))}
    attempt = begin(school, person)
    here, answer, hand_in, result = (
        reverse(name, args=[attempt.pk]) for name in ("attempt", "attempt-answer", "attempt-submit", "attempt-result")
    )
    seen["question"] = count(lambda: client.get(here, {"q": 3}))
    first = items(attempt)[0]
    data = dict(right(first).lists()) | {"q": "1", "go": "next"}
    seen["answer"] = count(lambda: client.post(answer, data))
    assert items(attempt)[0].answer is not None
    seen["the same answer"] = count(lambda: client.post(answer, data))
    seen["confirm"] = count(lambda: client.get(hand_in))
    seen["back to the quiz"] = count(lambda: client.get(school.address(school.final)))
    submit(attempt=attempt)
    seen["not yet"] = count(lambda: client.get(result))
    practice = start_attempt(enrolment=attempt.enrolment, quiz=school.practice[0])
    page = reverse("attempt", args=[practice.pk])
    seen["practice"] = count(lambda: client.get(page))
    everything = dict(fields(practice).lists())
    seen["eight answers"] = count(lambda: client.post(reverse("attempt-answer", args=[practice.pk]), everything))
    assert all(item.answer is not None for item in items(practice))
    submit(attempt=practice)
    seen["practice result"] = count(lambda: client.get(reverse("attempt-result", args=[practice.pk])))
    again = begin(school, person)
    save_answers(person=person, attempt=again.pk, data=fields(again))
    submit(attempt=again)
    seen["passed"] = count(lambda: client.get(reverse("attempt-result", args=[again.pk])))
    return seen


def test_the_costs_are_bounded_and_do_not_grow_with_other_people(school, cast, client_for):
    costs: list[dict[str, int]] = []
    for others, person in ((10, cast.awa), (1000, cast.seydou)):
        crowd(school, others)
        costs.append(costs_for(school, person, client_for(person)))
    few, many = costs
    assert few == many
    assert few["answer"] == 4  # session, person, one read, one write
    assert few["the same answer"] == 3
    assert few["eight answers"] == 4
    assert max(few.values()) <= 8, few
    assert few["question"] == 5


def test_handing_in_is_one_transaction_of_few_queries(school, cast, client_for):
    school.enrol(cast.awa)
    attempt = begin(school, cast.awa)
    save_answers(person=cast.awa, attempt=attempt.pk, data=fields(attempt))
    client = client_for(cast.awa)
    client.get("/fr/learn/")  # what is written once a minute
    with CaptureQueriesContext(connection) as caught:
        assert client.post(reverse("attempt-submit", args=[attempt.pk])).status_code == 303
    asked = [query["sql"].upper() for query in caught.captured_queries]
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    assert sum(not sql.startswith(frame) for sql in asked) <= 50  # the course is completed by it, a certificate issued
    # In a test the whole lies in a transaction: each of ours is a savepoint.
    writes = [sql.startswith(("INSERT", "UPDATE", "DELETE")) for sql in asked]
    depth, alone = 0, 0
    for sql, write in zip(asked, writes, strict=True):
        depth += sql.startswith("SAVEPOINT") - sql.startswith("RELEASE")
        alone += write and depth == 0
    assert alone == 0
