"""Ids of blocks. Notes in a learner's notebook hang on them, and so do the segments of translations: a block keeps its
id when blocks come and go around it and when its words are corrected, and no id is ever given to a second block.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

SIMILAR = 0.6  # from here on two texts are one text, corrected

Value = str | Mapping[str, Any]


class Known(NamedTuple):
    """A block that has an id."""

    type: str
    text: str
    id: str


def text_of(kind: str, value: Value) -> str:
    """What a block is recognised by: its words, or a figure's name."""
    if isinstance(value, str):
        return value
    if kind == "figure":
        return str(value["name"])
    return f"{value.get('title', '')}\n{value.get('text', '')}"


def assign(
    blocks: Sequence[tuple[str, Value]], known: Sequence[Known], *, key: UUID, numbers: Mapping[str, int]
) -> tuple[list[str], dict[str, int]]:
    """Ids for the blocks of the page `key`, and how many of each kind were given so far.

    A block takes the id of the known one with the same words; of those left between two such, the most similar of its
    kind, or the only one of its kind (but for reflections). All others get new ids: `numbers` says which were given.
    """
    wanted = [(kind, text_of(kind, value)) for kind, value in blocks]
    ids: dict[int, str] = {}
    for here, there in _pairs(wanted, known):
        ids[here] = known[there].id
    given = dict(numbers)
    for kind in {block.type for block in known}:
        given[kind] = max(given.get(kind, 0), sum(block.type == kind for block in known))
    taken = {block.id for block in known}
    result = []
    for place, (kind, _text) in enumerate(wanted):
        if place not in ids:
            while True:
                given[kind] = given.get(kind, 0) + 1
                candidate = str(uuid.uuid5(key, f"{kind}:{given[kind]}"))
                if candidate not in taken:
                    break
            ids[place] = candidate
        result.append(ids[place])
    return result, given


def _pairs(wanted: Sequence[tuple[str, str]], known: Sequence[Known]) -> list[tuple[int, int]]:
    """(place here, place among the known) of the blocks that are the same."""
    before = [(block.type, block.text) for block in known]
    pairs: list[tuple[int, int]] = []
    left_here: list[list[int]] = []
    left_there: list[list[int]] = []
    for tag, a, a_end, b, b_end in SequenceMatcher(None, before, list(wanted), autojunk=False).get_opcodes():
        if tag == "equal":
            pairs += zip(range(b, b_end), range(a, a_end), strict=True)
        else:
            left_here.append(list(range(b, b_end)))
            left_there.append(list(range(a, a_end)))
    # First where it stood, then blocks that moved elsewhere.
    for here, there in [*zip(left_here, left_there, strict=True), (list(chain(*left_here)), list(chain(*left_there)))]:
        free_here = [place for place in here if place not in {pair[0] for pair in pairs}]
        free_there = [place for place in there if place not in {pair[1] for pair in pairs}]
        pairs += _most_similar(wanted, before, free_here, free_there)
    for here, there in zip(left_here, left_there, strict=True):
        for kind in sorted({wanted[place][0] for place in here} - {"reflect"}):  # another question is another note
            mine = [place for place in here if wanted[place][0] == kind and place not in {pair[0] for pair in pairs}]
            theirs = [place for place in there if before[place][0] == kind and place not in {pair[1] for pair in pairs}]
            if len(mine) == len(theirs) == 1:  # rewritten where it stood
                pairs.append((mine[0], theirs[0]))
    return pairs


def _most_similar(
    wanted: Sequence[tuple[str, str]], before: Sequence[tuple[str, str]], here: list[int], there: list[int]
) -> list[tuple[int, int]]:
    scores = []
    for mine in here:
        for theirs in there:
            if wanted[mine][0] == before[theirs][0]:
                score = _likeness(wanted[mine][1], before[theirs][1])
                if score >= SIMILAR:
                    scores.append((score, -abs(mine - theirs), mine, theirs))
    pairs: list[tuple[int, int]] = []
    for _score, _distance, mine, theirs in sorted(scores, reverse=True):
        if mine not in {pair[0] for pair in pairs} and theirs not in {pair[1] for pair in pairs}:
            pairs.append((mine, theirs))
    return pairs


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    first, second = one.split(), other.split()
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= SIMILAR else 0.0
