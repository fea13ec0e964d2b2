"""What administrators write on papers: headings and sentences, the mark, those who sign; what was printed keeps its own."""

from __future__ import annotations

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from certificates import pdf
from certificates.logos import LARGEST, as_svg
from certificates.models import Credential, IssuerSettings
from certificates.paper import content_of
from certificates.services import specimens
from operations.errors import Refused
from tests.certificates import group

pytestmark = pytest.mark.django_db
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#1c2760"/></svg>'
)


def png() -> bytes:
    made = io.BytesIO()
    Image.new("RGBA", (60, 40), (28, 39, 96, 200)).save(made, "PNG")
    return made.getvalue()


def save(**facts) -> IssuerSettings:
    settings = IssuerSettings.load()
    for name, value in facts.items():
        setattr(settings, name, value)
    settings.full_clean()
    settings.save()
    return settings


def test_texts_and_signatories_stand_on_new_papers_and_old_ones_keep_theirs(completed, cast, course):
    before = completed(cast.awa).credentials.get()
    save(
        heading_competence_fr="Brevet de compétence",
        reason_competence_fr="au titre du cours {course}",
        second_signatory="Oumar Maïga",
        second_title_fr="Le secrétaire général",
        third_title_fr="Le partenaire",
    )
    after = completed(cast.seydou).credentials.get()
    printed = content_of(after, "fr")
    assert printed.heading == "Brevet de compétence"
    assert printed.reason == "au titre du cours «\u202fTenir un registre T7\u202f»"
    assert printed.signatories == [("Oumar Maïga", "Le secrétaire général"), ("", "Le partenaire")]
    old = content_of(Credential.objects.get(pk=before.pk), "fr")
    assert (old.heading, old.reason, old.signatories) == ("", "", [])
    assert pdf.render(printed).startswith(b"%PDF-")


def test_the_sentence_of_a_workshop_says_where_and_when(cast):
    save(reason_workshop_fr="pour l'atelier de {place}, {days}")
    workshop = group.plan(cast.issa)
    row = group.join(workshop, cast.issa, name="Boubacar Maïga")
    group.attend(workshop, row, 4, cast.issa)
    group.close(workshop, cast.issa)
    reason = row.credentials.get().paper["fr"]["reason"]
    assert reason == "pour l'atelier de Koulikoro, du 18\xa0novembre\xa02026 au 19\xa0novembre\xa02026"


@pytest.mark.parametrize("text", ["{courses}", "{course.__class__}", "{", "{0}", "{place}"])
def test_braces_that_mean_nothing_are_refused_in_words(text):
    with pytest.raises(ValidationError) as refused:
        save(reason_competence_fr=text)
    assert "{course}" in str(refused.value)


@pytest.mark.parametrize(("name", "data"), [("a.svg", SVG), ("a.png", png())])
def test_a_mark_is_kept_by_its_content_and_old_papers_find_it_again(name, data, completed, cast):
    settings = save(logo=SimpleUploadedFile(name, data))
    credential = completed(cast.awa).credentials.get()
    kept = credential.paper["fr"]["logo"]
    assert kept == settings.logo.name and kept.startswith("logos/")
    save(logo="")
    printed = content_of(Credential.objects.get(pk=credential.pk), "fr")
    assert printed.logo == as_svg(kept) and printed.logo.startswith("<svg")
    assert pdf.render(printed) != pdf.render(content_of(completed(cast.seydou).credentials.get(), "fr"))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.svg", SVG.replace(b"<circle", b"<script>alert(1)</script><circle")),
        ("a.svg", SVG.replace(b"<circle", b'<circle onload="x()"')),
        ("a.svg", SVG.replace(b"<circle", b'<use href="https://elsewhere.example/x"/><circle')),
        ("a.svg", b"<svg"),
        ("a.png", SVG),
        ("a.svg", png()),
        ("a.gif", b"GIF89a"),
        ("a.png", png()[:60]),
        ("a.png", b"x" * (LARGEST + 1)),
        ("../../a.png", b"x"),
    ],
)
def test_hostile_and_broken_marks_are_refused(name, data):
    with pytest.raises(ValidationError):
        save(logo=ContentFile(data, name=name))
    assert not IssuerSettings.load().logo


def test_specimens_are_for_administrators_and_never_signed(cast, client_for):
    address = reverse("certificates-preview", args=["attendance", "fr"])
    answer = client_for(cast.admin).get(address)
    assert answer["Content-Type"] == "application/pdf" and b"/ByteRange" not in answer.content
    assert client_for(cast.admin).get(reverse("certificates-preview", args=["x", "fr"]), follow=True).status_code == 404
    assert client_for(cast.oumar).get(address).status_code in (302, 403)
    with pytest.raises(Refused):
        specimens.specimen(kind="attendance", language="ar")
    page = (
        client_for(cast.admin)
        .get(f"/authoring/settings/certificates/issuersettings/{IssuerSettings.load().pk}/")
        .content.decode()
    )
    assert address in page and 'enctype="multipart/form-data"' in page


def test_an_administrator_saves_a_mark_by_the_form(cast, client_for):
    client, settings = client_for(cast.admin), IssuerSettings.load()
    path = f"/authoring/settings/certificates/issuersettings/{settings.pk}/"
    fields = {
        field.name: getattr(settings, field.name) for field in settings._meta.fields if field.name not in ("id", "logo")
    }
    answer = client.post(path, {**fields, "stamp_space": "on", "logo": SimpleUploadedFile("mark.svg", SVG)})
    assert answer.status_code == 302
    assert IssuerSettings.load().logo.name.endswith(".svg")
    answer = client.post(path, {**fields, "logo": SimpleUploadedFile("mark.svg", b"<svg onload='x'>")})
    assert answer.status_code == 200 and IssuerSettings.load().logo.name.endswith(".svg")
