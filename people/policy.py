"""Who may do what, as data: capability × role × relation, and which capability each address asks for.

A row that is not here is forbidden. `people.access` reads these tables and nothing else decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from people.models import Role


class Relation(StrEnum):
    """How a person stands to the thing asked about. Rooms above say what their relations mean (`access.register`)."""

    ANY = "any"  # whatever it is
    OWN = "own"  # it is about the person
    BRANCH = "branch"  # it lies in the branch that the role is held for, today
    BELOW = "below"  # it lies in that branch, and is not its root
    COHORT = "cohort"  # own cohorts and workshops, and their members (filled by the rooms of courses and workshops)
    RUNNING = "running"  # people at a workshop of theirs that runs at this moment (filled by the room of workshops)
    CANDIDATE = "candidate"  # candidates assigned to a master trainer (filled by the room of pathways)
    COURSE = "course"  # a course they teach
    ENROLLED = "enrolled"  # a course they are enrolled in
    AUDIENCE = "audience"  # a course they are enrolled in, while confirmed to be in its audience
    INSTITUTION = "institution"  # content of the own institution, or shared
    PROJECT = "project"  # the observer's project


# Beside the roles that are granted: everybody, and everybody with an account.
ANYBODY = "anybody"
TRAINEE = "trainee"


class Capability(StrEnum):
    # --- reading and learning
    SEE_CATALOGUE = "see-catalogue"
    VERIFY = "verify"
    READ_LESSON = "read-lesson"
    READ_RESTRICTED = "read-restricted"
    OWN_RECORDS = "own-records"
    OWN_PROFILE = "own-profile"
    READ_NOTEBOOK = "read-notebook"
    # --- what is known of others
    SEE_PROGRESS = "see-progress"
    SEE_FINAL_RESULTS = "see-final-results"
    SEE_CERTIFIED = "see-certified"
    SEE_ANSWERS = "see-answers"
    SEE_PRE_POST = "see-pre-post"
    SEE_KEYS = "see-keys"
    SEE_SENSITIVE = "see-sensitive"
    SEE_THAT_SENSITIVE = "see-that-sensitive"
    NAME_OF_PROTECTED = "name-of-protected"
    # --- teaching
    SEE_COHORTS = "see-cohorts"
    MANAGE_COHORTS = "manage-cohorts"
    PLAN_WORKSHOPS = "plan-workshops"  # asked about the institution that holds it
    START_COHORTS = "start-cohorts"  # asked about the institution that organises it, and about people to take in
    PROPOSE_PARTICIPANTS = "propose-participants"  # asked about the person, or the institution
    DECIDE_DESIGNATION = "decide-designation"  # asked about the workshop; never on an own proposal
    ENROL_OTHERS = "enrol-others"
    EXTRA_TIME = "extra-time"
    SIGN_STAGE = "sign-stage"
    # --- people and institutions
    MANAGE_PEOPLE = "manage-people"
    CHANGE_SIGN_IN = "change-sign-in"
    ERASE_PEOPLE = "erase-people"
    MERGE_PEOPLE = "merge-people"
    ADD_INSTITUTION = "add-institution"
    MANAGE_INSTITUTIONS = "manage-institutions"
    GRANT_ROLE = "grant-role"
    CONFIRM_AUDIENCE = "confirm-audience"
    CLEAR_PERSON = "clear-person"
    PROTECT_PERSON = "protect-person"
    RECOVERY_CODE = "recovery-code"
    # --- credentials
    ISSUE_CREDENTIAL = "issue-credential"
    REVOKE_CREDENTIAL = "revoke-credential"
    PROPOSE_REVOCATION = "propose-revocation"
    # --- content
    WRITE_PAGES = "write-pages"
    REVIEW_PAGES = "review-pages"
    HANDLE_ERROR_REPORTS = "handle-error-reports"
    MANAGE_BANKS = "manage-banks"
    ITEM_STATISTICS = "item-statistics"
    # --- figures
    REPORTS_BRANCH = "reports-branch"
    REPORTS_USAGE = "reports-usage"
    REPORTS_PROJECT = "reports-project"
    # --- the site
    AUDIT_OWN_BRANCH = "audit-own-branch"
    AUDIT_ALL = "audit-all"
    JOBS_OWN = "jobs-own"
    JOBS_ALL = "jobs-all"
    STATUS = "status"
    STYLE_PAGE = "style-page"
    SITE_SETTINGS = "site-settings"
    RECORD_CLIENTS = "record-clients"
    SET_UP_OBSERVERS = "set-up-observers"


_ANY, _OWN, _BRANCH = Relation.ANY, Relation.OWN, Relation.BRANCH
_MANAGERS: Mapping[str, Relation] = {Role.MANAGER: _BRANCH, Role.OFFICER: _BRANCH}
_AUTHORS: Mapping[str, Relation] = {
    Role.AUTHOR: Relation.INSTITUTION,
    Role.REVIEWER: Relation.INSTITUTION,
    Role.MASTER: Relation.INSTITUTION,
}
_ALL: Mapping[str, Relation] = {Role.ADMINISTRATOR: _ANY}

# A training officer is the manager of one facility.
CAPABILITIES: Mapping[Capability, Mapping[str, Relation]] = {
    Capability.SEE_CATALOGUE: {ANYBODY: _ANY},
    Capability.VERIFY: {ANYBODY: _ANY},
    # Lessons of the open tier are for everybody: the tier, not a relation, says so.
    Capability.READ_LESSON: {
        TRAINEE: Relation.ENROLLED,
        Role.INSTRUCTOR: Relation.COURSE,
        **_AUTHORS,
        **_ALL,
    },
    Capability.READ_RESTRICTED: {
        TRAINEE: Relation.AUDIENCE,
        Role.INSTRUCTOR: Relation.COURSE,
        **_AUTHORS,
        **_ALL,
    },
    Capability.OWN_RECORDS: {TRAINEE: _OWN},
    Capability.OWN_PROFILE: {TRAINEE: _OWN},
    Capability.READ_NOTEBOOK: {TRAINEE: _OWN},  # nobody else, not even administrators
    Capability.SEE_PROGRESS: {
        TRAINEE: _OWN,
        Role.INSTRUCTOR: Relation.COHORT,
        Role.MASTER: Relation.CANDIDATE,
        **_ALL,
    },
    Capability.SEE_FINAL_RESULTS: {
        TRAINEE: _OWN,
        Role.INSTRUCTOR: Relation.COHORT,
        Role.MASTER: Relation.CANDIDATE,
        **_MANAGERS,
        **_ALL,
    },
    Capability.SEE_CERTIFIED: {
        TRAINEE: _OWN,
        Role.INSTRUCTOR: Relation.COHORT,
        Role.MASTER: Relation.CANDIDATE,
        **_MANAGERS,
        **_ALL,
    },
    Capability.SEE_ANSWERS: {TRAINEE: _OWN, Role.INSTRUCTOR: Relation.COHORT, **_ALL},
    Capability.SEE_PRE_POST: {TRAINEE: _OWN},
    Capability.SEE_KEYS: {
        TRAINEE: _OWN,  # after submission, as the review policy says
        Role.INSTRUCTOR: Relation.COURSE,
        Role.AUTHOR: Relation.INSTITUTION,
        Role.REVIEWER: Relation.INSTITUTION,
        **_ALL,
    },
    Capability.SEE_SENSITIVE: {TRAINEE: _OWN, **_MANAGERS, **_ALL},
    Capability.SEE_THAT_SENSITIVE: {
        TRAINEE: _OWN,
        Role.INSTRUCTOR: Relation.COHORT,
        **_MANAGERS,
        **_ALL,
    },
    Capability.NAME_OF_PROTECTED: {TRAINEE: _OWN, Role.INSTRUCTOR: Relation.COHORT, **_MANAGERS, **_ALL},
    Capability.SEE_COHORTS: {Role.INSTRUCTOR: Relation.COHORT, Role.MASTER: _ANY, **_MANAGERS, **_ALL},
    Capability.MANAGE_COHORTS: {Role.INSTRUCTOR: Relation.COHORT, **_ALL},
    Capability.PLAN_WORKSHOPS: {Role.INSTRUCTOR: _BRANCH, **_ALL},
    Capability.START_COHORTS: {Role.INSTRUCTOR: _BRANCH, **_ALL},
    Capability.PROPOSE_PARTICIPANTS: {**_MANAGERS, **_ALL},
    Capability.DECIDE_DESIGNATION: {**_MANAGERS, **_ALL},
    Capability.ENROL_OTHERS: {Role.INSTRUCTOR: Relation.COHORT, **_MANAGERS, **_ALL},
    Capability.EXTRA_TIME: {Role.INSTRUCTOR: Relation.COHORT, **_ALL},
    Capability.SIGN_STAGE: {Role.INSTRUCTOR: Relation.COHORT, Role.MASTER: Relation.CANDIDATE},
    Capability.MANAGE_PEOPLE: {**_MANAGERS, **_ALL},
    Capability.CHANGE_SIGN_IN: {**_MANAGERS, **_ALL},  # what opens an account: its names, its e-mail address
    Capability.ERASE_PEOPLE: {**_ALL},
    Capability.MERGE_PEOPLE: {**_MANAGERS, **_ALL},
    Capability.ADD_INSTITUTION: {**_MANAGERS, **_ALL},  # asked about the institution it is put under
    Capability.MANAGE_INSTITUTIONS: {Role.MANAGER: Relation.BELOW, Role.OFFICER: Relation.BELOW, **_ALL},
    Capability.GRANT_ROLE: {**_MANAGERS, **_ALL},
    Capability.CONFIRM_AUDIENCE: {**_MANAGERS, **_ALL},
    Capability.CLEAR_PERSON: {**_MANAGERS, **_ALL},
    Capability.PROTECT_PERSON: {**_MANAGERS, **_ALL},
    Capability.RECOVERY_CODE: {Role.INSTRUCTOR: Relation.RUNNING, **_MANAGERS, **_ALL},
    Capability.ISSUE_CREDENTIAL: {**_ALL},
    Capability.REVOKE_CREDENTIAL: {**_ALL},
    Capability.PROPOSE_REVOCATION: {
        Role.INSTRUCTOR: Relation.COHORT,
        Role.MASTER: Relation.CANDIDATE,
        **_MANAGERS,
        **_ALL,
    },
    Capability.WRITE_PAGES: {**_AUTHORS, **_ALL},
    Capability.REVIEW_PAGES: {  # never own work
        Role.REVIEWER: Relation.INSTITUTION,
        Role.MASTER: Relation.INSTITUTION,
        **_ALL,
    },
    Capability.HANDLE_ERROR_REPORTS: {**_AUTHORS, **_ALL},
    Capability.MANAGE_BANKS: {
        Role.AUTHOR: Relation.INSTITUTION,
        Role.REVIEWER: Relation.INSTITUTION,
        Role.EXAMS: _ANY,
        **_ALL,
    },
    Capability.ITEM_STATISTICS: {
        Role.INSTRUCTOR: Relation.COURSE,
        Role.AUTHOR: Relation.INSTITUTION,
        Role.REVIEWER: Relation.INSTITUTION,
        Role.EXAMS: _ANY,
        **_ALL,
    },
    Capability.REPORTS_BRANCH: {Role.INSTRUCTOR: Relation.COHORT, **_MANAGERS, **_ALL},
    Capability.REPORTS_USAGE: {**_AUTHORS, **_ALL},
    Capability.REPORTS_PROJECT: {Role.OBSERVER: Relation.PROJECT, **_ALL},
    Capability.AUDIT_OWN_BRANCH: {**_MANAGERS, **_ALL},
    Capability.AUDIT_ALL: {**_ALL},
    Capability.JOBS_OWN: {TRAINEE: _OWN, **_ALL},
    Capability.JOBS_ALL: {**_ALL},
    Capability.STATUS: {**_ALL},
    Capability.STYLE_PAGE: {**_ALL},
    Capability.SITE_SETTINGS: {**_ALL},
    Capability.RECORD_CLIENTS: {**_ALL},
    Capability.SET_UP_OBSERVERS: {**_ALL},
}

# Where a role reaches only while its holder is cleared.
NEEDS_CLEARANCE: Mapping[Capability, frozenset[str]] = {
    Capability.READ_RESTRICTED: frozenset({Role.INSTRUCTOR, Role.AUTHOR, Role.REVIEWER, Role.MASTER}),
    Capability.SEE_SENSITIVE: frozenset({Role.MANAGER, Role.OFFICER}),
    Capability.NAME_OF_PROTECTED: frozenset({Role.MANAGER, Role.OFFICER}),
    Capability.PROTECT_PERSON: frozenset({Role.MANAGER, Role.OFFICER}),
}

# Of judges and prosecutors, managers learn only whether they are certified.
NOT_OF_MAGISTRATES: Mapping[Capability, frozenset[str]] = {
    Capability.SEE_FINAL_RESULTS: frozenset({Role.MANAGER, Role.OFFICER}),
}
MAGISTRATES = "judiciary"  # the audience they belong to, confirmed or not

# Not about people who hold a role that reaches outside the own branch, even if they belong to it.
NOT_OVER_SENIORS = frozenset(
    {
        Capability.MANAGE_PEOPLE,
        Capability.GRANT_ROLE,
        Capability.CLEAR_PERSON,
        Capability.PROTECT_PERSON,
    }
)
# Whoever changes what opens an account can take it over: that of a holder of a staff role, or of a protected person,
# is for administrators.
NOT_OF_STAFF = frozenset({Capability.RECOVERY_CODE, Capability.CHANGE_SIGN_IN, Capability.MERGE_PEOPLE})

# Looking that is written down (`operations.audit.record_look`), and where a reason must be given first.
LOGGED: Mapping[Capability, frozenset[str]] = {
    Capability.SEE_PROGRESS: frozenset({Role.ADMINISTRATOR}),
    Capability.SEE_FINAL_RESULTS: frozenset({Role.ADMINISTRATOR}),
    Capability.SEE_ANSWERS: frozenset({Role.ADMINISTRATOR}),
    Capability.SEE_SENSITIVE: frozenset({Role.ADMINISTRATOR}),
    Capability.NAME_OF_PROTECTED: frozenset({Role.ADMINISTRATOR}),
}
WITH_REASON = frozenset(
    {
        Capability.SEE_PROGRESS,
        Capability.SEE_FINAL_RESULTS,
        Capability.SEE_ANSWERS,
        Capability.NAME_OF_PROTECTED,
    }
)

# Who may give which role, within what their own reaches.
GRANTABLE: Mapping[str, frozenset[Role]] = {
    Role.MANAGER: frozenset({Role.OFFICER, Role.INSTRUCTOR, Role.AUTHOR}),
    Role.OFFICER: frozenset({Role.OFFICER, Role.INSTRUCTOR, Role.AUTHOR}),
    Role.ADMINISTRATOR: frozenset(Role),
}

# --- addresses ------------------------------------------------------------------------------------------------------

PUBLIC = "public"  # the page is for everybody; what it shows may still depend on who asks
SIGNED_IN = "signed in"  # for everybody with an account; the view shows only what is their own
NOBODY = "nobody"  # a screen of a library that is not offered here

AUTHORING = "authoring/"  # everything below asks for WRITE_PAGES first, then Wagtail's own permissions decide
# Screens of the desk (by the beginning of their names) that ask for something else.
DESK: Mapping[str, Capability | str] = {
    # People, groups and their rights are written from roles, never by hand.
    "wagtailusers_users:": NOBODY,
    "wagtailusers_groups:": NOBODY,
    "wagtailadmin_account": NOBODY,
    "wagtailadmin_password_reset": NOBODY,
    "wagtailadmin_login": NOBODY,  # ours counts failures and asks for a second factor
    "wagtailadmin_error_test": NOBODY,
    "wagtailadmin_collections:": Capability.SITE_SETTINGS,
    "wagtailadmin_workflows:": Capability.SITE_SETTINGS,
    "wagtailsites:": Capability.SITE_SETTINGS,
    "wagtaillocales:": Capability.SITE_SETTINGS,
    "wagtailsettings:": Capability.SITE_SETTINGS,
    "wagtailsnippets_certificates_credential:": Capability.REVOKE_CREDENTIAL,
}

URLS: Mapping[str, Capability | str] = {
    # --- the site
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "home": PUBLIC,
    "speak": PUBLIC,
    "learn": SIGNED_IN,
    "style": Capability.STYLE_PAGE,
    "status": Capability.STATUS,
    "support-bundle": Capability.STATUS,
    "recovery-sheet": Capability.STATUS,
    "jobs": SIGNED_IN,
    "job-cancel": SIGNED_IN,
    "programme": PUBLIC,
    "norm": PUBLIC,
    "wagtail_serve": PUBLIC,
    "wagtailcore_authenticate_with_password": PUBLIC,
    "wagtailcore_login": PUBLIC,
    # --- courses
    "catalogue": PUBLIC,
    "course": PUBLIC,
    "enrol": PUBLIC,  # sends strangers to sign in and back to the course
    "withdraw": SIGNED_IN,
    "course-print": PUBLIC,
    "activity": PUBLIC,  # open tier; others are sent to sign in and back
    "complete": PUBLIC,
    "note": PUBLIC,
    "report": PUBLIC,
    "lesson-ask": SIGNED_IN,
    "group": SIGNED_IN,
    "group-leave": SIGNED_IN,
    "group-join": PUBLIC,  # whoever has the link; sends strangers to sign in and back
    # --- the desk for teaching
    "teach": Capability.SEE_COHORTS,
    "teach-cohort-new": Capability.START_COHORTS,
    "teach-cohort": Capability.SEE_COHORTS,
    "teach-remind": Capability.MANAGE_COHORTS,
    "teach-register": Capability.SEE_COHORTS,
    "teach-settings": Capability.SEE_COHORTS,
    "teach-cohort-edit": Capability.MANAGE_COHORTS,
    "teach-cohort-archive": Capability.MANAGE_COHORTS,
    "teach-course-new": Capability.MANAGE_COHORTS,
    "teach-course-due": Capability.MANAGE_COHORTS,
    "teach-course-remove": Capability.MANAGE_COHORTS,
    "teach-instructor-new": Capability.MANAGE_COHORTS,
    "teach-instructor-end": Capability.MANAGE_COHORTS,
    "teach-members": Capability.SEE_COHORTS,
    "teach-member": Capability.MANAGE_COHORTS,
    "teach-member-remove": Capability.MANAGE_COHORTS,
    "teach-link": Capability.MANAGE_COHORTS,
    "teach-announcements": Capability.SEE_COHORTS,
    "teach-announcement-withdraw": Capability.MANAGE_COHORTS,
    "teach-questions": Capability.MANAGE_COHORTS,
    "teach-question": Capability.MANAGE_COHORTS,
    "notebook": SIGNED_IN,
    "notebook-export": SIGNED_IN,
    "notebook-edit": SIGNED_IN,
    "notebook-delete": SIGNED_IN,
    # --- assessments
    "start-attempt": PUBLIC,
    "reread": PUBLIC,
    "attempt": SIGNED_IN,
    "attempt-answer": SIGNED_IN,
    "attempt-submit": SIGNED_IN,
    "attempt-result": SIGNED_IN,
    "teach-extra": Capability.EXTRA_TIME,
    # --- workshops
    **dict.fromkeys(
        (
            "workshops",
            "feasts",
            "workshop",
            "workshop-people",
            "workshop-letters",
            "letter-pdf",
            "letter-signed",
            "workshop-pack",
            "workshop-pack-file",
            *("workshop-report", "workshop-report-file", "workshop-outcomes"),
        ),
        Capability.SEE_COHORTS,
    ),
    "workshop-new": Capability.PLAN_WORKSHOPS,
    **dict.fromkeys(
        (
            "workshop-edit",
            "workshop-announce",
            "workshop-cancel",
            "workshop-facilitator",
            "workshop-facilitator-end",
            "workshop-agenda",
            "session-new",
            "session-edit",
            "session-agenda",
            "session-remove",
            "workshop-person-new",
            "workshop-import",
            "workshop-quotas",
            "workshop-counted",
            "registration-seat",
            "registration-replace",
            "registration-withdraw",
            *("workshop-outcome-new", "workshop-outcome", "workshop-survey", "workshop-allowances"),
            *("workshop-test-before", "workshop-test-after"),
        ),
        Capability.MANAGE_COHORTS,
    ),
    **dict.fromkeys(
        (
            "registration-decide",
            "letter-new",
            "letter-scan",
        ),
        Capability.DECIDE_DESIGNATION,
    ),
    **dict.fromkeys(
        (
            "workshop-calls",
            "workshop-propose",
            "workshop-propose-name",
        ),
        Capability.PROPOSE_PARTICIPANTS,
    ),
    **dict.fromkeys(
        (
            "feast-new",
            "feast-edit",
            "feast-remove",
        ),
        Capability.SITE_SETTINGS,
    ),
    **dict.fromkeys(
        (
            "my-workshops",
            "my-workshop",
            "my-workshop-answer",
            "my-workshop-calendar",
            "my-workshop-register",
            *("my-workshop-survey", "my-workshop-test-before", "my-workshop-test-after"),
        ),
        SIGNED_IN,
    ),
    # Who may observe, and who is observed, the room of workshops says; others find nothing.
    "observe": SIGNED_IN,
    "observation": SIGNED_IN,
    "my-observation": SIGNED_IN,
    # --- certificates
    "certificates": SIGNED_IN,
    "certificate": SIGNED_IN,
    "certificate-pdf": SIGNED_IN,
    "certificate-pdf-language": SIGNED_IN,
    "pathway": SIGNED_IN,
    # Who signs a stage the pathway says, a certified trainer without any role among them; others find nothing.
    "pathway-evidence": SIGNED_IN,
    "teach-candidates": SIGNED_IN,
    "teach-candidate": SIGNED_IN,
    "verify": PUBLIC,
    "verify-file": PUBLIC,
    "verify-number": PUBLIC,
    "verify-paper": PUBLIC,
    "verify-paper-slash": PUBLIC,
    # --- workshops
    "attendance": Capability.SEE_COHORTS,
    "attendance-close": Capability.MANAGE_COHORTS,
    "attendance-correct": Capability.MANAGE_COHORTS,
    "call": Capability.MANAGE_COHORTS,
    "call-code": Capability.MANAGE_COHORTS,
    "call-sheet": Capability.MANAGE_COHORTS,
    "phone": PUBLIC,  # an empty screen: what it shows lies on the phone
    "phone-worker": PUBLIC,
    "phone-list": Capability.MANAGE_COHORTS,
    "phone-take": Capability.MANAGE_COHORTS,
    "check-in": SIGNED_IN,
    "verify-offline": PUBLIC,
    "verify-offline-page": PUBLIC,
    "verify-offline-manifest": PUBLIC,
    "verify-offline-data": PUBLIC,
    "verify-offline-worker": PUBLIC,
    "badge": PUBLIC,  # the address cannot be guessed
    "badge-jwt": PUBLIC,
    "badge-issuer": PUBLIC,
    "badge-status": PUBLIC,
    "badge-status-jwt": PUBLIC,
    # --- content
    "sources": PUBLIC,
    "norms": PUBLIC,
    "glossary": PUBLIC,
    "figure": PUBLIC,  # the tier of the figure decides
    "media": PUBLIC,  # for people who write; nothing is there for others
    # --- accounts
    "account": SIGNED_IN,
    "accounts": PUBLIC,
    "account_login": PUBLIC,
    "account_logout": PUBLIC,
    "account_inactive": PUBLIC,
    "account_signup": PUBLIC,
    "account_email_verification_sent": PUBLIC,
    "account_reauthenticate": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    # --- the desk: people, institutions, roles
    "manage": Capability.MANAGE_PEOPLE,
    "manage-people": Capability.MANAGE_PEOPLE,
    "manage-people-export": Capability.MANAGE_PEOPLE,
    "manage-person-new": Capability.MANAGE_PEOPLE,
    "manage-person": Capability.MANAGE_PEOPLE,
    "manage-person-results": Capability.MANAGE_PEOPLE,
    "manage-person-name": Capability.MANAGE_PEOPLE,
    "manage-person-edit": Capability.MANAGE_PEOPLE,
    "manage-person-deactivate": Capability.MANAGE_PEOPLE,
    "manage-person-reactivate": Capability.MANAGE_PEOPLE,
    "manage-person-transfer": Capability.MANAGE_PEOPLE,
    "manage-person-join": Capability.MANAGE_PEOPLE,
    "manage-person-leave": Capability.MANAGE_PEOPLE,
    "manage-person-supervisor": Capability.MANAGE_PEOPLE,
    "manage-role-new": Capability.GRANT_ROLE,
    "manage-role-end": Capability.GRANT_ROLE,
    "manage-audience-new": Capability.CONFIRM_AUDIENCE,
    "manage-audience-confirm": Capability.CONFIRM_AUDIENCE,
    "manage-audience-end": Capability.CONFIRM_AUDIENCE,
    "manage-clearance": Capability.CLEAR_PERSON,
    "manage-protection": Capability.PROTECT_PERSON,
    "manage-institutions": Capability.MANAGE_PEOPLE,
    "manage-institution-new": Capability.ADD_INSTITUTION,
    "manage-institution": Capability.MANAGE_PEOPLE,
    "manage-institution-edit": Capability.MANAGE_INSTITUTIONS,
    "manage-institution-move": Capability.MANAGE_INSTITUTIONS,
    "manage-institution-close": Capability.MANAGE_INSTITUTIONS,
    "manage-institution-reopen": Capability.MANAGE_INSTITUTIONS,
    # --- accounts in depth: codes, second factors, sessions
    "enter": PUBLIC,
    "enter-code": PUBLIC,
    "enter-password": PUBLIC,
    "join": PUBLIC,
    "signed-out": PUBLIC,
    "told": SIGNED_IN,
    "code-withdraw": SIGNED_IN,
    "sessions": SIGNED_IN,
    "slips": Capability.MANAGE_PEOPLE,
    "invitations": Capability.MANAGE_PEOPLE,
    "invite": Capability.MANAGE_PEOPLE,
    "invitation": Capability.MANAGE_PEOPLE,
    "invitation-withdraw": Capability.MANAGE_PEOPLE,
    "recovery": Capability.RECOVERY_CODE,
    "login-codes": Capability.RECOVERY_CODE,
    "login-code": Capability.RECOVERY_CODE,
    "login-code-slip": Capability.RECOVERY_CODE,
    "login-code-confirm": Capability.RECOVERY_CODE,
    "login-code-withdraw": Capability.RECOVERY_CODE,
    "mfa_index": SIGNED_IN,
    "mfa_authenticate": PUBLIC,  # between the password and the second step
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "mfa_list_webauthn": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "mfa_remove_webauthn": SIGNED_IN,
    "mfa_edit_webauthn": SIGNED_IN,
    "mfa_login_webauthn": PUBLIC,
    # Only where an identity provider is configured.
    "openid_connect_login": PUBLIC,
    "openid_connect_callback": PUBLIC,
    "socialaccount_login_cancelled": PUBLIC,
    "socialaccount_login_error": PUBLIC,
    # --- discretion
    "clear": PUBLIC,
    "protection-word": SIGNED_IN,
    "manifest": PUBLIC,
    # --- privacy
    "my-data": SIGNED_IN,
    "my-data-file": SIGNED_IN,
    "erase-account": SIGNED_IN,
    "erase-withdraw": SIGNED_IN,
    "erasures": Capability.ERASE_PEOPLE,
    "erasure": Capability.ERASE_PEOPLE,
    "erasure-withdraw": Capability.ERASE_PEOPLE,
    "duplicates": Capability.MERGE_PEOPLE,
    "merge": Capability.MERGE_PEOPLE,
    "merge-undo": Capability.MERGE_PEOPLE,
    # --- audit and messages
    "inbox": SIGNED_IN,
    "messages-read": SIGNED_IN,
    "message-preferences": SIGNED_IN,
    "message-open": SIGNED_IN,
    "message-delete": SIGNED_IN,
    "audit": Capability.AUDIT_OWN_BRANCH,
    "audit-entry": Capability.AUDIT_OWN_BRANCH,
    "audit-export": Capability.AUDIT_OWN_BRANCH,
}
