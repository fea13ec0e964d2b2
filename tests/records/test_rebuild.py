import uuid
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command

from records import projection
from records.services import record
from tests.records.tally import Tally
from tests.records.test_record import statement


def rebuild(*options):
    out = StringIO()
    call_command("rebuild_progress", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def folded(tally, monkeypatch):
    monkeypatch.setattr(projection, "BATCH", 3)
    record([statement(registration=uuid.UUID(int=number % 8), score=number) for number in range(40)])
    return dict(tally.rows)


@pytest.mark.django_db
def test_a_replay_of_an_untouched_log_finds_the_same_rows(tally, folded):
    assert "Every row is what the record says." in rebuild("--check")
    tally.rows.clear()
    assert "40 rows were written anew." in rebuild()
    assert tally.rows == folded


@pytest.mark.django_db
def test_check_says_which_rows_differ_and_writes_nothing(tally, folded):
    keys = sorted(tally.rows, key=str)
    tally.rows[keys[0]] = replace(folded[keys[0]], seconds=99)  # changed by hand
    del tally.rows[keys[1]]
    phantoms = [(uuid.UUID(int=100 + number), "urn:x:y") for number in range(7)]
    tally.rows.update(dict.fromkeys(phantoms, Tally(count=1)))
    touched = dict(tally.rows)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rebuild_progress", "--check", stdout=out)
    assert ended.value.code == 1
    said = out.getvalue()
    assert f"tally ({keys[0][0]}, {keys[0][1]}): seconds is 99, by the record 0." in said
    assert "9 rows are not what the record says." in said
    assert tally.rows == touched
    assert "9 rows were written anew." in rebuild()
    assert tally.rows == folded


@pytest.mark.django_db
def test_statements_of_an_unknown_registration_wait_until_it_is_known(tally):
    registration = uuid.uuid4()
    tally.unknown.add(registration)
    record([statement(registration=registration)])
    assert tally.rows == {}
    assert "Every row is what the record says." in rebuild("--check")
    tally.unknown.clear()
    projection.refold([registration])
    assert [state.count for state in tally.rows.values()] == [1]
