import copy
import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from people.models import User
from records import exact, services
from records.models import InsertOnlyError, RecordKey, Statement
from records.services import ConflictError, key_for, record, void
from records.statements import StatementError, build, percent_of, rule_of, seconds_of
from records.verbs import Verb
from tests.concurrency import at_once

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACTOR = uuid.uuid4()


def statement(verb=Verb.COMPLETED, **more):
    defaults = {"actor": ACTOR, "activity": uuid.uuid4(), "registration": uuid.uuid4(), "when": NOON}
    return build(**{**defaults, "verb": verb, **more})


@pytest.mark.django_db
def test_a_statement_is_kept_exactly_and_found_by_its_columns():
    inputs = {"share": Decimal("0.10"), "name": "ɓɗŋ 😀", "none": None}
    made = statement(
        Verb.PASSED, score=Decimal("66.67"), success=True, duration=90, revision=7, rule={"name": "r", "inputs": inputs}
    )
    record([made])
    row = Statement.objects.get(pk=made["id"], verb=Verb.PASSED, actor=ACTOR)
    assert row.body == made
    assert str(row.body["result"]["score"]["scaled"]) == "0.6667"
    assert rule_of(row.body)["inputs"] == inputs
    assert percent_of(row.body) == Decimal("66.67")
    assert seconds_of(row.body) == 90
    assert row.activity == made["object"]["id"]
    assert row.timestamp == NOON
    assert row.authority == "kalanso"


@pytest.mark.django_db
def test_an_exact_repeat_counts_once_in_one_batch_and_in_the_next(tally):
    made = statement(score=50)
    first, again = record([made, copy.deepcopy(made)])
    assert first.pk == again.pk
    later = {**made, "stored": "2027-01-01T00:00:00Z"}
    later["result"] = {"score": {"max": Decimal("100.0"), "min": 0, "raw": Decimal("5E+1"), "scaled": 0.5}}
    (old,) = record([later], authority="another")
    assert (old.stored, old.authority) == (first.stored, "kalanso")
    assert [state.count for state in tally.rows.values()] == [1]


@pytest.mark.django_db
@pytest.mark.parametrize("together", [True, False])
def test_the_same_id_with_other_content_is_refused_with_its_whole_batch(tally, together):
    made, other = statement(success=True), statement()
    if not together:
        record([made])
    before = Statement.objects.count()
    batch = [other, {**made, "result": {"success": False}}]
    with pytest.raises(ConflictError, match="already recorded"), transaction.atomic():
        record([made, *batch] if together else batch)
    assert Statement.objects.count() == before


@pytest.mark.django_db
def test_recording_costs_one_insert_a_lock_and_one_insert_more_for_each_further_hundred(
    tally, django_assert_num_queries
):
    lock = 1 if connection.vendor == "postgresql" else 0
    with django_assert_num_queries(1 + lock):
        record([statement()])
    with django_assert_num_queries(3 + lock):
        record([statement() for _ in range(250)])
    with django_assert_num_queries(0):
        assert record([]) == []


@pytest.mark.django_db
def test_a_statement_without_a_time_gets_the_servers_and_may_be_repeated():
    made = statement()
    del made["timestamp"]
    (row,) = record([made])
    assert row.timestamp == row.stored
    assert record([made])[0].pk == row.pk


