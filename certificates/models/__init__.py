from certificates.models.credentials import (
    Credential,
    CredentialQuerySet,
    Evidence,
    HandOver,
    IssuerSettings,
    Rendering,
)
from certificates.models.pathways import Appeal, Candidate, Panelist, Pathway, StageDecision, StageEvidence

__all__ = [
    "Appeal",
    "Candidate",
    "Credential",
    "CredentialQuerySet",
    "Evidence",
    "HandOver",
    "IssuerSettings",
    "Panelist",
    "Pathway",
    "Rendering",
    "StageDecision",
    "StageEvidence",
]
