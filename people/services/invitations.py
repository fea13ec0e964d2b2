"""Invitations to open an account: for one person by e-mail, or for a number of people by a code."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.audit import record_change
from operations.errors import Refused
from people.checks import allowed, open_institution, words
from people.codes import digest, new_code, parse
from people.models import Institution, Invitation, User
from people.policy import Capability
from people.queries.codes import invitation_for
from people.services.memberships import join
from people.services.roles import confirm_audience, known_audience

MOST_USES = 200
MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation and its code, which is shown once."""

    row: Invitation
    code: str


@transaction.atomic
def invite(
    *,
    institution: Institution,
    actor: User | None,
    email: str = "",
    uses: int = 1,
    days: int = 30,
    audience: str = "",
    post: str = "",
) -> Invited:
    """Make an invitation to an institution of the actor's branch. With an e-mail address it is for one person.

    uses: 1–200 people. days: 1–90 until it expires. Raises Refused.
    """
    allowed(actor, Capability.MANAGE_PEOPLE, institution)
    open_institution(institution)
    email = email.strip().lower()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise Refused(_("This is not an e-mail address."), _("Correct it, or leave it empty.")) from None
        uses = 1
    if not 1 <= uses <= MOST_USES:
        raise Refused(_("An invitation is for 1 to %(most)d people.") % {"most": MOST_USES}, _("Change the number."))
    if not 1 <= days <= MOST_DAYS:
        raise Refused(_("An invitation holds for 1 to %(most)d days.") % {"most": MOST_DAYS}, _("Change the number."))
    if audience:
        known_audience(audience)
    post = words(post, label=_("Post"), longest=120)
    text = new_code()
    row = Invitation.objects.create(
        digest=digest("invitation", parse(text) or ""),
        email=email,
        institution=institution,
        audience=audience,
        post=post,
        uses_left=uses,
        made_by=actor,
        expires=timezone.now() + dt.timedelta(days=days),
    )
    record_change(
        actor=actor,
        code="people.invitation-made",
        obj=row,
        after={"institution": institution.code, "uses": uses, "expires": row.expires},
    )
    return Invited(row, text)


def send_invitation(*, invited: Invited, link: str) -> None:
    """Write to the person, once the invitation is kept: neutral words, the link, and the code for typing it."""
    row = invited.row
    if not row.email:
        return
    values = {"link": link, "code": invited.code, "expires": row.expires}
    message = EmailMessage(
        subject=_("An invitation"),
        body=render_to_string("people/mail/invitation.txt", values),
        to=[row.email],
    )
    transaction.on_commit(message.send)


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, actor: User | None) -> None:
    """Take an invitation back; accounts opened with it stay. Raises Refused."""
    allowed(actor, Capability.MANAGE_PEOPLE, invitation.institution)
    changed = Invitation.objects.filter(pk=invitation.pk, withdrawn=None).update(withdrawn=timezone.now())
    if changed:
        record_change(
            actor=actor,
            code="people.invitation-withdrawn",
            obj=invitation,
            after={"institution": invitation.institution.code},
        )


def open_invitation(text: str) -> Invitation:
    """The invitation that a code says, while it can be used. Raises Refused with the reason."""
    row = invitation_for(text)
    if row is None:
        raise Refused(
            _("This is not the code of an invitation to this service."),
            _("Compare it with what you were given, sign by sign, or ask for a new invitation."),
        )
    again = _("Ask whoever invited you for a new invitation.")
    if row.withdrawn is not None:
        raise Refused(_("This invitation has been withdrawn."), again)
    if row.expires <= timezone.now():
        raise Refused(_("This invitation has expired."), again)
    if row.uses_left < 1:
        raise Refused(_("This invitation has been used already."), again)
    if row.institution.closed is not None:
        raise Refused(_("This invitation has been withdrawn."), again)
    return row


@transaction.atomic
def redeem_invitation(*, text: str, user: User) -> Invitation:
    """Let somebody who has just opened an account arrive where the invitation says: membership, audience confirmed.

    The last place is given once, however many ask at the same time. Raises Refused.
    """
    row = open_invitation(text)
    now = timezone.now()
    taken = Invitation.objects.filter(pk=row.pk, uses_left__gt=0, withdrawn=None, expires__gt=now)
    if not taken.update(uses_left=F("uses_left") - 1):
        raise Refused(_("This invitation has been used already."), _("Ask whoever invited you for a new invitation."))
    join(user=user, institution=row.institution, post=row.post)
    if row.audience:
        confirm_audience(user=user, audience=row.audience)
    record_change(actor=user, code="people.invitation-used", obj=row, after={"institution": row.institution.code})
    return row