@pytest.mark.django_db
def test_the_server_never_stores_before_what_it_stored_last(monkeypatch):
    (first,) = record([statement()])
    monkeypatch.setattr(services.timezone, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    (second,) = record([statement()])
    assert second.stored >= first.stored


@pytest.mark.django_db
def test_a_person_has_one_main_record_key(django_assert_num_queries):
    user = User.objects.create(username="one")
    key = key_for(user)
    with django_assert_num_queries(1):
        assert key_for(user) == key
    assert RecordKey.objects.filter(user=user).count() == 1


@pytest.mark.django_db
def test_a_row_refuses_to_be_saved_again_or_deleted():
    (row,) = record([statement()])
    for attempt in (row.save, row.delete, Statement.objects.get(pk=row.pk).save):
        with pytest.raises(InsertOnlyError, match="never"):
            attempt()


# --- voiding --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_voided_statement_no_longer_counts_and_is_voided_once(tally):
    registration, activity = uuid.uuid4(), uuid.uuid4()
    low = statement(registration=registration, activity=activity, score=40)
    high = statement(registration=registration, activity=activity, score=90)
    record([low, high])
    voiding = void(uuid.UUID(high["id"]), by=ACTOR, reason="wrong-person")
    (state,) = tally.rows.values()
    assert (state.count, state.best) == (1, 40)
    assert void(uuid.UUID(high["id"]), by=uuid.uuid4(), reason="other").pk == voiding.pk
    record([high])  # repeated by a late phone
    assert tally.rows[registration, low["object"]["id"]].count == 1
    void(uuid.UUID(low["id"]), by=ACTOR, reason="wrong-person")
    assert tally.rows == {}
    with pytest.raises(StatementError, match="it is a voiding statement"), transaction.atomic():
        void(voiding.pk, by=ACTOR, reason="no")
    with pytest.raises(StatementError, match="not in the record"), transaction.atomic():
        void(uuid.uuid4(), by=ACTOR, reason="no")


@pytest.mark.django_db
def test_a_batch_may_void_what_it_brings(tally):
    registration, activity = uuid.uuid4(), uuid.uuid4()
    gone, stays = (statement(registration=registration, activity=activity) for _ in range(2))
    voiding = {
        "id": str(uuid.uuid4()),
        "actor": gone["actor"],
        "verb": {"id": str(Verb.VOIDED)},
        "object": {"objectType": "StatementRef", "id": gone["id"]},
    }
    record([voiding, gone, stays])
    assert tally.rows[registration, gone["object"]["id"]].count == 1


# --- order, repetition, batches -------------------------------------------------------------------------------------

FACTS = st.lists(
    st.tuples(
        st.sampled_from([Verb.COMPLETED, Verb.PASSED, Verb.FAILED, Verb.EXPERIENCED]),
        st.integers(0, 2),  # activity
        st.none() | st.decimals(0, 100, places=2),
        st.none() | st.integers(0, 5000),
        st.integers(0, 10_000),  # minutes after noon
        st.booleans(),  # voided in the end
    ),
    max_size=8,
)
ACTIVITIES = [uuid.UUID(int=number) for number in range(3)]


def _rows(tally, registration):
    return {key[1]: state for key, state in tally.rows.items() if key[0] == registration}


def _make(facts, registration):
    return [
        statement(
            verb,
            activity=ACTIVITIES[activity],
            registration=registration,
            score=score,
            duration=seconds,
            when=NOON + timedelta(minutes=minutes),
        )
        for verb, activity, score, seconds, minutes, _ in facts
    ]


@pytest.mark.django_db
@given(facts=FACTS, seed=st.integers(0, 2**32))
def test_order_repetition_and_batches_change_nothing(tally, facts, seed):
    plain, mixed = uuid.uuid4(), uuid.uuid4()
    record(_make([fact for fact in facts if not fact[-1]], plain))

    chance = random.Random(seed)
    made = _make(facts, mixed)
    heap = made + [chance.choice(made) for _ in range(3)] if made else []
    chance.shuffle(heap)
    to_void = {one["id"] for one, fact in zip(made, facts, strict=True) if fact[-1]}
    while heap:
        size = chance.randint(1, len(heap))
        batch, heap = heap[:size], heap[size:]
        record(batch)
        for one in batch:
            if one["id"] in to_void and chance.random() < 0.5:
                void(uuid.UUID(one["id"]), by=ACTOR, reason="test")
                to_void.discard(one["id"])
    for id in to_void:
        void(uuid.UUID(id), by=ACTOR, reason="test")
    assert _rows(tally, mixed) == _rows(tally, plain)
    assert [differences for _, differences in services.rebuild(write=False) if differences] == []


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_exact_json_is_json_and_comes_back_with_the_same_canonical_form(value):
    text = exact.dumps(value)
    json.loads(text)
    assert exact.dumps(exact.loads(text), canonical=True) == exact.dumps(value, canonical=True)


@pytest.mark.parametrize("same", [("1", "1.0", "1e0", "0.1E1"), ("0", "-0.0", "0e5"), ("1230", "1.23e3")])
def test_equal_numbers_have_one_canonical_form(same):
    assert len({exact.dumps(exact.loads(text), canonical=True) for text in same}) == 1


# --- two at once ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_connections_that_record_the_same_statement_count_it_once(tally):
    made = [statement(Verb.PASSED, registration=uuid.UUID(int=5), activity=ACTIVITIES[0]) for _ in range(20)]
    results = at_once(*[lambda: record(made)] * 4)
    assert [len(rows) for rows in results] == [20] * 4
    assert Statement.objects.filter(pk__in=[one["id"] for one in made]).count() == 20
    assert [state.count for state in tally.rows.values()] == [20]


@pytest.mark.django_db(transaction=True)
def test_two_connections_with_one_id_and_two_contents_leave_one_and_refuse_one():
    made = statement(success=True)
    other = {**made, "result": {"success": False}}
    results = at_once(lambda: record([made]), lambda: record([other]))
    assert sorted(isinstance(result, ConflictError) for result in results) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_two_connections_that_fold_one_row_lose_nothing(tally):
    registration = uuid.UUID(int=6)
    batches = [[statement(registration=registration, activity=ACTIVITIES[0])] for _ in range(40)]

    def some(start):
        for batch in batches[start::4]:
            record(batch)

    assert at_once(*[lambda start=start: some(start) for start in range(4)]) == [None] * 4
    assert [state.count for state in tally.rows.values()] == [40]


@pytest.mark.django_db(transaction=True)
def test_two_requests_that_need_a_first_record_key_get_the_same():
    user = User.objects.create(username="two")
    results = at_once(*[lambda: key_for(user)] * 4)
    assert len(set(results)) == 1
