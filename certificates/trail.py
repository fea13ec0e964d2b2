"""How what this room does reads in the audit trail and in messages. Called once, from `AppConfig.ready`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from certificates.models import Credential
from operations import audit, notify


def register() -> None:
    audit.register_family("certificates", _("Certificates"))
    audit.register("certificates.issued", _("The certificate %(after_number)s was issued by rule."))
    audit.register("certificates.revoked", _("The certificate %(after_number)s was revoked."))
    audit.register(
        "certificates.reissued", _("The certificate %(after_number)s was issued in place of %(before_number)s.")
    )
    audit.register("certificates.looked-at-paper", _("The paper with the name of a protected person was fetched."))
    audit.register_words("certificates.number", _("Number"))
    audit.register_words("certificates.kind", _("Kind"), lambda value: Credential.Kind(value).label)
    audit.register_words("certificates.status", _("Status"), lambda value: Credential.Status(value).label)
    heading = _("Certificate")
    notify.register("certificates.issued", subject=heading, body=_("Your certificate for %(code)s is ready."))
    notify.register(
        "certificates.revoked",
        subject=heading,
        body=_("Your certificate for %(code)s was revoked. The certificate's page gives the reason."),
    )
    notify.register(
        "certificates.reissued",
        subject=heading,
        body=_("A new certificate for %(code)s stands in place of the earlier one, which no longer holds."),
    )
