"""What all services of the room ask first."""

from __future__ import annotations

import datetime as dt
import unicodedata

from django.db.models import Model
from django.utils.translation import gettext as _

from operations import clock
from operations.errors import Refused
from people import access
from people.models import Institution, User
from people.policy import Capability

EARLIEST = dt.date(1960, 1, 1)
AHEAD = dt.timedelta(days=366)
BACK = dt.timedelta(days=31)  # figures older than that have been given to somebody


def allowed(actor: User | None, capability: Capability, thing: Model | None) -> None:
    """Raises Refused where the policy does not let `actor` do this to `thing`. The machine (None) is not asked."""
    if actor is not None and not access.can(actor, capability, thing):
        raise Refused(
            _("Your role does not allow this here."), _("Ask the manager of the branch concerned, or an administrator.")
        )


def administrators_only(actor: User | None) -> None:
    """Raises Refused for everybody but administrators and the machine."""
    if actor is not None and not access.is_administrator(actor):
        raise Refused(_("Only an administrator may do this."), _("Ask an administrator."))


def words(text: str, *, label: str, longest: int, required: bool = False) -> str:
    """One line of text, with single spaces. Raises Refused, naming the field, for anything that cannot be kept."""
    clean = " ".join(str(text).split())
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} for sign in clean):
        raise Refused(_("“%(field)s” holds signs that cannot be kept.") % {"field": label}, _("Type it again."))
    if any(sign in clean for sign in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"):
        raise Refused(_("“%(field)s” holds signs that cannot be kept.") % {"field": label}, _("Type it again."))
    if len(clean) > longest:
        raise Refused(
            _("“%(field)s” is too long: at most %(count)d letters.") % {"field": label, "count": longest},
            _("Shorten it."),
        )
    if required and not clean:
        raise Refused(_("“%(field)s” is missing.") % {"field": label}, _("Fill it in."))
    return clean


def sane_day(day: dt.date | None) -> dt.date:
    """The day meant, today where none is given. Raises Refused for one that cannot be meant."""
    today = clock.today()
    day = day or today
    if day < EARLIEST:
        raise Refused(_("This date lies too far in the past."), _("Correct the year."))
    if day > today + AHEAD:
        raise Refused(_("This date lies more than a year ahead."), _("Choose a nearer date."))
    return day


def day_of_change(day: dt.date | None, *, actor: User | None) -> dt.date:
    """The day on which somebody left a place, today where none is given. Raises Refused for one that cannot be meant,
    and for one that would change the figures of past months, but for administrators and the machine."""
    day = sane_day(day)
    if day < clock.today() - BACK and actor is not None and not access.is_administrator(actor):
        raise Refused(
            _("This date lies more than a month back: the figures of past months would change."),
            _("Choose a later date, or ask an administrator."),
        )
    return day


def open_institution(institution: Institution) -> None:
    """Raises Refused where nobody can be put there any more."""
    if institution.closed is not None:
        raise Refused(
            _("“%(institution)s” is closed.") % {"institution": institution}, _("Choose an institution that is open.")
        )
