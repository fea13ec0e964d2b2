from certificates.models.credentials import Credential, CredentialQuerySet, Evidence, IssuerSettings, Rendering

__all__ = ["Credential", "CredentialQuerySet", "Evidence", "IssuerSettings", "Rendering"]
