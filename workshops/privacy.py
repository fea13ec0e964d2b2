"""What this room knows of a person: where they were on a list, attendance, tests, what they led, how they were observed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from people import privacy, retention
from people.models import User
from people.privacy import hand_back, hand_over, written
from workshops.models import (
    Allowance,
    Counted,
    Facilitator,
    HeadCount,
    Letter,
    Mark,
    Observation,
    Outcome,
    Presence,
    Registration,
    Sheet,
    SurveyAnswer,
    SurveyReceipt,
    TestSitting,
    Workshop,
)
from workshops.rules import STANDING
from workshops.services.packs import name_of

# Who did something to what is not theirs: given to the account that is kept, empty once the account is gone.
_ACTED: tuple[tuple[type[Model], str], ...] = (
    (Workshop, "created_by"),
    (Workshop, "closed_by"),
    (Letter, "created_by"),
    (Registration, "created_by"),
    (Registration, "decided_by"),
    (Mark, "by"),
    (HeadCount, "by"),
    (Sheet, "by"),
    (TestSitting, "by"),
    (Outcome, "by"),
    (Observation, "observer"),
    (Observation, "trainer"),
    (Registration, "user"),
)


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    privacy.register(
        "workshops",
        label=_("Workshops"),
        export=export,
        erase=erase,
        move=move,
        back=back,
        remains=remains,
        hinders=hinders,
        covers=[
            Workshop,
            Facilitator,
            Letter,
            Registration,
            Mark,
            Presence,
            HeadCount,
            Sheet,
            TestSitting,
            SurveyAnswer,
            SurveyReceipt,
            Outcome,
            Allowance,
            Observation,
            Counted,
        ],
        words={
            "registrations": _("Workshops you were on the list of"),
            "led": _("Workshops you led"),
            "observations": _("Observations of your teaching"),
            "tests": _("Tests before and after"),
            "sessions": _("Attendance"),
            "allowances": _("Allowances"),
            "workshop": _("Workshop"),
            "title": _("Title"),
            "number": _("Participant number"),
            "name": _("Name"),
            "institution": _("Institution"),
            "post": _("Post"),
            "telephone": _("Telephone"),
            "state": _("State"),
            "reason": _("Reason"),
            "day": _("Day"),
            "presence": _("Presence"),
            "came": _("Came at"),
            "left": _("Left at"),
            "moment": _("Before or after"),
            "points": _("Share reached"),
            "part": _("Part"),
            "first_day": _("First day"),
            "last_day": _("Last day"),
            "amount": _("Amount"),
            "letter": _("Letter"),
            "scores": _("Scores"),
            "strengths": _("Strengths"),
            "next_steps": _("Next steps"),
            "reply": _("Reply"),
            "given": _("Given on"),
        },
    )
    retention.register("allowances", _forget_allowances)
    retention.register("support-contacts", _forget_contacts)
    retention.register("names-without-account", _forget_names)


# --- giving -----------------------------------------------------------------------------------------------------------


def export(user: User) -> dict[str, Any]:
    rows = (
        Registration.objects.filter(user=user)
        .select_related("workshop", "institution", "letter")
        .prefetch_related("marks__session", "sittings", "allowances")
        .order_by("workshop__starts", "number")
    )
    led = Facilitator.objects.filter(user=user).select_related("workshop").order_by("workshop__starts")
    observed = Observation.objects.filter(trainer=user, given__isnull=False).order_by("given")
    return {
        "registrations": [_registration(row) for row in rows],
        "led": [
            {
                "workshop": row.workshop.code,
                "title": row.workshop.title,
                "part": str(row.get_part_display()),
                "first_day": written(row.workshop.starts),
                "last_day": written(row.workshop.ends),
            }
            for row in led
        ],
        "observations": [
            {
                "scores": [
                    f"{criterion}: {score.get('level', '–')}" if isinstance(score, Mapping) else str(criterion)
                    for criterion, score in row.scores.items()
                ],
                "strengths": row.strengths,
                "next_steps": row.next_steps,
                "reply": row.reply,
                "given": written(row.given),
            }
            for row in observed
        ],
    }


def _registration(row: Registration) -> dict[str, Any]:
    return {
        "workshop": row.workshop.code,
        "title": row.workshop.title,
        "first_day": written(row.workshop.starts),
        "last_day": written(row.workshop.ends),
        "number": row.number,
        "name": row.name,
        "institution": str(row.institution) if row.institution else None,
        "post": row.post,
        "telephone": row.phone,
        "state": str(row.get_state_display()),
        "reason": row.reason,
        "letter": row.letter.number if row.letter else None,
        "sessions": [
            {
                "day": written(mark.session.day),
                "presence": str(mark.get_status_display()),
                "came": mark.arrived.isoformat("minutes") if mark.arrived else None,
                "left": mark.left.isoformat("minutes") if mark.left else None,
                "reason": mark.reason,
            }
            for mark in row.marks.all()
        ],
        "tests": [
            {"moment": str(sitting.get_moment_display()), "points": [float(share) for share in sitting.points.values()]}
            for sitting in row.sittings.all()
        ],
        "allowances": [{"day": written(paid.day), "amount": float(paid.amount)} for paid in row.allowances.all()],
    }


# --- erasing ----------------------------------------------------------------------------------------------------------


def erase(user: User) -> dict[str, int]:
    """Take the name, the post and what was written away; who was there stays, as a number. Answers to tests go, the
    shares reached stay for the figures of the group."""
    rows = list(Registration.objects.select_for_update().filter(user=user).select_related("workshop"))
    today = timezone.localdate()
    for row in rows:
        if row.state in STANDING and row.workshop.ends >= today:
            row.state = Registration.State.WITHDRAWN
        row.user, row.name, row.post, row.phone, row.reason, row.protected = None, "", "", "", "", False
    Registration.objects.bulk_update(rows, ["user", "name", "post", "phone", "reason", "protected", "state"])
    Mark.objects.filter(registration__in=rows).exclude(reason="").update(reason="")
    TestSitting.objects.filter(registration__in=rows).update(answers={}, versions={})
    for row in rows:  # a pack that was made has the name in it; it can be made again
        transaction.on_commit(partial(default_storage.delete, name_of(row.workshop)))
    led = Facilitator.objects.filter(user=user).update(user=None)
    observed, _details = Observation.objects.filter(trainer=user).delete()
    for model, field in _ACTED:
        model._base_manager.filter(**{field: user}).update(**{field: None})
    return {"registrations": len(rows), "led": led, "observations": observed}


def remains(user: User) -> dict[str, int]:
    return {"registrations": Registration.objects.filter(user=user).count()}


# --- two accounts become one ------------------------------------------------------------------------------------------


def hinders(source: User, target: User) -> str:
    both = Registration.objects.filter(user=source, state__in=STANDING).filter(
        workshop__in=Registration.objects.filter(user=target, state__in=STANDING).values("workshop")
    )
    if (row := both.select_related("workshop").first()) is not None:
        return _now("Both accounts are on the list of workshop %(code)s. One of them is taken off first.") % {
            "code": row.workshop.code
        }
    mine = Observation.objects.filter(trainer=source).values("session", "observer")
    theirs = {tuple(pair.values()) for pair in Observation.objects.filter(trainer=target).values("session", "observer")}
    if any(tuple(pair.values()) in theirs for pair in mine if pair["session"]):
        return _now("Both accounts were observed by the same person in the same session.")
    return ""


def move(source: User, target: User) -> dict[str, Any]:
    """Give everything to `target`; where both lead the same workshop, the second row stays behind."""
    moved = {f"{model._meta.model_name}.{field}": _given(model, field, source, target) for model, field in _ACTED}
    led = Facilitator.objects.filter(user=source).exclude(
        workshop__in=Facilitator.objects.filter(user=target).values("workshop")
    )
    return {**moved, "facilitator.user": hand_over(led, "user", target)}


def _given(model: type[Model], field: str, source: User, target: User) -> list[Any]:
    rows: QuerySet[Any] = model._base_manager.filter(**{field: source})
    return hand_over(rows, field, target)


def back(moved: Any, source: User, target: User) -> None:
    models = {model._meta.model_name: model for model, _field in _ACTED} | {"facilitator": Facilitator}
    for name, ids in moved.items():
        model, _dot, field = name.partition(".")
        hand_back(models[model], field, ids, source, target)


# --- terms ------------------------------------------------------------------------------------------------------------


def _forget_allowances(before: dt.datetime) -> int:
    return Allowance.objects.filter(registration__workshop__ends__lt=before.date()).delete()[0]


def _forget_contacts(before: dt.datetime) -> int:
    over = Workshop.objects.filter(ends__lt=before.date()).exclude(support_contact="")
    return over.update(support_contact="")


def _forget_names(before: dt.datetime) -> int:
    """What says who somebody without an account was goes; number, institution, audience and sex stay for the counts.

    The term begins when the workshop was over, written down and closed: an old one that is typed in later keeps its list.
    """
    over = Registration.objects.filter(user__isnull=True, workshop__ends__lt=before.date(), created__lt=before)
    over = over.filter(Q(workshop__closed_at__isnull=True) | Q(workshop__closed_at__lt=before))
    named = over.exclude(name="", post="", phone="", reason="")
    rows = list(named.values_list("pk", "workshop"))
    Mark.objects.filter(registration__in=over).exclude(reason="").update(reason="")
    workshops = Workshop.objects.filter(pk__in={workshop for _pk, workshop in rows})
    for workshop in workshops:  # a pack that was made has the names in it
        transaction.on_commit(partial(default_storage.delete, name_of(workshop)))
    return Registration.objects.filter(pk__in=[pk for pk, _workshop in rows]).update(
        name="", post="", phone="", reason=""
    )
