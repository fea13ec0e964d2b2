"""Messages: what a person is told, in their inbox and, as they wish, by e-mail, once or not at all.

A room says in `AppConfig.ready` how its kinds of message read, and tells people in the transaction of the change:

    notify.register("certificates.issued", subject=_("Certificate"), body=_("Your certificate for %(code)s is ready."))

    notify.notify(person, "certificates.issued", context={"code": "K1"}, url="/fr/certificates/", key=f"issued {id}")

A phone may be searched on the road: a message names a course by its code, never by its subject, and an e-mail says no
more than the message.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from operations import deliveries
from operations.models import Message
from operations.prepared import insert

LONGEST = 200  # characters of one value in a message

# Sent in the transaction in which the number of unread messages changes: person_id.
unread_changed = Signal()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that goes with an e-mail: a calendar entry. `parameters`: of its content type."""

    name: str
    content: str
    subtype: str
    parameters: Mapping[str, str] = field(default_factory=dict)


Attach = Callable[[Message], Iterable[Attachment]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of message reads."""

    subject: str | Promise
    body: str | Promise
    urgent: bool
    words: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    attach: Attach | None = None


_ANY = gettext_lazy("Message")
_kinds: dict[str, Kind] = {}
Names = Callable[[Iterable[Any], Any], Mapping[Any, str]]  # (people, viewer): the name for each primary key
_names: list[Names] = []


def register(
    kind: str,
    *,
    body: str | Promise,
    subject: str | Promise = _ANY,
    urgent: bool = False,
    words: Mapping[str, Callable[[Any], Any]] | None = None,
    attach: Attach | None = None,
) -> None:
    """Say how a kind of message reads.

    kind: "room.what", at most 64 characters. body: a whole gettext_lazy sentence or two; it may name the values of the
    context, and `%(actor)s`. subject: a word or two above it in the inbox, without values (the subject of an e-mail
    never says what it is about). urgent: the e-mail goes out at once, in quiet hours too, except to people who want
    none. words: for values that are codes, what each reads as in the active language. attach: what goes with the e-mail
    about such a message, asked when it is written; its names and words are as discreet as the message's.
    """
    _kinds[kind] = Kind(subject, body, urgent, words or {}, attach)


def register_names(names: Names) -> None:
    """Say who knows how people are called: `names(people, viewer)` gives the name for each primary key."""
    _names[:] = [names]


def kinds() -> dict[str, Kind]:
    """Every kind of message."""
    return dict(_kinds)


# --- telling --------------------------------------------------------------------------------------------------------


@transaction.atomic
def notify(
    person: AbstractBaseUser,
    kind: str,
    *,
    context: Mapping[str, Any] | None = None,
    url: str = "",
    key: str | None = None,
    actor: AbstractBaseUser | None = None,
) -> Message | None:
    """Put a message into a person's inbox, and into an e-mail if they want one, once the transaction commits.

    context: plain values and dates that the kind's words name. url: a path of this site to which the message leads.
    key: names the news for this person: the same is not told twice. actor: who did it; nobody is told what they did
    themselves. Returns the message, the earlier one where the key is known, None where there is nobody to tell.
    Raises LookupError for an unknown kind, ValueError for a url that leads away or a context that is not plain.
    """
    known = _kinds.get(kind)
    if known is None:
        raise LookupError(f"The kind of message “{kind}” has no words: register it in AppConfig.ready.")
    plain = _plain(context or {})
    if url and not (
        url.startswith("/") and len(url) <= 300 and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    ):
        raise ValueError("A message leads to a path of this site.")
    if not person.is_active or (actor is not None and actor.pk == person.pk):
        return None
    values = {"kind": kind, "context": plain, "url": url, "actor_id": actor.pk if actor is not None else None}
    if key is None:
        message = Message.objects.create(recipient_id=person.pk, **values)
    else:
        message = Message(recipient_id=person.pk, key=key[:128], **values)
        if not insert([message], unique=["recipient", "key"]):
            return Message.objects.get(recipient_id=person.pk, key=key[:128])
    deliveries.plan(message, person, urgent=known.urgent)
    unread_changed.send(Message, person_id=person.pk)
    return message


def _plain(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context as JSON: texts on one line, days and moments marked as such."""
    plain: dict[str, Any] = {}
    for name, value in context.items():
        if isinstance(value, datetime | date):
            plain[name] = {"at" if isinstance(value, datetime) else "on": value.isoformat()}
        elif isinstance(value, str):
            plain[name] = _one_line(value)
        elif value is None or isinstance(value, bool | int | float):
            plain[name] = value
        elif isinstance(value, Promise | Mapping | list | tuple | set | bytes):
            raise ValueError(f"“{name}” is not a plain value.")
        else:
            try:
                plain[name] = json.loads(json.dumps(value, cls=DjangoJSONEncoder))
            except TypeError as error:
                raise ValueError(f"“{name}” is not a plain value.") from error
    return plain


def _one_line(text: str) -> str:
    """No control characters nor signs that turn the direction of what follows; nothing endless."""
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    kept = "".join(sign for sign in kept if sign not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    kept = " ".join(kept.split())
    return kept if len(kept) <= LONGEST else kept[: LONGEST - 1] + "…"


# --- reading --------------------------------------------------------------------------------------------------------


def inbox(person: AbstractBaseUser) -> QuerySet[Message]:
    """A person's messages, newest first, with who acted. 1 query."""
    found = Message.objects.filter(recipient_id=person.pk, deleted=None)
    return found.select_related("actor").order_by("-created", "-pk")


def unread(person_id: Any) -> int:
    """How many messages a person has not read. 1 query."""
    return Message.objects.filter(recipient_id=person_id, read=None, deleted=None).count()


def names_of_actors(messages: Iterable[Message], viewer: AbstractBaseUser) -> Mapping[Any, str]:
    """How those who acted are called, by primary key. As many queries as the naming costs, whatever the number."""
    actors = {message.actor_id: message.actor for message in messages if message.actor is not None}
    return _names[0](list(actors.values()), viewer) if actors and _names else {}


def heading(message: Message) -> str:
    """The word or two above the sentence, in the active language."""
    kind = _kinds.get(message.kind)
    return str(kind.subject) if kind is not None else str(_ANY)


def attachments(message: Message) -> list[Attachment]:
    """What goes with the e-mail about a message."""
    kind = _kinds.get(message.kind)
    return list(kind.attach(message)) if kind is not None and kind.attach is not None else []


def sentence(message: Message, *, actor: str = "") -> str:
    """What the message says, in the active language. actor: the name to show for who acted."""
    kind = _kinds.get(message.kind)
    if kind is None:  # written by a version that knew more
        return _("This message cannot be shown by this version of the site.")
    values: dict[str, Any] = {name: _shown(kind, name, value) for name, value in message.context.items()}
    values["actor"] = actor or _("a person in charge")
    return str(kind.body) % _Lenient(values)


def _shown(kind: Kind, name: str, value: Any) -> Any:
    if isinstance(value, dict):
        try:
            if "on" in value:
                return date_format(date.fromisoformat(value["on"]), "DATE_FORMAT")
            at = datetime.fromisoformat(value["at"])
        except (KeyError, ValueError):
            return "…"
        at = timezone.localtime(at) if timezone.is_aware(at) else at
        return pgettext("a day and an hour", "%(day)s, %(hour)s") % {
            "day": date_format(at, "DATE_FORMAT"),
            "hour": date_format(at, "TIME_FORMAT"),
        }
    if name in kind.words:
        try:
            return kind.words[name](value)
        except (ValueError, LookupError):  # written by a version with other values
            return value
    return value


class _Lenient(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "…"


# --- what a reader does ---------------------------------------------------------------------------------------------


@transaction.atomic
def mark_read(*, message: Message) -> None:
    """Note that the message was read; the first time counts."""
    if Message.objects.filter(pk=message.pk, read=None).update(read=timezone.now()):
        unread_changed.send(Message, person_id=message.recipient_id)


@transaction.atomic
def mark_all_read(*, person: AbstractBaseUser) -> int:
    """Note that everything in the inbox was read; returns how many messages were not yet."""
    count = Message.objects.filter(recipient_id=person.pk, read=None, deleted=None).update(read=timezone.now())
    if count:
        unread_changed.send(Message, person_id=person.pk)
    return count


@transaction.atomic
def delete_message(*, message: Message) -> None:
    """Take a message out of its reader's inbox. What it said is gone; that it was told is remembered."""
    now = timezone.now()
    Message.objects.filter(pk=message.pk, deleted=None).update(deleted=now, context={}, url="", actor=None)
    unread_changed.send(Message, person_id=message.recipient_id)
