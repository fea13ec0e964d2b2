"""The copy of a person's data: complete, theirs alone, and gone after seven days."""

from __future__ import annotations

import datetime as dt
import io
import json
import uuid
import zipfile

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from pypdf import PdfReader

from operations import jobs, notify
from operations.models import Message
from people import services
from people.models import DataExport
from people.retention import enforce
from people.services.exports import make_export
from tests.people.everything import certify, know, schooling


def make(person, language: str = "en") -> DataExport:
    """Ask, and do the work as a worker does."""
    with override(language):
        export = services.ask_export(user=person)
    row = jobs.Job.objects.get(key=f"people.export {export.pk}")
    make_export(jobs.Work(row.pk, row.kind, row.arguments, row.asked_by_id, 1, uuid.uuid4()))
    export.refresh_from_db()
    return export


def unpacked(export: DataExport) -> dict[str, bytes]:
    with default_storage.open(export.file) as file, zipfile.ZipFile(io.BytesIO(file.read())) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_the_copy_holds_all_that_is_known_of_a_person_and_nothing_of_another(cast):
    school = schooling()
    know(cast.awa, school, actor=cast.mariam, mark="alpha", code="T8")
    know(cast.seydou, school, actor=cast.admin, mark="omega", code="T9")
    files = unpacked(make(cast.awa))
    names = list(files)
    assert names[0].startswith("1-kalanso-") and names[0].endswith(".pdf")
    assert names[1].endswith(".json") and "record.json" in names
    assert (
        sum(name.startswith("certificates/KAL-") for name in names) == 3
    )  # one certificate, in French and English, and as a badge
    assert all(files[name].startswith(b"%PDF") for name in names if name.endswith(".pdf"))
    data = json.loads(files[names[1]])
    told = json.dumps(data)
    for mark in ("note", "report", "post", "clearance", "phone", "excuse", "strong"):
        assert f"{mark} alpha" in told
    assert "omega" not in told and cast.seydou.staff_number not in told and cast.seydou.email not in told
    for room in ("certificates", "workshops", "assessments", "courses", "content", "records", "people", "operations"):
        assert data[room]
    assert data["people"]["account"]["staff_number"] == cast.awa.staff_number
    assert data["people"]["sessions"] == [] and len(data["people"]["second_steps"]) == 1
    assert {row["course"] for row in data["courses"]["enrolments"]} == {"T7", "T8"}
    assert any(
        answer["answer"] is not None for attempt in data["assessments"]["attempts"] for answer in attempt["answers"]
    )
    keys = set(data["records"]["pseudonyms"])
    statements = json.loads(files["record.json"])
    assert statements and all(one["actor"]["account"]["name"] in keys for one in statements)
    read = text_of(files[names[0]])
    assert "note alpha" in read and "omega" not in read


def test_the_copy_of_the_final_assessment_gives_no_key(cast):
    from assessments.services import save_answers, start_attempt, submit  # noqa: PLC0415
    from tests.assessments.school import begin, fields  # noqa: PLC0415

    school = schooling()
    for quiz in school.practice:
        school.enrol(cast.awa) if not cast.awa.enrolments.exists() else None
        attempt = start_attempt(enrolment=cast.awa.enrolments.get(), quiz=quiz)
        save_answers(person=cast.awa, attempt=attempt.pk, data=fields(attempt))
        submit(attempt=attempt)
    attempt = begin(school, cast.awa)
    save_answers(person=cast.awa, attempt=attempt.pk, data=fields(attempt))
    submit(attempt=attempt)
    data = json.loads(next(content for name, content in unpacked(make(cast.awa)).items() if name.startswith("2-")))
    final = next(one for one in data["assessments"]["attempts"] if one["passed"] is not None)
    assert final["answers"] and all(set(one) == {"number", "answer", "answered"} for one in final["answers"])


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_paper_is_made_in_the_readers_language(cast, language):
    export = make(cast.awa, language)
    pdf = next(content for name, content in unpacked(export).items() if name.startswith("1-"))
    assert PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Lang"].startswith(language)
    assert cast.awa.last_name in text_of(pdf)


