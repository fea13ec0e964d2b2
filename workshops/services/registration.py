"""Registrations: who comes, and how they came on the list."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import audit
from operations.errors import Refused
from people.checks import allowed, words
from people.models import Membership, User
from people.names import is_protected
from people.policy import Capability
from workshops.models import Registration, Workshop


@transaction.atomic
def register(
    *,
    workshop: Workshop,
    user: User | None = None,
    name: str = "",
    state: str = Registration.State.ACCEPTED,
    origin: str = Registration.Origin.LIST,
    actor: User | None = None,
    over_capacity: bool = False,
    checked: bool = False,
    **facts: Any,
) -> Registration:
    """Put a person on the list, with an account (`user`) or without (`name`); again: the row that stands.

    `facts`: institution, post, audience, sex, language, phone, reason, replaces, and the id where it was made elsewhere.
    For people with an account, institution and sex are theirs unless given. `over_capacity`: they are in the room already.
    `checked`: the act that this is part of has asked already whether the actor may.
    Raises Refused where the workshop is cancelled, where there is no seat left, or where the actor may not.
    """
    if not checked:
        allowed(actor, Capability.MANAGE_COHORTS, workshop)
    held = Workshop.objects.select_for_update().get(pk=workshop.pk)
    if held.status == Workshop.Status.CANCELLED:
        raise Refused(_("This workshop is cancelled."), _("Choose another workshop."))
    if user is not None and (standing := _standing(held, user)) is not None:
        return standing
    if state in Registration.EXPECTED and not over_capacity and seats_left(held) <= 0:
        raise Refused(_("All seats are taken."), _("Put the person on the waiting list."))
    row = Registration.objects.create(
        workshop=held,
        number=(held.registrations.aggregate(newest=Max("number"))["newest"] or 0) + 1,
        state=state,
        origin=origin,
        created_by=actor,
        decided_at=timezone.now() if state == Registration.State.ACCEPTED else None,
        decided_by=actor if state == Registration.State.ACCEPTED else None,
        **_facts(user, name, facts),
    )
    audit.record_change(
        actor=actor,
        code="workshops.registered",
        obj=row,
        after={"workshop": held.code, "participant": row.number, "state": state},
        about=user,
        branch=held.organiser.path,
    )
    return row


def seats_left(workshop: Workshop) -> int:
    """Seats that nobody has been given. 1 query."""
    return workshop.capacity - workshop.registrations.filter(state__in=Registration.EXPECTED).count()


def _standing(workshop: Workshop, user: User) -> Registration | None:
    gone = [Registration.State.REFUSED, Registration.State.REPLACED, Registration.State.WITHDRAWN]
    return workshop.registrations.filter(user=user).exclude(state__in=gone).first()


def _facts(user: User | None, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    if user is None:
        return {**facts, "name": words(name, label=_("Name"), longest=300, required=True)}
    membership = Membership.objects.on().filter(user=user).select_related("institution").first()
    own = {
        "institution": membership.institution if membership else None,
        "post": membership.post if membership else "",
        "sex": user.sex,
        "language": user.language,
    }
    return {
        **own,
        **{key: value for key, value in facts.items() if value},
        "user": user,
        "name": user.display_name,
        "protected": is_protected(user),
    }
