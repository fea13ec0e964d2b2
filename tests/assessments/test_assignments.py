"""Written work as the learner meets it: the task, drafts, files, handing in, the result."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from assessments.models import Answer, Assignment, Grading, Submission
from assessments.rubrics import decide, rubric_of, shortfalls, unfilled
from assessments.services import assignments as services
from assessments.uploads import kind_of
from courses.models import ActivityProgress, ActivityText, Enrolment, OutlineVersion
from courses.services import enrol, withdraw
from operations.errors import Refused
from records.models import Statement
from tests.assessments.written import (
    DOCX,
    ODT,
    PDF,
    PNG,
    RUBRIC,
    address,
    archive,
    graded,
    handed_in,
    make_written,
    upload,
)
from tests.courses.cohorts import make_cohort

pytestmark = pytest.mark.django_db


@pytest.fixture
def awa(cast, client_for):
    return client_for(cast.awa)


def send(client, assignment: Assignment, do: str = "save", **fields):
    return client.post(f"{address(assignment)}work/", {"do": do, "number": "1", "text": "", **fields})


# --- the page -------------------------------------------------------------------------------------------------------


def test_a_published_page_is_a_step_of_the_outline_with_its_task_in_each_language():
    course, assignment = make_written()
    assert (assignment.course, assignment.rubric, assignment.answer) == (course, RUBRIC, Answer.EITHER)
    outline = OutlineVersion.objects.get(course=course).outline
    entry = outline["modules"][0]["activities"][-1]
    assert (entry["kind"], entry["rule"], entry["key"]) == ("assignment", "graded", str(assignment.key))
    html = {text.language: text.html for text in ActivityText.objects.filter(key=assignment.key)}
    assert html["fr"] == "<p>Rédigez le rapport.</p>\n\n<p>Notez des faits.</p>"
    assert html["en"].startswith("<p>Write the report.</p>")


def test_the_task_and_the_rubric_are_known_beforehand(cast, awa):
    course, assignment = make_written(least_words=2, most_words=500)
    enrol(user=cast.awa, course=course)
    page = awa.get(address(assignment)).content.decode()
    assert "Rédigez le rapport." in page
    rubric = rubric_of(RUBRIC)
    for one in rubric.criteria:
        assert one.title.replace("'", "&#x27;") in page
    assert "<title>W1 ·" in page
    assert 'data-action="hand-in"' in page


def test_who_is_not_enrolled_and_who_is_not_signed_in_writes_nothing(awa, client):
    _course, assignment = make_written()
    assert send(awa, assignment, text="x").status_code in (302, 303)
    assert client.get(address(assignment)).status_code == 302
    lost = send(client, assignment, text="Ce que j'avais écrit")
    assert lost.status_code == 422
    assert "Ce que j&#x27;avais écrit" in lost.content.decode()
    assert not Submission.objects.exists()


def test_course_conditions_say_what_is_left(cast, awa):
    course, assignment = make_written()
    enrol(user=cast.awa, course=course)
    page = awa.get(f"/en/c/{course.code}/").content.decode()
    assert "0 written works of 1 graded as sufficient" in page
    catalogue = awa.get(f"/en/c/{make_written('W2')[0].code}/").content.decode()
    assert "the written work is graded as sufficient" in catalogue
    assert address(assignment, "en") in page


# --- drafts ---------------------------------------------------------------------------------------------------------


def test_a_draft_waits_on_any_device_and_nobody_else_reads_it(cast, awa, client_for):
    course, assignment = make_written()
    enrol(user=cast.awa, course=course)
    assert send(awa, assignment, text="Début\r\nsuite").status_code == 303
    row = Submission.objects.get()
    assert (row.status, row.text, row.number) == ("draft", "Début\nsuite", 1)
    assert "Début\nsuite" in client_for(cast.awa).get(address(assignment)).content.decode()
    make_cohort(cast.issa, course, members=[cast.awa])
    assert client_for(cast.issa).get(f"/fr/teach/grading/{row.pk}/").status_code == 404
    assert ActivityProgress.objects.get(activity=assignment.key).status == "started"


def test_a_text_that_is_too_long_is_refused_and_shown_again(cast, awa):
    course, assignment = make_written()
    enrol(user=cast.awa, course=course)
    answer = send(awa, assignment, text="mot " * 30_000)
    assert answer.status_code == 422
    assert answer.content.decode().count("mot ") > 20_000
    assert not Submission.objects.exists()


def test_words_are_counted_only_when_handing_in(cast, awa):
    course, assignment = make_written(answer=Answer.ESSAY, least_words=3, most_words=5)
    enrol(user=cast.awa, course=course)
    for text in ("un deux", "un deux trois quatre cinq six"):
        answer = send(awa, assignment, "hand-in", text=text)
        assert answer.status_code == 422
        assert (Submission.objects.get().text, Submission.objects.get().status) == (text, "draft")
    assert send(awa, assignment, "hand-in", text="un deux trois").status_code == 303
    assert Submission.objects.get().status == "handed-in"


@pytest.mark.parametrize("answer", list(Answer))
def test_nothing_at_all_is_not_handed_in(cast, awa, answer):
    course, assignment = make_written(answer=answer)
    enrol(user=cast.awa, course=course)
    assert send(awa, assignment, "hand-in", text="  \n ").status_code == 422
    assert Submission.objects.get().status == "draft"


# --- handing in -----------------------------------------------------------------------------------------------------


def test_handing_in_twice_hands_in_once(cast, awa):
    course, assignment = make_written()
    enrol(user=cast.awa, course=course)
    assert send(awa, assignment, "hand-in", text="Mon rapport").status_code == 303
    again = send(awa, assignment, "hand-in", text="Mon rapport")
    assert again.status_code == 422
    assert "readonly" not in again.content.decode()
    assert Submission.objects.count() == 1
    other = send(awa, assignment, "hand-in", text="Un autre texte")  # of an old tab: not kept, not lost
    assert "Un autre texte" in other.content.decode()
    assert Submission.objects.get().text == "Mon rapport"
    assert services.hand_in(submission=Submission.objects.get()).number == 1


def test_it_waits_in_words_until_it_is_graded(cast, awa):
    course, assignment = make_written()
    handed_in(cast.awa, assignment, "Mon rapport")
    page = awa.get(address(assignment, "en")).content.decode()
    assert "Handed in, waits for grading" in page
    assert "Mon rapport" in page
    assert 'data-action="hand-in"' not in page
    assert not Statement.objects.filter(activity=f"urn:uuid:{assignment.key}", verb__contains="passed").exists()
    assert course.enrolments.get().status == "active"


def test_a_work_is_open_once(cast):
    _course, assignment = make_written()
    row = handed_in(cast.awa, assignment)
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.create(
            enrolment=row.enrolment, assignment=assignment, number=2, language="fr", changed=row.changed
        )


def test_not_yet_says_what_is_missing_and_lets_one_write_again_as_often_as_allowed(cast, awa):
    course, assignment = make_written()
    make_cohort(cast.issa, course, members=[cast.awa])
    graded(handed_in(cast.awa, assignment, "Premier"), cast.issa, 3, facts=2)
    page = awa.get(address(assignment, "en")).content.decode()
    assert "Not yet sufficient" in page
    assert "23 of 32" in page
    assert "level 2; at least 3 is needed" in page
    assert "vu facts" in page
    assert "Citer les sources" in page
    assert "Premier</textarea>" in page  # to go on from
    assert send(awa, assignment, "hand-in", text="Second", number="1").status_code == 422  # a page of before
    assert send(awa, assignment, "hand-in", text="Second", number="2").status_code == 303
    graded(Submission.objects.get(number=2), cast.issa, 2)
    assert 'data-action="hand-in"' not in awa.get(address(assignment)).content.decode()
    assert send(awa, assignment, "hand-in", text="Troisième", number="3").status_code == 422
    assert Submission.objects.count() == 2


def test_sufficient_finishes_the_step(cast, awa):
    course, assignment = make_written()
    make_cohort(cast.issa, course, members=[cast.awa])
    graded(handed_in(cast.awa, assignment), cast.issa)
    page = awa.get(address(assignment, "en")).content.decode()
    assert "Sufficient: this step is finished." in page
    row = ActivityProgress.objects.get(activity=assignment.key)
    assert (row.status, row.score) == ("completed", 75)
    assert send(awa, assignment, text="encore", number="2").status_code == 422
    assert "1 written work of 1 graded as sufficient" in awa.get(f"/en/c/{course.code}/").content.decode()


def test_the_rubric_of_the_day_it_was_handed_in_counts(cast):
    from content.models import KeptDocument  # noqa: PLC0415

    course, assignment = make_written()
    make_cohort(cast.issa, course, members=[cast.awa])
    row = handed_in(cast.awa, assignment)
    document = KeptDocument.objects.get(path=f"rubrics/{RUBRIC}.yaml")
    document.text, document.digest = document.text.replace("minimum_total: 22", "minimum_total: 32"), "0" * 64
    document.save()
    assert graded(row, cast.issa).passed


def test_without_its_rubric_nothing_is_handed_in_and_the_draft_stays(cast, awa):
    course, assignment = make_written()
    enrol(user=cast.awa, course=course)
    Assignment.objects.update(rubric="gone")
    assert send(awa, assignment, "hand-in", text="Mon rapport").status_code == 422
    assert Submission.objects.get().text == "Mon rapport"
    assert awa.get(address(assignment)).status_code == 200


def test_who_has_left_the_course_writes_no_more(cast):
    course, assignment = make_written()
    enrolment = enrol(user=cast.awa, course=course)
    withdraw(enrolment=enrolment)
    with pytest.raises(Refused):
        services.save_text(enrolment=enrolment, assignment=assignment, text="x", language="fr")


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0", "jpg"),
        (DOCX, "docx"),
        (ODT, "odt"),
        (b"", ""),
        (b"MZ\x90\x00", ""),
        (b"<html><script>alert(1)</script>", ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""),
        (b" %PDF-1.7", ""),
        (b"PK\x03\x04 broken", ""),
        (archive({"a.txt": b"x"}), ""),
        (archive({"[Content_Types].xml": b"", "word/document.xml": b"", "word/vbaProject.bin": b""}), ""),
        (archive({"mimetype": b"application/vnd.oasis.opendocument.text", "Basic/x": b"", "content.xml": b""}), ""),
        (archive({"mimetype": b"application/epub+zip", "content.xml": b""}), ""),
        (archive({f"word/{n}": b"" for n in range(6000)} | {"[Content_Types].xml": b"", "word/document.xml": b""}), ""),
    ],
)
def test_a_file_is_what_its_bytes_say(data, kind):
    assert kind_of(data) == kind


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04"]))
def test_no_bytes_break_the_check(data, start):
    assert kind_of(start + data) in ("", "pdf", "jpg", "png", "docx", "odt")


def test_a_file_is_kept_once_and_only_downloaded_by_those_it_concerns(cast, awa, client_for):
    course, assignment = make_written()
    make_cohort(cast.issa, course, members=[cast.awa, cast.oumar])
    assert send(awa, assignment, "hand-in", file=upload(PDF, "Diarra Awa.exe")).status_code == 303
    oumar = client_for(cast.oumar)
    send(oumar, assignment, "hand-in", file=upload(PDF))
    rows = list(Submission.objects.all())
    assert len({row.file.name for row in rows}) == 1
    assert "Diarra" not in rows[0].file.name
    mine = Submission.objects.get(enrolment__user=cast.awa)
    for client in (awa, client_for(cast.issa)):
        answer = client.get(f"/fr/work/{mine.pk}/file/")
        assert b"".join(answer.streaming_content) == PDF
        assert answer["Content-Disposition"] == f'attachment; filename="W1-{assignment.key.hex[:8]}-1.pdf"'
        assert answer["X-Content-Type-Options"] == "nosniff"
    for person in (cast.oumar, cast.mariam, cast.fanta, cast.seydou, cast.admin):
        assert client_for(person).get(f"/fr/work/{mine.pk}/file/").status_code == 404
    for author in (cast.oumar, cast.admin):
        assert client_for(author).get(f"/files/{mine.file.name}").status_code == 404


@pytest.mark.parametrize("data", [b"<html>", b"MZ", b"%PDF-" + b"x" * 10_000_000])
def test_a_file_that_is_refused_loses_no_text(cast, awa, data):
    course, assignment = make_written()
    enrol(user=cast.awa, course=course)
    answer = send(awa, assignment, "hand-in", text="Mon rapport", file=upload(data))
    assert answer.status_code == 422
    row = Submission.objects.get()
    assert (row.text, row.status, row.file.name) == ("Mon rapport", "draft", "")
    assert "Mon rapport" in answer.content.decode()


def test_a_file_is_exchanged_and_removed_and_then_gone(cast, awa, django_capture_on_commit_callbacks):
    course, assignment = make_written()
    enrol(user=cast.awa, course=course)
    send(awa, assignment, file=upload(PDF + b"1"))
    first = Submission.objects.get().file.name
    with django_capture_on_commit_callbacks(execute=True):
        send(awa, assignment, file=upload(PNG + b"2"))
    second = Submission.objects.get().file.name
    assert (default_storage.exists(first), default_storage.exists(second)) == (False, True)
    with django_capture_on_commit_callbacks(execute=True):
        send(awa, assignment, "remove")
    assert not default_storage.exists(second)
    assert not Submission.objects.get().file


def test_a_text_task_takes_no_file_and_a_file_task_needs_one(cast, awa):
    course, assignment = make_written(answer=Answer.ESSAY)
    enrol(user=cast.awa, course=course)
    assert send(awa, assignment, text="x", file=upload(PDF)).status_code == 422
    other, second = make_written("W3", answer=Answer.FILE)
    enrol(user=cast.awa, course=other)
    assert send(awa, second, "hand-in").status_code == 422
    assert send(awa, second, "hand-in", file=upload(DOCX)).status_code == 303
    assert 'name="text"' not in awa.get(address(second)).content.decode()


# --- deciding -------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 4), min_size=8, max_size=8))
def test_the_rubric_decides_as_its_words_say(levels):
    rubric = rubric_of(RUBRIC)
    given_levels = {one.slug: level for one, level in zip(rubric.criteria, levels, strict=True)}
    found = decide(rubric, given_levels)
    critical = [level for one, level in zip(rubric.criteria, levels, strict=True) if one.critical]
    assert found.points == sum(levels)
    assert found.passed == (sum(levels) >= 22 and min(levels) >= 2 and min(critical) >= 3)
    assert found.passed == (not shortfalls(rubric, given_levels))
    assert 25 <= found.percent <= 100


def test_a_rubric_without_a_rule_asks_for_nothing_and_empty_ones_break_nothing():
    rubric = rubric_of(RUBRIC)
    assert unfilled(rubric, {}) == [one.title for one in rubric.criteria]
    assert len(shortfalls(rubric, {})) == 9
    assert rubric_of("nothing") is None


# --- the way of a person's data -------------------------------------------------------------------------------------


def test_the_statement_holds_no_word_of_it(cast):
    course, assignment = make_written()
    make_cohort(cast.issa, course, members=[cast.awa])
    row = handed_in(cast.awa, assignment, "Un texte très reconnaissable")
    graded(row, cast.issa)
    bodies = " ".join(str(one.body) for one in Statement.objects.all())
    assert "reconnaissable" not in bodies
    assert "vu facts" not in bodies
    assert f"urn:uuid:{row.pk}" in bodies


def test_three_years_later_texts_files_and_comments_are_gone_and_the_result_stays(cast, awa, settings):
    from datetime import timedelta  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from assessments.privacy_written import forget  # noqa: PLC0415

    course, assignment = make_written()
    make_cohort(cast.issa, course, members=[cast.awa])
    send(awa, assignment, "hand-in", text="Mon rapport", file=upload(PDF + b"3"))
    row = Submission.objects.get()
    graded(row, cast.issa, reason="r")
    assert forget(row.submitted - timedelta(days=1)) == 0
    assert forget(timezone.now() + timedelta(days=1)) == 1
    row.refresh_from_db()
    found = Grading.objects.get()
    assert (row.text, row.file.name, row.passed) == ("", "", True)
    assert (found.scores["facts"], found.comment, found.reason, found.points) == ({"level": 3}, "", "", 24)
    assert awa.get(address(assignment)).status_code == 200


def test_it_belongs_to_an_enrolment(cast):
    _course, assignment = make_written()
    row = handed_in(cast.awa, assignment)
    assert row.enrolment == Enrolment.objects.get(user=cast.awa)
