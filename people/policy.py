"""Who may do what, as data: capability × role × relation. Which capability an address asks for stands in
`people.addresses`.

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
    GRADE = "grade"  # asked about the enrolment; written work, by who teaches the person the course
    SEE_TRAINERS = "see-trainers"  # the register of trainers
    SEE_CASCADE = "see-cascade"  # who trained whom; trainers see what is below themselves
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
    Capability.GRADE: {Role.INSTRUCTOR: Relation.COHORT},
    Capability.SEE_TRAINERS: {Role.MASTER: _ANY, Role.COORDINATOR: _ANY, **_MANAGERS, **_ALL},
    Capability.SEE_CASCADE: {Role.MASTER: _ANY, Role.COORDINATOR: _ANY, **_ALL},
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
    Capability.SEE_TRAINERS: frozenset({Role.MANAGER, Role.OFFICER}),
}
MAGISTRATES = "judiciary"  # the audience they belong to, confirmed or not

# Judges and prosecutors are graded by one of their corps or by an outsider: never by somebody else of an institution on
# their own line, at, above or below the one that they belong to.
BY_CORPS_OR_OUTSIDER: Mapping[Capability, frozenset[str]] = {
    Capability.GRADE: frozenset({Role.INSTRUCTOR}),
}

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
