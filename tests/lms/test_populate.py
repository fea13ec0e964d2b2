"""Invented people for measuring: as many as asked, the same ones for the same seed, and never among real ones."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from assessments.models import Attempt
from certificates.models import Credential
from courses.models import Enrolment
from operations.models import Job, Message
from people.models import Membership, User
from records.models import Statement

PASSWORD = "Ba-fili-4821-Joliba"


@pytest.fixture
def only_invented(db) -> None:
    User.objects.all().delete()


def populate(**more) -> dict:
    said = io.StringIO()
    wanted = {"people": 30, "enrolments": 120, "seed": 7} | more
    call_command("populate", **wanted, stdout=said, stderr=io.StringIO())
    return json.loads(said.getvalue().splitlines()[-1])


def test_as_many_are_made_as_were_asked_for_and_the_record_agrees(only_invented):
    made = populate()
    assert (made["people"], made["enrolments"]) == (30, 120)
    assert User.objects.count() == 30 and Enrolment.objects.count() == 120
    assert Statement.objects.count() == made["statements"]
    assert Attempt.objects.count() == made["attempts"] > 0
    completed = Enrolment.objects.filter(status=Enrolment.Status.COMPLETED)
    assert completed.count() == Credential.objects.count() == made["completed"] > 0
    assert all(one.score >= one.outline.outline["pass_mark"] for one in completed.select_related("outline"))
    assert Membership.objects.values("institution").distinct().count() > 2
    call_command("rebuild_progress", check=True, stdout=io.StringIO(), stderr=io.StringIO())  # raises where they differ


def test_nothing_is_sent_or_printed_for_people_who_do_not_exist(only_invented):
    populate()
    assert not Job.objects.exists() and not Message.objects.exists()


def test_the_same_seed_makes_the_same_people_and_another_one_others(only_invented):
    def sketch(seed: int) -> tuple[list, ...]:
        with transaction.atomic():
            populate(seed=seed)
            found = (
                list(User.objects.order_by("username").values_list("username", "last_name", "first_name", "key")),
                list(Credential.objects.order_by("number").values_list("number", flat=True)),
                list(Statement.objects.order_by("id").values_list("id", "timestamp__date")),
                list(Attempt.objects.order_by("id").values_list("id", "points")),
            )
            transaction.set_rollback(True)
        return found

    assert sketch(7) == sketch(7)
    assert sketch(7) != sketch(8)


def test_nobody_signs_in_as_them_unless_a_password_is_given(only_invented):
    made = populate()
    assert not User.objects.get(username=made["first"]).has_usable_password()
    assert not Client().login(username=made["first"], password="")


def test_with_a_password_they_sign_in(only_invented):
    made = populate(password=PASSWORD)
    assert Client().login(username=made["last"], password=PASSWORD)


def test_a_database_with_real_people_is_left_alone_unless_it_is_forced(cast):
    with pytest.raises(CommandError, match="not invented"):
        populate()
    assert not Enrolment.objects.exists()
    assert populate(force=True)["people"] == 30


def test_they_are_not_made_twice(only_invented):
    populate()
    with pytest.raises(CommandError, match="already"):
        populate(force=True)
    assert User.objects.count() == 30


@pytest.mark.parametrize("wrong", [{"people": 0}, {"people": 1, "enrolments": 50}, {"enrolments": -1}])
def test_what_cannot_be_made_is_refused_in_words(only_invented, wrong):
    with pytest.raises(CommandError):
        populate(**wrong)
    assert not User.objects.exists()
