"""Designation: an institution proposes its people, the organiser's director accepts or refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import audit, notify
from operations.errors import Refused
from people.checks import allowed, open_institution, words
from people.models import Institution, Membership, Role, RoleGrant, User
from people.policy import Capability
from workshops import telling
from workshops.models import Quota, Registration, Workshop
from workshops.rules import STANDING, counts_for
from workshops.services.registration import register, seats_left

_State = Registration.State
AWAY = (_State.PROPOSED, _State.INVITED, _State.ACCEPTED)  # who would be missing from their post


@transaction.atomic
def set_quotas(*, workshop: Workshop, quotas: Sequence[Quota], actor: User | None = None) -> list[Quota]:
    """Put these quotas in place of the call's. Raises Refused where one cannot be met, or where the actor may not."""
    allowed(actor, Capability.MANAGE_COHORTS, workshop)
    for quota in quotas:
        if quota.most is not None and quota.most < quota.least:
            raise Refused(_("“At most” is smaller than “at least”."), _("Correct the numbers."))
        if not (quota.least or quota.most is not None or quota.per_post):
            raise Refused(
                _("A quota without a number says nothing."), _("Give at least, at most, or a cap for a post.")
            )
    if sum(quota.least for quota in quotas if quota.institution_id) > workshop.capacity:
        raise Refused(_("The institutions’ seats are more than the workshop has."), _("Correct the numbers."))
    workshop.quotas.all().delete()
    for quota in quotas:
        quota.pk, quota.workshop = None, workshop
        quota.save()
    audit.record_change(
        actor=actor,
        code="workshops.quotas",
        obj=workshop,
        after={"workshop": workshop.code, "quotas": len(quotas)},
        branch=workshop.organiser.path,
    )
    return list(quotas)


@transaction.atomic
def propose(
    *,
    workshop: Workshop,
    user: User | None = None,
    name: str = "",
    institution: Institution | None = None,
    actor: User | None = None,
    **facts: Any,
) -> Registration:
    """Propose a person of the own branch, with an account or without. `facts` as in `register`.

    Raises Refused where the actor does not answer for the person, where nobody is called (any more), where a quota or the
    cap of a post is reached, or where the person was proposed already.
    """
    allowed(actor, Capability.PROPOSE_PARTICIPANTS, user if user is not None else institution)
    held = Workshop.objects.select_for_update().get(pk=workshop.pk)
    _called(held)
    if user is None and institution is None:
        raise Refused(_("“%(field)s” is missing.") % {"field": _("Institution")}, _("Fill it in."))
    if user is not None:
        institution = institution or _place_of(user)
        if held.registrations.filter(user=user, state__in=STANDING).exists():
            raise Refused(_("This person is on the list already."), _("Propose somebody else."))
    elif institution is not None:
        open_institution(institution)
    facts = {**facts, "institution": institution}
    if user is not None:
        facts.setdefault("sex", user.sex)
        facts.setdefault("post", _post_of(user))
    _within_quotas(held, facts)
    row = register(
        workshop=held,
        user=user,
        name=name,
        state=_State.PROPOSED,
        origin=Registration.Origin.DESIGNATION,
        actor=actor,
        checked=True,
        **facts,
    )
    for person in _deciders(held):
        notify.notify(
            person,
            "workshops.proposed",
            context={"code": held.code},
            url=telling.desk_address(held, person),
            key=f"proposed {held.pk} {institution.pk if institution else ''} {timezone.localdate()}",
            actor=actor,
        )
    return row


def _called(workshop: Workshop) -> None:
    if workshop.status != Workshop.Status.ANNOUNCED or workshop.entry != Workshop.Entry.DESIGNATION:
        raise Refused(_("No proposals are asked for this workshop."), _("Ask its organiser."))
    if workshop.ends < timezone.localdate():
        raise Refused(_("This workshop is over."), _("Propose the person for another one."))


def _place_of(user: User) -> Institution | None:
    membership = Membership.objects.on().filter(user=user).select_related("institution").first()
    return membership.institution if membership else None


def _post_of(user: User) -> str:
    return Membership.objects.on().filter(user=user).values_list("post", flat=True).first() or ""


