"""A short course with a final assessment, and people who have completed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine

from certificates.models import Credential
from courses import services as courses
from courses.models import Course, Enrolment
from people.models import User
from records.verbs import Verb
from tests.certificates import group
from tests.courses import build
from workshops.models import Workshop

SCORE = 93  # stands on no page and no paper of ours


@pytest.fixture
def course(db) -> Course:
    course = build.make_course("T7", lessons=(2,), validity_months=24, minutes=270)
    build.add_final(course)
    return course


def complete(user: User, course: Course, score: int = SCORE) -> Enrolment:
    """The whole way, through the services that people's acts go through."""
    enrolment = courses.enrol(user=user, course=course)
    for key in build.lesson_keys(course):
        courses.complete_lesson(enrolment=enrolment, activity=key)
    for entry in enrolment.outline.outline["final"]:
        passed = build.outcome(enrolment, build.uuid.UUID(entry["key"]), Verb.PASSED, score)
        courses.record_outcome(enrolment=enrolment, activity=build.uuid.UUID(entry["key"]), statements=[passed])
    enrolment.refresh_from_db()
    return enrolment


@pytest.fixture
def completed(course) -> Callable[..., Enrolment]:
    return lambda user, **details: complete(user, details.pop("course", course), **details)


@pytest.fixture
def credential(completed, cast) -> Credential:
    """Awa's."""
    return completed(cast.awa).credentials.get()


@pytest.fixture
def after_the_workshop() -> Iterator[None]:
    """It is the day after the last of `workshop`."""
    with time_machine.travel(group.NOW, tick=True):
        yield


@pytest.fixture
def workshop(cast) -> Workshop:
    return group.plan(cast.issa)
