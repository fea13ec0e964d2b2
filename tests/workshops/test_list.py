"""A list of participants from a file: read first, then confirmed; rubbish is refused in words."""

from __future__ import annotations

import io
import os
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from operations.errors import Refused
from tests.people.entrance import protect
from workshops.models import Registration
from workshops.services.lists import import_list, preview_list
from workshops.sheets import read

pytestmark = pytest.mark.django_db

LIST = """Matricule;Nom et prénom;Établissement;Fonction;Sexe
ML-AWA;Awa Diarra;mca;Surveillante;F
;Diarra Awa;mca;;
;Boubacar Maïga;Maison centrale d'arrêt de Bamako;Surveillant;M
;Boubacar MAIGA;mca;;M
;Awa Diara;mca;;F
ML-NONE;;mca;;
;Zoumana Inconnu;Prison de Koulikro;;M
"""


def outcomes(preview) -> dict[int, str]:
    return {line.row.line: line.what for line in preview.lines}


def test_the_preview_says_line_by_line_what_will_happen_and_saves_nothing(workshop, cast):
    preview = preview_list(workshop=workshop, content=LIST.encode(), name="", actor=cast.issa)
    assert outcomes(preview) == {
        2: "add",
        3: "doubled",
        4: "add-name",
        5: "doubled",
        6: "doubled",
        7: "nobody",
        8: "add-name",
    }
    assert "Koulikoro" in " ".join(preview.lines[-1].notes)
    assert all(line.sentence for line in preview.lines)
    assert not Registration.objects.exists()
    made = import_list(workshop=workshop, token=preview.token, chosen={6: "without"}, actor=cast.issa)
    assert [(row.number, row.user) for row in made] == [(1, cast.awa), (2, None), (3, None), (4, None)]
    assert Registration.objects.get(number=3).name == "Awa Diara"
    again = preview_list(workshop=workshop, content=LIST.encode(), name="", actor=cast.issa)
    assert again.lines[0].what == "there" and again.adds == 0


def test_a_misspelt_name_is_asked_about(workshop, cast):
    content = "Nom et prénom;Établissement\nAwa Diara;mca\n".encode()
    preview = preview_list(workshop=workshop, content=content, name="", actor=cast.issa)
    (line,) = preview.lines
    assert line.what == "choose" and line.chosen == str(cast.awa.key)
    import_list(workshop=workshop, token=preview.token, chosen={2: "skip"}, actor=cast.issa)
    assert not Registration.objects.exists()
    import_list(workshop=workshop, token=preview.token, chosen={}, actor=cast.issa)
    assert Registration.objects.get().user == cast.awa


def test_more_people_than_seats_go_on_the_waiting_list(workshop, cast):
    content = "Nom\n" + "\n".join(f"Personne {number}" for number in range(11))
    preview = preview_list(workshop=workshop, content=content.encode(), name="", actor=cast.issa)
    assert (preview.adds, preview.waiting, preview.seats) == (11, 3, 8)
    made = import_list(workshop=workshop, token=preview.token, chosen={}, actor=cast.issa)
    assert [row.state for row in made].count("waiting") == 3


def test_a_workbook_is_read_like_a_text(workshop, cast):
    book = Workbook()
    for row in (("Liste", None), ("Matricule", "Nom"), ("ml-awa", "Diarra"), (None, "Kanté")):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    preview = preview_list(workshop=workshop, content=file.getvalue(), name="", actor=cast.issa)
    assert outcomes(preview) == {3: "add", 4: "add-name"}


def test_a_list_does_not_tell_whose_pseudonym_it_is(workshop, cast):
    protect(cast.awa, "Magistrat M-07")
    content = "Matricule;Nom et prénom;Établissement\nML-AWA;Awa Diarra;mca\n;Magistrat M-07;\n".encode()
    preview = preview_list(workshop=workshop, content=content, name="", actor=cast.issa)
    assert [line.user for line in preview.lines] == [None, cast.awa]
    assert "M-07" not in preview.lines[0].sentence + " ".join(preview.lines[0].notes)


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        os.urandom(5_000_000),
        b"PK\x03\x04 broken",
        bomb(),
        b"\0\0\0",
        b"a;b;c\n1;2;3\n",
        b"Nom\n",
        b"Nom\n" + b"X\n" * 600,
    ],
    ids=["empty", "blank", "5 MB", "broken", "bomb", "binary", "no head", "nobody", "too many"],
)
def test_rubbish_is_refused_in_words(workshop, cast, client_for, content):
    file = SimpleUploadedFile("liste.xlsx", content)
    answer = client_for(cast.issa).post(reverse("workshop-import", args=[workshop.pk]), {"file": file})
    assert answer.status_code == 422 and "Nothing was changed" in answer.content.decode()
    assert not Registration.objects.exists()


@given(st.binary(max_size=400))
def test_whatever_is_sent_is_a_list_or_is_refused(content):
    try:
        assert read(content, "")
    except Refused as refusal:
        assert refusal.sentence


def test_a_preview_is_confirmed_on_the_page_by_whoever_made_it(workshop, cast, client_for):
    client, address = client_for(cast.issa), reverse("workshop-import", args=[workshop.pk])
    page = client.post(address, {"file": SimpleUploadedFile("l.csv", LIST.encode())})
    assert page.status_code == 200 and not Registration.objects.exists()
    token = page.context["preview"].token
    assert client_for(cast.admin).post(address, {"preview": token}).status_code == 422
    assert client.post(address, {"preview": f"{token}x"}).status_code == 422
    assert client.post(address, {"preview": token}).status_code == 303
    assert Registration.objects.count() == 3
