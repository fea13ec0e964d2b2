"""What a stranger learns from a number or a file: whether it holds, and nothing else."""

from __future__ import annotations

import json
import re
import zlib
from io import StringIO

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from certificates import services
from certificates.models import Credential
from certificates.numbers import new_number
from tests.certificates.conftest import SCORE

pytestmark = pytest.mark.django_db


def words(response) -> str:
    main = response.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main))


def page(client, credential, language="en"):
    return client.get(f"/{language}/verify/{credential.number}/")


def test_a_valid_one_shows_name_title_and_dates_and_nothing_else(credential, client_for):
    response = page(client_for(), credential)
    text = words(response)
    assert response.status_code == 200
    for expected in ("Valid certificate", "Awa Diarra", "Keeping a register T7", "Competence (assessed)"):
        assert expected in text
    assert str(SCORE) not in text.replace(credential.number, "")
    for hidden in ("awa@", "ML-AWA", "Write to protect", str(credential.pk), str(credential.enrolment_id)):
        assert hidden not in response.content.decode().replace(credential.number, "")


def test_each_standing_is_said_in_words(credential, cast, client_for):
    client = client_for()
    with time_machine.travel(credential.expires.replace(year=credential.expires.year + 1)):
        assert "Expired certificate" in words(page(client, credential))
    Credential.objects.filter(pk=credential.pk).update(status="reserved")
    assert "not yet confirmed" in words(page(client, credential))
    Credential.objects.filter(pk=credential.pk).update(status="issued", expires=None)
    assert "without an end date" in words(page(client, credential))


def test_the_answer_stays_in_no_cache_and_no_search_engine(credential, client_for):
    for response in (page(client_for(), credential), client_for().get("/fr/verify/")):
        assert response["Cache-Control"] == "no-store"
        assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize(
    "change",
    [str.lower, lambda n: n.replace("-", ""), lambda n: f"  {n} ", lambda n: n.replace("0", "O"), lambda n: n[4:]],
)
def test_a_number_typed_carelessly_is_understood(credential, client_for, change):
    response = client_for().get("/fr/verify/", {"n": change(credential.number)})
    assert response.status_code == 302 and response["Location"] == f"/fr/verify/{credential.number}/"


def test_a_number_that_does_not_exist_is_said_so(client_for):
    response = client_for().get(f"/en/verify/{new_number(2026)}/")
    assert response.status_code == 404 and "Unknown number" in words(response)


def test_a_mistyped_character_is_noticed_before_anything_is_looked_up(
    credential, client_for, django_assert_num_queries
):
    wrong = credential.number[:-1] + ("C" if credential.number[-1] != "C" else "D")
    with django_assert_num_queries(0):
        response = client_for().get("/en/verify/", {"n": wrong})
    assert response.status_code == 404 and "missing or not right" in words(response)


HOSTILE = ["..", "x" * 5000, "%2e%2e%2f", "é" * 50, "%00", "<script>", "١٢٣", "' OR 1=1 --"]


