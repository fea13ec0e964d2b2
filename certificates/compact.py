"""The signed text in the square code on paper, small enough to print, that a phone verifies without a network.

    https://site.example/verify/KAL-2026-…#K1.<body>.<signature>

What stands behind the # never reaches a server; a phone that knows nothing of it opens the page of the number. The body
is base64url of lines: name of the key, nature (c, a, t), issued and expires (YYYYMMDD, or nothing), place in the
revocation list, name as printed, title. The signature (Ed25519) covers the number as well. For a protected holder name
and title are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from certificates.keys import PublicKey, SigningKey, base64url, from_base64url

VERSION = "K1"
# Signed before everything else, so that this signature can stand for nothing else that the same key signs.
DOMAIN = "kalanso-certificate-1"
# Bytes at most: with both, 77 modules of 0.4 mm on paper, which phones read; with usual names 65.
NAME_BYTES = 72
TITLE_BYTES = 72
_KINDS = {"competence": "c", "attendance": "a", "trainer": "t"}


@dataclass(frozen=True)
class Compact:
    """What the square code says. `index` is the place over all revocation lists."""

    number: str
    kind: str
    issued: date
    expires: date | None
    index: int
    holder: str = ""
    title: str = ""


def write(said: Compact, key: SigningKey) -> str:
    """K1.<body>.<signature>"""
    body = "\n".join(
        [
            key.public.name,
            _KINDS[said.kind],
            f"{said.issued:%Y%m%d}",
            f"{said.expires:%Y%m%d}" if said.expires else "",
            str(said.index),
            _cut(said.holder, NAME_BYTES),
            _cut(said.title, TITLE_BYTES),
        ]
    ).encode()
    return f"{VERSION}.{base64url(body)}.{base64url(key.sign(_data(said.number, body)))}"


def read(number: str, text: str, keys: list[PublicKey]) -> tuple[Compact, PublicKey]:
    """What a square code says, and the key that signed it. Raises ValueError for what none of the keys signed."""
    version, body64, signature64 = text.split(".")
    if version != VERSION:
        raise ValueError("Another version.")
    body, signature = from_base64url(body64), from_base64url(signature64)
    name, kind, issued, expires, index, holder, title = body.decode().split("\n")
    key = next((key for key in keys if key.name == name), None)
    if key is None or not key.verifies(signature, _data(number, body)):
        raise ValueError("Not signed by one of these keys.")
    kinds = {letter: kind for kind, letter in _KINDS.items()}
    said = Compact(
        number=number,
        kind=kinds[kind],
        issued=_day(issued),
        expires=_day(expires) if expires else None,
        index=int(index),
        holder=holder,
        title=title,
    )
    return said, key


def _data(number: str, body: bytes) -> bytes:
    return f"{DOMAIN}\n{number}\n".encode() + body


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()


def _cut(text: str, most: int) -> str:
    """One line, of so many bytes at most."""
    text = " ".join(text.split())
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode(errors="ignore").rstrip() + "…"