def _within_quotas(workshop: Workshop, facts: dict[str, Any]) -> None:
    """Raises Refused where the person is one too many for a quota, or for the post they would be missing from."""
    standing = list(workshop.registrations.filter(state__in=STANDING).select_related("institution"))
    for quota in workshop.quotas.select_related("institution"):
        if not counts_for(quota, facts):
            continue
        if quota.most is not None and sum(counts_for(quota, row) for row in standing) >= quota.most:
            raise Refused(
                _("At most %(count)d people are called from this group.") % {"count": quota.most},
                _("Withdraw a proposal first, or ask the organiser."),
            )
        if quota.per_post and facts.get("post") and facts["institution"]:
            _post_is_covered(workshop, facts["institution"], facts["post"], quota.per_post)


def _post_is_covered(workshop: Workshop, institution: Institution, post: str, most: int) -> None:
    """Raises Refused where too many of one post would be away on one of the workshop's days, other workshops counted."""
    same_days = Q(workshop__starts__lte=workshop.ends, workshop__ends__gte=workshop.starts)
    away = Registration.objects.filter(same_days, institution=institution, post__iexact=post, state__in=AWAY)
    if away.exclude(workshop__status=Workshop.Status.CANCELLED).count() >= most:
        raise Refused(
            _("On these days %(count)d of this post would be away already: “%(post)s”.")
            % {"count": most, "post": post},
            _("Propose somebody of another post."),
        )


def _deciders(workshop: Workshop) -> list[User]:
    """The managers nearest above the organiser: those of the organiser, else of the next institution above."""
    grants = RoleGrant.objects.on().filter(
        role__in=[Role.MANAGER, Role.OFFICER], institution__isnull=False, user__is_active=True
    )
    above = [grant for grant in grants.select_related("institution", "user") if _holds(grant, workshop.organiser)]
    nearest = max((len(grant.institution.path) for grant in above if grant.institution), default=0)
    return [grant.user for grant in above if grant.institution and len(grant.institution.path) == nearest]


def _holds(grant: Any, place: Institution) -> bool:
    return bool(place.path.startswith(grant.institution.path))


# --- the decision -----------------------------------------------------------------------------------------------------


@transaction.atomic
def decide(*, registration: Registration, state: str, reason: str = "", actor: User | None = None) -> Registration:
    """Accept a proposal, put it on the waiting list, or refuse it with a reason. Raises Refused for the own proposal, for
    what was decided already, without a reason, without a seat, or where the actor may not."""
    allowed(actor, Capability.DECIDE_DESIGNATION, registration.workshop)
    workshop = Workshop.objects.select_for_update().select_related("organiser").get(pk=registration.workshop_id)
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.state not in (_State.PROPOSED, _State.WAITING):
        raise Refused(_("This proposal was decided already."), _("Look at the list again."))
    if actor is not None and actor.pk in (row.created_by_id, row.user_id):
        raise Refused(
            _("Nobody decides on their own proposal."), _("Somebody else who answers for the organiser decides.")
        )
    if state not in (_State.ACCEPTED, _State.WAITING, _State.REFUSED):
        raise Refused(_("A proposal is accepted, put on the waiting list, or refused."), _("Choose one of the three."))
    if state == _State.ACCEPTED and seats_left(workshop) <= 0:
        raise Refused(_("All seats are taken."), _("Put the person on the waiting list."))
    reason = words(reason, label=_("Reason"), longest=300, required=state == _State.REFUSED)
    before, row.state, row.reason = row.state, state, reason
    row.decided_at, row.decided_by = timezone.now(), actor
    row.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    record_state(row, before=before, actor=actor)
    row.workshop = workshop
    telling.one(row, telling.KINDS[state], actor=actor)
    proposer = row.created_by
    if proposer is not None and proposer.pk != row.user_id:
        notify.notify(
            proposer,
            "workshops.decided",
            context={"code": workshop.code},
            url=telling.call_address(workshop, proposer),
            key=f"decided {row.pk} {state}",
            actor=actor,
        )
    return row


def record_state(row: Registration, *, before: str, actor: User | None) -> None:
    """Write that a registration went from one state to another."""
    audit.record_change(
        actor=actor,
        code="workshops.state-changed",
        obj=row,
        before={"state": before},
        after={"workshop": row.workshop.code, "participant": row.number, "state": row.state},
        about=row.user,
        branch=row.workshop.organiser.path,
    )
