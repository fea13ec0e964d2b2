"""What waits for the instructors of a cohort in rooms above: they say how much, and where it is done.

waiting.register(work_waiting)   # in AppConfig.ready

def work_waiting(viewer: Person, cohort: Cohort) -> Waiting | None:
    ...  # two queries at most
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from courses.models import Cohort
from people.access import Person


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sentence with the number, and the address where it is done."""

    sentence: str
    url: str


Ask = Callable[[Person, Cohort], Waiting | None]

_asked: list[Ask] = []


def register(ask: Ask) -> None:
    """`ask(viewer, cohort)` is asked on the page of a cohort whose progress the viewer sees, where the course shown has steps that
    a person grades; it costs two queries at most."""
    if ask not in _asked:
        _asked.append(ask)


def waiting_for(viewer: Person, cohort: Cohort) -> list[Waiting]:
    """What there is to do, in the order of registration."""
    return [found for ask in _asked if (found := ask(viewer, cohort)) is not None]
