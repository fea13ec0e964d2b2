"""Observing a trainer with a rubric: a draft that is filled in during the session, given once it is whole, replied to by
the trainer. Two observers score apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.rubrics import rubric_of
from operations import audit
from operations.errors import Refused
from operations.notify import notify
from people import access
from people.models import Role, User
from people.policy import Capability
from people.superiors import is_superior
from workshops.models import Facilitator, Observation, Session, Workshop

LONGEST = 2000


@transaction.atomic
def begin_observation(*, session: Session, trainer: User, observer: User, rubric: str) -> Observation:
    """Begin to observe a trainer in a session; asked again, the observation that is there.

    Raises Refused for who may not observe this trainer, for somebody who does not lead the workshop, and for a rubric
    that is not there.
    """
    require_observer(observer, trainer=trainer, workshop=session.workshop)
    if not Facilitator.objects.filter(workshop=session.workshop_id, user=trainer).exists():
        raise Refused(_("This person does not lead the workshop."), _("Choose one of its facilitators."))
    found = rubric_of(rubric)
    if found is None:
        raise Refused(_("This rubric is not there."), _("Load the curriculum that holds it."))
    row, new = Observation.objects.get_or_create(
        session=session,
        trainer=trainer,
        observer=observer,
        defaults={"workshop": session.workshop, "rubric": rubric, "digest": found.digest},
    )
    if new:
        _write(row, "workshops.observation-begun", actor=observer)
    return row


def may_observe(observer: User, *, trainer: User, workshop: Workshop) -> bool:
    """Whether the person may observe: a master trainer, or who leads the same workshop and may sign for others; never
    oneself, nor a person that one supervises or manages. At most 7 queries."""
    if observer.pk == trainer.pk or is_superior(observer, trainer):
        return False
    if access.holds_role(observer, Role.MASTER):
        return True
    beside = Facilitator.objects.filter(workshop=workshop, user=observer).exists()
    return beside and access.can(observer, Capability.SIGN_STAGE)


def require_observer(observer: User, *, trainer: User, workshop: Workshop) -> None:
    """Raises Refused for whoever may not observe."""
    if not may_observe(observer, trainer=trainer, workshop=workshop):
        raise Refused(
            _("You may not observe this person."),
            _("Master trainers and co-facilitators do; nobody observes themselves or a person they supervise."),
        )


@transaction.atomic
def save_observation(
    *,
    observation: Observation,
    actor: User,
    scores: Mapping[str, Mapping[str, Any]],
    strengths: str = "",
    next_steps: str = "",
    minutes: int = 45,
    recording: bool = False,
) -> Observation:
    """Keep what is filled in so far. scores: {criterion: {"level", "facts"}}; a level that is missing is not chosen yet.

    Raises Refused for anybody but the observer, for what is given already, and for levels that the rubric does not have.
    """
    held = _own_draft(observation, actor)
    rubric = rubric_of(held.rubric)
    kept: dict[str, dict[str, Any]] = {}
    for criterion in rubric.criteria if rubric else ():
        said = scores.get(criterion.slug, {})
        level, facts = said.get("level"), str(said.get("facts", "")).strip()[:LONGEST]
        if level not in (None, "") and level not in [one.value for one in criterion.levels]:
            raise Refused(_("This level is not part of the rubric."))
        if level or facts:
            kept[criterion.slug] = ({"level": level} if level else {}) | {"facts": facts}
    held.scores = kept
    held.strengths, held.next_steps = strengths.strip()[:LONGEST], next_steps.strip()[:LONGEST]
    held.minutes, held.recording = minutes, recording
    held.save()
    return held


@transaction.atomic
def give_observation(*, observation: Observation, actor: User) -> Observation:
    """Give what is filled in to the trainer; it can no longer be changed.

    Raises Refused, with the names of what is missing, for a rubric that is half filled in, without strengths or next
    steps, and where the observer may no longer observe.
    """
    held = _own_draft(observation, actor)
    if held.trainer is None or held.workshop is None:
        raise Refused(_("The trainer no longer has an account."))
    require_observer(actor, trainer=held.trainer, workshop=held.workshop)
    rubric = rubric_of(held.rubric)
    if rubric is None:
        raise Refused(_("This rubric is not there."), _("Load the curriculum that holds it."))
    missing = [one.title for one in rubric.criteria if "level" not in held.scores.get(one.slug, {})]
    if missing:
        raise Refused(
            ngettext("%(count)d criterion has no level yet.", "%(count)d criteria have no level yet.", len(missing))
            % {"count": len(missing)},
            "; ".join(missing),
        )
    if not held.strengths or not held.next_steps:
        raise Refused(_("Write at least one strength and one next step: the trainer will read them."))
    held.status, held.given, held.digest = Observation.Status.GIVEN, timezone.now(), rubric.digest
    held.save(update_fields=["status", "given", "digest"])
    _write(held, "workshops.observation-given", actor=actor)
    notify(
        held.trainer,
        "workshops.observation-given",
        url=reverse("my-observation", args=[held.pk]),
        key=f"workshops.observation-given {held.pk}",
    )
    return held


@transaction.atomic
def reply_to_observation(*, observation: Observation, actor: User, text: str) -> Observation:
    """The trainer's answer, once it is given. Raises Refused for anybody else, before, without words, or a second time."""
    held = Observation.objects.select_for_update().get(pk=observation.pk)
    if actor.pk != held.trainer_id:
        raise Refused(_("Only the trainer who was observed replies."))
    if held.status != Observation.Status.GIVEN:
        raise Refused(_("This observation is not given yet."))
    if held.replied is not None:
        raise Refused(_("You have replied already."))
    if not text.strip():
        raise Refused(_("Write your reply."))
    held.reply, held.replied = text.strip()[:LONGEST], timezone.now()
    held.save(update_fields=["reply", "replied"])
    _write(held, "workshops.observation-replied", actor=actor)
    return held


def _own_draft(observation: Observation, actor: User) -> Observation:
    # The row alone is locked: its workshop and people are on the far side of an outer join.
    rows = Observation.objects.select_for_update(of=("self",)).select_related("workshop", "trainer")
    held = rows.get(pk=observation.pk)
    if actor.pk != held.observer_id:
        raise Refused(_("Only the observer fills this in."))
    if held.status != Observation.Status.DRAFT:
        raise Refused(_("This observation is given; it can no longer be changed."))
    return held


def _write(row: Observation, code: str, *, actor: User) -> None:
    audit.record_change(
        actor=actor,
        code=code,
        obj=row,
        about=row.trainer,
        after={"workshop": row.workshop.code if row.workshop else ""},
        branch=row.workshop.organiser.path if row.workshop else None,
    )
