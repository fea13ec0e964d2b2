"""A trainer is observed with a rubric: by whom, what is asked before it is given, who sees what when."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from assessments.rubrics import rubric_of
from content.models import KeptDocument
from operations.errors import Refused
from people.models import Supervision
from workshops.models import Observation
from workshops.queries.observation import agreement, beside
from workshops.services import observation as services
from workshops.services import set_facilitator

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

RUBRIC = "facilitation-observation"
LEVELS = st.fixed_dictionaries({one: st.fixed_dictionaries({"level": st.integers(1, 4)}) for one in "abc"})


@pytest.fixture
def session(workshop, sessions, cast):
    """Oumar leads it with Issa; the rubric is there."""
    text = (Path(settings.BASE_DIR) / f"content/curriculum/rubrics/{RUBRIC}.yaml").read_text()
    digest = hashlib.sha256(text.encode()).hexdigest()
    KeptDocument.objects.update_or_create(
        path=f"rubrics/{RUBRIC}.yaml", defaults={"kind": "rubrics", "digest": digest, "text": text}
    )
    set_facilitator(workshop=workshop, user=cast.oumar, part="co")
    return sessions[0]


def begin(session, trainer, observer) -> Observation:
    return services.begin_observation(session=session, trainer=trainer, observer=observer, rubric=RUBRIC)


def fill(observation: Observation, level: int = 3, **details) -> Observation:
    scores = {one.slug: {"level": level, "facts": "vu"} for one in rubric_of(RUBRIC).criteria}
    words = {"scores": scores, "strengths": "Clair", "next_steps": "Moins vite"}
    return services.save_observation(observation=observation, actor=observation.observer, **(words | details))


def give(observation: Observation) -> Observation:
    return services.give_observation(observation=observation, actor=observation.observer)


def test_a_master_trainer_and_a_co_facilitator_observe(session, cast):
    assert begin(session, cast.oumar, cast.fanta) == begin(session, cast.oumar, cast.fanta)
    assert begin(session, cast.oumar, cast.issa).status == Observation.Status.DRAFT


def test_nobody_observes_themselves_or_whom_they_supervise_or_manage(session, cast):
    Supervision.objects.create(person=cast.oumar, supervisor=cast.fanta)
    for observer in (cast.oumar, cast.fanta, cast.mariam, cast.seydou, cast.awa):
        with pytest.raises(Refused):
            begin(session, cast.oumar, observer)


def test_only_who_leads_the_workshop_is_observed(session, cast):
    with pytest.raises(Refused, match="lead"):
        begin(session, cast.awa, cast.fanta)


def test_a_draft_keeps_what_is_there_and_is_not_given_half_filled(session, cast):
    row = begin(session, cast.oumar, cast.fanta)
    fill(row, scores={"objectives": {"level": 3}, "accuracy": {"facts": "deux sources"}, "invented": {"level": 4}})
    row.refresh_from_db()
    assert row.scores == {"objectives": {"level": 3, "facts": ""}, "accuracy": {"facts": "deux sources"}}
    with pytest.raises(Refused, match="8 criteria") as refusal:
        give(row)
    assert rubric_of(RUBRIC).criteria[1].title in refusal.value.next_step
    with pytest.raises(Refused, match="level"):
        fill(row, level=5)
    fill(row, strengths="")
    with pytest.raises(Refused, match="strength"):
        give(row)
    fill(row)
    assert give(row).given is not None
    with pytest.raises(Refused, match="no longer"):
        fill(row, level=1)


def test_only_the_observer_fills_in_and_only_the_trainer_replies_once(session, cast):
    row = begin(session, cast.oumar, cast.fanta)
    with pytest.raises(Refused):
        services.save_observation(observation=row, actor=cast.issa, scores={})
    fill(row)
    with pytest.raises(Refused, match="not given"):
        services.reply_to_observation(observation=row, actor=cast.oumar, text="Merci")
    give(row)
    with pytest.raises(Refused):
        services.reply_to_observation(observation=row, actor=cast.fanta, text="Merci")
    assert services.reply_to_observation(observation=row, actor=cast.oumar, text="Merci").reply == "Merci"
    with pytest.raises(Refused):
        services.reply_to_observation(observation=row, actor=cast.oumar, text="Encore")


def test_two_observers_do_not_see_each_other_before_both_have_given(session, cast):
    first, second = (fill(begin(session, cast.oumar, person)) for person in (cast.fanta, cast.issa))
    first = give(first)
    assert beside(second, cast.issa) == [] == beside(first, cast.fanta)
    second = give(second)
    assert beside(first, cast.fanta) == [second] and beside(second, cast.issa) == [first]
    assert beside(first, cast.oumar) == [second] and beside(first, cast.seydou) == []


@given(first=LEVELS, second=LEVELS)
def test_agreement_is_the_same_both_ways_and_whole_with_oneself(first, second):
    found = agreement(first, second)
    assert found == agreement(second, first) and 0 <= found.equal <= 1 and 0 <= found.gap <= 3
    assert (found.gap == 0) is (found.equal == 1)
    assert agreement(first, first).equal == 1


# --- pages ------------------------------------------------------------------------------------------------------------


def test_the_pages_from_choosing_to_the_reply(session, cast, client_for):
    browser = client_for(cast.fanta)
    page = f"/en/teach/workshops/{session.workshop_id}/observe/"
    assert browser.get(page).status_code == 200 and client_for(cast.seydou).get(page).status_code == 404
    form = browser.post(page, {"trainer": str(cast.oumar.key), "session": str(session.pk)}).url
    assert "critical" in browser.get(form).content.decode()
    sent = {f"level-{one.slug}": "3" for one in rubric_of(RUBRIC).criteria} | {"strengths": "Clair"}
    assert browser.post(form, sent | {"do": "save"}).status_code == 303
    refused = browser.post(form, sent | {"do": "give"})
    assert refused.status_code == 422 and "strength" in refused.content.decode()
    row = Observation.objects.get()
    assert row.scores["accuracy"]["level"] == 3  # what was sent is kept
    trainer, own = client_for(cast.oumar), f"/en/observations/{row.pk}/"
    assert trainer.get(own).status_code == 404  # a draft is the observer's
    assert browser.post(form, sent | {"next_steps": "Moins vite", "do": "give"}).status_code == 303
    assert "Moins vite" in trainer.get(own).content.decode()
    assert trainer.post(own, {"text": "Merci"}).status_code == 303
    assert "Merci" in browser.get(form).content.decode()
    for stranger in (cast.seydou, cast.issa, cast.admin):
        assert client_for(stranger).get(own).status_code == client_for(stranger).get(form).status_code == 404
