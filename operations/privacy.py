"""What this room knows of a person: to be given to them, erased at their request, moved when two accounts become one.

The room stands below `people`, whose registry takes these functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from operations import audit, deliveries, notify
from operations.models import AuditEntry, Delivery, Job, Message, Preference


def export(user: AbstractBaseUser) -> dict[str, Any]:
    """Messages, wishes and changes that concern the person, in the active language. Who looked is not told."""
    wish = deliveries.preference_of(user)
    changes = AuditEntry.objects.filter(about_id=user.pk, look=False).order_by("when")
    return {
        "messages": [
            {
                "created": message.created.isoformat(),
                "read": message.read.isoformat() if message.read else None,
                "text": notify.sentence(message),
            }
            for message in notify.inbox(user)
        ],
        "e-mails": {
            "when": str(wish.get_mode_display()),
            "quiet_from": wish.quiet_from.isoformat("minutes"),
            "quiet_to": wish.quiet_to.isoformat("minutes"),
        },
        "changes": [{"when": entry.when.isoformat(), "what": audit.sentence(entry)} for entry in changes],
    }


@transaction.atomic
def erase(user: AbstractBaseUser) -> dict[str, int]:
    """Delete messages and wishes; rows of the audit trail stay, without the person. Returns how many of each."""
    messages, _details = Message.objects.filter(recipient_id=user.pk).delete()
    Message.objects.filter(actor_id=user.pk).update(actor=None)
    Delivery.objects.filter(recipient_id=user.pk).delete()
    Preference.objects.filter(person_id=user.pk).delete()
    Job.objects.filter(asked_by_id=user.pk).update(asked_by=None)
    rows = AuditEntry._base_manager  # the only writers that may change a row, as deleting the account does
    rows.filter(object_kind=user._meta.label_lower, object_id=str(user.pk)).update(object_id="")
    about = rows.filter(about_id=user.pk).update(about=None, reason="")
    acted = rows.filter(actor_id=user.pk).update(actor=None)
    notify.unread_changed.send(Message, person_id=user.pk)
    return {"messages": messages, "trail": about + acted}


@transaction.atomic
def move(source: AbstractBaseUser, target: AbstractBaseUser) -> dict[str, list[Any]]:
    """Give the messages of one account to another, and rows about it or of what it did. Returns what was moved, for
    `back`."""
    known = Message.objects.filter(recipient_id=target.pk, key__isnull=False).values("key")
    messages = Message.objects.filter(recipient_id=source.pk).exclude(key__isnull=False, key__in=known)
    rows = AuditEntry._base_manager.filter(about_id=source.pk)
    moved: dict[str, list[Any]] = {
        "messages": [str(pk) for pk in messages.values_list("pk", flat=True)],
        "trail": list(rows.values_list("pk", flat=True)),
        "acted": list(AuditEntry._base_manager.filter(actor_id=source.pk).values_list("pk", flat=True)),
        "told": [str(pk) for pk in Message.objects.filter(actor_id=source.pk).values_list("pk", flat=True)],
        "jobs": [str(pk) for pk in Job.objects.filter(asked_by_id=source.pk).values_list("pk", flat=True)],
    }
    Delivery.objects.filter(recipient_id=source.pk, state=Delivery.State.WAITING).delete()
    Message.objects.filter(pk__in=moved["messages"]).update(recipient=target.pk)
    rows.update(about=target.pk)
    AuditEntry._base_manager.filter(pk__in=moved["acted"]).update(actor=target.pk)
    Message.objects.filter(pk__in=moved["told"]).update(actor=target.pk)
    Job.objects.filter(pk__in=moved["jobs"]).update(asked_by=target.pk)
    _count(source, target)
    return moved


@transaction.atomic
def back(ids: Mapping[str, list[Any]], source: AbstractBaseUser, target: AbstractBaseUser) -> None:
    """Undo `move`. What was deleted meanwhile stays deleted."""
    Message.objects.filter(pk__in=ids.get("messages", ()), recipient_id=target.pk).update(recipient=source.pk)
    AuditEntry._base_manager.filter(pk__in=ids.get("trail", ()), about_id=target.pk).update(about=source.pk)
    AuditEntry._base_manager.filter(pk__in=ids.get("acted", ()), actor_id=target.pk).update(actor=source.pk)
    Message.objects.filter(pk__in=ids.get("told", ()), actor_id=target.pk).update(actor=source.pk)
    Job.objects.filter(pk__in=ids.get("jobs", ()), asked_by_id=target.pk).update(asked_by=source.pk)
    _count(source, target)


def _count(*people: AbstractBaseUser) -> None:
    for person in people:
        notify.unread_changed.send(Message, person_id=person.pk)


def remains(user: AbstractBaseUser) -> dict[str, int]:
    """Rows of the audit trail: they stay, without the person."""
    rows = AuditEntry.objects.filter(Q(about_id=user.pk) | Q(actor_id=user.pk))
    return {"trail": rows.count()}
