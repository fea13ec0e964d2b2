"""Finishing lessons, and with them the course."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from courses import publication, rules, services
from courses.models import ActivityProgress, Enrolment, LessonPage, OutlineVersion
from courses.projector import ActivityProjector, EnrolmentProjector
from courses.signals import course_completed
from operations.errors import Refused
from records.models import Statement
from records.services import record
from records.statements import build as statement
from records.statements import rule_of
from records.verbs import Verb
from tests.courses import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return build.make_course()


@pytest.fixture
def enrolment(course, cast):
    return services.enrol(user=cast.awa, course=course)


def test_a_lesson_is_finished_once_however_often_it_is_said(course, enrolment, cast):
    key = build.lesson_keys(course)[0]
    first = services.complete_lesson(enrolment=enrolment, activity=key, revision=7)
    second = services.complete_lesson(enrolment=enrolment, activity=key, revision=8)
    assert (first.changed, second.changed) == (True, False)
    row = Statement.objects.get(registration=enrolment.pk, verb=Verb.COMPLETED)
    assert row.activity == f"urn:uuid:{key}"
    assert row.body["context"]["revision"] == "7"
    assert rule_of(row.body) == {"name": "declared", "version": 1, "inputs": {}}
    assert cast.awa.username not in str(row.body)


def test_opening_is_recorded_once(course, enrolment):
    key = build.lesson_keys(course)[0]
    assert services.open_activity(enrolment=enrolment, activity=key)
    assert not services.open_activity(enrolment=enrolment, activity=key)
    assert Statement.objects.filter(registration=enrolment.pk, verb=Verb.INITIALIZED).count() == 1
    progress = ActivityProgress.objects.get(enrolment=enrolment)
    assert (progress.status, progress.completed_at) == ("started", None)


def test_only_steps_of_the_course_and_only_people_enrolled(course, enrolment):
    other = build.make_course("T2")
    for foreign in (uuid.uuid4(), build.lesson_keys(other)[0]):
        with pytest.raises(Refused):
            services.complete_lesson(enrolment=enrolment, activity=foreign)
        with pytest.raises(Refused):
            services.open_activity(enrolment=enrolment, activity=foreign)
    services.withdraw(enrolment=enrolment)
    with pytest.raises(Refused):
        services.complete_lesson(enrolment=enrolment, activity=build.lesson_keys(course)[0])


def test_an_assessment_is_not_finished_by_saying_so(course, cast):
    final = build.add_final(course)
    enrolment = services.enrol(user=cast.awa, course=course)
    with pytest.raises(Refused):
        services.complete_lesson(enrolment=enrolment, activity=final)


def test_the_course_is_completed_by_its_rule_with_evidence(course, cast):
    final = build.add_final(course)
    enrolment = services.enrol(user=cast.awa, course=course)
    told: list[dict] = []

    def listen(sender, enrolment, evidence, **_kwargs):
        told.append({"enrolment": enrolment, "evidence": evidence})

    course_completed.connect(listen)
    try:
        for key in build.lesson_keys(course):
            assert not services.complete_lesson(enrolment=enrolment, activity=key).completed
        failed = build.outcome(enrolment, final, Verb.FAILED, 60, success=False)
        assert not services.record_outcome(enrolment=enrolment, activity=final, statements=[failed]).completed
        passed = build.outcome(enrolment, final, Verb.PASSED, 82, success=True)
        assert services.record_outcome(enrolment=enrolment, activity=final, statements=[passed]).completed
        services.record_outcome(enrolment=enrolment, activity=final, statements=[passed])
    finally:
        course_completed.disconnect(listen)
    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.score) == ("completed", Decimal(82))
    assert enrolment.completed_at is not None
    assert len(told) == 1
    evidence = {item["code"]: item for item in told[0]["evidence"]}
    assert set(evidence) == {"lessons-finished", "assessment-passed"}
    assert evidence["assessment-passed"]["statement"] == passed["id"]
    assert evidence["lessons-finished"]["facts"] == {"done": 4, "total": 4}
    assert evidence["assessment-passed"]["facts"]["pass_mark"] == 70
    decision = Statement.objects.get(registration=enrolment.pk, verb=Verb.SATISFIED)
    assert decision.activity == f"urn:uuid:{course.key}"
    assert rule_of(decision.body)["version"] == enrolment.outline.number
    assert set(rule_of(decision.body)["inputs"]) == set(evidence)
    call_command("rebuild_progress", "--check")


def test_failing_never_finishes_an_assessment(course, cast):
    final = build.add_final(course)
    enrolment = services.enrol(user=cast.awa, course=course)
    for key in build.lesson_keys(course):
        services.complete_lesson(enrolment=enrolment, activity=key)
    services.record_outcome(
        enrolment=enrolment,
        activity=final,
        statements=[build.outcome(enrolment, final, Verb.FAILED, 69, success=False)],
    )
    enrolment.refresh_from_db()
    assert enrolment.status == "active"
    assert ActivityProgress.objects.get(enrolment=enrolment, activity=final).status == "started"
    progress = services.progress_of(enrolment)
    words = [c.sentence for c in rules.conditions(enrolment, enrolment.outline.outline, progress, "en")]
    assert any("69" in sentence and "70" in sentence for sentence in words)


def test_the_final_assessment_opens_when_the_lessons_are_finished_and_says_so(course, cast, client_for):
    final = build.add_final(course)
    enrolment = services.enrol(user=cast.awa, course=course)
    keys = build.lesson_keys(course)
    services.complete_lesson(enrolment=enrolment, activity=keys[0])
    outline = enrolment.outline.outline
    entry = rules.find(outline, key=final)
    with translation.override("fr"):
        sentence = rules.shut(outline, services.progress_of(enrolment), entry)
    assert "1" in sentence and "4" in sentence
    browser = client_for(cast.awa)
    page = browser.get("/fr/c/T1/").content.decode()
    assert sentence in page.replace("&#x27;", "'")
    answer = browser.get(f"/fr/c/T1/{final.hex[:8]}/")
    assert (answer.status_code, answer["Location"]) == (302, "/fr/c/T1/")
    for key in keys:
        services.complete_lesson(enrolment=enrolment, activity=key)
    assert browser.get(f"/fr/c/T1/{final.hex[:8]}/").content == b"final of T1"


def test_authors_who_add_a_lesson_leave_those_enrolled_where_they_are(course, enrolment):
    keys = build.lesson_keys(course)
    for key in keys[:3]:
        services.complete_lesson(enrolment=enrolment, activity=key)
    lesson = LessonPage.objects.get(translation_key=keys[0], locale__language_code="fr")
    with publication.paused():
        lesson.get_parent().add_child(instance=build.lesson_page("Nouvelle", lesson.locale, uuid.uuid4()))
    publication.publish(course)
    assert course.outline_versions.count() == 2
    assert services.complete_lesson(enrolment=enrolment, activity=keys[3]).completed
    enrolment.refresh_from_db()
    assert rules.percent(enrolment.outline.outline, services.progress_of(enrolment)) == 100


def test_a_removed_lesson_completes_those_whom_only_it_kept_waiting(course, enrolment, cast):
    keys = build.lesson_keys(course)
    behind = services.enrol(user=cast.seydou, course=course)
    for key in keys[:3]:
        services.complete_lesson(enrolment=enrolment, activity=key)
    services.complete_lesson(enrolment=behind, activity=keys[0])
    last = LessonPage.objects.get(translation_key=keys[3], locale__language_code="fr")
    with publication.paused():
        last.unpublish()
    publication.publish(course)
    enrolment.refresh_from_db()
    behind.refresh_from_db()
    assert (enrolment.status, behind.status) == ("completed", "active")
    call_command("rebuild_progress", "--check")
    with publication.paused():
        last.save_revision().publish()
    publication.publish(course)
    enrolment.refresh_from_db()
    assert enrolment.status == "completed"


def test_a_final_assessment_is_never_waived(course, cast):
    final = build.add_final(course)
    enrolment = services.enrol(user=cast.awa, course=course)
    for key in build.lesson_keys(course):
        services.complete_lesson(enrolment=enrolment, activity=key)
    publication.publish(course)  # the tests' final has no page: the tree of pages does not know it
    current = OutlineVersion.objects.filter(course=course).order_by("-number").first()
    assert current.outline["final"] == []
    services.evaluate(enrolment=enrolment)
    enrolment.refresh_from_db()
    assert enrolment.status == "active"
    progress = services.progress_of(enrolment)
    assert rules.find(
        rules.effective(enrolment.outline.outline, retired={final}, completed=set(), current=current.outline), key=final
    )
    replaced = {
        **current.outline,
        "final": [{**rules.find(enrolment.outline.outline, key=final), "key": str(uuid.uuid4())}],
    }
    outline = rules.effective(enrolment.outline.outline, retired={final}, completed=set(), current=replaced)
    assert [entry["key"] for entry in outline["final"]] == [replaced["final"][0]["key"]]
    assert rules.counts(outline, progress) == (4, 5)


def test_the_button_finishes_a_lesson_and_leads_to_the_next(course, enrolment, cast, client_for):
    keys = build.lesson_keys(course)
    browser = client_for(cast.awa)
    page = browser.get(f"/fr/c/T1/{keys[0].hex[:8]}/")
    assert b'data-action="complete"' in page.content
    for _press in range(2):
        answer = browser.post(f"/fr/c/T1/{keys[0].hex[:8]}/complete/")
        assert answer.status_code == 303
        assert answer["Location"] == f"/fr/c/T1/{keys[1].hex[:8]}/"
    assert build.finished(enrolment) == {keys[0]}
    for key in keys[1:]:
        answer = browser.post(f"/en/c/T1/{key.hex[:8]}/complete/")
    assert answer["Location"] == "/en/c/T1/"
    enrolment.refresh_from_db()
    assert enrolment.status == "completed"
    assert browser.get("/en/c/T1/").status_code == 200


def test_hostile_posts_finish_nothing(course, enrolment, cast, client_for):
    key = build.lesson_keys(course)[0]
    other = build.lesson_keys(build.make_course("T2"))[0]
    address = f"/fr/c/T1/{key.hex[:8]}/complete/"
    assert client_for(None).post(address)["Location"].startswith("/accounts/login/")
    assert client_for(cast.awa, csrf=True).post(address).status_code == 403
    assert client_for(cast.awa).get(address).status_code == 302
    assert client_for(cast.awa).delete(address).status_code == 405
    assert client_for(cast.awa).post(f"/fr/c/T1/{other.hex[:8]}/complete/").status_code == 404
    assert client_for(cast.awa).post("/fr/c/T1/00000000/complete/").status_code == 404
    assert client_for(cast.seydou).post(address)["Location"] == "/fr/c/T1/"
    assert build.finished(enrolment) == set()
    assert not Enrolment.objects.filter(user=cast.seydou).exists()


# --- any order, any repetition --------------------------------------------------------------------------------------

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
REGISTRATION, ACTOR, COURSE = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
LESSONS = [uuid.uuid4() for _ in range(4)]

event = st.tuples(
    st.sampled_from(
        [Verb.INITIALIZED, Verb.COMPLETED, Verb.PASSED, Verb.FAILED, Verb.PROGRESSED, Verb.LEFT, Verb.SATISFIED]
    ),
    st.sampled_from(LESSONS),
    st.integers(0, 10_000),
    st.one_of(st.none(), st.integers(0, 100)),
    st.integers(0, 600),
)


def row_of(verb: Verb, lesson: uuid.UUID, minute: int, score: int | None, seconds: int) -> Statement:
    on_course = verb in (Verb.LEFT, Verb.SATISFIED)
    body = statement(
        actor=ACTOR,
        verb=verb,
        activity=COURSE if on_course else lesson,
        registration=REGISTRATION,
        when=START + timedelta(minutes=minute),
        score=score,
        duration=seconds,
        rule={"name": "course", "version": 1, "inputs": {}} if verb == Verb.SATISFIED else None,
    )
    return Statement(
        id=uuid.UUID(body["id"]),
        verb=body["verb"]["id"],
        activity=body["object"]["id"],
        registration=REGISTRATION,
        timestamp=START + timedelta(minutes=minute),
        body=body,
    )


def folded(projector, rows: list[Statement]) -> dict:
    states: dict = {}
    for row in rows:
        if row.verb in projector.verbs and (key := projector.key(row)) is not None:
            states[key] = projector.fold(states.get(key, projector.empty), row)
    return states


@given(st.lists(event, max_size=12), st.randoms(use_true_random=False))
def test_any_order_of_a_history_gives_the_same_rows(events, random):
    rows = [row_of(*event) for event in events]
    shuffled = list(rows)
    random.shuffle(shuffled)
    for projector in (ActivityProjector(), EnrolmentProjector()):
        assert folded(projector, rows) == folded(projector, shuffled)


entry = st.builds(
    lambda key, required: {
        "key": str(key), "ref": key.hex[:8], "kind": "lesson", "required": required, "minutes": 5, "rule": "declared"
    },
    st.sampled_from(LESSONS),
    st.booleans(),
)  # fmt: skip


@given(
    st.lists(entry, max_size=4, unique_by=lambda e: e["key"]),
    st.sets(st.sampled_from(LESSONS)),
    st.sets(st.sampled_from(LESSONS)),
)
def test_percent_stays_between_0_and_100_and_a_removed_step_never_lowers_it(entries, done, retired):
    outline = {
        "pass_mark": 70,
        "modules": [{"key": str(COURSE), "activities": entries}] if entries else [],
        "final": [],
    }
    progress = {key: ActivityProgress(activity=key, status="completed", last_at=START) for key in done}
    before = rules.percent(outline, progress)
    effective = rules.effective(outline, retired=retired, completed=done)
    after = rules.percent(effective, progress)
    assert 0 <= before <= 100
    assert 0 <= after <= 100
    if any(e["required"] for module in effective["modules"] for e in module["activities"]):
        assert after >= before
    if rules.is_complete(outline, progress):
        assert rules.is_complete(effective, progress)
        assert after == 100


def test_a_real_history_recorded_in_any_order_gives_the_same_rows(course, cast):
    """The rows after a journey, folded anew from the record: no difference (also asked by `rebuild_progress`)."""
    enrolment = services.enrol(user=cast.awa, course=course)
    for key in build.lesson_keys(course):
        services.open_activity(enrolment=enrolment, activity=key)
        services.complete_lesson(enrolment=enrolment, activity=key)
    rows = list(Statement.objects.filter(registration=enrolment.pk))
    for order in (rows, rows[::-1], rows[1::2] + rows[::2]):
        activities = folded(ActivityProjector(), order)
        assert activities == dict(ActivityProjector().load(list(activities)))
        states = folded(EnrolmentProjector(), order)
        assert states == dict(EnrolmentProjector().load(list(states)))
        record([row.body for row in [*order, *order]])  # everything once more, twice
        assert activities == dict(ActivityProjector().load(list(activities)))
        assert states == dict(EnrolmentProjector().load(list(states)))
