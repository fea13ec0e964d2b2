"""Every write of the room. One function per act, keyword-only, in one transaction."""

from workshops.services.attendance import close_attendance, correct, take_in
from workshops.services.planning import add_session, plan_workshop, set_facilitator
from workshops.services.registration import register

__all__ = [
    "add_session",
    "close_attendance",
    "correct",
    "plan_workshop",
    "register",
    "set_facilitator",
    "take_in",
]
