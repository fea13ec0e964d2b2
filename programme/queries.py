"""The programme as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from programme.models import (
    Actor,
    Audience,
    Cell,
    Domain,
    Edition,
    Fact,
    LegalText,
    PlanAxis,
    PlannedActivity,
    Priority,
    Training,
)


@dataclass(slots=True)
class MatrixCell:
    """One cell: what it plans, whether the programme's first table marks it."""

    priority: Priority
    domain: Domain
    marked: bool = False
    activities: list[PlannedActivity] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A priority with a cell for each domain, in order."""

    priority: Priority
    cells: list[MatrixCell]


@dataclass(frozen=True, slots=True)
class PlannedTraining:
    """A training with the names of those it was for and of those who held it."""

    training: Training
    audiences: list[Audience]
    organisations: list[Actor]


def edition() -> Edition | None:
    """Where the programme comes from and as of when; None before anything was loaded. One query."""
    return Edition.objects.first()


def matrix() -> tuple[list[Domain], list[MatrixRow]]:
    """The domains in order and a row for each priority. Four queries."""
    domains = list(Domain.objects.order_by("number"))
    priorities = list(Priority.objects.order_by("number"))
    cells = {(priority.pk, domain.pk): MatrixCell(priority, domain) for priority in priorities for domain in domains}
    for priority, domain, marked in Cell.objects.order_by().values_list("priority_id", "domain_id", "marked"):
        cells[priority, domain].marked = marked
    for activity in PlannedActivity.objects.all():
        cells[activity.priority_id, activity.domain_id].activities.append(activity)
    return domains, [MatrixRow(row, [cells[row.pk, domain.pk] for domain in domains]) for row in priorities]


def trainings() -> dict[str, list[PlannedTraining]]:
    """Trainings by status, in the order held, planned, recommended. Three queries."""
    audiences = {audience.pk: audience for audience in Audience.objects.all()}
    actors = {actor.pk: actor for actor in Actor.objects.all()}
    found: dict[str, list[PlannedTraining]] = {"held": [], "planned": [], "recommended": []}
    for training in Training.objects.all():
        found.setdefault(training.status, []).append(
            PlannedTraining(
                training,
                [audiences[slug] for slug in training.audiences if slug in audiences],
                [actors[slug] for slug in training.organisations if slug in actors],
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Background:
    """What stands around the matrix."""

    actors: list[Actor]
    laws: list[LegalText]
    facts: list[Fact]
    axes: list[PlanAxis]


def background() -> Background:
    """Actors, legal framework, dated facts and the ministry's plan. Four queries."""
    return Background(
        list(Actor.objects.all()),
        list(LegalText.objects.all()),
        list(Fact.objects.all()),
        list(PlanAxis.objects.all()),
    )


def audience_choices() -> list[tuple[str, str]]:
    """(slug, name in the active language) of the audiences that courses are written for, in the file's order. 1 query."""
    return [(row.slug, str(row)) for row in Audience.objects.filter(beneficiary=False)]
