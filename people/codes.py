"""Codes that people type from paper, and what is kept of them.

Twelve signs of an alphabet of 32 (60 bits) without letters that are taken for others; only a keyed hash is kept.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Literal

from django.utils.crypto import salted_hmac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
LENGTH = 12
_MEANT = str.maketrans({"I": "1", "L": "1", "O": "0"})

Kind = Literal["login", "invitation"]


def new_code() -> str:
    """A new code, in groups of four: 7K3M-9QWE-2RTY."""
    return grouped("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def grouped(code: str) -> str:
    """In groups of four, for reading."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def parse(text: str) -> str | None:
    """The code that was meant, without hyphens: case, spaces and look-alike letters do not matter. None: not a code."""
    plain = unicodedata.normalize("NFKC", text[:100]).upper().translate(_MEANT)
    plain = re.sub(r"[\s\-‐-―_.]+", "", plain)
    return plain if len(plain) == LENGTH and all(sign in ALPHABET for sign in plain) else None


def digest(kind: Kind, code: str) -> str:
    """What is kept of a parsed code; codes of one kind open nothing of the other."""
    return salted_hmac(f"people.code.{kind}", code, algorithm="sha256").hexdigest()
