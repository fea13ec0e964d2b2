"""From grades to a result: exact fractions throughout, rounded only to be shown, and never into a pass.

Every question counts one point. Totals and percentages are shown rounded down: 69.99 % is shown as 69 %, so that no
page can show a pass mark as reached when it was not.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Tally:
    """Points out of a number of questions."""

    points: Fraction
    count: int

    @property
    def percent(self) -> Fraction:
        return self.points * 100 / self.count if self.count else Fraction(0)

    @property
    def shown_percent(self) -> int:
        """Whole percent, rounded down."""
        return self.percent.numerator // self.percent.denominator

    @property
    def shown_points(self) -> Decimal:
        """Points with at most one decimal, rounded down."""
        return rounded_down(self.points, 1)

    def reaches(self, pass_mark: int) -> bool:
        """Whether at least `pass_mark` percent of the points were earned. Nothing asked is nothing passed."""
        return self.count > 0 and self.points * 100 >= pass_mark * self.count


@dataclass(frozen=True)
class ObjectiveTally(Tally):
    objective: Hashable
    reached: bool


@dataclass(frozen=True)
class Result:
    total: Tally
    pass_mark: int
    passed: bool
    objectives: tuple[ObjectiveTally, ...]

    @property
    def to_review(self) -> list[Hashable]:
        """The objectives below the pass mark."""
        return [one.objective for one in self.objectives if not one.reached]


def result(scores: Iterable[tuple[Hashable, Fraction]], pass_mark: int) -> Result:
    """Add up `(objective, score)` of every question asked, answered or not. Objectives keep their order of appearance."""
    by_objective: dict[Hashable, list[Fraction]] = {}
    for objective, score in scores:
        by_objective.setdefault(objective, []).append(Fraction(score))
    tallies = []
    for objective, earned in by_objective.items():
        tally = Tally(sum(earned, Fraction(0)), len(earned))
        tallies.append(ObjectiveTally(tally.points, tally.count, objective, tally.reaches(pass_mark)))
    total = Tally(sum((one.points for one in tallies), Fraction(0)), sum(one.count for one in tallies))
    return Result(total, pass_mark, total.reaches(pass_mark), tuple(tallies))


def rounded_down(value: Fraction, places: int) -> Decimal:
    """`value` (not negative) as a decimal with at most `places` decimals, rounded down: for columns and xAPI scores."""
    return _plain(Decimal(value.numerator * 10**places // value.denominator).scaleb(-places))


def shown_score(score: Fraction) -> Decimal:
    """One question's score with at most two decimals: 2/3 is 0.67; only a full score is shown as 1, only none as 0."""
    exact = Decimal(score.numerator) / Decimal(score.denominator)
    shown = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if 0 < score < 1:
        shown = min(max(shown, Decimal("0.01")), Decimal("0.99"))
    return _plain(shown)


def _plain(number: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent."""
    return number.to_integral_value() if number == number.to_integral_value() else number.normalize()
