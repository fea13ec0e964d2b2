"""Mentors are named by those who may, appeals answered by who did not sign, and the desk costs the same for many."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certificates.models import Appeal, Candidate, Panelist, StageDecision
from certificates.services import pathways as services
from operations.errors import Refused
from operations.models import AuditEntry, Message
from people.models import Institution, Role, Supervision, User
from tests.certificates.test_pathways import give, one_stage, pathway, signed, stage
from tests.certificates.test_trainer import certify
from workshops.services import plan_workshop, set_facilitator

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
OWN, DESK = "/en/certification/", "/en/teach/candidates/"


@pytest.fixture
def candidate(cast) -> Candidate:
    return one_stage("master-trainer", cast.awa)


def led(*people: User) -> None:
    day = dt.date(2026, 3, 3)
    place = Institution.objects.get(code="dnapes")
    workshop = plan_workshop(organiser=place, title="Atelier", place="Bamako", starts=day, ends=day)
    for person in people:
        set_facilitator(workshop=workshop, user=person, part="co")


def test_a_master_trainer_names_a_trainer_and_the_candidate_is_told(candidate, cast, client_for):
    certify(cast.issa)
    page = f"{DESK}{candidate.pk}/"
    browser = client_for(cast.fanta)
    assert f'<option value="{cast.issa.pk}">' in browser.get(page).content.decode()
    assert browser.post(page, {"do": "mentor", "mentor": cast.issa.pk}).status_code == 303
    candidate.refresh_from_db()
    assert candidate.mentor == cast.issa
    told = set(Message.objects.filter(kind__startswith="certificates.ment").values_list("recipient__username", "kind"))
    assert told == {("awa", "certificates.mentor"), ("issa", "certificates.mentee")}
    assert AuditEntry.objects.filter(code="certificates.mentor", about_id=cast.awa.pk).count() == 1
    services.set_mentor(candidate=candidate, mentor=cast.issa, actor=cast.fanta)  # again: nothing new
    assert AuditEntry.objects.filter(code="certificates.mentor").count() == 1
    assert cast.issa.display_name in client_for(cast.awa).get(OWN).content.decode()
    assert browser.post(page, {"do": "mentor", "mentor": ""}).status_code == 303
    candidate.refresh_from_db()
    assert candidate.mentor is None


def test_neither_the_uncertified_nor_superiors_nor_the_candidate_are_mentors(candidate, cast, client_for):
    certify(cast.issa)
    Supervision.objects.create(person=cast.awa, supervisor=cast.issa)
    certify(cast.mariam)  # manages the branch
    for mentor in (cast.awa, cast.oumar, cast.issa, cast.mariam):
        with pytest.raises(Refused):
            services.set_mentor(candidate=candidate, mentor=mentor, actor=cast.fanta)
    for actor in (cast.issa, cast.mariam, cast.admin, cast.seydou):
        with pytest.raises(Refused):
            services.set_mentor(candidate=candidate, mentor=cast.fanta, actor=actor)
    for key in ("999999", "x", "-1", "9" * 40):
        assert client_for(cast.fanta).post(f"{DESK}{candidate.pk}/", {"do": "mentor", "mentor": key}).status_code == 404


def test_the_candidate_chooses_among_those_with_whom_they_led(candidate, cast, client_for):
    certify(cast.issa)
    browser = client_for(cast.awa)
    assert browser.post(OWN, {"do": "mentor", "mentor": cast.issa.pk}).status_code == 422
    led(cast.awa, cast.issa)
    assert f'<option value="{cast.issa.pk}">' in browser.get(OWN).content.decode()
    assert browser.post(OWN, {"do": "mentor", "mentor": cast.issa.pk}).status_code == 303
    assert browser.post(OWN, {"do": "mentor", "mentor": cast.fanta.pk}).status_code == 422
    candidate.refresh_from_db()
    assert candidate.mentor == cast.issa


# --- appeals ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def appeal(candidate, cast) -> Appeal:
    """Against a decision of Fanta's, in a pathway of which the coordination signs no stage."""
    decision = signed(candidate, cast.fanta, "not-yet", "Sans sources.")
    services.bring(candidate=candidate, stage="s1", title="Module", note="Page 3", actor=cast.awa)
    return services.appeal(decision=decision, text="Elles sont page 3.", actor=cast.awa)


def test_a_coordinator_who_signs_no_stage_finds_and_answers_an_appeal(candidate, appeal, cast, client_for):
    browser, page = client_for(give("coordinator", Role.COORDINATOR)), f"{DESK}{candidate.pk}/"
    assert page in browser.get(DESK).content.decode()
    shown = browser.get(page).content.decode()
    assert "Elles sont page 3." in shown and "Page 3" in shown and 'value="judge"' not in shown
    assert 'value="pass"' not in shown
    answer = {"do": "answer", "decision": appeal.decision_id, "upheld": "yes", "reason": "Relu."}
    # Another act of the page stays what it was: refused.
    assert browser.post(page, {"do": "pass", "stage": "s1"}).status_code == 422
    assert browser.post(page, {**answer, "reason": " "}).status_code == 422
    assert browser.post(page, answer).status_code == 303
    assert browser.get(page).status_code == 404
    appeal.refresh_from_db()
    assert appeal.upheld and appeal.answer == "Relu."


def test_an_appeal_is_not_answered_by_signers_superiors_nor_others(candidate, appeal, cast, client_for):
    superior, member = give("superior", Role.COORDINATOR), give("member", Role.COORDINATOR)
    Supervision.objects.create(person=cast.awa, supervisor=superior)
    StageDecision.objects.update(signed_as="certification-panel")
    Panelist.objects.create(candidate=candidate, stage="s1", member=member, outside=True, outcome="not-yet")
    for person in (superior, member, cast.fanta, cast.awa, cast.issa, cast.admin):
        with pytest.raises(Refused):
            services.answer_appeal(appeal=appeal, upheld=True, answer="Oui", actor=person)
    for person in (superior, member, cast.issa):
        assert client_for(person).get(f"{DESK}{candidate.pk}/").status_code == 404


# --- the list ---------------------------------------------------------------------------------------------------------


def many(road, first: int, last: int) -> None:
    for number in range(first, last):
        person = User.objects.create(username=f"c-{number}", first_name="Candidat", last_name=f"N{number:02}")
        services.join(user=person, pathway=road)


def test_the_desk_costs_the_same_for_three_candidates_and_thirty_and_is_paged(cast, client_for):
    road = pathway(stage("s1", "master-trainer"), stage("s2", "programme-coordinator"))
    browser, counts = client_for(cast.fanta), []
    for first, last in ((0, 3), (3, 34)):
        many(road, first, last)
        browser.get(DESK)
        with CaptureQueriesContext(connection) as seen:
            page = browser.get(DESK).content.decode()
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 15, counts
    assert page.count("Candidat N") == 30
    assert browser.get(DESK, {"page": 2}).content.decode().count("Candidat N") == 4


def test_the_desk_is_searched_and_filtered_by_what_waits(cast, client_for):
    road = pathway(stage("s1", "master-trainer"), stage("s2", "programme-coordinator"))
    many(road, 0, 3)
    signed(Candidate.objects.get(user__username="c-1"), cast.fanta)
    browser = client_for(cast.fanta)
    found = browser.get(DESK, {"q": "n01"}).content.decode()
    assert "N01" in found and "N00" not in found
    waits = browser.get(DESK, {"for": "me"}).content.decode()
    assert "N00" in waits and "N02" in waits and "N01" not in waits
    assert "Nobody corresponds" in browser.get(DESK, {"q": "<script>", "page": "x"}).content.decode()
