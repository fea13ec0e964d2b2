"""Drawing the questions of an attempt from a bank, by blueprint: so many questions for each objective."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple, TypeVar

from django.utils.translation import gettext as _

Id = TypeVar("Id", bound=Hashable)


class Shortage(NamedTuple):
    """An objective, how many questions the blueprint asks of it, and how many the bank has."""

    objective: Hashable
    needed: int
    available: int


class PoolTooSmall(Exception):
    """The bank cannot fill the blueprint; `shortages` names every objective concerned."""

    def __init__(self, shortages: list[Shortage]) -> None:
        self.shortages = shortages
        super().__init__(
            " ".join(
                _("Objective %(objective)s needs %(needed)s questions, but the bank has %(available)s.")
                % shortage._asdict()
                for shortage in shortages
            )
        )


def draw(
    blueprint: Iterable[Mapping[str, int]],
    pool: Iterable[tuple[Id, Hashable]],
    seen_counts: Mapping[Id, int],
    seed: int | str,
    *,
    shuffle: bool = True,
) -> list[Id]:
    """Choose questions: `{objective, count}` lines against `(question id, objective)` pairs.

    Those the person has not seen come first, then those seen least; chance decides between equals. The result depends
    only on the arguments (not on the order of the pool): the same seed always gives the same draw. Without `shuffle`
    the questions stand in the order of the blueprint. Raises PoolTooSmall.
    """
    needed: dict[Hashable, int] = defaultdict(int)
    for line in blueprint:
        needed[line["objective"]] += line["count"]
    by_objective: dict[Hashable, set[Id]] = defaultdict(set)
    for question, objective in pool:
        by_objective[objective].add(question)

    def chance(purpose: str, question: Id) -> bytes:
        return sha256(f"{seed}\x1f{purpose}\x1f{question}".encode("utf-8", "replace")).digest()

    shortages = [
        Shortage(objective, count, len(by_objective[objective]))
        for objective, count in needed.items()
        if len(by_objective[objective]) < count
    ]
    if shortages:
        raise PoolTooSmall(shortages)
    drawn: dict[Id, None] = {}
    for objective, count in needed.items():
        ranked = sorted(by_objective[objective], key=lambda q: (seen_counts.get(q, 0), chance("draw", q)))
        drawn.update(dict.fromkeys(ranked[:count]))
    return sorted(drawn, key=lambda q: chance("order", q)) if shuffle else list(drawn)
