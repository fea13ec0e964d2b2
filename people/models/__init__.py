"""What the room keeps, one file a noun."""

from people.models.accounts import User
from people.models.codes import Invitation, LoginCode
from people.models.institutions import Institution, Membership, Project, Supervision
from people.models.privacy import DataExport, ErasureRequest, Merge, Retention
from people.models.roles import Audience, Clearance, Protection, Role, RoleGrant

__all__ = [
    "Audience",
    "Clearance",
    "DataExport",
    "ErasureRequest",
    "Institution",
    "Invitation",
    "LoginCode",
    "Membership",
    "Merge",
    "Project",
    "Protection",
    "Retention",
    "Role",
    "RoleGrant",
    "Supervision",
    "User",
]
