"""Every write of the room. One function per act, keyword-only, in one transaction."""

from workshops.services.attendance import check_in, close_attendance, correct, file_sheet, take_in
from workshops.services.planning import add_session, plan_workshop, set_facilitator
from workshops.services.registration import register

__all__ = [
    "add_session",
    "check_in",
    "close_attendance",
    "correct",
    "file_sheet",
    "plan_workshop",
    "register",
    "set_facilitator",
    "take_in",
]
