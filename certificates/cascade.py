"""The cascade: who trained whom, to which generation, how many people that reached. Pure functions.

Somebody is a trainer from the first day on which they led a workshop, were certified or became a master trainer. Who led a
workshop trained those who attended it; an attendant who was no trainer yet, and became one later, is of the next generation.
A workshop ends before the day on which somebody whom it trained became a trainer, and its leaders were trainers when it
began: a trainer is always younger than those who trained them, and no chain leads back to where it began.

People are whole numbers: an account's primary key, or a negative number for a participant without an account.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush


@dataclass(frozen=True, slots=True)
class Held:
    """A workshop whose attendance is closed."""

    starts: dt.date
    ends: dt.date
    leads: tuple[int, ...]
    helps: tuple[int, ...]
    attended: Sequence[int]
    expected: int = 0  # people on the list
    asked: int = 0  # sessions that count
    present: int = 0  # sessions attended by all of them together
    pairs: int = 0  # people who took both tests; 0 where the workshop's own report tells no gain
    before: float = 0.0  # means of shares, 0 to 1, of these pairs
    after: float = 0.0

    @property
    def leaders(self) -> tuple[int, ...]:
        return self.leads + self.helps


@dataclass(slots=True)
class Trainer:
    person: int
    since: dt.date  # a trainer from this day on
    generation: int = 0
    trained_by: tuple[int, ...] = ()
    trained: tuple[int, ...] = ()  # those who became trainers themselves
    workshops: int = 0  # led or helped to lead
    direct: int = 0  # different people who attended them
    reach: int = 0  # and those who attended workshops of trainers below, each counted once
    below: int = 0  # generations of trainers below: the longest chain


@dataclass(slots=True)
class Generation:
    """What trainers of one generation did. A workshop counts in that of whoever leads it, the one nearest the root."""

    number: int
    trainers: int = 0
    workshops: int = 0
    people: int = 0  # different ones who attended
    present: int = 0
    asked: int = 0
    pairs: int = 0
    before: float = 0.0  # means over all pairs
    after: float = 0.0

    @property
    def attendance(self) -> float | None:
        """The share of sessions attended, of those that count; None where nobody was expected."""
        return self.present / self.asked if self.asked else None

    @property
    def gain(self) -> float | None:
        return self.after - self.before if self.pairs else None


@dataclass(slots=True)
class Cascade:
    trainers: dict[int, Trainer] = field(default_factory=dict)
    generations: list[Generation] = field(default_factory=list)

    @property
    def roots(self) -> list[int]:
        return [one.person for one in self.trainers.values() if not one.trained_by]

    def within(self, person: int) -> set[int]:
        """A trainer and everybody below; nobody for who is no trainer."""
        found = {person} & set(self.trainers)
        ends = list(found)
        while ends:
            fresh = set(self.trainers[ends.pop()].trained) - found
            found |= fresh
            ends += fresh
        return found


def unfold(
    held: Sequence[Held], *, certified: Mapping[int, dt.date], masters: Mapping[int, dt.date] | None = None
) -> Cascade:
    """The cascade of these workshops. certified, masters: since when. Master trainers are roots, as is who led a workshop
    and was trained in none; both are of generation 0.

    Linear in attendances; reaches are unions of bit sets, one bit a person.
    """
    masters = masters or {}
    since = _since(held, certified, masters)
    led: dict[int, list[Held]] = defaultdict(list)
    for one in held:
        for person in one.leaders:
            led[person].append(one)
    known = {person: Trainer(person, since[person]) for person in led.keys() | certified.keys()}
    order = sorted(known, key=lambda person: (since[person], person))
    parents = _parents(held, known, masters)
    children: dict[int, list[int]] = defaultdict(list)
    for person in order:
        trainer = known[person]
        trainer.trained_by = tuple(sorted(parents.get(person, ())))
        trainer.generation = min((known[one].generation + 1 for one in trainer.trained_by), default=0)
        trainer.workshops = len(led.get(person, ()))
        for parent in trainer.trained_by:
            children[parent].append(person)
    for person, below in children.items():
        known[person].trained = tuple(below)
    _count(held, known, order, led)
    return Cascade({person: known[person] for person in order}, _generations(held, known))


def _since(
    held: Iterable[Held], certified: Mapping[int, dt.date], masters: Mapping[int, dt.date]
) -> dict[int, dt.date]:
    since = dict(certified)
    for one in held:
        for person in one.leaders:
            since[person] = min(since.get(person, one.starts), one.starts)
    for person in since.keys() & masters.keys():
        since[person] = min(since[person], masters[person])
    return since


def _parents(held: Iterable[Held], known: Mapping[int, Trainer], masters: Collection[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for one in held:
        leaders = set(one.leaders)
        for person in one.attended:
            if person in known and person not in masters and person not in leaders:
                day = known[person].since
                if one.ends < day:
                    # The second half only refuses dates that contradict each other.
                    found[person].update(leader for leader in leaders if known[leader].since < day)
    return found


def _count(
    held: Iterable[Held], known: Mapping[int, Trainer], order: Sequence[int], led: Mapping[int, Sequence[Held]]
) -> None:
    """Direct and whole reach, and the chains below: from the youngest trainer up."""
    places: dict[int, int] = {}
    for one in held:
        for person in one.attended:
            places.setdefault(person, len(places))
    width = len(places) // 8 + 1
    reached: dict[int, int] = {}
    waiting = {person: len(known[person].trained_by) for person in order}
    for person in reversed(order):
        trainer = known[person]
        own = bytearray(width)
        for one in led.get(person, ()):
            for somebody in one.attended:
                place = places[somebody]
                own[place >> 3] |= 1 << (place & 7)
        if person in places:  # nobody reaches themselves
            own[places[person] >> 3] &= ~(1 << (places[person] & 7)) & 255
        bits = int.from_bytes(own, "little")
        trainer.direct = bits.bit_count()
        for child in trainer.trained:
            bits |= reached[child]
            trainer.below = max(trainer.below, known[child].below + 1)
            waiting[child] -= 1
            if not waiting[child]:  # all who trained them have counted them: the bits are many
                del reached[child]
        reached[person] = bits
        itself = bits >> places[person] & 1 if person in places else 0
        trainer.reach = bits.bit_count() - itself


def _generations(held: Iterable[Held], known: Mapping[int, Trainer]) -> list[Generation]:
    count = max((one.generation for one in known.values()), default=-1) + 1
    found = [Generation(number) for number in range(count)]
    people: list[set[int]] = [set() for _one in found]
    for trainer in known.values():
        found[trainer.generation].trainers += 1
    for one in held:
        leaders = one.leads or one.helps
        if not leaders:
            continue
        row = found[min(known[leader].generation for leader in leaders)]
        people[row.number].update(one.attended)
        row.workshops += 1
        row.present += one.present
        row.asked += one.asked * one.expected
        if one.pairs:
            whole = row.pairs + one.pairs
            row.before = (row.before * row.pairs + one.before * one.pairs) / whole
            row.after = (row.after * row.pairs + one.after * one.pairs) / whole
            row.pairs = whole
    for row in found:
        row.people = len(people[row.number])
    return found


# --- what is drawn ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A trainer in the picture: on a line of their own, as far in as their chain is long."""

    person: int
    depth: int
    above: int | None  # the line of who trained them, the nearest to the root
    left_out: int  # trainers whom they trained that are not drawn


