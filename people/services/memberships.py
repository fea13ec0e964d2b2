"""Who belongs where, from when to when; accounts made, changed, closed and opened again by those who answer for them."""

from __future__ import annotations

import datetime as dt
import secrets

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.audit import record_change
from operations.errors import Refused
from operations.notify import notify
from people.checks import allowed, day_of_change, open_institution, sane_day, words
from people.models import Institution, Membership, Protection, RoleGrant, Supervision, User
from people.models.accounts import STAFF_NUMBER, Sex
from people.policy import Capability
from people.queries.accounts import login_name_is_taken, staff_number_of
from people.services.roles import keep_an_administrator, known_audience, read_anew, write_confirmed

# Letters and digits that cannot be taken for each other, on paper or by telephone.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
POST_LENGTH = 120


# --- accounts -------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_person(
    *,
    first: str,
    last: str,
    institution: Institution,
    username: str = "",
    staff_number: str = "",
    email: str = "",
    post: str = "",
    audience: str = "",
    language: str = "",
    sex: str = "",
    since: dt.date | None = None,
    actor: User | None = None,
) -> User:
    """Make an account without a password for somebody who belongs to `institution` since that day.

    Without a username, a neutral one is made up: it tells nothing about the person. The audience is confirmed, since
    whoever may create people may confirm it. Raises Refused.
    """
    allowed(actor, Capability.MANAGE_PEOPLE, institution)
    if audience:
        known_audience(audience)
    person = User(username=_username(username))
    _fill(person, first=first, last=last, staff_number=staff_number, email=email, language=language, sex=sex)
    person.set_unusable_password()
    _save(person)
    _begin(user=person, institution=institution, post=post, since=sane_day(since))
    record_change(
        actor=actor, code="people.person-created", obj=person, after={"institution": institution.code, "post": post}
    )
    if audience:
        write_confirmed(user=person, audience=audience, actor=actor)
    return person


@transaction.atomic
def change_person(
    *,
    user: User,
    first: str,
    last: str,
    staff_number: str,
    email: str,
    language: str,
    sex: str,
    actor: User | None = None,
) -> User:
    """Change what an account says of a person. An address given up no longer opens the account. Raises Refused."""
    allowed(actor, Capability.MANAGE_PEOPLE, user)
    if Protection.objects.on().filter(user=user).exists():
        allowed(actor, Capability.NAME_OF_PROTECTED, user)
    before = _facts(user)
    held = User.objects.select_for_update().get(pk=user.pk)
    _fill(held, first=first, last=last, staff_number=staff_number, email=email, language=language, sex=sex)
    changed = [name for name, value in _facts(held).items() if value != before[name]]
    if changed:
        if "email" in changed:  # a new password goes to that address
            allowed(actor, Capability.CHANGE_SIGN_IN, user)
        _save(held, fields=changed)
        if "email" in changed:
            EmailAddress.objects.filter(user=held).exclude(email=held.email).delete()
        # Which fields, not what they said: names and addresses have no place in a trail that is kept for years.
        record_change(actor=actor, code="people.person-changed", obj=held, after={"fields": changed})
        notify(held, "people.details-changed", url=reverse("account"), actor=actor)
    return held


@transaction.atomic
def deactivate(*, user: User, actor: User | None = None) -> None:
    """Close an account: nobody can sign in with it, and its sessions end at their next request. Raises Refused."""
    if actor is not None and actor.pk == user.pk:
        raise Refused(_("Nobody closes their own account here."), _("Ask another manager or an administrator."))
    allowed(actor, Capability.MANAGE_PEOPLE, user)
    held = User.objects.select_for_update().get(pk=user.pk)
    if not held.is_active:
        return
    keep_an_administrator(without=held)
    user.is_active = held.is_active = False
    user.signed_out_at = held.signed_out_at = timezone.now()
    held.save(update_fields=["is_active", "signed_out_at"])
    record_change(actor=actor, code="people.person-deactivated", obj=held)


@transaction.atomic
def reactivate(*, user: User, actor: User | None = None) -> None:
    """Open a closed account again. Raises Refused."""
    allowed(actor, Capability.MANAGE_PEOPLE, user)
    held = User.objects.select_for_update().get(pk=user.pk)
    if held.is_active:
        return
    user.is_active = held.is_active = True
    held.save(update_fields=["is_active"])
    record_change(actor=actor, code="people.person-reactivated", obj=held)


# --- memberships ----------------------------------------------------------------------------------------------------


