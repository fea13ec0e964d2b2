"""The people of bench/load.py, in the site's own environment: `make N` prints what each will do, `check` what became of it."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

import django

if __name__ == "__main__":
    django.setup()

from assessments import kinds
from assessments.models import Attempt, AttemptItem, Question, Quiz, Use
from bench.prepare import COURSE, QUESTIONS, form_of, newcomers, ready
from courses import rules
from records.models import Statement
from records.verbs import Verb


def make(count: int) -> list[dict[str, Any]]:
    """People who are ready for the final assessment, and what each of them answers to every question: three of four right."""
    quiz = Quiz.objects.get(course__code=COURSE, use=Use.EXAM)
    quiz.blueprint = twenty(quiz)
    quiz.save()
    bank = list(Question.objects.filter(course=quiz.course, use=Use.EXAM, retired=False).select_related("current"))
    plans = []
    for number, person in enumerate(newcomers("load", count)):
        outline = ready(person).outline.outline
        lessons = [entry["ref"] for entry in rules.steps(outline) if entry["rule"] == rules.DECLARED]
        answers = {}
        for place, question in enumerate(bank):
            assert question.current is not None
            item = AttemptItem(version=question.current)
            item.version.question = question
            right = (place + number) % 4 > 0
            form = form_of(item, right=right)
            kept = kinds.parse(question.kind, question.current.body, form, question.slug)
            answers[question.slug] = {"form": form, "stored": kept}
        plans.append(
            {
                "username": person.username,
                "course": f"/fr/c/{COURSE}/",
                "lessons": [f"/fr/c/{COURSE}/{ref}/" for ref in lessons[number % 4 : number % 4 + 2]],
                "final": f"/fr/c/{COURSE}/{quiz.key.hex[:8]}/",
                "questions": QUESTIONS,
                "answers": answers,
            }
        )
    return plans


def twenty(quiz: Quiz) -> list[dict[str, int]]:
    """The blueprint with twenty questions in all."""
    lines = [dict(line) for line in quiz.blueprint]
    while (asked := sum(line["count"] for line in lines)) != QUESTIONS:
        line = (
            max(lines, key=lambda one: one["count"]) if asked > QUESTIONS else min(lines, key=lambda one: one["count"])
        )
        line["count"] += 1 if asked < QUESTIONS else -1
    return lines


def check(acknowledged: dict[str, dict[str, Any]]) -> dict[str, int]:
    """How many of the answers are there as they were given, and whether each attempt was handed in and recorded once."""
    found = lost = 0
    for attempt, answers in acknowledged.items():
        kept = dict(AttemptItem.objects.filter(attempt=attempt).values_list("position", "answer"))
        for position, answer in answers.items():
            same = kept.get(int(position)) == answer
            found, lost = found + same, lost + (not same)
    attempts = Attempt.objects.filter(pk__in=list(acknowledged))
    outcomes = Statement.objects.filter(verb__in=[Verb.PASSED, Verb.FAILED])
    once = sum(
        outcomes.filter(registration=one.enrolment_id, activity=f"urn:uuid:{one.quiz.key}").count() == 1
        for one in attempts.select_related("quiz")
    )
    return {
        "acknowledged": sum(map(len, acknowledged.values())),
        "found": found,
        "lost": lost,
        "attempts": len(acknowledged),
        "submitted": attempts.filter(status=Attempt.Status.SUBMITTED).count(),
        "recorded": once,
    }


if __name__ == "__main__":
    what = sys.argv[1]
    print(json.dumps(make(int(sys.argv[2])) if what == "make" else check(json.load(sys.stdin))))
