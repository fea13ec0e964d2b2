"""Drawing an attempt's questions from the bank."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.drawing import PoolTooSmall, Shortage, draw

BLUEPRINT = [{"objective": objective, "count": 2} for objective in range(4)]
POOL = [(f"x-{objective}-{n}", objective) for objective in range(4) for n in range(5)]


@given(
    seed=st.integers(),
    pool=st.permutations(POOL),
    seen=st.dictionaries(st.sampled_from([q for q, _ in POOL]), st.integers(0, 3)),
)
def test_a_draw_fills_the_blueprint_with_the_least_seen_and_repeats_exactly(seed, pool, seen) -> None:
    drawn = draw(BLUEPRINT, pool, seen, seed)
    assert drawn == draw(BLUEPRINT, POOL, seen, seed)
    assert len(set(drawn)) == len(drawn) == 8
    objective = dict(POOL)
    assert Counter(objective[q] for q in drawn) == {0: 2, 1: 2, 2: 2, 3: 2}
    for number in range(4):
        mine = [q for q, o in POOL if o == number]
        taken = sorted(seen.get(q, 0) for q in mine if q in drawn)
        assert taken == sorted(seen.get(q, 0) for q in mine)[:2]


def test_two_attempts_in_a_row_share_no_question_while_the_bank_lasts() -> None:
    first = draw(BLUEPRINT, POOL, {}, 1)
    second = draw(BLUEPRINT, POOL, Counter(first), 2)
    assert not set(first) & set(second)


def test_another_seed_draws_otherwise_and_every_question_comes_up() -> None:
    draws = [draw(BLUEPRINT, POOL, {}, seed) for seed in range(40)]
    assert len({tuple(one) for one in draws}) > 30
    assert {q for one in draws for q in one} == {q for q, _ in POOL}


def test_without_shuffling_questions_follow_the_blueprint() -> None:
    objective = dict(POOL)
    blueprint = [{"objective": 2, "count": 1}, {"objective": 0, "count": 2}, {"objective": 2, "count": 1}]
    assert [objective[q] for q in draw(blueprint, POOL, {}, 3, shuffle=False)] == [2, 2, 0, 0]


def test_a_bank_that_is_too_small_is_refused_with_every_shortage() -> None:
    with pytest.raises(PoolTooSmall) as refused:
        draw(
            [{"objective": 0, "count": 6}, {"objective": 9, "count": 1}, {"objective": 1, "count": 5}],
            [*POOL, POOL[0]],
            {},
            1,
        )
    assert refused.value.shortages == [Shortage(0, 6, 5), Shortage(9, 1, 0)]
    assert "6" in str(refused.value)
