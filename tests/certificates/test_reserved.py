"""Papers printed before the closing ceremony: not confirmed until attendance is closed, then confirmed or cancelled."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.translation import override

from certificates import compact, status
from certificates import services as certificates
from certificates.keys import current_key, published_keys
from certificates.models import Credential, Rendering
from certificates.paper import square_code
from certificates.queries import papers_of
from certificates.services import workshops as services
from operations import jobs
from operations.errors import Refused
from operations.models import Job
from tests.certificates import group

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_workshop")]


@pytest.fixture
def people(workshop, cast):
    """Awa will reach the share, Ramata will not."""
    awa = group.join(workshop, cast.issa, user=cast.awa)
    ramata = group.join(workshop, cast.issa, name="Ramata Touré", sex="f")
    group.attend(workshop, awa, 4, cast.issa)
    group.attend(workshop, ramata, 1, cast.issa)
    return awa, ramata


@pytest.fixture
def reserved(workshop, people, cast):
    return services.reserve(workshop=workshop, actor=cast.issa)


def test_numbers_are_kept_once_for_each_and_announce_nothing(workshop, people, reserved, cast):
    assert [row.registration for row in reserved] == list(people)
    assert {row.standing for row in reserved} == {"reserved"}
    assert services.reserve(workshop=workshop, actor=cast.issa) == []
    assert papers_of(reserved[0]) == [] and not Rendering.objects.exists()
    with pytest.raises(Refused):
        certificates.render(credential=reserved[0], language="fr")


def test_closing_confirms_the_same_number_and_paper_and_cancels_the_unused(workshop, people, reserved, cast):
    kept, unused = (row.number for row in reserved)
    code = square_code(reserved[0], "fr")
    printed = (reserved[0].issued, reserved[0].holder_name, reserved[0].paper, reserved[0].title)
    group.close(workshop, cast.issa)
    credential = Credential.objects.get(number=kept)
    assert credential.standing == "valid" and people[0].credentials.get() == credential
    assert (credential.issued, credential.holder_name, credential.paper, credential.title) == printed
    assert square_code(credential, "fr") == code
    assert credential.evidence.count() == 2 and credential.renderings.count() == 1
    assert Credential.objects.get(number=unused).standing == "cancelled"
    assert Credential.objects.count() == 2


def test_a_cancelled_number_is_never_used_again(workshop, people, reserved, cast):
    group.close(workshop, cast.issa)
    credential = services.issue_by_hand(registration=people[1], reason="Elle était malade", actor=cast.admin)
    assert credential.number != reserved[1].number
    assert Credential.objects.get(pk=reserved[1].pk).standing == "cancelled"
    with pytest.raises(Refused):
        certificates.reissue(credential=reserved[1], reason="Encore", actor=cast.admin)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Certificate not yet confirmed", "Valid certificate", "Certificate prepared, but not issued")),
        ("fr", ("Certificat pas encore confirmé", "Certificat valide", None)),
        ("ar", (None, None, None)),
    ],
)
def test_strangers_read_what_each_number_is_worth(workshop, people, reserved, cast, client, language, words):
    def page(number):
        with override(language):
            answer = client.get(reverse("verify-number", args=[number]))
        assert answer.status_code == 200
        return answer.content.decode()

    before = page(reserved[0].number)
    assert "verdict wait" in before
    group.close(workshop, cast.issa)
    after, cancelled = (page(row.number) for row in reserved)
    assert "verdict ok" in after and "verdict bad" in cancelled
    for said, found in zip(words, (before, after, cancelled), strict=True):
        assert said is None or said in found


def test_no_badge_and_no_signature_before_confirmation(reserved, workshop, cast, client):
    assert client.get(f"/badges/{reserved[0].pk}", follow=True).status_code == 404
    group.close(workshop, cast.issa)
    assert client.get(f"/badges/{reserved[0].pk}").status_code == 200


def test_the_code_on_paper_says_that_it_was_printed_in_advance(reserved, workshop, cast, client):
    number = reserved[0].number
    text = square_code(reserved[0], "fr").partition("#")[2]
    assert text.startswith("K2.")
    said, _key = compact.read(number, text, published_keys())
    assert said.reserved == group.NOW and said.index in status.reserved()
    assert said.index in client.get(reverse("verify-offline-data")).json()["reserved"]
    with pytest.raises(ValueError, match="Not signed"):  # what an older page would take for a confirmed one
        compact.read(number, _lines(text, 7).replace("K2.", "K1."), published_keys())
    group.close(workshop, cast.issa)
    data = client.get(reverse("verify-offline-data")).json()
    assert said.index not in data["reserved"] and said.index not in data["revoked"]
    Credential.objects.get(pk=reserved[1].pk)
    unused = status.index_of(Credential.objects.get(pk=reserved[1].pk))
    assert unused in client.get(reverse("verify-offline-data")).json()["revoked"]


def _lines(text: str, count: int) -> str:
    version, body, signature = text.split(".")
    lines = compact.from_base64url(body).decode().split("\n")[:count]
    return f"{version}.{compact.base64url(chr(10).join(lines).encode())}.{signature}"


def test_after_closing_and_for_a_cancelled_workshop_nothing_is_reserved(workshop, people, cast):
    group.close(workshop, cast.issa)
    with pytest.raises(Refused):
        services.reserve(workshop=workshop, actor=cast.issa)
    with pytest.raises(Refused):
        services.reserve(workshop=group.plan(cast.issa), actor=cast.seydou)


def test_numbers_of_a_workshop_that_was_cancelled_are_cancelled_by_night(workshop, reserved, cast):
    workshop.status = workshop.Status.CANCELLED
    workshop.save()
    services.reconcile()
    assert {row.standing for row in Credential.objects.all()} == {"cancelled"}


def test_all_papers_come_in_one_file_in_the_order_of_the_list(workshop, people, reserved, cast, client_for):
    client, address = client_for(cast.issa), reverse("workshop-certificates", args=[workshop.pk])
    assert client.post(address, {"do": "print"}).status_code == 303
    assert "Refresh" in client.get(address).headers
    jobs.work(once=True)
    job = Job.objects.get(kind=services.PRINT)
    assert (job.status, job.done, job.total, job.result["papers"]) == ("done", 4, 4, 2)
    answer = client.get(reverse("workshop-certificates-file", args=[workshop.pk]))
    assert answer.content.startswith(b"%PDF-") and workshop.code in answer["Content-Disposition"]
    assert client_for(cast.admin).get(reverse("workshop-certificates-file", args=[workshop.pk])).status_code == 404
    assert default_storage.exists(services.print_name(job.pk))
    services.forget_prints(now=group.NOW + services.KEPT * 2)
    assert not default_storage.exists(services.print_name(job.pk))


def test_a_specimen_has_no_number_and_is_not_signed(workshop, people, cast, client_for):
    answer = client_for(cast.issa).get(reverse("workshop-specimen", args=[workshop.pk]))
    assert answer["Content-Type"] == "application/pdf" and b"/ByteRange" not in answer.content
    assert not Credential.objects.exists()


def test_those_who_are_ticked_are_prepared(workshop, people, cast, client_for):
    client, address = client_for(cast.issa), reverse("workshop-certificates", args=[workshop.pk])
    assert client.post(address, {"do": "reserve"}).status_code == 422
    assert client.post(address, {"do": "reserve", "who": [str(people[1].pk), "nonsense"]}).status_code == 303
    assert [row.registration for row in Credential.objects.all()] == [people[1]]


def test_the_key_stays_the_only_one(reserved):
    assert current_key().public in published_keys()
