"""The road to certified trainer: what stages ask for, who may sign them, evidence, appeals, the certificate."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from certificates.models import Candidate, Credential, Panelist, Pathway, StageDecision
from certificates.queries import evidence_of
from certificates.queries.pathways import known_of, map_of
from certificates.requirements import Delivery, Known, Rubric, Score, check, gap
from certificates.services import pathways as services
from content.models import KeptDocument
from content.signals import documents_kept
from operations.errors import Refused
from people.models import Institution, Membership, Role, RoleGrant, Supervision, User
from tests.cast import SINCE
from tests.certificates.conftest import complete
from tests.certificates.test_trainer import certify
from tests.courses import build
from workshops.services import plan_workshop, set_facilitator

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

FILE = Path(settings.BASE_DIR) / "content/curriculum/pathways/trainer-certification.yaml"
LEVELS = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 4), min_size=1)


def stage(slug: str, role: str, *requirements: dict) -> dict:
    return {
        "id": slug,
        "order": int(slug[1:]),
        "title": {"fr": slug, "en": slug},
        "requirements": list(requirements),
        "signed_off_by": {"role": role, "fr": role, "en": role},
    }


def pathway(*stages: dict, slug: str = "short") -> Pathway:
    definition = {"title": {"fr": "Parcours", "en": "Road"}, "validity_months": 24, "stages": list(stages)}
    return Pathway.objects.create(slug=slug, definition=definition)


def one_stage(role: str, person: User, *requirements: dict) -> Candidate:
    """Somebody before a stage that this role signs; another stage comes after it."""
    return services.join(user=person, pathway=pathway(stage("s1", role, *requirements), stage("s2", "nobody")))


def give(username: str, role: str, place: str = "court", **details) -> User:
    person = User.objects.create(username=username, first_name=username)
    institution = Institution.objects.get(code=place)
    Membership.objects.create(user=person, institution=institution, since=SINCE)
    RoleGrant.objects.create(user=person, role=role, institution=institution, since=SINCE, **details)
    return person


def signed(candidate: Candidate, actor: User, outcome: str = "passed", reason: str = ""):
    return services.sign(candidate=candidate, stage="s1", outcome=outcome, actor=actor, reason=reason)


# --- requirements -----------------------------------------------------------------------------------------------------


def met(asked: dict, **known):
    return check(asked, Known(**known), stage="s1")


def test_courses_count_only_with_the_one_to_be_delivered():
    asked = {"type": "courses-passed", "min_courses": 2, "must_include": "course-to-be-delivered"}
    assert not met(asked, certified=frozenset({"a", "b"}), wanted=frozenset({"c"})).holds
    assert met(asked, certified=frozenset({"a", "c"}), wanted=frozenset({"c"})).holds
    assert not met(asked, certified=frozenset({"c"}), wanted=frozenset({"c"})).holds


def test_two_workshops_for_the_same_group_or_without_a_certified_trainer_count_once():
    asked = {"type": "workshops-co-facilitated", "min_count": 2}
    first, second = frozenset({"u1"}), frozenset({"u2"})
    day = dt.date(2026, 1, 1)
    assert not met(asked, deliveries=[Delivery("A", day, True, first), Delivery("B", day, True, first)]).holds
    assert not met(asked, deliveries=[Delivery("A", day, True, first), Delivery("B", day, False, second)]).holds
    assert met(asked, deliveries=[Delivery("A", day, True, first), Delivery("B", day, True, second)]).holds


@given(today=st.dates(dt.date(2020, 1, 1), dt.date(2040, 12, 31)), months=st.integers(1, 60))
def test_a_workshop_counts_for_so_many_months(today, months):
    asked = {"type": "workshops-delivered", "min_count": 1, "within_months": months}
    assert met(asked, today=today, deliveries=[Delivery("A", today, False, frozenset())]).holds
    long_ago = today - dt.timedelta(days=31 * months + 1)
    assert not met(asked, today=today, deliveries=[Delivery("A", long_ago, False, frozenset())]).holds


@given(levels=st.lists(st.integers(1, 4), min_size=3, max_size=3))
def test_a_rubric_is_passed_by_total_least_and_critical_level_alike(levels):
    asked = {"type": "rubric-score", "rubric": "r", "min_total": 8, "min_per_criterion": 2, "critical_min": 3}
    rubric = Rubric(("a", "b", "c"), frozenset({"c"}))
    scores = {"r": [Score("one", 1, dict(zip("abc", levels, strict=True)))]}
    passed = sum(levels) >= 8 and min(levels) >= 2 and levels[2] >= 3
    assert met(asked, scores=scores, rubrics={"r": rubric}).holds is passed


def test_two_observers_score_the_same_session():
    asked = {"type": "rubric-score", "rubric": "r", "observers": 2}
    rubrics = {"r": Rubric(("a",), frozenset())}
    apart = [Score("one", 1, {"a": 3}), Score("two", 2, {"a": 3})]
    assert not met(asked, scores={"r": apart}, rubrics=rubrics).holds
    again = [Score("one", 1, {"a": 3}), Score("one", 1, {"a": 3})]
    assert not met(asked, scores={"r": again}, rubrics=rubrics).holds
    assert met(asked, scores={"r": [Score("one", 1, {"a": 3}), Score("one", 2, {"a": 3})]}, rubrics=rubrics).holds


@given(first=LEVELS, second=LEVELS)
def test_the_gap_of_two_observers_is_the_same_both_ways(first, second):
    one, other = Score("s", 1, first), Score("s", 2, second)
    assert gap(one, other) == gap(other, one) <= 3
    assert gap(one, one) == 0


def test_what_is_not_known_is_never_met_by_itself():
    found = met({"type": "sings-well"})
    assert not found.holds and found.asked == 0 and found.sentence


def test_the_stages_of_the_curriculum_are_all_understood(cast):
    definition = yaml.safe_load(FILE.read_text())
    candidate = Candidate(pathway=Pathway(slug="x", definition=definition), user=None)
    for one in candidate.pathway.stages:
        for asked in one["requirements"]:
            assert check(asked, known_of(candidate), stage=one["id"]).asked > 0


# --- stages that need no signer ---------------------------------------------------------------------------------------


def test_certificates_complete_the_first_stages_by_themselves_and_only_once(cast):
    road = pathway(
        stage("s1", "system", {"type": "courses-passed", "min_courses": 1, "must_include": "course-to-be-delivered"}),
        stage("s2", "system", {"type": "course-passed", "course": "t7", "min_score": 75}),
        stage("s3", "master-trainer"),
    )
    course = build.make_course("T7", lessons=(1,), validity_months=24)
    build.add_final(course)
    road.definition["stages"][1]["requirements"][0]["course"] = course.slug
    road.save()
    candidate = services.join(user=cast.awa, pathway=road, courses=[course])
    assert [view.state for view in map_of(candidate)] == ["next", "later", "later"]

    complete(cast.awa, course)

    assert [view.state for view in map_of(candidate)] == ["done", "done", "next"]
    assert services.advance(candidate=candidate) == [] == services.advance(candidate=candidate)
    assert services.advance_all() == {"decided": 0}
    assert services.join(user=cast.awa, pathway=road) == candidate
    assert [row.signed_as for row in candidate.decisions.all()] == ["system", "system"]


def test_whoever_left_is_left_alone(cast):
    candidate = one_stage("system", cast.awa, {"type": "sings-well"})
    with pytest.raises(Refused):
        services.leave(candidate=candidate, actor=cast.fanta)
    other = services.join(user=cast.seydou, pathway=pathway(stage("s1", "master-trainer"), slug="other"))
    services.leave(candidate=other, actor=cast.seydou)
    assert services.advance(candidate=other) == []
    with pytest.raises(Refused):
        signed(other, cast.fanta)


# --- who may sign -----------------------------------------------------------------------------------------------------


def test_nobody_signs_for_themselves_nor_for_whom_they_supervise_or_manage(cast):
    own = one_stage("master-trainer", cast.fanta)
    with pytest.raises(Refused):
        signed(own, cast.fanta)
    awa = services.join(user=cast.awa, pathway=own.pathway)
    Supervision.objects.create(person=cast.awa, supervisor=cast.fanta)
    with pytest.raises(Refused):
        signed(awa, cast.fanta)
    chief = give("chief", Role.MANAGER, "dnapes")
    RoleGrant.objects.create(
        user=chief, role=Role.MASTER, institution=Institution.objects.get(code="court"), since=SINCE
    )
    with pytest.raises(Refused):
        signed(awa, chief)
    assert not StageDecision.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "role"),
    [("master-trainer", Role.MASTER), ("programme-coordinator", Role.COORDINATOR), ("reviewer", Role.REVIEWER)],
)
def test_the_named_role_signs_and_others_do_not(cast, wanted, role):
    candidate = one_stage(wanted, cast.awa)
    for other in (cast.issa, cast.oumar, cast.seydou, cast.admin):
        with pytest.raises(Refused):
            signed(candidate, other)
    decision = signed(candidate, give("signer", role))
    assert (decision.outcome, decision.signed_as) == ("passed", wanted)
    assert map_of(candidate)[0].state == "done"


def test_a_certified_trainer_signs_for_whom_they_led_a_workshop_with(cast):
    candidate = one_stage("certified-trainer", cast.awa)
    with pytest.raises(Refused):  # certified, but was not there
        certify(cast.issa)
        signed(candidate, cast.issa)
    day = dt.date(2026, 3, 3)
    workshop = plan_workshop(
        organiser=Institution.objects.get(code="dnapes"), title="Atelier", place="Bamako", starts=day, ends=day
    )
    for person, part in ((cast.awa, "co"), (cast.issa, "lead"), (cast.oumar, "co")):
        set_facilitator(workshop=workshop, user=person, part=part)
    with pytest.raises(Refused):  # was there, but is not certified
        signed(candidate, cast.oumar)
    assert signed(candidate, cast.issa).signed_as == "certified-trainer"


def test_what_a_provisional_master_trainer_signs_is_read_again_by_a_peer(cast):
    newcomer = give("newcomer", Role.MASTER, provisional=True)
    decision = signed(one_stage("master-trainer", cast.awa), newcomer)
    assert decision.provisional
    for other in (newcomer, cast.issa):
        with pytest.raises(Refused):
            services.review_provisional(decision=decision, actor=other)
    assert services.review_provisional(decision=decision, actor=cast.fanta).reviewed_by == cast.fanta


def test_only_the_next_stage_is_signed_with_all_that_counts_and_not_yet_with_a_reason(cast):
    candidate = one_stage("master-trainer", cast.awa, {"type": "local-modules-published", "min_count": 1})
    with pytest.raises(Refused, match="missing"):
        signed(candidate, cast.fanta)
    with pytest.raises(Refused, match="why"):
        signed(candidate, cast.fanta, "not-yet")
    with pytest.raises(Refused, match="next"):
        services.sign(candidate=candidate, stage="s2", outcome="passed", actor=cast.fanta)
    assert signed(candidate, cast.fanta, "not-yet", "Le module manque.").outcome == "not-yet"
    assert map_of(candidate)[0].state == "next"


def test_a_panel_of_three_decides_by_majority_with_one_from_outside(cast):
    candidate = one_stage("certification-panel", cast.awa)
    inside = [give(f"inside-{number}", Role.MASTER, "koulikoro") for number in range(3)]
    outsider = give("outsider", Role.COORDINATOR, "court")
    assert isinstance(signed(candidate, inside[0]), Panelist)
    assert isinstance(signed(candidate, inside[0]), Panelist)  # said twice is said once
    assert isinstance(signed(candidate, inside[1], "not-yet", "Trop tôt."), Panelist)
    with pytest.raises(Refused, match="outside"):
        signed(candidate, inside[2])
    decision = signed(candidate, outsider)
    assert (decision.outcome, decision.signed_as) == ("passed", "certification-panel")


def test_after_not_yet_the_panel_sits_anew(cast):
    candidate = one_stage("certification-panel", cast.awa)
    members = [give(f"member-{number}", Role.MASTER) for number in range(3)]
    for member in members:
        last = signed(candidate, member, "not-yet", "Trop tôt.")
    assert last.outcome == "not-yet"
    assert isinstance(signed(candidate, members[0]), Panelist)
    assert isinstance(signed(candidate, members[1]), Panelist)
    assert signed(candidate, members[2]).outcome == "passed"


# --- evidence ---------------------------------------------------------------------------------------------------------


def test_evidence_counts_once_somebody_who_signs_the_stage_has_accepted_it(cast):
    candidate = one_stage("master-trainer", cast.awa, {"type": "local-modules-published", "min_count": 1})
    piece = services.bring(candidate=candidate, stage="s1", title="Module", note="Voir p. 3", actor=cast.awa)
    assert not map_of(candidate)[0].ready
    for other in (cast.awa, cast.issa):
        with pytest.raises(Refused):
            services.judge(evidence=piece, accept=True, actor=other)
    with pytest.raises(Refused, match="why"):
        services.judge(evidence=piece, accept=False, actor=cast.fanta)
    services.judge(evidence=piece, accept=False, reason="Sans sources.", actor=cast.fanta)
    assert not map_of(candidate)[0].ready
    services.judge(evidence=piece, accept=True, actor=cast.fanta)
    assert map_of(candidate)[0].ready


def test_only_the_candidate_brings_and_not_nothing(cast):
    candidate = one_stage("master-trainer", cast.awa)
    for details in ({"actor": cast.fanta}, {"note": " "}, {"stage": "s9"}, {"title": ""}):
        with pytest.raises(Refused):
            services.bring(
                **{"candidate": candidate, "stage": "s1", "title": "t", "note": "n", "actor": cast.awa} | details
            )


# --- appeals ----------------------------------------------------------------------------------------------------------


def test_an_appeal_that_is_upheld_opens_the_stage_again(cast):
    candidate = one_stage("master-trainer", cast.awa)
    decision = signed(candidate, cast.fanta, "not-yet", "Trop tôt.")
    with pytest.raises(Refused):
        services.appeal(decision=decision, text="Non", actor=cast.fanta)
    appeal = services.appeal(decision=decision, text="La séance a duré une heure.", actor=cast.awa)
    with pytest.raises(Refused):
        services.appeal(decision=decision, text="Encore", actor=cast.awa)
    with pytest.raises(Refused):
        services.answer_appeal(appeal=appeal, upheld=True, answer="x", actor=cast.fanta)
    coordinator = give("coordinator", Role.COORDINATOR)
    services.answer_appeal(appeal=appeal, upheld=True, answer="Vous avez raison.", actor=coordinator)
    with pytest.raises(Refused):
        services.answer_appeal(appeal=appeal, upheld=False, answer="Non.", actor=coordinator)
    view = map_of(candidate)[0]
    assert (view.state, view.decision) == ("next", None)
    assert signed(candidate, cast.fanta).outcome == "passed"


# --- the certificate --------------------------------------------------------------------------------------------------


def test_all_stages_signed_give_the_trainers_certificate_once(cast, course):
    road = pathway(
        stage("s1", "master-trainer"),
        stage("s2", "programme-coordinator", {"type": "stages-complete", "stages": ["s1"]}),
        stage("s3", "master-trainer"),
    )
    candidate = services.join(user=cast.awa, pathway=road, courses=[course])
    signed(candidate, cast.fanta)
    assert not Credential.objects.exists()
    coordinator = give("coordinator", Role.COORDINATOR)
    services.sign(candidate=candidate, stage="s2", outcome="passed", actor=coordinator)
    credential = Credential.objects.get(holder=cast.awa)
    assert credential.kind == Credential.Kind.TRAINER and credential.expires is not None
    assert credential.objectives["fr"] == [course.texts.get(language="fr").title]
    assert [row.facts["stage"] for row in credential.evidence.order_by("pk")] == ["s1", "s2"]
    assert evidence_of(credential)[0].sentence.endswith(": s1")
    candidate.refresh_from_db()
    assert services.issue_trainer(candidate=candidate, actor=None) == credential == candidate.credential
    services.sign(candidate=candidate, stage="s3", outcome="passed", actor=cast.fanta)
    candidate.refresh_from_db()
    assert candidate.state == Candidate.State.DONE and Credential.objects.count() == 1


# --- loading ----------------------------------------------------------------------------------------------------------


def keep(text: str) -> None:
    """As the loader keeps a file and tells of it."""
    KeptDocument.objects.update_or_create(
        path="pathways/trainer-certification.yaml",
        defaults={"kind": "pathways", "digest": hashlib.sha256(text.encode()).hexdigest(), "text": text},
    )
    documents_kept.send(sender=KeptDocument, kinds={"pathways"})


def test_the_curriculums_pathway_is_there_once_loaded_and_follows_its_file():
    keep(FILE.read_text())
    road = Pathway.objects.get(slug="trainer-certification")
    assert len(road.stages) == 8 and services.load_pathways() == []
    keep(FILE.read_text().replace("Trainer certification pathway", "The long road"))
    road.refresh_from_db()
    assert road.definition["title"]["en"] == "The long road"


def test_an_administrators_own_wording_is_not_overwritten_by_a_folder():
    keep(FILE.read_text())
    road = Pathway.objects.get(slug="trainer-certification")
    road.definition["title"]["en"], road.digest = "Ours", ""
    road.save()
    keep(FILE.read_text() + "# newer\n")
    road.refresh_from_db()
    assert road.definition["title"]["en"] == "Ours"
