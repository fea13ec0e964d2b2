"""Every write of the room. One function per act, keyword-only, in one transaction."""

from workshops.services.agenda import build_agenda, plant_feasts, remove_feast, save_feast, write_agenda
from workshops.services.attendance import check_in, close_attendance, correct, take_in
from workshops.services.designation import decide, propose, set_quotas
from workshops.services.movements import (
    add,
    answer,
    arrive,
    count_people,
    give_seat,
    register_self,
    replace,
    withdraw,
)
from workshops.services.planning import (
    add_session,
    announce,
    cancel_workshop,
    change_session,
    change_workshop,
    plan_workshop,
    remove_facilitator,
    remove_session,
    set_facilitator,
)
from workshops.services.registration import register
from workshops.services.sheets import file_sheet, look_at_sheet

__all__ = [
    "add",
    "add_session",
    "announce",
    "answer",
    "arrive",
    "build_agenda",
    "cancel_workshop",
    "change_session",
    "change_workshop",
    "check_in",
    "close_attendance",
    "correct",
    "count_people",
    "decide",
    "file_sheet",
    "give_seat",
    "look_at_sheet",
    "plan_workshop",
    "plant_feasts",
    "propose",
    "register",
    "register_self",
    "remove_facilitator",
    "remove_feast",
    "remove_session",
    "replace",
    "save_feast",
    "set_facilitator",
    "set_quotas",
    "take_in",
    "withdraw",
    "write_agenda",
]