def test_words_of_any_length_and_sign_stand_on_the_paper(cast):
    cast.awa.first_name = "<b>& #set text(1pt) \\u{0}"[:150]
    cast.awa.save()
    from content.models import ErrorReport  # noqa: PLC0415

    ErrorReport.objects.create(page_key=uuid.uuid4(), language="fr", text="é" * 4000 + "\n\n*x*", reporter=cast.awa)
    assert unpacked(make(cast.awa))


def test_a_message_tells_that_it_is_ready_without_saying_what_is_in_it(cast):
    export = make(cast.awa)
    message = Message.objects.get(recipient=cast.awa, kind="people.export-ready")
    assert notify.sentence(message) == "The copy of your data that you asked for is ready."
    assert message.url == "/fr/account/data/"
    make_export(
        jobs.Work(uuid.uuid4(), "people.export", {"export": str(export.pk)}, None, 2, uuid.uuid4())
    )  # the work is done again
    assert Message.objects.filter(recipient=cast.awa, kind="people.export-ready").count() == 1


def test_asking_twice_makes_one_copy_and_a_new_one_replaces_the_old(cast):
    first = services.ask_export(user=cast.awa)
    assert services.ask_export(user=cast.awa).pk == first.pk
    done = make(cast.awa)
    assert done.pk == first.pk
    assert services.ask_export(user=cast.awa).pk != first.pk
    assert DataExport.objects.filter(user=cast.awa).count() == 1


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_holder_asks_sees_progress_and_fetches(cast, client_for):
    client = client_for(cast.awa)
    page = reverse("my-data")
    assert "Ask for a copy" in client.get(page).content.decode()
    assert client.post(page).status_code == 303
    assert "The copy is being made." in client.get(page).content.decode()
    export = make(cast.awa)
    assert "Download the copy" in client.get(page).content.decode()
    answer = client.get(reverse("my-data-file", args=[export.pk]))
    assert answer.status_code == 200 and answer["Content-Type"] == "application/zip"
    name = answer["Content-Disposition"]
    assert name == f'attachment; filename="kalanso-{timezone.localdate():%Y-%m-%d}.zip"'
    assert "no-store" in answer["Cache-Control"]
    assert b"".join(answer.streaming_content)[:2] == b"PK"


def test_nobody_else_fetches_it_whatever_their_role(cast, client_for):
    address = reverse("my-data-file", args=[make(cast.awa).pk])
    for person in (cast.issa, cast.mariam, cast.seydou, cast.admin):
        assert client_for(person).get(address).status_code == 404
    assert client_for(None).get(address).status_code == 302
    assert client_for(cast.awa).get(reverse("my-data-file", args=[uuid.uuid4()])).status_code == 404
    assert client_for(cast.awa).post(address).status_code == 405


def test_a_copy_is_gone_after_seven_days_with_its_file(cast, client_for, django_capture_on_commit_callbacks):
    export = make(cast.awa)
    address = reverse("my-data-file", args=[export.pk])
    with time_machine.travel(timezone.now() + dt.timedelta(days=7, minutes=1)):
        client = client_for(cast.awa)
        gone = client.get(address)
        assert gone.status_code == 410 and "no longer here" in gone.content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            assert enforce()["exports"] == 1
        assert not default_storage.exists(export.file)
        assert client.get(address).status_code == 404


def test_a_copy_that_is_not_ready_cannot_be_fetched(cast, client_for):
    export = services.ask_export(user=cast.awa)
    assert client_for(cast.awa).get(reverse("my-data-file", args=[export.pk])).status_code == 404


def test_a_protected_person_gets_their_own_name(cast):
    services.protect(user=cast.awa, kind="other")
    cast.awa.refresh_from_db()
    certify(cast.awa, "T8")
    data = json.loads(next(content for name, content in unpacked(make(cast.awa)).items() if name.startswith("2-")))
    assert data["people"]["account"]["last_name"] == "Diarra"
    assert data["people"]["protections"][0]["pseudonym"].startswith("Personne P-")
