"""Signed pages: fetched by those who manage the workshop, looks at protected ones written down, in a report when asked for."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader

from operations.models import AuditEntry
from workshops.models import Sheet
from workshops.services import file_sheet

pytestmark = pytest.mark.django_db


def photograph(shade: int, kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    made = io.BytesIO()
    Image.new("RGB", (300, 400), (shade, shade, shade)).save(made, kind, exif=exif)
    return made.getvalue()


@pytest.fixture
def filed(workshop, sessions, cast) -> dict[str, Sheet]:
    def file(session, content: bytes, *, protected: bool = False) -> Sheet:
        upload = SimpleUploadedFile("p", content)
        return file_sheet(session=session, file=upload, actor=cast.issa, protected=protected)

    return {
        "open": file(sessions[0], photograph(200)),
        "png": file(sessions[1], photograph(100, "PNG")),
        "pdf": file(sessions[1], b"%PDF-1.7 signed"),
        "broken": file(sessions[2], b"\xff\xd8\xff no picture at all"),
        "protected": file(sessions[0], photograph(50), protected=True),
    }


def address(workshop, sheet: Sheet) -> str:
    return reverse("signed-page", args=[workshop.pk, sheet.pk])


def test_those_who_manage_the_workshop_fetch_pages(workshop, filed, cast, client_for):
    issa = client_for(cast.issa)
    page = issa.get(reverse("signed-pages", args=[workshop.pk])).content.decode()
    assert all(address(workshop, row) in page for row in filed.values())
    assert (
        reverse("signed-pages", args=[workshop.pk])
        in issa.get(reverse("attendance", args=[workshop.pk])).content.decode()
    )
    answer = issa.get(address(workshop, filed["open"]))
    assert answer.content == photograph(200) and answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"].startswith(f'attachment; filename="{workshop.code}-')
    assert not AuditEntry.objects.filter(look=True).exists()
    for person in (cast.awa, cast.mariam, cast.seydou, cast.fanta):
        assert client_for(person).get(address(workshop, filed["open"])).status_code in (403, 404)


def test_each_look_at_a_page_of_protected_people_is_written_down(workshop, filed, cast, client_for):
    assert client_for(cast.issa).get(address(workshop, filed["protected"])).status_code == 200
    entry = AuditEntry.objects.get(code="workshops.looked-at-sheet")
    assert entry.look and entry.actor_id == cast.issa.pk
    admin = client_for(cast.admin)
    assert admin.get(address(workshop, filed["protected"])).status_code == 422  # says why first
    answer = admin.post(address(workshop, filed["protected"]), {"reason": "Demande du juge"})
    assert answer.status_code == 200 and answer.content == photograph(50)
    assert AuditEntry.objects.filter(code="workshops.looked-at-sheet", reason="Demande du juge").count() == 1


def test_a_page_of_another_workshop_and_a_lost_file_are_no_accident(workshop, filed, cast, client_for):
    issa = client_for(cast.issa)
    assert issa.get(reverse("signed-page", args=[workshop.pk, 999_999])).status_code == 404
    filed["open"].file.storage.delete(filed["open"].file.name)
    answer = issa.get(address(workshop, filed["open"]))
    assert answer.status_code == 422 and "is gone" in answer.content.decode()


def pictures(content: bytes) -> list[bytes]:
    return [image.data for page in PdfReader(io.BytesIO(content)).pages for image in page.images]


def test_a_report_holds_the_pages_that_are_ticked_and_no_other(workshop, filed, cast, client_for):
    issa, report = client_for(cast.issa), reverse("workshop-report-file", args=[workshop.pk])
    screen = issa.get(reverse("workshop-report", args=[workshop.pk])).content.decode()
    offered = {name for name, row in filed.items() if f'name="page" value="{row.pk}"' in screen}
    assert offered == {"open", "png", "broken"} and "checked" not in screen
    assert pictures(issa.get(report).content) == []
    asked = [filed["open"].pk, filed["png"].pk, filed["protected"].pk, "x"]
    answer = issa.get(report, {"page": asked})
    assert len(pictures(answer.content)) == 2 and b"PhoneMaker" not in b"".join(pictures(answer.content))
    assert AuditEntry.objects.filter(code="workshops.report-names").count() == 1
    refused = issa.get(report, {"page": [filed["broken"].pk]})
    assert refused.status_code == 422 and "Leave it out" in refused.content.decode()
    # Whoever only sees the workshop gets none.
    assert pictures(client_for(cast.fanta).get(report, {"page": asked}).content) == []
