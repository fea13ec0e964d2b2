"""What this room itself knows of a person, and what the libraries beside it know: sessions, second factors, e-mail
addresses, Wagtail's traces of authors."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.models import ModelLogEntry, PageLogEntry

from operations import clock
from operations import privacy as below
from operations.models import AuditEntry, Delivery, Job, Message, Preference
from people import audiences, privacy
from people.models import (
    Audience,
    Clearance,
    DataExport,
    ErasureRequest,
    Invitation,
    LoginCode,
    Membership,
    Merge,
    Protection,
    RoleGrant,
    Supervision,
    User,
)
from people.privacy import hand_back, hand_over, written
from people.retention import drop_exports
from people.services.sessions import end_sessions

# Who did something to others: it is handed over with the account, and becomes nobody's at erasure.
_DID: tuple[tuple[type[Model], str], ...] = (
    (LoginCode, "made_by"),
    (LoginCode, "confirmed_by"),
    (Invitation, "made_by"),
    (RoleGrant, "granted_by"),
    (Audience, "confirmed_by"),
    (Clearance, "granted_by"),
    (Protection, "set_by"),
    (ErasureRequest, "decided_by"),
    (Merge, "by"),
)
# What is about the person, and by which field; the rows of `_DID` come on top.
_ABOUT: tuple[tuple[str, type[Model], str], ...] = (
    ("memberships", Membership, "user"),
    ("audiences", Audience, "user"),
    ("roles", RoleGrant, "user"),
    ("protections", Protection, "user"),
    ("above", Supervision, "person"),
    ("below", Supervision, "supervisor"),
    *((f"{model.__name__}.{field}", model, field) for model, field in _DID),
)
# Rows of Wagtail that would keep the number of an account that is gone: its logs have no constraint.
_LOGS: tuple[type[Model], ...] = (PageLogEntry, ModelLogEntry)
# What a merge ends because both accounts have it, by the name under which it remembers that.
_ENDED: dict[str, type[Model]] = {model.__name__: model for model in (Membership, Audience, Supervision)}


def register() -> None:
    """Called once, from `AppConfig.ready`: for this room, then for the one below, which does not know this registry."""
    privacy.register(
        "people",
        label=_("Account"),
        export=export,
        erase=erase,
        move=move,
        back=back,
        remains=remains,
        hinders=hinders,
        covers=[
            *(Membership, Supervision, LoginCode, Invitation, ErasureRequest, Merge, DataExport),
            *(RoleGrant, Audience, Clearance, Protection),
        ],
        words=_WORDS,
    )
    privacy.register(
        "operations",
        label=_("Messages and changes"),
        export=below.export,
        erase=below.erase,
        move=below.move,
        back=below.back,
        remains=below.remains,
        covers=[Message, Delivery, Preference, Job, AuditEntry],
        words={
            "messages": _("Messages"),
            "trail": _("Rows of the audit trail"),
            "e-mails": _("E-mails"),
            "changes": _("Changes that concern you"),
            "created": _("Sent on"),
            "read": _("Read on"),
            "text": _("Text"),
            "when": _("When"),
            "what": _("What happened"),
            "quiet_from": _("No e-mail from"),
            "quiet_to": _("Until"),
        },
    )


_WORDS = {
    "account": _("What opens the account"),
    "username": _("Username"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "email": _("E-mail address"),
    "staff_number": _("Staff number"),
    "language": _("Language"),
    "sex": _("Sex"),
    "joined": _("Made on"),
    "seen": _("Last sign-in"),
    "institutions": _("Institutions"),
    "institution": _("Institution"),
    "memberships": _("Memberships of an institution"),
    "post": _("Post"),
    "since": _("From"),
    "until": _("Until"),
    "roles": _("Roles"),
    "role": _("Role"),
    "place": _("Held for"),
    "professions": _("Professions"),
    "profession": _("Profession"),
    "confirmed": _("Confirmed on"),
    "clearances": _("Clearances"),
    "reason": _("Reason"),
    "protections": _("Protection"),
    "pseudonyms": _("Pseudonyms"),
    "pseudonym": _("Pseudonym"),
    "kind": _("Kind"),
    "supervisors": _("Supervisors"),
    "supervised": _("People supervised"),
    "codes": _("Slips and codes"),
    "made": _("Made on"),
    "expires": _("Expires"),
    "used": _("Used on"),
    "withdrawn": _("Withdrawn on"),
    "invitations": _("Invitations sent"),
    "sessions": _("Where you are signed in"),
    "address": _("Address"),
    "browser": _("Browser"),
    "second_steps": _("Second steps at sign-in"),
    "exports": _("Copies of your data"),
    "asked": _("Asked on"),
    "merges": _("Accounts merged into this one"),
    "at": _("On"),
    "undone": _("Undone on"),
}


# --- export ---------------------------------------------------------------------------------------------------------


def export(user: User) -> dict[str, Any]:
    """The account and everything that hangs on it. Other people are not named."""
    words = dict(audiences.choices())
    return {
        "account": {
            "username": user.username,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "staff_number": user.staff_number,
            "language": user.language,
            "sex": str(user.get_sex_display()),
            "joined": written(user.date_joined),
            "seen": written(user.last_login),
        },
        "institutions": [
            {"institution": str(row.institution), "post": row.post, **_dates(row)}
            for row in Membership.objects.filter(user=user).select_related("institution").order_by("since")
        ],
        "roles": [
            {"role": str(row.get_role_display()), "place": str(row.institution or row.project or ""), **_dates(row)}
            for row in RoleGrant.objects.filter(user=user).select_related("institution", "project").order_by("since")
        ],
        "professions": [
            {
                "profession": words.get(row.audience, row.audience),
                "confirmed": written(row.confirmed_at),
                **_dates(row),
            }
            for row in Audience.objects.filter(user=user).order_by("since")
        ],
        "clearances": [
            {"reason": row.reason, **_dates(row)} for row in Clearance.objects.filter(user=user).order_by("since")
        ],
        "protections": [
            {"kind": str(row.get_kind_display()), "pseudonym": row.pseudonym, **_dates(row)}
            for row in Protection.objects.filter(user=user).order_by("since")
        ],
        "supervisors": [_dates(row) for row in Supervision.objects.filter(person=user).order_by("since")],
        "supervised": Supervision.objects.on().filter(supervisor=user).count(),
        "codes": [
            {
                "kind": str(row.get_purpose_display()),
                "made": written(row.created),
                "expires": written(row.expires),
                "used": written(row.used),
                "withdrawn": written(row.withdrawn),
            }
            for row in LoginCode.objects.filter(user=user).order_by("created")
        ],
        "invitations": [
            {"institution": str(row.institution), "made": written(row.created), "expires": written(row.expires)}
            for row in Invitation.objects.filter(made_by=user).select_related("institution").order_by("created")
        ],
        "sessions": [
            {"address": row.ip, "browser": row.user_agent, "seen": written(row.last_seen_at)}
            for row in UserSession.objects.filter(user=user).order_by("created_at")
        ],
        "second_steps": [
            {"kind": str(row.get_type_display()), "made": written(row.created_at), "used": written(row.last_used_at)}
            for row in Authenticator.objects.filter(user=user).order_by("created_at")
        ],
        "exports": [{"asked": written(row.asked)} for row in DataExport.objects.filter(user=user).order_by("asked")],
        "merges": [
            {"at": written(row.at), "undone": written(row.undone)}
            for row in Merge.objects.filter(kept=user).order_by("at")
        ],
    }


def _dates(row: Any) -> dict[str, str | None]:
    return {"since": written(row.since), "until": written(row.until)}


# --- erasure --------------------------------------------------------------------------------------------------------


def erase(user: User) -> dict[str, int]:
    """End sessions; let memberships stay without the person and the post, and pseudonyms so that nobody else gets them;
    delete the rest but the account itself, which goes last (`people.services.erasure`)."""
    today = clock.today()
    sessions = end_sessions(user=user)
    places = Membership.objects.filter(user=user)
    places.filter(Q(until=None) | Q(until__gt=today), since__lte=today).update(until=today)
    places.filter(since__gt=today).delete()
    protections = Protection.objects.filter(user=user)
    protections.filter(Q(until=None) | Q(until__gt=today)).update(until=today)
    for model, field in _DID:
        model._base_manager.filter(**{field: user.pk}).update(**{field: None})
    for model in _LOGS:
        model._base_manager.filter(user=user.pk).update(user=None)
    exports = drop_exports(list(DataExport.objects.filter(user=user)))
    counts = {
        "memberships": places.update(user=None, post=""),
        "pseudonyms": protections.update(user=None, word=""),
        "sessions": sessions,
        "exports": exports,
    }
    for name, rows in (
        ("roles", RoleGrant.objects.filter(user=user)),
        ("professions", Audience.objects.filter(user=user)),
        ("clearances", Clearance.objects.filter(user=user)),
        ("supervisors", Supervision.objects.filter(Q(person=user) | Q(supervisor=user))),
        ("codes", LoginCode.objects.filter(user=user)),
        ("second_steps", Authenticator.objects.filter(user=user)),
    ):
        counts[name] = rows.delete()[0]
    EmailAddress.objects.filter(user=user).delete()
    return counts


def remains(user: User) -> dict[str, int]:
    return {
        "memberships": Membership.objects.filter(user=user, since__lte=clock.today()).count(),
        "pseudonyms": Protection.objects.filter(user=user).count(),
    }


# --- merging --------------------------------------------------------------------------------------------------------


def hinders(source: User, target: User) -> str:
    if not target.is_active:
        return _now("The account that would be kept is closed. Open it first, or keep the other one.")
    if RoleGrant.objects.filter(_lasting(), user=source).exists():
        return _now("The account that would go holds a role. End it first, or keep that account.")
    if Protection.objects.filter(_lasting(), user=source).exists():
        return _now("The account that would go is protected. Keep that account instead.")
    if Merge.objects.filter(merged__in=[source, target], undone=None).exists():
        return _now("One of the accounts has been merged with another one already.")
    if ErasureRequest.objects.filter(user__in=[source, target], status=ErasureRequest.Status.ASKED).exists():
        return _now("The erasure of one of the accounts was asked for. Deal with that first.")
    return ""


def _lasting(day: dt.date | None = None) -> Q:
    return Q(until=None) | Q(until__gt=day or clock.today())


def move(source: User, target: User) -> dict[str, Any]:
    """Give to `target` what is about the person. What opens an account (password, e-mail address, second factors, codes)
    and clearances stay behind with an account that is closed; open codes are withdrawn."""
    now, today = timezone.now(), clock.today()
    moved: dict[str, Any] = {"active": source.is_active, "staff_number": None}
    if source.staff_number and not target.staff_number:
        moved["staff_number"] = number = source.staff_number
        _number(source, None)
        _number(target, number)
    open_codes = LoginCode.objects.filter(user=source, used=None, withdrawn=None, expires__gt=now)
    moved["codes"] = [str(pk) for pk in open_codes.values_list("pk", flat=True)]
    LoginCode.objects.filter(pk__in=moved["codes"]).update(withdrawn=now)
    moved["ended"] = [
        *_end_twice(Membership.objects.filter(user=source), Membership.objects.filter(user=target), "institution_id"),
        *_end_twice(Audience.objects.filter(user=source), Audience.objects.filter(user=target), "audience"),
    ]
    above = Supervision.objects.filter(person=source).exclude(supervisor=target)
    if Supervision.objects.filter(_lasting(), person=target).exists():
        moved["ended"] += _end(above.filter(_lasting()), today)
    between = Q(person=source, supervisor=target) | Q(person=target, supervisor=source)  # nobody supervises themselves
    for name, model, field in _ABOUT:
        rows = model._base_manager.filter(**{field: source.pk})
        moved[name] = hand_over(rows.exclude(between) if model is Supervision else rows, field, target)
    User.objects.filter(pk=source.pk).update(is_active=False)
    source.is_active = False
    end_sessions(user=source)
    return moved


def _end_twice(mine: Any, theirs: Any, by: str) -> list[Any]:
    """End what both have open: one person belongs to a place once."""
    both = theirs.filter(_lasting()).values(by)
    return _end(mine.filter(_lasting(), **{f"{by}__in": both}), clock.today())


def _end(rows: Any, today: dt.date) -> list[Any]:
    ended = []
    for row in rows:
        ended.append([type(row).__name__, row.pk, written(row.until)])
        type(row)._base_manager.filter(pk=row.pk).update(until=max(today, row.since))
    return ended


def _number(user: User, number: str | None) -> None:
    user.staff_number = number
    user.save(update_fields=["staff_number"])


def back(moved: Any, source: User, target: User) -> None:
    """Undo `move`: the rows as they were, the account open if it was; sessions stay ended."""
    for name, model, field in _ABOUT:
        hand_back(model, field, moved[name], source, target)
    for name, pk, until in moved["ended"]:
        _ENDED[name]._base_manager.filter(pk=pk).update(until=until)
    LoginCode.objects.filter(pk__in=moved["codes"], user=source).update(withdrawn=None)
    if moved["staff_number"] and target.staff_number == moved["staff_number"]:
        _number(target, None)
        _number(source, moved["staff_number"])
    User.objects.filter(pk=source.pk).update(is_active=moved["active"])
    source.is_active = moved["active"]