@transaction.atomic
def join(
    *,
    user: User,
    institution: Institution,
    post: str = "",
    since: dt.date | None = None,
    actor: User | None = None,
) -> Membership:
    """Let a person belong to one more institution. Raises Refused.

    Somebody who belongs nowhere, or elsewhere, is not a manager's to take: both the person and the institution must
    lie in the actor's branch.
    """
    allowed(actor, Capability.MANAGE_PEOPLE, institution)
    allowed(actor, Capability.MANAGE_PEOPLE, user)
    membership = _begin(user=_held(user), institution=institution, post=post, since=sane_day(since))
    record_change(
        actor=actor,
        code="people.joined",
        obj=user,
        after={"institution": institution.code, "since": membership.since},
    )
    return membership


@transaction.atomic
def transfer(
    *,
    user: User,
    to: Institution,
    post: str = "",
    day: dt.date | None = None,
    leaving: Institution | None = None,
    actor: User | None = None,
) -> Membership:
    """Move a person from one institution to another: one membership ends on `day`, the other begins.

    leaving: which one, where the person belongs to several. Roles held for the place that is left end the same day,
    unless they also cover the new one. Raises Refused.
    """
    allowed(actor, Capability.MANAGE_PEOPLE, user)
    allowed(actor, Capability.MANAGE_PEOPLE, to)
    held = _held(user)
    day = day_of_change(day, actor=actor)
    old = _leaving(held, leaving)
    allowed(actor, Capability.MANAGE_PEOPLE, old.institution)
    if old.institution_id == to.pk:
        raise Refused(_("The person already belongs to “%(institution)s”.") % {"institution": to})
    _end(old, day)
    membership = _begin(user=held, institution=to, post=post, since=day)
    ended = _end_roles_left_behind(held, old.institution, day)
    record_change(
        actor=actor,
        code="people.transferred",
        obj=user,
        before={"institution": old.institution.code},
        after={"institution": to.code, "day": day, "roles_ended": ended},
        branch=old.institution.path,
    )
    return membership


@transaction.atomic
def leave(*, membership: Membership, day: dt.date | None = None, actor: User | None = None) -> None:
    """End a membership on `day`, and the roles held for that place alone. Raises Refused."""
    if membership.user is None:  # the person was erased since
        raise Refused(_("This membership has already ended."))
    allowed(actor, Capability.MANAGE_PEOPLE, membership.user)
    allowed(actor, Capability.MANAGE_PEOPLE, membership.institution)
    held = _held(membership.user)
    row = Membership.objects.select_related("institution").get(pk=membership.pk)
    if row.until is not None:
        raise Refused(_("This membership has already ended."))
    day = day_of_change(day, actor=actor)
    _end(row, day)
    membership.until = row.until
    ended = _end_roles_left_behind(held, row.institution, day)
    record_change(
        actor=actor,
        code="people.left",
        obj=membership.user,
        before={"institution": row.institution.code},
        after={"day": day, "roles_ended": ended},
        branch=row.institution.path,
    )


@transaction.atomic
def set_supervisor(
    *, person: User, supervisor: User | None, since: dt.date | None = None, actor: User | None = None
) -> Supervision | None:
    """Say who supervises a person from that day on; None: nobody. Raises Refused, also for a circle."""
    allowed(actor, Capability.MANAGE_PEOPLE, person)
    day = sane_day(since)
    User.objects.select_for_update().get(pk=person.pk)
    current = Supervision.objects.filter(person=person, until__isnull=True).order_by("-since").first()
    if supervisor is not None:
        # A superior may hold roles above the actor's: what must be reached is the person, not the account.
        allowed(actor, Capability.SEE_CERTIFIED, supervisor)
        if not supervisor.is_active:
            raise Refused(_("This account is closed."), _("Choose somebody else."))
        _no_circle(person, supervisor)
        if current is not None and current.supervisor_id == supervisor.pk:
            return current
    if current is not None:
        if day < current.since:
            raise Refused(_("The date lies before the beginning of what would end."), _("Choose a later date."))
        current.until = day
        current.save(update_fields=["until"])
    new = Supervision.objects.create(person=person, supervisor=supervisor, since=day) if supervisor else None
    if new is not None or current is not None:
        record_change(actor=actor, code="people.supervisor-set", obj=person, after={"day": day})
    return new


# --- helpers --------------------------------------------------------------------------------------------------------


def _held(user: User) -> User:
    """The person, locked: two changes of one person's memberships wait for each other."""
    held = User.objects.select_for_update().get(pk=user.pk)
    if not held.is_active:
        raise Refused(_("This account is closed."), _("Open it again first."))
    return held


def _begin(*, user: User, institution: Institution, post: str, since: dt.date) -> Membership:
    open_institution(institution)
    post = words(post, label=_("Post"), longest=POST_LENGTH)
    same = Membership.objects.filter(user=user, institution=institution)
    if same.filter(until__isnull=True).exists():
        raise Refused(_("The person already belongs to “%(institution)s”.") % {"institution": institution})
    if same.filter(until__gt=since).exists():
        raise Refused(
            _("The person still belonged to “%(institution)s” on that day.") % {"institution": institution},
            _("Choose a later date."),
        )
    return Membership.objects.create(user=user, institution=institution, post=post, since=since)


