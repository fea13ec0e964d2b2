"""Every write of the room: one function per use case, keyword-only arguments, one transaction, one audit row.

`actor` is who does it, None for the machine (first run, imports, jobs), which no policy asks.
"""

from people.services.accounts import change_details
from people.services.codes import (
    Made,
    acknowledge,
    confirm_recovery,
    look_at,
    make_recovery,
    make_slips,
    use_code,
    withdraw_code,
)
from people.services.confirmation import choose_word
from people.services.erasure import ask_erasure, carry_out_erasure, withdraw_erasure
from people.services.exports import ask_export
from people.services.institutions import (
    change_institution,
    close_institution,
    move_institution,
    place_institution,
    reopen_institution,
)
from people.services.invitations import (
    Invited,
    invite,
    open_invitation,
    redeem_invitation,
    send_invitation,
    withdraw_invitation,
)
from people.services.memberships import (
    change_person,
    create_person,
    deactivate,
    join,
    leave,
    reactivate,
    set_supervisor,
    transfer,
)
from people.services.merging import merge_accounts, undo_merge
from people.services.protection import clear_person, end_clearance, protect, unprotect
from people.services.roles import confirm_audience, declare_audience, end_audience, end_role, grant_role
from people.services.sessions import end_session, end_sessions, sign_out_everywhere

__all__ = [
    "Invited",
    "Made",
    "acknowledge",
    "ask_erasure",
    "ask_export",
    "carry_out_erasure",
    "change_details",
    "change_institution",
    "change_person",
    "choose_word",
    "clear_person",
    "close_institution",
    "confirm_audience",
    "confirm_recovery",
    "create_person",
    "deactivate",
    "declare_audience",
    "end_audience",
    "end_clearance",
    "end_role",
    "end_session",
    "end_sessions",
    "grant_role",
    "invite",
    "join",
    "leave",
    "look_at",
    "make_recovery",
    "make_slips",
    "merge_accounts",
    "move_institution",
    "open_invitation",
    "place_institution",
    "protect",
    "reactivate",
    "redeem_invitation",
    "reopen_institution",
    "send_invitation",
    "set_supervisor",
    "sign_out_everywhere",
    "transfer",
    "undo_merge",
    "unprotect",
    "use_code",
    "withdraw_code",
    "withdraw_erasure",
    "withdraw_invitation",
]
