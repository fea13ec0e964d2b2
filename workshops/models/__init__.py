from workshops.models.attendance import HeadCount, Mark, Presence, Sheet
from workshops.models.observation import Observation
from workshops.models.outcomes import Allowance, Outcome, SurveyAnswer, SurveyReceipt, TestSitting
from workshops.models.page import WorkshopPage
from workshops.models.people import Counted, Letter, Quota, Registration
from workshops.models.plan import AgendaItem, Facilitator, Feast, Session, Workshop

__all__ = [
    "AgendaItem",
    "Allowance",
    "Counted",
    "Facilitator",
    "Feast",
    "HeadCount",
    "Letter",
    "Mark",
    "Observation",
    "Outcome",
    "Presence",
    "Quota",
    "Registration",
    "Session",
    "Sheet",
    "SurveyAnswer",
    "SurveyReceipt",
    "TestSitting",
    "Workshop",
    "WorkshopPage",
]
