"""How what this room does reads in the audit trail and in messages. Called once, from `AppConfig.ready`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from operations import audit
from workshops.models import Facilitator, Mark, Registration


def register() -> None:
    audit.register_family("workshops", _("Workshops"))
    audit.register("workshops.planned", _("The workshop %(after_workshop)s was planned."))
    audit.register("workshops.facilitator", _("A facilitator of %(after_workshop)s was named: %(after_part)s."))
    audit.register(
        "workshops.registered",
        _("Participant %(after_participant)s was put on the list of %(after_workshop)s: %(after_state)s."),
    )
    audit.register(
        "workshops.corrected",
        _("The attendance of participant %(after_participant)s of %(after_workshop)s was put right."),
    )
    audit.register("workshops.closed", _("The attendance of %(after_workshop)s was closed."))
    audit.register("workshops.sheet", _("A signed page of %(after_workshop)s was filed."))
    audit.register_words("workshops.presence", _("Presence"), lambda value: Mark.Status(value).label if value else "–")
    audit.register_words("workshops.workshop", _("Workshop"))
    audit.register_words("workshops.participant", _("Participant number"))
    audit.register_words("workshops.part", _("Part"), lambda value: Facilitator.Part(value).label)
    audit.register_words("workshops.state", _("State"), lambda value: Registration.State(value).label)
