"""Ids of blocks: one each, kept by blocks that stay, never given twice."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lms.curriculum.identity import Known, assign

KEY = UUID(int=7)
KINDS = ("text", "reflect", "heading")
WORDS = st.lists(st.sampled_from(["paper", "judge", "door", "night", "list"]), min_size=1, max_size=6).map(" ".join)
BLOCKS = st.lists(st.tuples(st.sampled_from(KINDS), WORDS), max_size=12)


def known(blocks: list[tuple[str, str]], ids: list[str]) -> list[Known]:
    return [Known(kind, text, identity) for (kind, text), identity in zip(blocks, ids, strict=True)]


@given(BLOCKS, st.lists(BLOCKS, max_size=4))
def test_no_id_is_given_twice_whatever_is_edited(
    first: list[tuple[str, str]], edits: list[list[tuple[str, str]]]
) -> None:
    ids, numbers = assign(first, [], key=KEY, numbers={})
    assert len(set(ids)) == len(first)
    ever = dict(zip(ids, (kind for kind, _text in first), strict=True))
    blocks = first
    for edit in edits:
        before = set(ids)
        new, numbers = assign(edit, known(blocks, ids), key=KEY, numbers=numbers)
        assert len(set(new)) == len(edit)
        for identity, (kind, _text) in zip(new, edit, strict=True):
            assert identity in before or identity not in ever
            assert ever.setdefault(identity, kind) == kind
        blocks, ids = edit, new


@given(BLOCKS, st.data())
def test_blocks_that_stay_keep_their_ids(blocks: list[tuple[str, str]], data: st.DataObject) -> None:
    blocks = [(kind, f"{number} {text}") for number, (kind, text) in enumerate(dict.fromkeys(blocks))]
    ids, numbers = assign(blocks, [], key=KEY, numbers={})
    of = dict(zip(blocks, ids, strict=True))
    place = data.draw(st.integers(0, len(blocks)))
    gone = data.draw(st.sets(st.sampled_from(blocks), max_size=2)) if blocks else set()
    edited = [block for block in blocks if block not in gone]
    edited.insert(min(place, len(edited)), ("reflect", "something entirely different from all before"))
    new, _numbers = assign(edited, known(blocks, ids), key=KEY, numbers=numbers)
    for block, identity in zip(edited, new, strict=True):
        assert block not in of or identity == of[block]


def test_the_same_again_gives_the_same() -> None:
    blocks = [("text", "one"), ("reflect", "who?"), ("text", "one")]
    ids, numbers = assign(blocks, [], key=KEY, numbers={})
    assert assign(blocks, known(blocks, ids), key=KEY, numbers=numbers) == (ids, numbers)


def test_a_question_put_in_place_of_another_is_a_new_one() -> None:
    ids, numbers = assign([("reflect", "What would you do?")], [], key=KEY, numbers={})
    new, _numbers = assign(
        [("reflect", "Whose names does the register hold?")],
        known([("reflect", "What would you do?")], ids),
        key=KEY,
        numbers=numbers,
    )
    assert new != ids
