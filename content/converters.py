"""What stands in addresses of this room."""

from __future__ import annotations

import hashlib


class NormRef(str):
    """A norm as it stands in an address."""

    __slots__ = ()


def norm_ref(slug: str) -> NormRef:
    """Eight digits drawn from a norm's slug: an address stays in a browser's history, and the slug names a subject."""
    return NormRef(hashlib.sha256(slug.encode()).hexdigest()[:8])


class NormConverter:
    """The slug (or the reference itself) on the way into an address; the reference on the way out."""

    regex = "[0-9a-f]{8}"

    def to_python(self, value: str) -> NormRef:
        return NormRef(value)

    def to_url(self, value: str) -> str:
        return value if isinstance(value, NormRef) else norm_ref(value)