def lines_of(cascade: Cascade, *, root: int | None = None, most: int = 100) -> list[Line]:
    """The trainers to draw, from top to bottom: all of them, or those below `root`; `most` at most, those with the widest
    reach, and nobody without who trained them. Each stands once, under the nearest of those who trained them."""
    known = cascade.trainers
    starts = cascade.roots if root is None else [root] if root in known else []
    above: dict[int, int | None] = dict.fromkeys(_widest(cascade, starts))
    queue = list(above)
    below: dict[int, list[int]] = defaultdict(list)
    for person in queue:  # grows while it is walked: generation by generation
        for child in _widest(cascade, known[person].trained):
            if child not in above:
                above[child] = person
                below[person].append(child)
                queue.append(child)
    drawn = _chosen(cascade, starts, below, most)
    found: list[Line] = []
    stack: list[tuple[int, int, int | None]] = [
        (person, 0, None) for person in reversed(list(above)) if above[person] is None and person in drawn
    ]
    while stack:
        person, depth, line = stack.pop()
        shown = [child for child in below[person] if child in drawn]
        found.append(Line(person, depth, line, len(below[person]) - len(shown)))
        stack += [(child, depth + 1, len(found) - 1) for child in reversed(shown)]
    return found


def _widest(cascade: Cascade, people: Iterable[int]) -> list[int]:
    return sorted(people, key=lambda person: (-cascade.trainers[person].reach, person))


def _chosen(cascade: Cascade, starts: Iterable[int], below: Mapping[int, Sequence[int]], most: int) -> set[int]:
    heap = [(-cascade.trainers[person].reach, person) for person in starts]
    heapify(heap)
    drawn: set[int] = set()
    while heap and len(drawn) < most:
        _reach, person = heappop(heap)
        drawn.add(person)
        for child in below.get(person, ()):
            heappush(heap, (-cascade.trainers[child].reach, child))
    return drawn