def _leaving(user: User, institution: Institution | None) -> Membership:
    rows = Membership.objects.filter(user=user, until__isnull=True).select_related("institution")
    found = list(rows.filter(institution=institution) if institution is not None else rows)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused(_("The person does not belong there today."), _("Let the person join an institution instead."))
    raise Refused(_("The person belongs to several institutions."), _("Say which one is left."))


def _end(membership: Membership, day: dt.date) -> None:
    if day < membership.since:
        raise Refused(
            _("This date lies before the person joined “%(institution)s”.") % {"institution": membership.institution},
            _("Choose a later date."),
        )
    membership.until = day
    membership.save(update_fields=["until"])


def _end_roles_left_behind(user: User, left: Institution, day: dt.date) -> int:
    """End the roles that have to do with the place that is left and cover none where the person belongs on `day`."""
    places = list(Membership.objects.on(day).filter(user=user).values_list("institution__path", flat=True))
    ended = 0
    grants = RoleGrant.objects.filter(Q(until__isnull=True) | Q(until__gt=day), user=user, institution__isnull=False)
    for grant in grants.select_related("institution").select_for_update(of=("self",)):
        if grant.institution is None:
            continue
        place = grant.institution.path
        concerned = left.path.startswith(place) or place.startswith(left.path)
        if concerned and not any(path.startswith(place) for path in places):
            grant.until = max(day, grant.since)
            grant.save(update_fields=["until"])
            ended += 1
    if ended:
        read_anew(user)
    return ended


def _no_circle(person: User, supervisor: User) -> None:
    if supervisor.pk == person.pk:
        raise Refused(_("Nobody supervises themselves."), _("Choose somebody else."))
    above = dict(
        Supervision.objects.filter(until__isnull=True).order_by("since").values_list("person_id", "supervisor_id")
    )
    seen, here = {person.pk}, supervisor.pk
    while here in above and here not in seen:
        seen.add(here)
        here = above[here]
    if here == person.pk:
        raise Refused(_("Two people cannot supervise each other, even through others."), _("Choose somebody else."))


def _username(given: str) -> str:
    if not given.strip():
        while True:
            made = "k-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
            if not login_name_is_taken(made):
                return made
    username = given.strip()
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        raise Refused(
            _("A username has only letters, digits and the signs @ . + - _"), _("Change the username.")
        ) from error
    if len(username) > 150:
        raise Refused(_("“%(field)s” is too long: at most %(count)d letters.") % {"field": _("Username"), "count": 150})
    if login_name_is_taken(username):
        raise Refused(_("This username is already taken."), _("Choose another one, or leave the field empty."))
    return username


def _fill(person: User, *, first: str, last: str, staff_number: str, email: str, language: str, sex: str) -> None:
    person.first_name = words(first, label=_("First name"), longest=150, required=True)
    person.last_name = words(last, label=_("Last name"), longest=150, required=True)
    number = staff_number_of(staff_number) or None
    if number is not None and number != person.staff_number:
        try:
            STAFF_NUMBER(number)
        except ValidationError as error:
            raise Refused(error.messages[0], _("Correct the staff number, or leave it empty.")) from error
        if login_name_is_taken(number, other_than=person if person.pk else None):
            raise Refused(
                _("This staff number already opens an account."),
                _("Correct it; if the person comes from elsewhere, ask an administrator for a transfer."),
            )
    person.staff_number = number
    email = email.strip().lower()
    if email and email != person.email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise Refused(_("This is no e-mail address."), _("Correct it, or leave the field empty.")) from error
        if len(email) > 254 or login_name_is_taken(email, other_than=person if person.pk else None):
            raise Refused(_("This address cannot be used."), _("Give another one, or leave the field empty."))
    person.email = email
    if language and language not in dict(settings.LANGUAGES):
        raise Refused(_("This language does not exist here."), _("Choose one of the list."))
    person.language = language
    if sex and sex not in Sex.values:
        raise Refused(_("Choose woman, man, or nothing."))
    person.sex = sex


def _facts(user: User) -> dict[str, object]:
    names = ("first_name", "last_name", "staff_number", "email", "language", "sex")
    return {name: getattr(user, name) for name in names}


def _save(person: User, *, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            person.save(update_fields=fields)
    except IntegrityError as error:  # somebody else was quicker
        raise Refused(
            _("The username, the staff number or the address already opens an account."), _("Correct it.")
        ) from error
