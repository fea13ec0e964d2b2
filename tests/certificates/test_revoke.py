"""Revoking and issuing anew: with a reason, by administrators, for good."""

from __future__ import annotations

import pytest
from django.urls import reverse

from certificates import services
from certificates.models import Credential
from certificates.queries import for_enrolments
from certificates.wagtail_hooks import CredentialViewSet
from operations import jobs
from operations.errors import Refused
from operations.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def desk(name: str, credential: Credential | None = None) -> str:
    return reverse(CredentialViewSet.instance.get_url_name(name), args=[credential.pk] if credential else [])


def test_the_verification_page_says_it_with_the_next_request(credential, cast, client_for):
    stranger = client_for()
    path = f"/en/verify/{credential.number}/"
    assert "Valid certificate" in stranger.get(path).content.decode()
    services.revoke(credential=credential, reason="The identity was borrowed.", actor=cast.admin)
    page = stranger.get(path).content.decode()
    assert "Revoked certificate" in page and "borrowed" not in page


def test_the_paper_can_no_longer_be_fetched_and_the_holder_reads_why(credential, cast, client_for):
    services.render(credential=credential, language="fr")
    services.revoke(credential=credential, reason="L'identité était empruntée.", actor=cast.admin)
    client = client_for(cast.awa)
    response = client.get(f"/en/certificates/{credential.number}/pdf/fr/")
    assert response.status_code == 403 and b"%PDF" not in response.content
    page = client.get(f"/en/certificates/{credential.number}/").content.decode()
    assert "L&#x27;identité était empruntée." in page and "/pdf/" not in page


def test_a_paper_asked_for_before_is_not_made_after(credential, cast):
    services.revoke(credential=credential, reason="Erreur", actor=cast.admin)
    while jobs.work(once=True):
        pass
    assert not credential.renderings.exists()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_without_a_reason_nothing_is_revoked(credential, cast, reason):
    for act in (services.revoke, services.reissue):
        with pytest.raises(Refused):
            act(credential=credential, reason=reason, actor=cast.admin)
    credential.refresh_from_db()
    assert credential.status == "issued"


def test_revoking_twice_is_refused_and_keeps_the_first_reason(credential, cast):
    services.revoke(credential=credential, reason="Première", actor=cast.admin)
    with pytest.raises(Refused):
        services.revoke(credential=credential, reason="Seconde", actor=cast.admin)
    credential.refresh_from_db()
    assert credential.revocation_reason == "Première" and credential.revoked_by == cast.admin
    entry = AuditEntry.objects.get(code="certificates.revoked")
    assert entry.actor == cast.admin and entry.before == {"status": "issued"}


def test_what_was_revoked_does_not_come_back_by_rule(credential, cast):
    services.revoke(credential=credential, reason="Fraude", actor=cast.admin)
    again = services.issue(
        enrolment=credential.enrolment, evidence=[{"code": "assessment-passed", "statement": None, "facts": {}}]
    )
    assert again.pk == credential.pk and again.status == "revoked"
    assert services.reconcile()["missing"] == 0


def test_issued_anew_with_the_name_of_today_and_the_same_dates(credential, cast):
    cast.awa.last_name = "Diarra-Traoré"
    cast.awa.save()
    fresh = services.reissue(credential=credential, actor=cast.admin, reason="Nom corrigé")
    credential.refresh_from_db()
    assert credential.status == "revoked" and credential.replaced_by == fresh
    assert fresh.number != credential.number and fresh.holder_name == "Awa Diarra-Traoré"
    assert (fresh.issued, fresh.expires, fresh.title) == (credential.issued, credential.expires, credential.title)
    assert fresh.evidence.count() == credential.evidence.count()
    assert for_enrolments([credential.enrolment_id]) == {credential.enrolment_id: fresh}
    with pytest.raises(Refused):
        services.reissue(credential=credential, actor=cast.admin, reason="Encore")


def test_one_revoked_by_mistake_is_issued_anew(credential, cast):
    services.revoke(credential=credential, reason="Erreur de ligne", actor=cast.admin)
    fresh = services.reissue(credential=credential, actor=cast.admin, reason="Retiré par erreur")
    credential.refresh_from_db()
    assert fresh.standing == "valid" and credential.revocation_reason == "Erreur de ligne"


def test_without_a_holder_nothing_is_issued_anew(credential, cast):
    Credential.objects.filter(pk=credential.pk).update(holder=None)
    with pytest.raises(Refused):
        services.reissue(credential=credential, actor=cast.admin, reason="Nom")


# --- the desk -------------------------------------------------------------------------------------------------------


def test_the_desk_is_for_administrators_only(credential, cast, client_for):
    for person in (cast.awa, cast.issa, cast.mariam, cast.oumar):
        for name in ("list", "inspect", "revoke", "reissue"):
            path = desk(name, None if name == "list" else credential)
            assert client_for(person).get(path).status_code in (302, 403)
            response = client_for(person).post(path, {"reason": "Non"})
            assert response.status_code in (302, 403, 405)
    credential.refresh_from_db()
    assert credential.status == "issued" and Credential.objects.count() == 1


def test_an_administrator_finds_reads_and_revokes(credential, cast, client_for):
    client = client_for(cast.admin)
    for query in ({"q": credential.number}, {"q": "Diarra"}, {"course": credential.course_id}, {"status": "issued"}):
        assert credential.number in client.get(desk("list"), query).content.decode()
    assert credential.number not in client.get(desk("list"), {"status": "revoked"}).content.decode()
    page = client.get(desk("inspect", credential)).content.decode()
    assert "Awa Diarra" in page and desk("revoke", credential) in page and desk("reissue", credential) in page
    assert client.get(desk("revoke", credential)).status_code == 200
    assert client.post(desk("revoke", credential), {"reason": " "}).status_code == 200
    response = client.post(desk("revoke", credential), {"reason": "Fraude à l'examen"})
    assert response.status_code == 303
    assert "Fraude à l&#x27;examen" in client.get(desk("inspect", credential)).content.decode()


def test_an_administrator_issues_anew(credential, cast, client_for):
    client = client_for(cast.admin)
    assert "Awa Diarra" in client.get(desk("reissue", credential)).content.decode()
    response = client.post(desk("reissue", credential), {"reason": "Nom corrigé"})
    fresh = Credential.objects.get(replaces=credential)
    assert response["Location"] == desk("inspect", fresh)
    assert client.post(desk("reissue", credential), {"reason": "Encore"}).status_code == 200


def test_nobody_adds_changes_or_deletes_a_certificate_by_hand(credential, cast, client_for):
    client = client_for(cast.admin)
    for name in ("edit", "delete"):
        assert client.post(desk(name, credential), {}).status_code in (302, 403)
    assert client.get(desk("add")).status_code in (302, 403)
    client.post(f"/authoring/bulk/certificates/credential/delete/?id={credential.pk}", {"id": [str(credential.pk)]})
    assert Credential.objects.filter(pk=credential.pk, status="issued").exists()


def test_the_settings_of_the_issuer_are_for_administrators(cast, client_for):
    path = "/authoring/settings/certificates/issuersettings/"
    assert client_for(cast.admin).get(path, follow=True).status_code == 200
    assert client_for(cast.oumar).get(path).status_code == 403
