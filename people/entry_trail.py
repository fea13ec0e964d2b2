"""How codes, invitations and sessions read in the audit trail and in messages. Called once, from `AppConfig.ready`."""

from __future__ import annotations

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from operations import audit, notify
from people.models import User
from people.presence import begin
from people.services.sessions import end_sessions

_SENTENCES = {
    "people.slip-made": _("A slip for a first sign-in was made; it expires on %(after_expires)s."),
    "people.slip-used": _("A slip was used: the person signed in for the first time."),
    "people.recovery-made": _("A recovery code was made; it expires on %(after_expires)s."),
    "people.recovery-confirmed": _("A second administrator confirmed a recovery code."),
    "people.recovery-used": _("A recovery code was used: the account has a new password, and its sessions ended."),
    "people.recovery-read": _("The holder read who made the recovery code."),
    "people.code-withdrawn": _("A code was withdrawn."),
    "people.invitation-made": _(
        "An invitation to “%(after_institution)s” was made for %(after_uses)s people; it expires on %(after_expires)s."
    ),
    "people.invitation-withdrawn": _("An invitation to “%(after_institution)s” was withdrawn."),
    "people.invitation-used": _("An account was opened with an invitation to “%(after_institution)s”."),
    "people.signed-out-everywhere": _("The person signed out in %(after_count)s browsers."),
    "people.signed-out-one": _("The person signed out in another browser."),
    "people.password-changed": _("The person changed the password; other sessions ended."),
    "people.second-factor-added": _("A second step at sign-in was added: %(after_type)s."),
    "people.second-factor-removed": _("A second step at sign-in was removed: %(after_type)s."),
    "people.linked-elsewhere": _("An account was linked with that of another service."),
    "people.administrator-created": _("An administrator was made at the console of the server."),
}


def register() -> None:
    for code, sentence in _SENTENCES.items():
        audit.register(code, sentence)
    for name, label in (("expires", _("Expires")), ("uses", _("Uses")), ("count", _("Number")), ("type", _("Kind"))):
        audit.register_words(name, label)
    notify.register(
        "people.recovery-made",
        subject=_("Your account"),
        body=_(
            "A one-time code that opens your account was made by %(actor)s. If you did not ask for it, withdraw it at "
            "once."
        ),
        urgent=True,
    )
    password_changed.connect(_password_changed, dispatch_uid="people.entry")
    password_set.connect(_password_changed, dispatch_uid="people.entry")
    password_reset.connect(_password_changed, dispatch_uid="people.entry")
    authenticator_added.connect(_added, dispatch_uid="people.entry")
    authenticator_removed.connect(_removed, dispatch_uid="people.entry")


def _password_changed(sender: type[User], request: HttpRequest, user: User, **kwargs: object) -> None:
    """Whoever may have known the old password is signed out; this browser stays."""
    here = request.user.is_authenticated and request.user.pk == user.pk
    end_sessions(user=user, keep=request.session.session_key if here else None)
    if here:
        begin(request)
    audit.record_change(actor=user, code="people.password-changed", obj=user)


def _added(sender: object, user: User, authenticator: object, **kwargs: object) -> None:
    audit.record_change(
        actor=user, code="people.second-factor-added", obj=user, after={"type": str(getattr(authenticator, "type", ""))}
    )


def _removed(sender: object, user: User, authenticator: object, **kwargs: object) -> None:
    audit.record_change(
        actor=user,
        code="people.second-factor-removed",
        obj=user,
        after={"type": str(getattr(authenticator, "type", ""))},
    )
