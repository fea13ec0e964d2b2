"""How what this room does reads in the audit trail and in messages. Called once, from `AppConfig.ready`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from operations import audit, notify
from workshops.models import Facilitator, Mark, Outcome, Registration, Workshop


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
    audit.register(
        "workshops.completion-stays",
        _(
            "Participant %(after_participant)s of %(after_workshop)s no longer reaches the attendance that is asked for; "
            "what was completed by it stays completed."
        ),
    )
    audit.register("workshops.closed", _("The attendance of %(after_workshop)s was closed."))
    audit.register("workshops.sheet", _("A signed page of %(after_workshop)s was filed."))
    audit.register("workshops.looked-at-sheet", _("A signed page of protected people was looked at."))
    audit.register_words("workshops.presence", _("Presence"), lambda value: Mark.Status(value).label if value else "–")
    audit.register("workshops.changed", _("The workshop %(after_workshop)s was changed."))
    audit.register("workshops.announced", _("The workshop %(after_workshop)s was announced."))
    audit.register("workshops.cancelled", _("The workshop %(after_workshop)s was cancelled."))
    audit.register("workshops.facilitator-removed", _("A facilitator of %(after_workshop)s was taken off."))
    audit.register("workshops.quotas", _("The call for %(after_workshop)s was changed: %(after_quotas)s quotas."))
    audit.register(
        "workshops.state-changed",
        _("Participant %(after_participant)s of %(after_workshop)s: %(before_state)s, now %(after_state)s."),
    )
    audit.register("workshops.counted", _("People who are only counted, at %(after_workshop)s: %(after_people)s."))
    audit.register("workshops.letter", _("The letter %(after_number)s was issued for %(after_workshop)s."))
    audit.register("workshops.letter-filed", _("The signed letter %(after_number)s was filed."))
    audit.register("workshops.imported", _("A list was taken in for %(after_workshop)s: %(after_people)s people."))
    audit.register("workshops.pack", _("The paper pack of %(after_workshop)s was made."))
    audit.register("workshops.feast", _("A feast was written into the calendar."))
    audit.register("workshops.feast-removed", _("A feast was taken out of the calendar."))
    audit.register("workshops.observation-begun", _("An observation in the workshop %(after_workshop)s was begun."))
    audit.register("workshops.observation-given", _("An observation in the workshop %(after_workshop)s was given."))
    audit.register(
        "workshops.observation-replied", _("The trainer replied to an observation in the workshop %(after_workshop)s.")
    )
    notify.register(
        "workshops.observation-given",
        subject=_("Your certification"),
        body=_("What was seen in your session is there for you to read. You may reply."),
    )
    heading = _("Workshop")
    notify.register(
        "workshops.after",
        subject=heading,
        body=_("A short form about workshop %(code)s is open for you until %(day)s."),
    )
    notify.register(
        "workshops.after-reminder",
        subject=heading,
        body=_(
            "The form about workshop %(code)s is open for you until %(day)s. If you have answered, there is nothing left to do."
        ),
    )
    audit.register("workshops.report-names", _("A report of %(after_workshop)s with names was made."))
    audit.register("workshops.outcome", _("An outcome of %(after_workshop)s was written: %(after_outcome)s."))
    audit.register("workshops.allowances", _("The allowances of %(after_workshop)s for %(after_day)s were worked out."))
    audit.register_words("workshops.day", _("Day"))
    audit.register_words("workshops.outcome", _("Kind"), lambda value: Outcome.Kind(value).label)
    audit.register_words("workshops.outcome_state", _("State"), lambda value: Outcome.State(value).label)
    audit.register_words("workshops.fields", _("What changed"), _labels)
    audit.register_words("workshops.starts", _("First day"))
    audit.register_words("workshops.ends", _("Last day"))
    audit.register_words("workshops.quotas", _("Quotas"))
    audit.register_words("workshops.people", _("People"))
    audit.register_words("workshops.number", _("Number"))
    audit.register_words("workshops.workshop", _("Workshop"))
    audit.register_words("workshops.participant", _("Participant number"))
    audit.register_words("workshops.part", _("Part"), lambda value: Facilitator.Part(value).label)
    audit.register_words("workshops.state", _("State"), lambda value: Registration.State(value).label)


def _labels(names: list[str]) -> str:
    """The facts of a workshop by the words of their form; names of versions to come as they are."""
    known = {field.name: str(getattr(field, "verbose_name", field.name)) for field in Workshop._meta.get_fields()}
    return ", ".join(known.get(name, name) for name in names)
