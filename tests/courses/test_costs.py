"""Learners' screens read a bounded number of rows' worth of queries, with few lessons and enrolments or with many."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses import services
from courses.models import ActivityProgress, Course, CourseText, Enrolment, Note, OutlineVersion
from tests.courses import build

pytestmark = pytest.mark.django_db

MOST = 8  # session and user included


def queries(client, path: str) -> int:
    client.get(path)  # what is cached by the process (content types) or written once
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    assert len(captured) <= MOST, (path, [query["sql"] for query in captured])
    return len(captured)


def enlarge(course: Course, to: int) -> list[uuid.UUID]:
    """The course's outline with so many lessons, written straight into the rows."""
    version = course.outline_versions.order_by("-number").first()
    keys = [uuid.uuid4() for _ in range(to)]
    activities = version.outline["modules"][0]["activities"]
    activities += [{**activities[0], "key": str(key), "ref": key.hex[:8]} for key in keys]
    version.save()
    for text in course.texts.all():
        text.titles |= {str(key): f"Leçon {key.hex[:4]}" for key in keys}
        text.save()
    return keys


def crowd(person, number: int) -> None:
    """So many further courses that the person takes, each with some progress and a note."""
    domain = build.domain()
    courses = Course.objects.bulk_create(
        Course(key=uuid.uuid4(), slug=f"many-{n}", code=f"M{n}", owner="x", domain=domain, minutes=60)
        for n in range(number)
    )
    key = uuid.uuid4()
    entry = {
        "key": str(key), "ref": key.hex[:8], "kind": "lesson", "required": True, "minutes": 5, "rule": "declared"
    }  # fmt: skip
    outline = {"pass_mark": 70, "modules": [{"key": str(uuid.uuid4()), "activities": [entry]}], "final": []}
    versions = OutlineVersion.objects.bulk_create(OutlineVersion(course=c, number=1, outline=outline) for c in courses)
    CourseText.objects.bulk_create(
        CourseText(course=c, language="fr", title=f"Cours {c.code}", summary="x", certificate_title="x")
        for c in courses
    )
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(user=person, course=c, outline=v) for c, v in zip(courses, versions, strict=True)
    )
    ActivityProgress.objects.bulk_create(
        ActivityProgress(enrolment=e, activity=key, status="started", last_at=timezone.now()) for e in enrolments[::2]
    )
    Note.objects.bulk_create(
        Note(user=person, course=c, activity=uuid.uuid4(), block="b", question="?", text="x", language="fr")
        for c in courses
    )


def test_screens_cost_the_same_with_10_and_1000_lessons_and_enrolments(client_for, cast):
    course = build.make_course(tier="open")
    enrolment = services.enrol(user=cast.awa, course=course)
    services.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])
    lesson = f"c/T1/{build.lesson_keys(course)[1].hex[:8]}/"
    paths = ["catalogue/", "catalogue/?q=registre", "c/T1/", lesson, "learn/", "notebook/", "c/T1/print/"]
    browser, stranger, other = client_for(cast.awa), client_for(None), client_for(cast.seydou)

    def measure(*languages: str) -> dict[tuple[str, str], int]:
        found = {}
        for language in languages:
            for path in paths:
                found["enrolled", f"/{language}/{path}"] = queries(browser, f"/{language}/{path}")
                if path not in ("learn/", "notebook/"):
                    found["signed in", f"/{language}/{path}"] = queries(other, f"/{language}/{path}")
                    found["stranger", f"/{language}/{path}"] = queries(stranger, f"/{language}/{path}")
        return found

    crowd(cast.awa, 10)
    enlarge(course, 10)
    few = measure("fr", "en", "ar")
    _more(cast.awa, 990)
    enlarge(course, 990)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # no autovacuum sees the rows of a test's own transaction
    many = measure("ar")  # where the most is looked up: words in another language
    assert many == {place: few[place] for place in many}
    for (who, path), number in sorted(few.items()):
        print(f"{number} {who} {path}")  # noqa: T201 - shown by pytest -rP


def _more(person, number: int) -> None:
    domain = build.domain()
    first = Course.objects.filter(slug__startswith="many-").count()
    courses = Course.objects.bulk_create(
        Course(key=uuid.uuid4(), slug=f"many-{n}", code=f"M{n}", owner="x", domain=domain, minutes=60)
        for n in range(first, first + number)
    )
    versions = OutlineVersion.objects.bulk_create(
        OutlineVersion(course=c, number=1, outline={"pass_mark": 70, "modules": [], "final": []}) for c in courses
    )
    CourseText.objects.bulk_create(
        CourseText(course=c, language="fr", title=f"Cours {c.code}", summary="x", certificate_title="x")
        for c in courses
    )
    Enrolment.objects.bulk_create(
        Enrolment(user=person, course=c, outline=v) for c, v in zip(courses, versions, strict=True)
    )


def test_an_outline_that_has_changed_since_stays_within_the_bound(client_for, cast):
    course = build.make_course()
    enrolment = services.enrol(user=cast.awa, course=course)
    keys = build.lesson_keys(course)
    services.complete_lesson(enrolment=enrolment, activity=keys[0])
    version = course.outline_versions.get()
    OutlineVersion.objects.create(course=course, number=2, outline={**version.outline, "pass_mark": 80})
    for path in ("catalogue/?q=registre", "c/T1/", f"c/T1/{keys[1].hex[:8]}/", "learn/"):
        queries(client_for(cast.awa), f"/fr/{path}")


def test_finishing_a_lesson_costs_few_queries(cast):
    course = build.make_course()
    enrolment = services.enrol(user=cast.awa, course=course)
    services.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])
    with CaptureQueriesContext(connection) as captured:
        services.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[1])
    written = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    locks = connection.vendor == "postgresql"  # the record's own lock
    assert len(written) <= 9 + locks, written
