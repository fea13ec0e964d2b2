"""What may stand in an address: a browser keeps it in its history, and whoever holds the phone reads it there."""

from __future__ import annotations

import hashlib


def neutral(slug: str) -> str:
    """Eight digits drawn from a slug that would name a subject: the same for the same slug, on every installation."""
    return hashlib.sha256(slug.encode()).hexdigest()[:8]
