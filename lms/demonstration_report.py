"""What comes after a workshop, for one past workshop of a local trial: attendance, tests, evaluation, what was agreed.
People and answers are invented; what is agreed is marked as an example."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.utils import timezone

from operations.errors import Refused
from people.models import User
from workshops import services
from workshops.incoming import Batch, HeadCountIn, MarkIn
from workshops.models import Mark, Outcome, Registration, Session, TestSitting, Workshop
from workshops.rules import questions_of
from workshops.services.outcomes import save_outcome, type_test
from workshops.services.surveys import type_survey
from workshops.survey import TRAINEE, read_survey

_ABSENT = {3: (0,), 8: (4, 5), 12: (0, 1, 2, 3)}  # participant number: the sessions they missed
_REMARKS = (
    ("ce-13", "La fiche d'entretien, que je peux utiliser dès lundi."),
    ("ce-13", "Séparer les faits des impressions."),
    ("ce-15", "Il manque des imprimés et un bureau fermé pour les entretiens."),
)
_AGREED: tuple[tuple[str, str, str, int | None, str], ...] = (
    (
        Outcome.Kind.OUTPUT,
        "Exemple : une fiche d'entretien d'une page, relue par les deux prisons et le pôle judiciaire.",
        "",
        None,
        Outcome.State.DONE,
    ),
    (
        Outcome.Kind.RECOMMENDATION,
        "Exemple : prévoir dans chaque prison un local fermé pour les entretiens.",
        "Direction nationale",
        90,
        Outcome.State.OPEN,
    ),
    (
        Outcome.Kind.RECOMMENDATION,
        "Exemple : une rencontre par trimestre entre greffes, parquet et personnel pénitentiaire.",
        "Pôle judiciaire et direction nationale",
        120,
        Outcome.State.OPEN,
    ),
)


def conclude(workshop: Workshop, *, actor: User, today: dt.date) -> None:
    """Record who was there, the tests before and after, evaluations and what was agreed; then close attendance."""
    people = record_group(workshop, actor=actor)
    _evaluations(workshop, len(people) - 2, actor)
    for kind, text, addressee, days, state in _AGREED:
        save_outcome(
            workshop=workshop,
            actor=actor,
            kind=kind,
            text=text,
            addressee=addressee,
            due=None if days is None else today + dt.timedelta(days=days),
            state=state,
        )
    services.close_attendance(workshop=workshop, actor=actor)


def record_group(workshop: Workshop, *, actor: User) -> list[Registration]:
    """Record who was there, and the tests before and after; gives the people on the list."""
    sessions = [row for row in workshop.sessions.order_by("day", "starts") if not row.cancelled]
    people = list(workshop.registrations.order_by("number"))
    services.take_in(workshop=workshop, batch=_attendance(sessions, people), actor=actor, source=Mark.Source.SHEET)
    _tests(workshop, people, actor)
    return people


def _attendance(sessions: list[Session], people: list[Registration]) -> Batch:
    """As from the signed sheets: half a minute a name."""
    batch = Batch()
    for at, session in enumerate(sessions):
        begins = timezone.make_aware(dt.datetime.combine(session.day, session.starts))
        here = [row for row in people if at not in _ABSENT.get(row.number, ())]
        batch.head_counts.append(HeadCountIn(uuid.uuid4(), session.pk, len(here), begins))
        for place, row in enumerate(people):
            status = Mark.Status.PRESENT if row in here else Mark.Status.ABSENT
            made = begins + dt.timedelta(seconds=30 * (place + 1))
            batch.marks.append(MarkIn(uuid.uuid4(), session.pk, row.pk, status, made))
    return batch


def _tests(workshop: Workshop, people: list[Registration], actor: User) -> None:
    asked = [(question.slug, version.body) for question, version in questions_of(workshop)]
    for row in people:
        if row.number in _ABSENT:  # they took no test, or one of the two
            continue
        for moment, known in ((TestSitting.Moment.PRE, 4), (TestSitting.Moment.POST, 8)):
            data = {
                slug: _answer(body, right=(row.number * 3 + place * 7) % 10 < known)
                for place, (slug, body) in enumerate(asked)
            }
            try:
                type_test(workshop=workshop, number=row.number, moment=moment, actor=actor, data=data)
            except Refused:  # a curriculum without questions for workshops
                return


def _answer(body: dict[str, Any], *, right: bool) -> str:
    """The right option of a question with options, or another; nothing for questions of another kind."""
    options = [one["id"] for one in body.get("options", ()) if bool(one.get("correct")) == right]
    return str(options[0]) if options else ""


def _evaluations(workshop: Workshop, number: int, actor: User) -> None:
    survey = read_survey()
    if survey is None:
        return
    scaled = [item.id for item in survey.forms[TRAINEE].items if not item.open]
    for sheet in range(number):
        data = {item: str(3 + (sheet * 2 + place) % 3) for place, item in enumerate(scaled)}
        data |= dict(_REMARKS[sheet : sheet + 1])
        type_survey(workshop=workshop, actor=actor, data=data)
