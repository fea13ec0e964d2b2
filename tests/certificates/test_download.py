"""The signed paper: made once, for its holder and administrators, without a score."""

from __future__ import annotations

import hashlib
import re
import stat
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from pypdf import PdfReader

from certificates import services
from certificates.models import Credential, Rendering
from certificates.signer import own_signer
from certificates.signing import check
from operations import jobs
from operations.errors import Refused
from tests.certificates.conftest import SCORE

pytestmark = pytest.mark.django_db


def address(credential: Credential, language: str = "fr", interface: str = "fr") -> str:
    return f"/{interface}/certificates/{credential.number}/pdf/{language}/"


def text_of(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def test_the_holder_gets_a_signed_file_with_a_neutral_name(credential, cast, client_for):
    response = client_for(cast.awa).get(address(credential))
    assert response.status_code == 200 and response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="{credential.number}-fr.pdf"'
    assert response["Cache-Control"] == "no-store"
    assert check(response.content, own_signer()).valid
    assert "Awa Diarra" in text_of(response.content)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_neither_page_nor_paper_shows_a_score(credential, cast, client_for, language):
    client = client_for(cast.awa)
    pages = [
        client.get(f"/{language}/certificates/{credential.number}/").content.decode(),
        client.get(f"/{language}/certificates/").content.decode(),
        client_for().get(f"/{language}/verify/{credential.number}/").content.decode(),
    ]
    visible = [re.sub(r"<svg class=\"qr\".*?</svg>|<[^>]*>", " ", page, flags=re.DOTALL) for page in pages]
    visible.append(text_of(client.get(address(credential, language)).content))
    number = credential.number
    assert all(str(SCORE) not in page.replace(number, "") for page in visible)
    assert all("%" not in page for page in visible)


def test_the_worker_makes_both_languages_and_a_download_makes_no_other(credential, cast, client_for):
    while jobs.work(once=True):
        pass
    assert {row.language for row in credential.renderings.all()} == {"fr", "en"}
    before = set(credential.renderings.values_list("digest", flat=True))
    response = client_for(cast.awa).get(address(credential))
    assert hashlib.sha256(response.content).hexdigest() in before
    assert set(credential.renderings.values_list("digest", flat=True)) == before


def test_the_file_is_named_by_its_hash_and_readable_by_its_owner_only(credential):
    rendering = services.render(credential=credential, language="fr")
    path = Path(rendering.file.path)
    assert path.stem == rendering.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert rendering.weight == path.stat().st_size


def test_two_at_once_keep_one_file(credential, monkeypatch):
    """The second process has looked, found nothing, and is still drawing when the first one finishes."""
    draw = services.pdf.render

    def overtaken(content):
        monkeypatch.setattr(services.pdf, "render", draw)
        overtaken.first = services.render(credential=credential, language="fr")
        return draw(content)

    monkeypatch.setattr(services.pdf, "render", overtaken)
    second = services.render(credential=credential, language="fr")
    assert second == overtaken.first and Rendering.objects.count() == 1
    names = [name for name in default_storage.listdir("certificates")[1] if name.startswith(second.digest)]
    assert len(names) == 1


def test_a_file_that_was_lost_is_made_again(credential, cast, client_for):
    rendering = services.render(credential=credential, language="fr")
    Path(rendering.file.path).unlink()
    assert client_for(cast.awa).get(address(credential)).status_code == 200
    assert credential.renderings.count() == 1


def test_an_unknown_language_gives_the_paper_that_there_is(credential, cast, client_for):
    assert client_for(cast.awa).get(address(credential, "ar")).status_code == 200
    with pytest.raises(Refused):
        services.render(credential=credential, language="ar")


@pytest.mark.parametrize("interface", ["fr", "ar"])
def test_nobody_else_knows_that_it_exists(credential, cast, client_for, interface):
    page = f"/{interface}/certificates/{credential.number}/"
    for person in (cast.seydou, cast.issa, cast.mariam, cast.oumar, cast.fanta):
        assert client_for(person).get(page).status_code == 404
        assert client_for(person).get(address(credential)).status_code == 404
    for path in (page, address(credential)):
        response = client_for().get(path)
        assert response.status_code == 302 and reverse("account_login") in response["Location"]
    assert client_for(cast.admin).get(page).status_code == 200
    assert client_for(cast.admin).get(address(credential)).status_code == 200


def test_the_file_cannot_be_fetched_by_its_path(credential, cast, client_for):
    name = services.render(credential=credential, language="fr").file.name
    for person in (None, cast.seydou, cast.oumar, cast.admin):
        for path in (f"/files/{name}", f"/files/documents/../{name}", f"/files/documents/%2e%2e/{name}"):
            assert client_for(person).get(path).status_code == 404


HOSTILE = ["..", "%2e%2e%2fadmin", "x" * 5000, "١٢٣", "%00", "KAL-2026-7F3K"]


@pytest.mark.parametrize("number", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_numbers_are_simply_not_there(cast, client_for, number):
    for path in (f"/fr/certificates/{number}/", f"/fr/certificates/{number}/pdf/"):
        assert client_for(cast.awa).get(path).status_code == 404


def test_one_may_type_the_number_carelessly(credential, cast, client_for):
    response = client_for(cast.awa).get(f"/fr/certificates/{credential.number.lower().replace('-', '')}/")
    assert response.status_code == 302 and response["Location"].endswith(f"/{credential.number}/")


def test_the_list_says_when_the_first_one_comes(cast, client_for, credential):
    page = client_for(cast.awa).get("/fr/certificates/").content.decode()
    assert credential.number in page and "Tenir un registre T7" in page
    assert credential.number not in client_for(cast.seydou).get("/fr/certificates/").content.decode()


def test_the_certificate_page_shows_a_hostile_name_as_text(completed, cast, client_for):
    cast.awa.first_name, cast.awa.last_name = 'Awa "<script>alert(1)</script>', "N'Diaye & fils"
    cast.awa.save()
    credential = completed(cast.awa).credentials.get()
    for client, path in (
        (client_for(cast.awa), f"/fr/certificates/{credential.number}/"),
        (client_for(), f"/fr/verify/{credential.number}/"),
    ):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page and "Awa &quot;&lt;script&gt;" in page
    paper = text_of(client_for(cast.awa).get(address(credential)).content)
    assert "<script>alert(1)</script>" in re.sub(r"\s+", "", paper)


def test_titles_of_pages_name_no_subject(credential, cast, client_for):
    for client, path in (
        (client_for(cast.awa), f"/fr/certificates/{credential.number}/"),
        (client_for(), f"/fr/verify/{credential.number}/"),
    ):
        title = re.search(r"<title>(.*?)</title>", client.get(path).content.decode())[1]
        assert "registre" not in title.lower() and "Awa" not in title
