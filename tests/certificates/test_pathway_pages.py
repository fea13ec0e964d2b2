"""A candidate's own page and the desk of those who sign."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from certificates.models import Candidate, StageDecision, StageEvidence
from people.models import Protection, Role, Supervision
from tests.certificates.test_pathways import give, pathway, signed, stage

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

OWN, DESK = "/en/certification/", "/en/teach/candidates/"


@pytest.fixture
def candidate(cast, client_for) -> Candidate:
    """Awa, who has begun on the page, before a stage that a master trainer signs."""
    pathway(stage("s1", "master-trainer", {"type": "local-modules-published"}), stage("s2", "programme-coordinator"))
    browser = client_for(cast.awa)
    assert browser.get(OWN).status_code == 200
    assert browser.post(OWN, {"do": "join", "pathway": "short"}).status_code == 303
    return Candidate.objects.get(user=cast.awa)


def test_from_evidence_to_a_signed_stage(candidate, cast, client_for):
    own, desk, page = client_for(cast.awa), client_for(cast.fanta), f"{DESK}{candidate.pk}/"
    assert "0 accepted pieces of 1" in own.get(OWN).content.decode()
    file = SimpleUploadedFile("module.html", b"<script>")
    own.post(OWN, {"do": "bring", "stage": "s1", "title": "Module", "file": file})
    piece = StageEvidence.objects.get()
    taken = desk.get(f"/en/certification/files/{piece.pk}/")
    assert taken["Content-Disposition"].startswith("attachment") and b"".join(taken.streaming_content) == b"<script>"
    assert str(candidate.pk) in desk.get(DESK).content.decode()
    refused = desk.post(page, {"do": "pass", "stage": "s1"})
    assert refused.status_code == 422 and "missing" in refused.content.decode()
    assert desk.post(page, {"do": "judge", "evidence": piece.pk, "accept": "yes"}).status_code == 303
    assert desk.post(page, {"do": "pass", "stage": "s1"}).status_code == 303
    assert StageDecision.objects.get().signer == cast.fanta
    assert "signed" in own.get(OWN).content.decode()


def test_not_yet_is_read_appealed_and_answered(candidate, cast, client_for):
    signed(candidate, cast.fanta, "not-yet", "Sans sources.")
    own, coordinator = client_for(cast.awa), client_for(give("coordinator", Role.COORDINATOR))
    assert "Sans sources." in own.get(OWN).content.decode()
    key = StageDecision.objects.get().pk
    assert own.post(OWN, {"do": "appeal", "decision": key, "text": "Page 3."}).status_code == 303
    page = f"{DESK}{candidate.pk}/"
    assert "Page 3." in coordinator.get(page).content.decode()
    answer = {"do": "answer", "decision": key, "upheld": "yes", "reason": "Relu."}
    assert coordinator.post(page, answer).status_code == 303
    assert "Sans sources." not in own.get(OWN).content.decode()


def test_strangers_superiors_and_the_candidate_find_nothing_at_the_desk(candidate, cast, client_for):
    Supervision.objects.create(person=cast.awa, supervisor=cast.fanta)
    for person in (cast.awa, cast.fanta, cast.issa, cast.mariam, cast.seydou, cast.admin):
        browser = client_for(person)
        assert browser.get(f"{DESK}{candidate.pk}/").status_code == 404
        assert str(candidate.pk) not in browser.get(DESK).content.decode()


def test_a_protected_candidate_stands_there_under_the_pseudonym(candidate, cast, client_for):
    Protection.objects.create(user=cast.awa, kind=Protection.Kind.MAGISTRATE, pseudonym="Baobab 12")
    for page in (DESK, f"{DESK}{candidate.pk}/"):
        shown = client_for(cast.fanta).get(page).content.decode()
        assert "Baobab 12" in shown and "Diarra" not in shown
