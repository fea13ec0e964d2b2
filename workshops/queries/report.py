"""The figures of a workshop as they may leave the desk: groups under five, and what would reveal them, hidden
(`workshops.hiding`). Nothing here holds a name."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import fsum
from statistics import fmean
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.models import Question
from operations.words import in_language
from people import audiences
from people.models.accounts import Sex
from workshops.hiding import LEAST, Crossed, one_way, two_way
from workshops.models import (
    HeadCount,
    Mark,
    Outcome,
    Presence,
    Registration,
    Session,
    SurveyAnswer,
    TestSitting,
    Workshop,
)
from workshops.rules import groups_to_count, who_came
from workshops.survey import ALARMING, EVALUATION, TRAINEE, TRANSFER, Item, Survey, read_survey, read_surveys

CONCLUSIVE = 10  # pairs of tests from which on a gain is more than described
Cell = int | None  # None: hidden
Pairs = Sequence[tuple[Mapping[str, float], Mapping[str, float]]]  # points before and after, of one person each


@dataclass(frozen=True, slots=True)
class SessionFigures:
    session: Session
    listed: Cell  # present by the list
    counted: Cell  # heads in the room
    uncounted: bool  # nobody counted them


@dataclass(frozen=True, slots=True)
class Gain:
    """Shares reached before and after, 0 to 1, of the same people."""

    before: float
    after: float

    @property
    def gain(self) -> float:
        return self.after - self.before

    @property
    def normalised(self) -> float | None:
        """What was gained of what could be gained (Hake); None where nothing could."""
        return None if self.before >= 1 else self.gain / (1 - self.before)


@dataclass(frozen=True, slots=True)
class Tests:
    pairs: int
    overall: Gain
    questions: list[tuple[str, Gain]]  # (prompt, of the same pairs)

    @property
    def conclusive(self) -> bool:
        return self.pairs >= CONCLUSIVE


@dataclass(frozen=True, slots=True)
class Results:
    """What a group said in one form of a survey; nothing that fewer than five answered."""

    answers: int
    items: list[tuple[str, float | None, int]]  # (words, mean, how many answered; no mean under five)
    choices: list[tuple[str, dict[str, Cell] | None, int]]  # (words, how many chose each, how many answered)
    comments: list[tuple[str, list[str]]]
    points: list[tuple[int, str]]  # the scale, in words
    rules: list[str]  # what the survey itself says about its results

    @property
    def alarms(self) -> list[tuple[str, float, int]]:
        """The statements whose mean asks for a review (of a scale of five)."""
        return [(words, mean, number) for words, mean, number in self.items if mean is not None and mean < ALARMING]


@dataclass(frozen=True, slots=True)
class Transfer:
    """What has changed at work, as participants and supervisors say. None of it until the survey is over."""

    survey: Survey
    opens: dt.date
    over: dt.date
    forms: dict[str, Results | None]  # None: fewer than five answers
    told: bool


@dataclass(slots=True)
class Report:
    workshop: Workshop
    people: Cell  # who came to a session at least
    places: dict[str, Cell] | None  # None: the whole table is hidden
    sexes: dict[str, Cell] | None
    audiences: dict[str, Cell] | None
    crossed: Crossed | None
    sessions: list[SessionFigures]
    only_counted: dict[str, Cell] | None
    closed: bool
    tests: Tests | None = None
    satisfaction: Results | None = None
    transfer: Transfer | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    costs: Decimal | None = None


def report_of(workshop: Workshop) -> Report:
    """Everything that the report says. 15 queries at most, however large the group.

    Tests and survey are told once attendance is closed: before, whoever reads the figures twice could tell by the
    difference what the person who answered in between had answered.
    """
    came = list(who_came(workshop).select_related("institution"))
    words = dict(audiences.choices())
    unsaid = _("not stated")
    of_sex = {str(value): str(label) for value, label in Sex.choices}
    table = Counter((str(row.institution) if row.institution else unsaid, of_sex.get(row.sex, unsaid)) for row in came)
    places, sexes = one_way(_summed(table, 0)), one_way(_summed(table, 1))
    # The crossed table is told only where it costs neither list a figure: the lists are what is asked for first.
    crossed = two_way(table)
    if crossed is not None and (crossed.rows, crossed.columns) != (places, sexes):
        crossed = None
    closed = workshop.closed_at is not None
    surveys = read_surveys(EVALUATION, TRANSFER) if closed else {}
    evaluation, later = surveys.get(EVALUATION), surveys.get(TRANSFER)
    answers = _answers(workshop) if surveys else []
    return Report(
        workshop=workshop,
        people=_told(len(came)),
        places=_ordered(places),
        sexes=_ordered(sexes),
        audiences=_ordered(one_way(Counter(words.get(row.audience, row.audience) or unsaid for row in came))),
        crossed=crossed,
        sessions=_sessions(workshop),
        only_counted=_only_counted(workshop, dict(groups_to_count())),
        closed=closed,
        tests=tests_of(workshop) if closed else None,
        satisfaction=_results(evaluation, TRAINEE, answers) if evaluation else None,
        transfer=_transfer(workshop, later, answers) if later else None,
        outcomes=list(workshop.outcomes.all()),
        costs=workshop.costs,
    )


def _told(number: int) -> Cell:
    return None if 0 < number < LEAST else number


def _summed(table: Mapping[tuple[str, str], int], side: int) -> dict[str, int]:
    found: Counter[str] = Counter()
    for place, number in table.items():
        found[place[side]] += number
    return dict(found)


def _ordered(table: dict[str, Cell] | None) -> dict[str, Cell] | None:
    """By name: by size would give the hidden ones away."""
    return None if table is None else dict(sorted(table.items()))


def _sessions(workshop: Workshop) -> list[SessionFigures]:
    held = [row for row in workshop.sessions.all() if not row.cancelled]
    listed = Counter(
        Presence.objects.filter(
            session__in=held, status=Mark.Status.PRESENT, registration__state__in=Registration.EXPECTED
        ).values_list("session_id", flat=True)
    )
    counts = {row.session_id: row.people for row in HeadCount.objects.filter(session__in=held).order_by("stored")}
    return [
        SessionFigures(row, _told(listed[row.pk]), _told(counts.get(row.pk, 0)), row.pk not in counts) for row in held
    ]


def _only_counted(workshop: Workshop, words: Mapping[str, str]) -> dict[str, Cell] | None:
    """People who are only counted. A session's count and the whole workshop's may hold the same people: the larger of
    the two counts."""
    sums: Counter[tuple[str, object]] = Counter()
    for row in workshop.counted.all():
        sums[row.group, row.session_id] += row.people
    largest: dict[str, int] = {}
    for (group, _session), people in sums.items():
        name = words.get(group, group)
        largest[name] = max(largest.get(name, 0), people)
    # Each stands alone here, without a total.
    return {name: _told(people) for name, people in sorted(largest.items())} if largest else None


# --- tests and survey -------------------------------------------------------------------------------------------------


def tests_of(workshop: Workshop) -> Tests | None:
    """What the group knew before and after, of those who took both tests; None under five pairs. Never one person's.

    Only questions that every pair was asked both times count, so that all figures are of the same people. 2 queries.
    """
    points: dict[str, dict[object, Mapping[str, float]]] = {"pre": {}, "post": {}}
    for sitting in TestSitting.objects.filter(registration__workshop=workshop):
        points[sitting.moment][sitting.registration_id] = sitting.points
    pairs = [(points["pre"][person], points["post"][person]) for person in points["pre"] if person in points["post"]]
    if len(pairs) < LEAST:
        return None
    asked = _asked(pairs)
    if not asked:
        return None
    rows = Question.objects.filter(pk__in=asked).select_related("current").order_by("position", "slug")
    prompts = {row.pk: _prompt(row, workshop.language) for row in rows}
    found = [(prompts.get(slug, slug), _gain(pairs, slug)) for slug in [*prompts, *sorted(asked - set(prompts))]]
    whole = Gain(fmean(one.before for _w, one in found), fmean(one.after for _w, one in found))
    return Tests(len(pairs), whole, found)


def overall(pairs: Pairs) -> Gain | None:
    """What a group knew before and after; None where no question was asked all of them both times. No query."""
    asked = _asked(pairs)
    if not asked:
        return None
    count = len(pairs) * len(asked)
    sums = [fsum(sitting[question] for sitting in moment for question in asked) for moment in zip(*pairs, strict=True)]
    return Gain(sums[0] / count, sums[1] / count)


def _asked(pairs: Pairs) -> set[str]:
    return set.intersection(*(set(before) & set(after) for before, after in pairs))


def _gain(pairs: Pairs, question: str) -> Gain:
    return Gain(fmean(before[question] for before, _ in pairs), fmean(after[question] for _, after in pairs))


def _prompt(question: Question, language: str) -> str:
    body = question.current.body if question.current is not None else {}
    return in_language(body.get("prompt", {}), language)


def satisfaction_of(workshop: Workshop) -> Results | None:
    """The evaluation of the group; None under five answers. 2 queries."""
    survey = read_survey()
    return _results(survey, TRAINEE, _answers(workshop)) if survey else None


def _answers(workshop: Workshop) -> list[SurveyAnswer]:
    """Ordered by a random number: the order in which they came would tell who sat where. 1 query."""
    return list(workshop.survey_answers.order_by("pk"))


def _transfer(workshop: Workshop, survey: Survey, answers: list[SurveyAnswer]) -> Transfer | None:
    if workshop.closed_at is None:
        return None
    opens, _reminds, over = survey.window(timezone.localdate(workshop.closed_at))
    told = timezone.localdate() >= over
    forms = {name: _results(survey, name, answers) if told else None for name in survey.forms}
    return Transfer(survey, opens, over, forms, told)


def _results(survey: Survey, form: str, answers: list[SurveyAnswer]) -> Results | None:
    """What the group said in a form; None under five answers. An item that fewer than five answered has no mean, and one
    that all but a few answered tells nothing of those few: who left it out is not known."""
    rows = [row.answers for row in answers if row.survey == survey.id and row.form == form]
    if len(rows) < survey.least:
        return None
    items: list[tuple[str, float | None, int]] = []
    choices: list[tuple[str, dict[str, Cell] | None, int]] = []
    comments: list[tuple[str, list[str]]] = []
    for item in survey.forms[form].items:
        given = [row[item.id] for row in rows if row.get(item.id) not in (None, "", [])]
        if item.open:
            comments.append((str(item), sorted(str(one) for one in given)))
        elif item.options:
            choices.append((str(item), _chosen(item, given, survey.least), len(given)))
        else:
            numbers = [one for one in given if isinstance(one, int)]
            mean = fmean(numbers) if len(numbers) >= survey.least else None
            items.append((str(item), mean, len(numbers)))
    said = [(words, texts) for words, texts in comments if texts]
    points = [(value, in_language(words)) for value, words in survey.points]
    return Results(len(rows), items, choices, said, points, [in_language(words) for words in survey.rules])


def _chosen(item: Item, given: list[Any], least: int) -> dict[str, Cell] | None:
    """How many chose each option. Where each chose one, they add up to those who answered: hidden like a list."""
    if len(given) < least:
        return None
    counts = Counter(one for answer in given for one in (answer if isinstance(answer, list) else [answer]))
    named = {in_language(words): counts[id] for id, words in item.options}
    if item.kind == "multiple":
        return {words: _told(number) for words, number in named.items()}
    return one_way(named)
