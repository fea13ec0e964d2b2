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
    for code, sentence in (
        ("certificates.confirmed", _("The certificate %(after_number)s, prepared in advance, was confirmed by rule.")),
        ("certificates.issued-by-hand", _("The certificate %(after_number)s was issued by hand.")),
        ("certificates.reserved", _("The number %(after_number)s was reserved for %(after_workshop)s.")),
        ("certificates.cancelled", _("The number %(after_number)s, prepared in advance, was cancelled.")),
        ("certificates.printed", _("The certificates of %(after_workshop)s were put together for printing.")),
        ("certificates.handed-over", _("The paper of %(after_number)s was handed over.")),
        ("certificates.not-handed-over", _("The hand-over of %(after_number)s was taken back.")),
    ):
        audit.register(code, sentence)
    audit.register_words("certificates.workshop", _("Workshop"))
    audit.register_words("certificates.proxy", _("Received by, in the holder’s place"))
    audit.register("certificates.looked-at-paper", _("The paper with the name of a protected person was fetched."))
    for code, sentence in (
        ("certificates.pathway-added", _("The pathway %(after_pathway)s was added.")),
        ("certificates.pathway-edited", _("The pathway %(after_pathway)s was put into other words.")),
        ("certificates.pathway-reset", _("The pathway %(after_pathway)s has the curriculum's wording again.")),
        ("certificates.pathway-removed", _("The pathway %(after_pathway)s was removed.")),
        ("certificates.candidate", _("A person joined the pathway %(after_pathway)s.")),
        ("certificates.mentor", _("The mentor of a candidate was named.")),
        ("certificates.mentor-none", _("A candidate no longer has a mentor.")),
        ("certificates.candidate-left", _("A person left the pathway %(after_pathway)s.")),
        ("certificates.evidence-judged", _("Evidence for the stage %(after_stage)s was judged.")),
        ("certificates.stage-passed", _("The stage %(after_stage)s was signed: passed.")),
        ("certificates.stage-not-yet", _("The stage %(after_stage)s was signed: not yet.")),
        ("certificates.stage-reviewed", _("The decision on the stage %(after_stage)s was read again by a peer.")),
        ("certificates.appeal", _("An appeal against the decision on the stage %(after_stage)s was recorded.")),
        ("certificates.appeal-answered", _("The appeal on the stage %(after_stage)s was answered.")),
        ("certificates.trainer-card", _("What the register says of a trainer was changed.")),
        ("certificates.trainers-exported", _("The register of trainers was exported.")),
        ("certificates.cascade-exported", _("The cascade was exported.")),
    ):
        audit.register(code, sentence)
    audit.register_words("certificates.stage", _("Stage"))
    audit.register_words("certificates.pathway", _("Pathway"))
    audit.register_words("certificates.number", _("Number"))
    audit.register_words("certificates.kind", _("Kind"), lambda value: Credential.Kind(value).label)
    audit.register_words("certificates.status", _("Status"), lambda value: Credential.Status(value).label)
    heading = _("Certificate")
    notify.register("certificates.issued", subject=heading, body=_("Your certificate for %(code)s is ready."))
    road = _("Your certification")
    notify.register("certificates.stage-decided", subject=road, body=_("A stage of yours was decided."))
    notify.register("certificates.mentor", subject=road, body=_("Who accompanies you was changed. Your page says it."))
    notify.register("certificates.mentee", subject=road, body=_("Somebody was given to you to accompany."))
    notify.register("certificates.evidence-judged", subject=road, body=_("A piece of your file was looked at."))
    notify.register(
        "certificates.expiring",
        subject=heading,
        body=_("Your certificate for %(code)s holds until %(day)s. Its page says how it is renewed."),
    )
    notify.register(
        "certificates.unsettled",
        subject=heading,
        body=_("Certificates of workshop %(code)s wait for somebody to look: %(cases)s. The page says why."),
    )
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
