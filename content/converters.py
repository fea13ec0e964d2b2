"""What stands in addresses of this room."""

from __future__ import annotations

from operations.addresses import neutral


class NormRef(str):
    """A norm as it stands in an address."""

    __slots__ = ()


def norm_ref(slug: str) -> NormRef:
    """A norm's slug as it stands in an address."""
    return NormRef(neutral(slug))


class NormConverter:
    """The slug (or the reference itself) on the way into an address; the reference on the way out."""

    regex = "[0-9a-f]{8}"

    def to_python(self, value: str) -> NormRef:
        return NormRef(value)

    def to_url(self, value: str) -> str:
        return value if isinstance(value, NormRef) else norm_ref(value)
