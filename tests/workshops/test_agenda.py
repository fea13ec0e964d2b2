"""From the guide of a course to the hours of a workshop."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings

from workshops.agenda import Day, Line, Step, begin_late, between, lay_out, plus, read_guide

GUIDES = sorted((Path(settings.BASE_DIR) / "content/curriculum/courses").glob("*/facilitator-guide.*.md"))
TUESDAY, WEDNESDAY, FRIDAY = dt.date(2026, 12, 8), dt.date(2026, 12, 9), dt.date(2026, 12, 11)
MORNING = dt.time(8, 30)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: f"{path.parent.name}-{path.name[-5:-3]}")
def test_every_guide_of_the_curriculum_becomes_a_day(path) -> None:
    starts, steps = read_guide(path.read_text("utf-8"))
    assert starts == MORNING and len(steps) >= 7 and any(step.pause for step in steps)
    assert all("|" not in step.title and "*" not in step.title for step in steps)
    plan = lay_out(steps, [Day(TUESDAY)], starts)
    assert not plan.left_out
    assert len(plan.halves) == (1 if not any(step.meal for step in steps) else 2)
    for half in plan.halves:
        assert not half.items[0].step.pause and not half.items[-1].step.pause
        for one, other in zip(half.items, half.items[1:], strict=False):
            assert plus(one.starts, one.minutes) == other.starts


def guide() -> list[Step]:
    path = Path(settings.BASE_DIR) / "content/curriculum/courses/mandela-rules/facilitator-guide.fr.md"
    return read_guide(path.read_text("utf-8"))[1]


def test_on_a_friday_nobody_is_taught_at_the_hour_of_prayer() -> None:
    plan = lay_out(guide(), [Day(FRIDAY)], MORNING)
    assert not plan.left_out
    for half in plan.halves:
        assert half.ends <= dt.time(12, 30) or half.starts >= dt.time(14, 0)


def test_in_ramadan_a_day_ends_early_and_the_rest_goes_on_the_next() -> None:
    plan = lay_out(guide(), [Day(TUESDAY, short=True), Day(WEDNESDAY, short=True)], MORNING)
    assert not plan.left_out
    assert {half.date for half in plan.halves} == {TUESDAY, WEDNESDAY}
    assert all(half.ends <= dt.time(14, 30) for half in plan.halves)
    alone = lay_out(guide(), [Day(TUESDAY, short=True)], MORNING)
    assert alone.left_out and not any(step.pause for step in alone.left_out)


def test_a_later_beginning_shifts_everything() -> None:
    usual, later = (lay_out(guide(), [Day(TUESDAY)], starts) for starts in (MORNING, dt.time(9, 0)))
    assert [between(a.starts, b.starts) for a, b in zip(usual.halves, later.halves, strict=True)] == [30, 30]


def test_starting_late_drops_what_is_marked_and_the_end_stays() -> None:
    lines = [
        Line(1, dt.time(8, 30), 30),
        Line(2, dt.time(9, 0), 40, 2),
        Line(3, dt.time(9, 40), 50, 1),
        Line(4, dt.time(10, 30), 20),
    ]
    late = begin_late(lines, 30)
    assert late.dropped == {3} and late.over == 0
    assert late.hours == {1: dt.time(9, 0), 2: dt.time(9, 30), 4: dt.time(10, 10)}
    assert begin_late(lines, 120).over == 30
    assert begin_late(lines, 0).hours[1] == dt.time(8, 30)


@pytest.mark.parametrize(
    "body", ["", "no table", "| Heure |\n|---|\n| 99 h 99 | x |", "| Heure | x |\n|---|---|\n| midi | y |"]
)
def test_a_guide_without_a_plan_gives_nothing(body) -> None:
    assert read_guide(body)[1] == []
    assert lay_out([], [Day(TUESDAY)], MORNING).halves == []
