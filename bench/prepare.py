"""People in the states that are measured. Runs in the site's own environment: `python -m bench.prepare ROUNDS` prints the
requests of each row, as JSON, on its last line.

It needs a database that `manage.py populate --password …` has filled.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from assessments.models import Attempt, AttemptItem, Quiz, Use
from assessments.services import start_attempt
from bench.client import PASSWORD, Ask
from certificates.models import Credential
from courses import rules
from courses.models import ActivityProgress, Course, Enrolment
from courses.services import enrol
from lms.populate import PREFIX, answer_to
from people.models import RoleGrant, User
from people.models.roles import Role
from records.services import key_for, record
from records.statements import build
from records.verbs import Verb

COURSE = "K3"
QUESTIONS = 20


def sign_in(person: User) -> str:
    """A session as signing in makes one."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session["since"], session["seen"] = time.time(), int(time.time()) + 600
    session.save()
    return session.session_key or ""


def newcomers(name: str, count: int) -> list[User]:
    """So many more invented people."""
    password = make_password(PASSWORD)
    people = [
        User(
            username=f"{PREFIX}{name}-{number}", first_name="Awa", last_name="Diarra", language="fr", password=password
        )
        for number in range(count)
    ]
    return User.objects.bulk_create(people)


def ready(person: User) -> Enrolment:
    """An enrolment with everything done but the final assessment."""
    enrolment = enrol(user=person, course=Course.objects.get(code=COURSE), origin=Enrolment.Origin.ASSIGNED)
    key, now = key_for(person), timezone.now()
    record(
        build(
            actor=key,
            verb=Verb.COMPLETED,
            activity=rules.key_of(entry),
            registration=enrolment.pk,
            when=now,
            completion=True,
        )
        for entry in rules.steps(enrolment.outline.outline)
        if entry["rule"] != rules.PASSED
    )
    return enrolment


def begun(people: Iterable[User], quiz: Quiz) -> list[tuple[User, Attempt, list[AttemptItem]]]:
    """The final assessment under way for each of them."""
    found = []
    for person in people:
        attempt = start_attempt(enrolment=ready(person), quiz=quiz)
        items = attempt.items.select_related("version__question", "version__question__current").order_by("position")
        found.append((person, attempt, list(items)))
    return found


def form_of(item: AttemptItem, *, right: bool = True) -> dict[str, str | list[str]]:
    """The fields with which a browser posts this answer."""
    question = item.version.question
    answer, name = answer_to(question, right=right), question.slug
    if isinstance(answer, dict):
        return {f"{name}.{key}": str(value) for key, value in answer.items()}
    if isinstance(answer, list) and question.kind == "cloze":
        return {f"{name}.{number}": words for number, words in enumerate(answer, 1)}
    return {name: answer}


def requests(rounds: int) -> dict[str, list[Ask]]:
    """The requests of each row; every one can be sent once."""
    quiz = Quiz.objects.get(course__code=COURSE, use=Use.EXAM)
    final = f"/fr/c/{COURSE}/{quiz.key.hex[:8]}/"
    learners = list(User.objects.filter(username__regex=rf"^{PREFIX}\d+$").order_by("username")[:200])
    sessions = {person.pk: sign_in(person) for person in learners}

    def of(rows: Any, path: Any) -> list[Ask]:
        found = [Ask(path(row), sessions[user]) for row, user in rows]
        if not found:
            raise SystemExit("This database holds too few invented people: manage.py populate")
        return [found[number % len(found)] for number in range(3 * rounds)]

    mine = Enrolment.objects.filter(user__in=sessions).exclude(status=Enrolment.Status.WITHDRAWN).order_by("pk")
    read = ActivityProgress.objects.filter(enrolment__in=mine).select_related("enrolment__course").order_by("pk")
    lessons = {
        entry["key"]
        for course in Course.objects.all()
        for entry in rules.steps(course.outline_versions.latest("number").outline)
        if entry["kind"] == "lesson"
    }
    tried = Attempt.objects.filter(enrolment__user__in=sessions, quiz__use=Use.EXAM).order_by("pk")
    held = Credential.objects.filter(holder__in=sessions).order_by("pk")
    found = {
        "catalogue": of([(person, person.pk) for person in learners], lambda person: "/fr/catalogue/"),
        "course": of(
            [(one, one.user_id) for one in mine.select_related("course")], lambda one: f"/fr/c/{one.course.code}/"
        ),
        "lesson": of(
            [(one, one.enrolment.user_id) for one in read if str(one.activity) in lessons],
            lambda one: f"/fr/c/{one.enrolment.course.code}/{one.activity.hex[:8]}/",
        ),
        "result": of(
            [(one, one.enrolment.user_id) for one in tried.select_related("enrolment")],
            lambda one: f"/fr/attempts/{one.pk}/result/",
        ),
        "my learning": of([(person, person.pk) for person in learners], lambda person: "/fr/learn/"),
        "certificate": of([(one, one.holder_id) for one in held], lambda one: f"/fr/certificates/{one.number}/"),
        "verification": [Ask(f"/fr/verify/{held[number % len(held)].number}/") for number in range(3 * rounds)],
    }
    # Newcomers, since each may sign in, begin and hand in once.
    arriving = newcomers("login", rounds)
    found["login"] = [
        Ask("/accounts/login/", "", {"login": person.username, "password": PASSWORD}, 302) for person in arriving
    ]
    starting = [(person, ready(person)) for person in newcomers("start", rounds)]
    found["start of attempt"] = [
        Ask(f"{final}start/", sign_in(person), {"attempts": "0"}, 303) for person, _ in starting
    ]
    answering = begun(newcomers("answer", max(2, 3 * rounds // QUESTIONS + 1)), quiz)
    found["answer"] = []
    for person, attempt, items in answering:
        session = sign_in(person)
        found["answer"] += [
            Ask(
                f"/fr/attempts/{attempt.pk}/answer/",
                session,
                {"q": str(item.position), "go": "next", **form_of(item)},
                303,
            )
            for item in items
        ]
    for name, right in (("submission", False), ("submission that completes the course", True)):
        found[name] = []
        for person, attempt, items in begun(newcomers("right" if right else "wrong", rounds), quiz):
            for item in items:
                item.answer, item.answered_at = answer_to(item.version.question, right=right), timezone.now()
            AttemptItem.objects.bulk_update(items, ["answer", "answered_at"])
            found[name].append(Ask(f"/fr/attempts/{attempt.pk}/submit/", sign_in(person), {}, 303))
    manager = RoleGrant.objects.filter(role=Role.MANAGER).select_related("user").order_by("pk").first()
    assert manager is not None, "nobody is a manager here"
    session = sign_in(manager.user)
    found["manager’s list of people"] = [Ask("/fr/manage/people/", session)] * (3 * rounds)
    return found


if __name__ == "__main__":
    made = requests(int(sys.argv[1]))
    print(json.dumps({name: [asdict(ask) for ask in asks] for name, asks in made.items()}))
