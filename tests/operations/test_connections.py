"""SQLite's file stays open between requests, but never longer than it stands in its place."""

from __future__ import annotations

import threading

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection, transaction
from django.test import RequestFactory

from courses.models import Course, Enrolment
from courses.queries.shared import newest_enrolments
from operations import connections
from people.models import User

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="a file is what this is about"),
]


def begin() -> None:
    request_started.send(sender=RequestFactory)


def test_the_connection_is_kept_as_long_as_the_file_is_the_same():
    connection.ensure_connection()
    before = connection.connection
    begin()
    assert connection.connection is before


def test_when_another_file_stands_in_its_place_it_is_opened_anew(monkeypatch):
    connection.ensure_connection()
    monkeypatch.setattr(connections, "_identity", lambda path: (7, 7))
    begin()
    assert connection.connection is None
    connection.ensure_connection()
    before = connection.connection
    begin()
    assert connection.connection is before


def test_when_the_file_is_gone_nobody_goes_on_with_the_old_one(monkeypatch):
    connection.ensure_connection()
    monkeypatch.setattr(connections, "_identity", lambda path: None)
    begin()
    assert connection.connection is None


def test_what_has_begun_is_never_cut_off(monkeypatch):
    with transaction.atomic():
        before = connection.connection
        monkeypatch.setattr(connections, "_identity", lambda path: (0, 0))
        begin()
        assert connection.connection is before


def test_when_maintenance_begins_idle_threads_give_the_file_back_and_go_on_afterwards():
    began, go_on, done = threading.Event(), threading.Event(), threading.Event()
    seen: list[bool] = []

    def serve() -> None:
        for _request in range(2):
            begin()
            User.objects.exists()
            if not began.is_set():
                connections._idle.close()  # a request under way is not cut off
                seen.append(connection.connection is not None)
            request_finished.send(sender=RequestFactory)
            began.set()
            go_on.wait(10)
            seen.append(connection.connection is not None)
        connection.close()
        done.set()

    thread = threading.Thread(target=serve)
    thread.start()
    assert began.wait(10)
    connections._idle.close()
    go_on.set()
    assert done.wait(10)
    thread.join()
    assert seen == [True, False, True]


def test_once_counted_an_enrolment_is_looked_for_among_those_of_the_person(cast):
    course = Course.objects.get(code="K1")
    outline = course.outline_versions.latest("number")
    people = User.objects.bulk_create(User(username=f"n-{number}") for number in range(500))
    Enrolment.objects.bulk_create(Enrolment(user=person, course=course, outline=outline) for person in people)
    connections.take_statistics()
    assert "(user_id=?" in newest_enrolments(cast.awa).filter(course__code="K1").explain()
