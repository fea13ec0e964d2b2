from certificates.models.credentials import (
    Credential,
    CredentialQuerySet,
    Evidence,
    HandOver,
    Rendering,
)
from certificates.models.issuer import IssuerSettings
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
