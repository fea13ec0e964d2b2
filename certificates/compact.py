"""The signed text in the square code on paper, small enough to print, that a phone verifies without a network.

    https://site.example/verify/KAL-2026-…#K1.<body>.<signature>   K2 where the number was reserved when it was printed

What stands behind the # never reaches a server; a phone that knows nothing of it opens the page of the number. The body
is base64url of lines: name of the key, nature (c, a, t), issued and expires (YYYYMMDD, or nothing), place in the
revocation list, name as printed, title; in K2 also the moment at which the number was reserved (YYYYMMDDHHMM, UTC): the
phone takes it for not yet confirmed unless it has learned of it later. The signature (Ed25519) covers the number as well. For a protected holder name
and title are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from certificates.keys import PublicKey, SigningKey, base64url, from_base64url

# Signed before everything else, so that this signature can stand for nothing else that the same key signs.
DOMAINS = {"K1": "kalanso-certificate-1", "K2": "kalanso-certificate-2"}
_MOMENT = "%Y%m%d%H%M"
# Bytes at most: with both, 77 modules of 0.4 mm on paper, which phones read; with usual names 65.
NAME_BYTES = 72
TITLE_BYTES = 72
_KINDS = {"competence": "c", "attendance": "a", "trainer": "t"}


@dataclass(frozen=True)
class Compact:
    """What the square code says. `index` is the place over all revocation lists; `reserved`, to the minute, when the
    number was reserved, where that was before it was issued."""

    number: str
    kind: str
    issued: date
    expires: date | None
    index: int
    holder: str = ""
    title: str = ""
    reserved: datetime | None = None


def write(said: Compact, key: SigningKey) -> str:
    """K1.<body>.<signature>, or K2 for a number that was reserved."""
    version = "K2" if said.reserved else "K1"
    body = "\n".join(
        [
            key.public.name,
            _KINDS[said.kind],
            f"{said.issued:%Y%m%d}",
            f"{said.expires:%Y%m%d}" if said.expires else "",
            str(said.index),
            _cut(said.holder, NAME_BYTES),
            _cut(said.title, TITLE_BYTES),
            *([said.reserved.astimezone(UTC).strftime(_MOMENT)] if said.reserved else []),
        ]
    ).encode()
    return f"{version}.{base64url(body)}.{base64url(key.sign(_data(version, said.number, body)))}"


def read(number: str, text: str, keys: list[PublicKey]) -> tuple[Compact, PublicKey]:
    """What a square code says, and the key that signed it. Raises ValueError for what none of the keys signed."""
    version, body64, signature64 = text.split(".")
    if version not in DOMAINS:
        raise ValueError("Another version.")
    body, signature = from_base64url(body64), from_base64url(signature64)
    name, kind, issued, expires, index, holder, title, *more = body.decode().split("\n")
    if len(more) != (version == "K2"):
        raise ValueError("More or fewer lines than there are.")
    key = next((key for key in keys if key.name == name), None)
    if key is None or not key.verifies(signature, _data(version, number, body)):
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
        reserved=datetime.strptime(more[0], _MOMENT).replace(tzinfo=UTC) if more else None,
    )
    return said, key


def _data(version: str, number: str, body: bytes) -> bytes:
    return f"{DOMAINS[version]}\n{number}\n".encode() + body


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()


def _cut(text: str, most: int) -> str:
    """One line, of so many bytes at most."""
    text = " ".join(text.split())
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode(errors="ignore").rstrip() + "…"
