"""Readers say what is wrong, and somebody answers."""

from __future__ import annotations

import uuid

import pytest

from content.models import ErrorReport
from content.services import REPORTS_PER_HOUR, UNSIGNED_REPORTS_PER_HOUR, handle_report, report_error
from operations.errors import Refused
from operations.models import AuditEntry, Message

PAGE = uuid.uuid4()


def report(**changes: object) -> ErrorReport:
    given = {"page_key": PAGE, "language": "fr", "revision": 3, "owner": "dnapes", "kind": "error", "reporter": None}
    return report_error(**{"text": "La Règle 33 manque.", **given, **changes})  # type: ignore[arg-type]


def test_a_report_goes_to_the_queue_of_the_owner(cast) -> None:
    made = report(reporter=cast.awa)
    assert (made.status, made.owner, made.revision, made.reporter) == ("new", "dnapes", 3, cast.awa)


def test_the_same_words_sent_twice_are_one_report(db) -> None:
    assert report() == report(text="  La Règle 33 manque. ")
    assert ErrorReport.objects.filter(page_key=PAGE).count() == 1


@pytest.mark.parametrize("changes", [{"text": "  \n"}, {"text": "x" * 4001}, {"kind": "praise"}])
def test_what_cannot_be_read_is_refused_in_words(db, changes: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        report(**changes)
    assert refused.value.sentence.endswith(".")


def test_a_flood_is_stopped_but_a_full_room_is_not(cast) -> None:
    for number in range(REPORTS_PER_HOUR):
        report(text=f"{number}", reporter=cast.awa)
    with pytest.raises(Refused):
        report(text="one more", reporter=cast.awa)
    report(text="one more", reporter=cast.issa)
    for number in range(UNSIGNED_REPORTS_PER_HOUR):
        report(text=f"{number}")
    with pytest.raises(Refused):
        report(text="one more")


def test_a_report_is_closed_with_an_answer_and_leaves_a_trace(cast) -> None:
    made = report()
    with pytest.raises(Refused):
        handle_report(report=made, answer=" ", actor=cast.oumar)
    done = handle_report(report=made, answer="Corrigé.", actor=cast.oumar)
    assert done.status == "handled" and done.handled is not None
    again = handle_report(report=made, answer="Corrigé dans les deux langues.", actor=cast.oumar)
    assert again.handled == done.handled
    entries = AuditEntry.objects.filter(code="content.report-handled", object_id=str(made.pk))
    assert [entry.before["status"] for entry in entries.order_by("pk")] == ["new", "handled"]
    assert [entry.actor for entry in entries] == [cast.oumar, cast.oumar]


def test_who_reported_is_told_once_that_it_was_answered(cast) -> None:
    made = report(reporter=cast.awa)
    for answer in ("Corrigé.", "Corrigé dans les deux langues."):
        handle_report(report=made, answer=answer, actor=cast.oumar)
    assert Message.objects.filter(recipient=cast.awa, kind="content.report-handled").count() == 1
