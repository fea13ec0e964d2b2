"""How what this room does reads in the audit trail and in messages. Called once, from `AppConfig.ready`."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from operations import audit, notify
from people import audiences
from people.models import Institution, Membership, Protection, Role

_SENTENCES = {
    "people.institution-placed": _("The institution “%(after_code)s” was added."),
    "people.institution-changed": _("The institution “%(after_code)s” was changed."),
    "people.institution-moved": _(
        "The institution “%(after_code)s” was moved from “%(before_parent)s” to “%(after_parent)s”."
    ),
    "people.institution-closed": _("The institution “%(after_code)s” was closed."),
    "people.institution-reopened": _("The institution “%(after_code)s” was opened again."),
    "people.person-created": _("An account was made for a person of “%(after_institution)s”."),
    "people.person-changed": _("The details of an account were changed: %(after_fields)s."),
    "people.person-deactivated": _("An account was closed."),
    "people.person-reactivated": _("An account was opened again."),
    "people.joined": _("A person joined “%(after_institution)s” on %(after_since)s."),
    "people.transferred": _(
        "A person was transferred from “%(before_institution)s” to “%(after_institution)s” on %(after_day)s."
    ),
    "people.left": _("A person left “%(before_institution)s” on %(after_day)s."),
    "people.supervisor-set": _("A person’s supervisor was changed on %(after_day)s."),
    "people.role-granted": _(
        "The role “%(after_role)s” was given for “%(after_place)s”, from %(after_since)s (until: %(after_until)s)."
    ),
    "people.role-ended": _("The role “%(after_role)s” for “%(after_place)s” ends on %(after_until)s."),
    "people.audience-declared": _("A person said to belong to the audience “%(after_audience)s”."),
    "people.audience-confirmed": _("The audience “%(after_audience)s” of a person was confirmed."),
    "people.audience-ended": _("A person no longer belongs to the audience “%(after_audience)s”, from %(after_day)s."),
    "people.cleared": _("A person was cleared for the restricted tier (until: %(after_until)s)."),
    "people.clearance-ended": _("A clearance for the restricted tier ends on %(after_day)s."),
    "people.word-chosen": _("The word that confirms the person’s certificates was chosen."),
    "people.protected": _("A person was protected: a pseudonym stands for the name."),
    "people.unprotected": _("A person is no longer protected."),
    "people.looked-at-name": _("The name of a protected person was looked at."),
    "people.looked-at-results": _("The results of a person were looked at."),
    "people.export-asked": _("A person asked for a copy of their data."),
    "people.erasure-asked": _("A person asked to be erased."),
    "people.erasure-withdrawn": _("A request to be erased was withdrawn."),
    "people.erased": _("A person was erased at their request."),
    "people.merged": _("Two accounts of one person were made one."),
    "people.merge-undone": _("Two accounts that were made one were parted again."),
    "people.list-exported": _("A list of %(after_people)s people was exported."),
}


def register() -> None:
    for code, sentence in _SENTENCES.items():
        audit.register(code, sentence)
    audit.register_words("role", _("Role"), lambda value: Role(value).label)
    audit.register_words("kind", _("Kind"), _kind)
    audit.register_words("audience", _("Audience"), _audience)
    for name, label in (("institution", _("Institution")), ("parent", _("Above it")), ("place", _("Held for"))):
        audit.register_words(name, label, _institution)
    for name, label in (
        ("since", _("From")),
        ("until", _("Until")),
        ("day", _("Day")),
        ("post", _("Post")),
        ("code", _("Code")),
        ("region", _("Region")),
        ("name", _("Name")),
        ("closed", _("Closed on")),
        ("provisional", _("Provisional")),
        ("roles_ended", _("Roles ended with it")),
        ("people", _("People")),
        ("fields", _("Fields")),
        ("rows", _("Rows")),
    ):
        audit.register_words(name, label)
    audit.register_place(_place)
    roles = {"role": lambda value: Role(value).label}
    notify.register(
        "people.role-given",
        subject=_("Your roles"),
        body=_("You were given the role “%(role)s” from %(day)s on."),
        words=roles,
    )
    notify.register(
        "people.role-ended", subject=_("Your roles"), body=_("Your role “%(role)s” ends on %(day)s."), words=roles
    )
    notify.register(
        "people.details-changed",
        subject=_("Your account"),
        body=_("The details of your account were changed. If they are not right, tell your manager."),
        urgent=True,
    )


def _kind(value: str) -> str:
    known: dict[str, object] = {**dict(Institution.Kind.choices), **dict(Protection.Kind.choices)}
    return str(known.get(value, value))


def _audience(value: str) -> str:
    return audit.remembered(("audiences", get_language()), lambda: dict(audiences.choices())).get(value, value)


def _institution(value: str) -> str:
    names = audit.remembered(
        ("institutions", get_language()), lambda: {found.code: str(found) for found in Institution.objects.all()}
    )
    return names.get(value, value)


def _place(person: AbstractBaseUser) -> str:
    """The path of the institution that a person belongs to today, or last belonged to."""
    rows = Membership.objects.filter(user_id=person.pk).select_related("institution")
    found = rows.filter(until__isnull=True).order_by("since").first() or rows.order_by("until").last()
    return found.institution.path if found else ""
