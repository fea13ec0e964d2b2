"""Keeping questions and quizzes as the curriculum says them.

Ids are stable: a question keeps its course, its use and its kind for ever, and is retired, never deleted. The words and
the key that somebody was asked are frozen: a correction makes a new version, and old attempts keep theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments.models import AttemptItem, Question, QuestionVersion, Quiz, Use
from courses.models import Course

_ROWS = 100  # a query


@dataclass(frozen=True, slots=True)
class QuestionEntry:
    """A question as it should be. `body`: prompt, explanation and what the kind needs (see `assessments.kinds`)."""

    slug: str
    use: str
    kind: str
    objective: int
    difficulty: int
    body: Mapping[str, Any]
    module_key: UUID | None = None  # none: the exam bank
    bloom: str = ""
    source: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """What `store_questions` changed, as slugs."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)


@transaction.atomic
def store_questions(*, course: Course, questions: Iterable[QuestionEntry]) -> Stored:
    """Make the questions of a course those given; the others of the course are retired. Repeating changes nothing.

    A changed body replaces the current version, or makes a new one where somebody was asked the current one.
    Raises ValueError where an id is repeated, or stands already for another course, use or kind.
    SQL: 1 where nothing changed.
    """
    entries = list(questions)
    wanted = {entry.slug: entry for entry in entries}
    if len(wanted) < len(entries):
        raise ValueError(f"A question of {course.code} is given twice.")
    rows = {row.slug: row for row in Question.objects.filter(course=course).select_related("current")}
    for slugs in _batches([slug for slug in wanted if slug not in rows]):
        for row in Question.objects.filter(slug__in=slugs).select_related("course"):
            raise ValueError(f"The id {row.slug} already stands for a question of {row.course.code}.")
    for slug, entry in wanted.items():
        if entry.use not in Use.values:
            raise ValueError(f"The question {slug} has an unknown use, “{entry.use}”.")
        if slug in rows and (rows[slug].use, rows[slug].kind) != (entry.use, entry.kind):
            raise ValueError(
                f"The id {slug} stands for a question “{rows[slug].use}/{rows[slug].kind}” and cannot become "
                f"“{entry.use}/{entry.kind}”: give the new question an id of its own."
            )
    stored = Stored()
    _create(course, [entry for slug, entry in wanted.items() if slug not in rows], stored)
    _update(rows, [entry for slug, entry in wanted.items() if slug in rows], stored)
    gone = [row.slug for row in rows.values() if row.slug not in wanted and not row.retired]
    for slugs in _batches(gone):
        Question.objects.filter(slug__in=slugs).update(retired=True)
    stored.retired.extend(gone)
    return stored


def _create(course: Course, entries: Sequence[QuestionEntry], stored: Stored) -> None:
    questions = [Question(slug=entry.slug, course=course, kind=entry.kind, **_facts(entry)) for entry in entries]
    Question.objects.bulk_create(questions, batch_size=_ROWS)
    versions = [QuestionVersion(question_id=entry.slug, number=1, body=_plain(entry.body)) for entry in entries]
    QuestionVersion.objects.bulk_create(versions, batch_size=_ROWS)
    for question, version in zip(questions, versions, strict=True):
        question.current = version
    Question.objects.bulk_update(questions, ["current"], batch_size=_ROWS)
    stored.created.extend(entry.slug for entry in entries)


def _update(rows: Mapping[str, Question], entries: Sequence[QuestionEntry], stored: Stored) -> None:
    bodies = {}
    for entry in entries:
        row, body, facts = rows[entry.slug], _plain(entry.body), _facts(entry)
        if row.current is None or row.current.body != body:
            bodies[entry.slug] = body
        if {name: getattr(row, name) for name in facts} != facts:
            Question.objects.filter(pk=entry.slug).update(**facts)
        elif entry.slug not in bodies:
            continue
        stored.changed.append(entry.slug)
    for slugs in _batches(bodies):
        _replace([rows[slug] for slug in slugs], bodies)


def _replace(questions: Sequence[Question], bodies: Mapping[str, Any]) -> None:
    current = [question.current_id for question in questions if question.current_id]
    # Locked: an attempt that is being started holds a key share on its versions until it is written.
    list(QuestionVersion.objects.select_for_update().filter(pk__in=current).order_by("pk"))
    asked = set(AttemptItem.objects.filter(version__in=current).values_list("version", flat=True).distinct())
    for question in questions:
        body, version = bodies[question.slug], question.current
        if version is not None and version.pk not in asked:
            QuestionVersion.objects.filter(pk=version.pk).update(body=body)
            continue
        number = version.number + 1 if version else 1
        made = QuestionVersion.objects.create(question=question, number=number, body=body)
        Question.objects.filter(pk=question.pk).update(current=made)


def _facts(entry: QuestionEntry) -> dict[str, Any]:
    return {
        "use": entry.use,
        "module_key": entry.module_key,
        "objective": entry.objective,
        "difficulty": entry.difficulty,
        "bloom": entry.bloom,
        "source": entry.source,
        "position": entry.position,
        "retired": False,
    }


def _plain(body: Mapping[str, Any]) -> Any:
    """As the database gives it back."""
    return json.loads(json.dumps(body, ensure_ascii=False))


def _batches(slugs: Iterable[str]) -> Iterable[list[str]]:
    listed = list(slugs)
    return (listed[start : start + _ROWS] for start in range(0, len(listed), _ROWS))


@transaction.atomic
def store_quiz(
    *,
    course: Course,
    key: UUID,
    use: str,
    module_key: UUID | None = None,
    blueprint: Sequence[Mapping[str, int]] = (),
    time_limit: int | None = None,
    attempts_allowed: int | None = None,
    shuffle: bool = True,
    pause_days: int = 14,
) -> Quiz:
    """Make or change the rules of a quiz; `key` is the activity's. Running attempts keep the time they began with.

    time_limit: minutes. attempts_allowed: per series; None: without limit. blueprint: [{"objective", "count"}]; empty:
    every question of the module. Raises ValueError where the key already stands for another course or use.
    """
    known = Quiz.objects.filter(key=key).first()
    if known is not None and (known.course_id, known.use) != (course.pk, use):
        raise ValueError(f"The key {key} already stands for another quiz.")
    facts = {
        "module_key": module_key,
        "blueprint": [{"objective": line["objective"], "count": line["count"]} for line in blueprint],
        "time_limit": time_limit,
        "attempts_allowed": attempts_allowed,
        "shuffle": shuffle,
        "pause_days": pause_days,
    }
    if known is None:
        return Quiz.objects.create(course=course, key=key, use=use, **facts)
    if {name: getattr(known, name) for name in facts} != facts:
        for name, value in facts.items():
            setattr(known, name, value)
        known.save(update_fields=list(facts))
    return known
