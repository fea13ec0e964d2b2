"""What certificates tells, inside the transaction in which it happened."""

from django.dispatch import Signal

credential_issued = Signal()  # credential: Credential
credential_revoked = Signal()  # credential: Credential
