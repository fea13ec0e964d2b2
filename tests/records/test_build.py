import copy
import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.statements import StatementError, build, key_of, percent_of, seconds_of, validate
from records.verbs import Verb

FULL = build(
    id=uuid.UUID(int=1),
    actor=uuid.UUID(int=2),
    verb=Verb.PASSED,
    activity=uuid.UUID(int=3),
    registration=uuid.UUID(int=4),
    when=datetime(2026, 11, 24, 13, 5, tzinfo=timezone(timedelta(hours=1))),
    score=Decimal("82.50"),
    success=True,
    completion=True,
    duration=61,
    response="a[,]b",
    revision=12,
    parent=uuid.UUID(int=5),
    rule={"name": "quiz", "version": 1, "inputs": {"pass_mark": 70}},
    extensions={"urn:x:y": None},
    language="fr",
)


def test_a_statement_has_the_shape_of_the_standard():
    assert FULL["timestamp"] == "2026-11-24T12:05:00Z"
    assert FULL["object"]["id"] == "urn:uuid:00000000-0000-0000-0000-000000000003"
    assert FULL["result"]["score"] == {"scaled": Decimal("0.825"), "raw": Decimal("82.5"), "min": 0, "max": 100}
    assert FULL["result"]["duration"] == "PT61S"
    assert FULL["context"]["registration"] == "00000000-0000-0000-0000-000000000004"
    assert FULL["context"]["revision"] == "12"
    assert FULL["context"]["contextActivities"]["parent"][0]["id"].endswith("5")
    assert FULL["verb"] == {
        "id": "http://adlnet.gov/expapi/verbs/passed",
        "display": {"en": "passed", "fr": "a réussi"},
    }
    assert key_of(FULL["object"]["id"]) == uuid.UUID(int=3)


def test_every_verb_has_words():
    assert all(verb.display["fr"] and verb.display["en"] for verb in Verb)


@pytest.mark.parametrize(
    "more", [{"score": 101}, {"score": -1}, {"when": datetime(2026, 1, 1)}, {"language": "fr fr"}, {"verb": "passed"}]
)
def test_nothing_wrong_can_be_built(more):
    values = {"actor": uuid.uuid4(), "verb": Verb.PASSED, "activity": uuid.uuid4(), "registration": None}
    with pytest.raises(StatementError):
        build(**{**values, "when": datetime.now(UTC), **more})


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("actor.name", "Awa", "record key"),
        ("actor.mbox", "mailto:awa@example.org", "record key"),
        ("actor.account.name", "awa", "UUID"),
        ("actor.account.homePage", "https://example.org", "home page"),
        ("actor.objectType", "Group", "agent"),
        ("actor", [], "not an object"),
        ("id", "1", "UUID"),
        ("id", None, "UUID"),
        ("id", 1, "UUID"),
        ("colour", 1, "unknown key"),
        ("attachments", [], "unknown key"),
        ("verb.id", "passed", "IRI"),
        ("verb.id", "http://example.org/a b", "IRI"),
        ("verb.id", "urn:x:" + "y" * 300, "longer"),
        ("verb.display", {"fr_FR": "a"}, "language map"),
        ("verb.display", {"fr": 1}, "language map"),
        ("object", None, "not an object"),
        ("object.objectType", "Agent", "activity or a reference"),
        ("object.definition", {"type": "course"}, "IRI"),
        ("object.definition", {"name": "K1"}, "language map"),
        ("object.definition", {"choices": []}, "interactionType"),
        ("object.definition", {"interactionType": ["choice"]}, "interaction types"),
        ("object.definition", {"interactionType": "choice", "choices": [{"id": "a"}, {"id": "a"}]}, "each there once"),
        ("timestamp", "2026-11-24T12:05:00", "zone"),
        ("timestamp", "2026-11-24T12:05:00-00:00", "zone"),
        ("timestamp", "2026-11-24", "zone"),
        ("timestamp", "2026-02-30T12:05:00Z", "does not exist"),
        ("timestamp", "0001-01-01T00:00:00+14:00", "does not exist"),
        ("timestamp", 5, "zone"),
        ("version", "2.0.0", "1.0"),
        ("result.score.scaled", 2, "between"),
        ("result.score.scaled", "0.5", "number"),
        ("result.score.scaled", True, "number"),
        ("result.score.raw", 200, "range"),
        ("result.score.max", 0, "below"),
        ("result.score.scaled", float("nan"), "finite"),
        ("result.score.raw", Decimal("1e999999"), "digits"),
        ("result.score.raw", 10**200, "digits"),
        ("result.success", "yes", "true or false"),
        ("result.completion", 1, "true or false"),
        ("result.response", 1, "text"),
        ("result.duration", "P", "duration"),
        ("result.duration", "PT", "duration"),
        ("result.duration", "61", "duration"),
        ("result.duration", "P1WT1S", "duration"),
        ("result.extensions", {"rule": 1}, "IRI"),
        ("result.response", "a\0b", "NUL"),
        ("result.response", "\ud800", "surrogate"),
        ("result.extensions", {"urn:x:y": {1: 2}}, "names"),
        ("result.extensions", {"urn:x:y": {1, 2}}, "JSON values"),
        ("context.registration", "x", "UUID"),
        ("context.revision", 12, "text"),
        ("context.language", "f", None),
        ("context.language", "français", "language"),
        ("context.instructor", {"mbox": "mailto:a@b.c"}, "record key"),
        ("context.team", {}, "unknown key"),
        ("context.statement", {"objectType": "Activity", "id": str(uuid.uuid4())}, "reference"),
        ("context.contextActivities", {"mother": []}, "unknown key"),
        ("context.contextActivities", {"parent": [{"id": "x"}]}, "IRI"),
        ("context.contextActivities", {"parent": {"id": "urn:x:y"}}, None),
        ("context.extensions", [], "not an object"),
    ],
)
def test_what_is_not_a_statement_is_refused_in_a_sentence(path, value, says):
    changed = copy.deepcopy(FULL)
    place = changed
    *parents, last = path.split(".")
    for name in parents:
        place = place[name]
    place[last] = value
    if says is None:
        return validate(changed)
    with pytest.raises(StatementError, match=says) as refusal:
        validate(changed)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("name", ["id", "actor", "verb", "object"])
def test_a_statement_lacks_nothing(name):
    with pytest.raises(StatementError, match="lacks"):
        validate({key: value for key, value in FULL.items() if key != name})


def test_a_voiding_refers_to_a_statement():
    with pytest.raises(StatementError, match="voiding"):
        validate({**FULL, "verb": {"id": str(Verb.VOIDED)}})


def test_a_statement_is_not_endlessly_deep():
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(StatementError, match="nested"):
        validate({**FULL, "context": {"extensions": {"urn:x:y": deep}}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*FULL, "id", "account", "score"]), inner),
)


@given(JSON)
def test_anything_else_is_refused_and_nothing_breaks(value):
    with pytest.raises(StatementError):
        validate(value)


@given(st.sampled_from(sorted(FULL)), JSON)
def test_any_value_in_any_place_is_accepted_or_refused(name, value):
    try:
        validate({**FULL, name: value})
    except StatementError as refusal:
        assert str(refusal).endswith(".")


@given(st.decimals(0, 100, places=2), st.integers(0, 10**7))
def test_scores_and_times_come_back_exactly(score, seconds):
    made = build(
        actor=uuid.uuid4(),
        verb=Verb.PASSED,
        activity=uuid.uuid4(),
        registration=None,
        when=datetime.now(UTC),
        score=score,
        duration=seconds,
    )
    assert percent_of(made) == score
    assert seconds_of(made) == seconds