@pytest.mark.parametrize("number", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_numbers_are_unknown(client_for, number):
    for path in (f"/fr/verify/{number}/", f"/verify/{number}"):
        response = client_for().get(path, follow=True)
        assert response.status_code == 404
        assert "<script>" not in response.content.decode().split("<main", 1)[1].split("<footer", 1)[0]
    response = client_for().get("/fr/verify/", {"n": number})
    assert response.status_code == 404
    assert number[:61] not in response.content.decode().split("<main", 1)[1].split("<footer", 1)[0] or len(number) < 61


def test_the_address_on_paper_leads_to_the_readers_language(credential, client_for):
    for language in ("fr", "en", "ar"):
        response = client_for().get(f"/verify/{credential.number}", headers={"accept-language": language})
        assert response.status_code == 302 and response["Location"] == f"/{language}/verify/{credential.number}/"
    client = client_for()
    client.get("/en/verify/")
    response = client.get(f"/verify/{credential.number}", headers={"accept-language": "fr"})
    assert response["Location"].startswith("/en/")


def test_in_arabic_the_page_reads_from_the_right_and_the_title_keeps_its_language(credential, client_for):
    content = page(client_for(), credential, "ar").content.decode()
    assert 'dir="rtl"' in content
    assert '<bdi lang="fr" dir="ltr">Tenir un registre T7</bdi>' in content


def test_guessing_is_stopped_after_thirty_misses_and_finding_is_not(credential, client_for):
    client = client_for()
    for _ in range(40):
        assert page(client, credential).status_code == 200
    missed = [client.get(f"/en/verify/{new_number(2026)}/").status_code for _ in range(31)]
    assert missed == [404] * 30 + [429]
    refused = page(client, credential)
    assert refused.status_code == 429 and refused["Retry-After"] == "60" and "Wait a minute" in words(refused)
    elsewhere = client_for()
    assert elsewhere.get(f"/en/verify/{credential.number}/", REMOTE_ADDR="192.0.2.7").status_code == 200


# --- files ----------------------------------------------------------------------------------------------------------


def send(client, content: bytes):
    file = SimpleUploadedFile("a.pdf", content, content_type="application/pdf")
    return client.post("/en/verify/file/", {"file": file})


@pytest.fixture
def paper(credential) -> bytes:
    with services.render(credential=credential, language="fr").file.open() as file:
        return file.read()


def test_our_own_file_is_recognised_and_its_standing_said(credential, paper, cast, client_for):
    text = words(send(client_for(csrf=True), paper))
    assert "Valid certificate" in text and "the one that we signed" in text
    services.revoke(credential=credential, reason="Fraude", actor=cast.admin)
    text = words(send(client_for(), paper))
    assert "Revoked certificate" in text and "Fraude" not in text


def test_a_file_that_was_changed_is_not_ours(paper, client_for):
    changed = paper.replace(b"stream", b"Stream", 1)
    assert "Valid" not in words(send(client_for(), changed))
    added = words(send(client_for(), paper + b"\n% one more line\n"))
    assert "not the file that we signed" in added


def test_a_signed_file_that_is_not_registered_sends_back_to_its_number(credential, paper, client_for):
    credential.renderings.all().delete()
    assert "Verify its number" in words(send(client_for(), paper))


def _bomb() -> bytes:
    """A page tree hidden in a stream that unfolds to a gigabyte."""
    unfolded = zlib.compressobj(9)
    stream = b"".join(unfolded.compress(b" " * 10_000_000) for _ in range(100)) + unfolded.flush()
    return (
        b"%%PDF-1.5\n1 0 obj<</Type/XRef/W[1 2 1]/Size 9/Root 2 0 R/Filter/FlateDecode/Length %d>>stream\n"
        % len(stream)
        + stream
        + b"\nendstream endobj\nstartxref\n9\n%%EOF"
    )


@pytest.mark.parametrize(
    "content", [b"x", b"%PDF-1.7\n" + b"A" * 100_000, b"\0" * 1000, "bomb"], ids=["tiny", "noise", "zeros", "bomb"]
)
def test_a_hostile_file_is_answered_and_nothing_breaks(client_for, content):
    response = send(client_for(), _bomb() if content == "bomb" else content)
    assert response.status_code == 200 and "no signature that can be checked" in words(response)


def test_a_large_file_is_refused_unread_and_none_is_asked_for(client_for):
    response = send(client_for(), b"%PDF" + b"0" * 2_100_000)
    assert response.status_code == 413 and "too large" in words(response)
    assert "Choose a file first" in words(client_for().post("/en/verify/file/"))
    assert client_for().get("/en/verify/file/").status_code == 302


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_answers_one_line_for_each_file(credential, paper, cast, tmp_path):
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(paper)
    bad.write_bytes(paper + b" ")
    out = StringIO()
    call_command("verify_credential", str(good), stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["ok"] and answer["reasons"] == [] and answer["number"] == credential.number
    services.revoke(credential=credential, reason="Fraude", actor=cast.admin)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_credential", str(good), str(bad), str(tmp_path / "none.pdf"), stdout=out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert ended.value.code == 1 and [answer["ok"] for answer in answers] == [False] * 3
    assert answers[0]["standing"] == "revoked" and all(answer["reasons"] for answer in answers)
