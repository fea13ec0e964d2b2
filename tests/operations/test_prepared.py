"""A prepared query gives what the queryset would give, whatever the values, in every thread and process."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.models import Job
from operations.prepared import Prepared, insert, write
from operations.sessions import SessionStore
from people.models import Membership, User
from records.models import RecordKey

pytestmark = pytest.mark.django_db

_places = Prepared(
    lambda user, code: (
        Membership.objects.filter(user=user, institution__code=code)
        .select_related("institution", "user")
        .annotate(roles=Count("user__role_grants"))
    ),
    int,
    str,
)


def test_rows_come_with_related_objects_and_annotations_in_one_query(cast):
    _places(cast.awa.pk, "mca")
    with CaptureQueriesContext(connection) as asked:
        (found,) = _places(cast.mariam.pk, "dnapes")
        assert (found.user, found.institution.code, found.roles) == (cast.mariam, "dnapes", 1)
        assert found.since == dt.date(2020, 1, 1)
    assert len(asked) == 1
    assert _places(cast.mariam.pk, "mca") == []


def test_each_call_has_its_own_values(cast):
    by_name = Prepared(lambda name: User.objects.filter(username=name), str)
    people = [cast.awa, cast.seydou, cast.awa, cast.oumar]
    assert [by_name.first(person.username) for person in people] == people
    assert by_name.first("nobody") is None
    assert by_name.first("' OR 1=1 --") is None


def test_uuids_are_values_too(cast):
    key = RecordKey.objects.create(user=cast.awa)
    by_key = Prepared(lambda key: RecordKey.objects.filter(key=key).select_related("user"), uuid.UUID)
    found = by_key.first(key.key)
    assert found == key and found.user == cast.awa
    assert by_key.first(uuid.uuid4()) is None


def test_a_value_of_another_kind_is_refused(cast):
    for wrong in (None, "1", uuid.uuid4()):
        with pytest.raises(TypeError):
            Prepared(lambda pk: User.objects.filter(pk=pk), int)(wrong)


def test_a_value_that_the_query_would_not_use_as_given_is_refused(cast):
    contains = Prepared(lambda word: User.objects.filter(username__contains=word), str)
    with pytest.raises(TypeError):  # wrapped in per cent signs: not what would be filled in
        contains("awa")


@pytest.mark.django_db(transaction=True)
def test_every_thread_asks_through_its_own_connection(cast):
    by_id = Prepared(lambda pk: User.objects.filter(pk=pk), int)
    by_id(cast.awa.pk)
    found: list[User | None] = []

    def ask() -> None:
        found.append(by_id.first(cast.seydou.pk))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [cast.seydou] * 3


def test_a_session_ends_when_its_time_is_over(cast):
    session = SessionStore()
    session["word"] = "kept"
    session.save()
    assert SessionStore(session.session_key)["word"] == "kept"
    session.model.objects.filter(pk=session.session_key).update(expire_date=timezone.now() - dt.timedelta(seconds=1))
    assert "word" not in SessionStore(session.session_key)
    assert "word" not in SessionStore("unknown") and "word" not in SessionStore(None)


def test_rows_are_written_as_django_writes_them_in_one_statement(cast):
    jobs = [Job(kind=f"kind {n}", key=f"k{n}", run_after=timezone.now(), arguments={"é": [n]}) for n in range(3)]
    with CaptureQueriesContext(connection) as asked:
        assert insert(jobs) == 3
    assert len(asked) == 1
    kept = Job.objects.get(key="k1")
    assert (kept.pk, kept.arguments, kept.run_after, kept.status) == (
        jobs[1].pk,
        {"é": [1]},
        jobs[1].run_after,
        "waiting",
    )
    assert kept.created is not None
    for job in jobs:
        job.done, job.error = 7, "told"
    write(jobs, ["done", "error"])
    assert set(Job.objects.values_list("done", "error", "kind")) == {(7, "told", f"kind {n}") for n in range(3)}


def test_what_is_there_is_left_alone_or_written_over():
    first, second = (Job(kind=kind, key="same", run_after=timezone.now()) for kind in ("first", "second"))
    assert insert([first], unique=["key"]) == 1
    assert insert([second], unique=["key"]) == 0
    assert Job.objects.get(key="same").kind == "first"
    assert insert([second], unique=["key"], update=["kind"]) == 1
    assert (Job.objects.get(key="same").kind, Job.objects.get(key="same").pk) == ("second", first.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([Job(kind="third", key="same", run_after=timezone.now())])
    assert insert([]) == 0
