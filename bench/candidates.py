"""The people of bench/faults.py, in the site's own environment: `make NAME SUBMITTING ANSWERING` prints their requests,
`check` (JSON from the standard input) what became of what the site acknowledged."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

import django

if __name__ == "__main__":
    django.setup()

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from assessments import kinds
from assessments.models import Attempt, AttemptItem, Quiz, Use
from bench.client import Ask
from bench.prepare import COURSE, begun, form_of, newcomers, sign_in
from content.access import may_see_figure
from content.models import FigureFile
from content.rendering import figure_url
from courses import rules
from lms.populate import answer_to
from records.models import Statement
from records.verbs import Verb


def make(name: str, submitting: int, answering: int) -> dict[str, Any]:
    """People with everything answered who only hand in, and people who answer; what somebody reads; a figure."""
    quiz = Quiz.objects.get(course__code=COURSE, use=Use.EXAM)
    submits, answers = [], []
    for person, attempt, items in begun(newcomers(f"{name}-submit", submitting), quiz):
        for item in items:
            item.answer, item.answered_at = answer_to(item.version.question, right=True), timezone.now()
        AttemptItem.objects.bulk_update(items, ["answer", "answered_at"])
        submits.append([attempt.pk.hex, asdict(Ask(f"/fr/attempts/{attempt.pk}/submit/", sign_in(person), {}, 303))])
    reading: list[dict[str, Any]] = []
    for person, attempt, items in begun(newcomers(f"{name}-answer", answering), quiz):
        session = sign_in(person)
        for item in items:
            question, form = item.version.question, form_of(item)
            body = item.version.body
            ask = Ask(
                f"/fr/attempts/{attempt.pk}/answer/", session, {"q": str(item.position), "go": "next", **form}, 303
            )
            stored = kinds.parse(question.kind, body, form, question.slug)
            answers.append([attempt.pk.hex, item.position, stored, asdict(ask)])
        if not reading:
            lesson = next(e["ref"] for e in rules.steps(attempt.enrolment.outline.outline) if e["kind"] == "lesson")
            reading = [
                asdict(Ask(path, session)) for path in (f"/fr/c/{COURSE}/{lesson}/", "/fr/learn/", "/fr/catalogue/")
            ]
            files = FigureFile.objects.select_related("figure").order_by("pk")
            figure = next(file for file in files if may_see_figure(person, file.figure))
    return {
        "submits": submits,
        "answers": answers,
        "reading": reading,
        "username": f"{newcomers(f'{name}-login', 1)[0].username}",
        "figure": [figure_url(figure), str(figure.file.name)],
    }


def check(given: dict[str, Any]) -> dict[str, Any]:
    """given: ids of attempts acknowledged as handed in, of all that might be, and answers that were acknowledged."""
    lost = sum(
        AttemptItem.objects.get(attempt=attempt, position=position).answer != stored
        for attempt, position, stored in given["answers"]
    )
    outcomes = Statement.objects.filter(verb__in=[Verb.PASSED, Verb.FAILED])
    once, half, submitted = set(), 0, 0
    for attempt in Attempt.objects.filter(pk__in=given["all"]).select_related("quiz"):
        count = outcomes.filter(registration=attempt.enrolment_id, activity=f"urn:uuid:{attempt.quiz.key}").count()
        done = attempt.status == Attempt.Status.SUBMITTED
        submitted += done
        half += count != done
        if done and count == 1:
            once.add(attempt.pk.hex)
    sound = "ok"
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            sound = str(cursor.execute("PRAGMA integrity_check").fetchone()[0])
    call_command("rebuild_progress", check=True, stdout=sys.stderr)  # ends with an error where anything differs
    return {
        "answers": len(given["answers"]),
        "answers lost": lost,
        "submissions": len(given["submitted"]),
        "submissions lost": len(set(given["submitted"]) - once),
        "once": len(once),
        "half": half,
        "sound": sound,
    }


if __name__ == "__main__":
    if sys.argv[1] == "make":
        plans = [plan.split(":") for plan in sys.argv[2:]]
        print(json.dumps({name: make(name, int(submitting), int(answering)) for name, submitting, answering in plans}))
    else:
        print(json.dumps(check(json.load(sys.stdin))))
