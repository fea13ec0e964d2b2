"""The verbs that statements are made with: ADL's, cmi5's and Activity Streams' IRIs, and their words."""

from __future__ import annotations

from enum import StrEnum

_ADL = "http://adlnet.gov/expapi/verbs/"
_CMI5 = "https://w3id.org/xapi/adl/verbs/"
_STREAMS = "http://activitystrea.ms/schema/1.0/"


class Verb(StrEnum):
    """A verb; its value is the IRI, so that `Statement.verb` can be compared with it."""

    REGISTERED = _ADL + "registered"  # enrolled in a course
    LEFT = _STREAMS + "leave"  # withdrew from a course
    INITIALIZED = _ADL + "initialized"
    EXPERIENCED = _ADL + "experienced"
    PROGRESSED = _ADL + "progressed"
    ANSWERED = _ADL + "answered"
    COMPLETED = _ADL + "completed"
    PASSED = _ADL + "passed"
    FAILED = _ADL + "failed"
    SATISFIED = _CMI5 + "satisfied"
    WAIVED = _CMI5 + "waived"
    ABANDONED = _CMI5 + "abandoned"
    LAUNCHED = _CMI5 + "launched"
    TERMINATED = _ADL + "terminated"
    ATTENDED = _ADL + "attended"
    SCORED = _ADL + "scored"
    VOIDED = _ADL + "voided"

    @property
    def display(self) -> dict[str, str]:
        """The verb's words, as a language map (xAPI 1.0.3 Data §4.2)."""
        english, french = _WORDS[self.name]
        return {"en": english, "fr": french}


_WORDS = {
    "REGISTERED": ("registered", "s’est inscrit"),
    "LEFT": ("left", "a quitté"),
    "INITIALIZED": ("initialized", "a commencé"),
    "EXPERIENCED": ("experienced", "a parcouru"),
    "PROGRESSED": ("progressed", "a progressé"),
    "ANSWERED": ("answered", "a répondu"),
    "COMPLETED": ("completed", "a terminé"),
    "PASSED": ("passed", "a réussi"),
    "FAILED": ("failed", "a échoué"),
    "SATISFIED": ("satisfied", "a satisfait"),
    "WAIVED": ("waived", "a été dispensé"),
    "ABANDONED": ("abandoned", "a abandonné"),
    "LAUNCHED": ("launched", "a lancé"),
    "TERMINATED": ("terminated", "s’est arrêté"),
    "ATTENDED": ("attended", "a assisté"),
    "SCORED": ("scored", "a obtenu"),
    "VOIDED": ("voided", "a annulé"),
}
