"""A protected person's certificate: the number and a word confirm it, and nobody reads the name without a trace."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from certificates import services
from operations.models import AuditEntry
from people.models import Protection
from people.services import choose_word
from tests.certificates.test_verify import words
from tests.people.entrance import protect

pytestmark = pytest.mark.django_db

WORD = "Pirogue bleue, 14"
NAME = ("Awa Diarra", "Diarra", "DIARRA", "ML-AWA")


@pytest.fixture
def protected(credential, cast):
    protect(cast.awa)
    return credential


@pytest.fixture
def worded(protected, cast):
    choose_word(user=cast.awa, word=WORD)
    return protected


def address(credential, language="en") -> str:
    return f"/{language}/verify/{credential.number}/"


def test_without_the_word_a_stranger_learns_nothing_but_that_one_is_needed(worded, client_for):
    response = client_for().get(address(worded))
    assert response.status_code == 200 and "A word is needed" in words(response)
    for hidden in (*NAME, "Keeping a register", "Valid", "2026", "Competence", "Magistrat"):
        assert hidden not in words(response).replace(worded.number, "")


@pytest.mark.parametrize("typed", [WORD, "pirogue bleue 14", "PIROGUE-BLEUE-14", "  Pírogue  bléue14 "])
def test_the_word_confirms_title_and_dates_and_never_the_name(worded, client_for, typed):
    response = client_for(csrf=True).post(address(worded), {"word": typed})
    text = words(response)
    assert response.status_code == 200
    for shown in ("Valid certificate", "Keeping a register T7", "Competence (assessed)", "protected: no name is shown"):
        assert shown in text
    assert not any(name in response.content.decode() for name in NAME)
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("typed", ["", "pirogue", "bleue 14", "x" * 5000, "\x00", "<script>", "Awa Diarra", "é" * 300])
def test_a_wrong_word_says_no_more_than_none(worded, client_for, typed):
    response = client_for().post(address(worded), {"word": typed})
    assert response.status_code == 422 and "does not confirm" in words(response)
    assert "Keeping a register" not in words(response) and "<script>" not in response.content.decode()


def test_nobody_tells_from_the_answer_whether_a_word_was_chosen(protected, cast, client_for):
    before = client_for().post(address(protected), {"word": "something else"})
    choose_word(user=cast.awa, word=WORD)
    after = client_for().post(address(protected), {"word": "something else"})
    assert before.status_code == after.status_code == 422
    assert words(before) == words(after)


def test_guessing_is_stopped_for_the_address_and_for_the_certificate(worded, client_for):
    client = client_for()
    tries = [client.post(address(worded), {"word": f"guess {n:08d}"}).status_code for n in range(11)]
    assert tries == [422] * 10 + [429]
    assert client.post(address(worded), {"word": WORD}).status_code == 429
    for host in range(2, 4):  # other addresses, the same certificate: thirty in all
        for n in range(10):
            client_for().post(address(worded), {"word": f"guess {n:08d}"}, REMOTE_ADDR=f"192.0.2.{host}")
    elsewhere = client_for().post(address(worded), {"word": WORD}, REMOTE_ADDR="192.0.2.9")
    assert elsewhere.status_code == 429 and elsewhere["Retry-After"] == "60"


def test_the_right_word_is_never_counted(worded, client_for):
    client = client_for()
    assert {client.post(address(worded), {"word": WORD}).status_code for _ in range(15)} == {200}


def test_a_word_sent_for_an_ordinary_certificate_changes_nothing(credential, client_for):
    response = client_for().post(address(credential), {"word": "anything"})
    assert "Awa Diarra" in words(response)


def test_revoked_or_not_is_told_to_those_who_know_the_word_only(worded, cast, client_for):
    services.revoke(credential=worded, reason="Fraude", actor=cast.admin)
    assert "Revoked" not in words(client_for().get(address(worded)))
    assert "Revoked certificate" in words(client_for().post(address(worded), {"word": WORD}))


def test_the_signed_file_alone_asks_for_the_word_too(worded, client_for):
    with services.render(credential=worded, language="fr").file.open() as file:
        given = SimpleUploadedFile("a.pdf", file.read(), content_type="application/pdf")
    text = words(client_for().post("/en/verify/file/", {"file": given}))
    assert "the one that we signed" in text and "A word is needed" in text
    assert "Keeping a register" not in text and "Diarra" not in text


def test_the_name_is_shown_again_when_the_protection_has_ended(worded, client_for):
    Protection.objects.update(until=Protection.objects.get().since)
    assert "Awa Diarra" in words(client_for().get(address(worded)))


# --- the holder and the administrators ------------------------------------------------------------------------------


def test_the_holder_reads_the_name_and_fetches_the_paper(worded, cast, client_for):
    client = client_for(cast.awa)
    page = client.get(f"/en/certificates/{worded.number}/")
    assert "Awa Diarra" in words(page) and "/en/account/word/" in page.content.decode()
    assert client.get(f"/en/certificates/{worded.number}/pdf/fr/")["Content-Type"] == "application/pdf"
    assert not AuditEntry.objects.filter(code="certificates.looked-at-paper").exists()


def test_an_administrator_reads_the_pseudonym_and_says_why_the_paper_is_fetched(worded, cast, client_for):
    client = client_for(cast.admin)
    page = client.get(f"/en/certificates/{worded.number}/")
    assert "Magistrat M-07" in words(page) and not any(name in page.content.decode() for name in NAME)
    paper = f"/en/certificates/{worded.number}/pdf/fr/"
    for asked in (client.get(paper), client.post(paper, {"reason": "  "})):
        assert asked["Content-Type"].startswith("text/html") and "protected name" in words(asked)
    assert client.post(paper, {"reason": "Lost by the holder, asked by letter 12"})["Content-Type"] == "application/pdf"
    look = AuditEntry.objects.get(code="certificates.looked-at-paper")
    assert look.actor_id == cast.admin.pk and "letter 12" in look.reason


@pytest.mark.parametrize("who", ["mariam", "issa", "oumar", "fanta", "seydou"])
def test_nobody_else_fetches_the_paper(worded, cast, client_for, who):
    client = client_for(getattr(cast, who))
    assert client.post(f"/en/certificates/{worded.number}/pdf/fr/", {"reason": "x"}).status_code == 404


def test_the_desk_lists_finds_and_orders_by_the_pseudonym(worded, cast, client_for):
    client = client_for(cast.admin)
    desk = "/authoring/snippets/certificates/credential/"
    listed = client.get(desk).content.decode()
    assert "Magistrat M-07" in listed and "Diarra" not in listed
    assert worded.number not in client.get(desk, {"q": "Diarra"}).content.decode()
    assert worded.number in client.get(desk, {"q": "M-07"}).content.decode()
    for page in ("inspect", "revoke", "reissue"):
        content = client.get(f"{desk}{page}/{worded.pk}/").content.decode()
        assert "Magistrat M-07" in content and "Diarra" not in content


def test_the_desk_shows_ordinary_holders_by_name(credential, cast, client_for):
    desk = client_for(cast.admin).get("/authoring/snippets/certificates/credential/", {"q": "diarra"})
    assert "Awa Diarra" in desk.content.decode()


def test_verifying_costs_no_more_than_for_others(worded, client_for, django_assert_num_queries):
    client = client_for()
    client.get(address(worded))
    with django_assert_num_queries(1):
        client.get(address(worded))
    with django_assert_num_queries(2):
        client.post(address(worded), {"word": WORD})


def test_in_arabic_the_page_of_the_word_reads_from_the_right(worded, client_for):
    content = client_for().get(address(worded, "ar")).content.decode()
    assert 'dir="rtl"' in content and not re.search(r"<[^>]*\sstyle=", content)
