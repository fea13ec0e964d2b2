"""The revocation list: one bit for each credential, in W3C Bitstring Status Lists of 131,072.

A credential has a place of its own (`Credential.status_index`), drawn at random when one of its machine-readable forms
is first made, so that the list says neither whose a bit is nor in which order credentials were issued.
"""

from __future__ import annotations

import gzip
import secrets

from django.db import IntegrityError, transaction
from django.db.models import Q

from certificates.keys import base64url
from certificates.models import Credential

LENGTH = 131_072  # bits of one list, the least that the standard allows (§2.2), so that one bit hides among many
_DRAWS = 200


def index_of(credential: Credential) -> int:
    """The credential's place, counted over all lists; drawn now if it has none. Three queries at the first call."""
    if credential.status_index is None:
        taken = Credential.objects.exclude(status_index=None).count()
        # Every list is filled to a half, so that a draw seldom meets a place that is taken.
        first = taken // (LENGTH // 2) * LENGTH
        for _draw in range(_DRAWS):
            drawn = first + secrets.randbelow(LENGTH)
            try:
                with transaction.atomic():
                    Credential.objects.filter(pk=credential.pk, status_index=None).update(status_index=drawn)
            except IntegrityError:
                continue
            credential.refresh_from_db(fields=["status_index"])  # another process may have been quicker
            break
    assert credential.status_index is not None
    return credential.status_index


def place_of(index: int) -> tuple[int, int]:
    """The number of the list, from 1, and the place within it."""
    return index // LENGTH + 1, index % LENGTH


def revoked() -> list[int]:
    """The places, over all lists and in order, of credentials that were revoked or erased. One query."""
    gone = Credential.objects.filter(Q(status=Credential.Status.REVOKED) | Q(erased__isnull=False))
    found = gone.exclude(status_index=None).values_list("status_index", flat=True).order_by("status_index")
    return [index for index in found if index is not None]


def reserved() -> list[int]:
    """The places, in order, of numbers that are reserved and not yet confirmed. One query."""
    waiting = Credential.objects.filter(status=Credential.Status.RESERVED).exclude(status_index=None)
    found = waiting.values_list("status_index", flat=True).order_by("status_index")
    return [index for index in found if index is not None]


def lists() -> int:
    """How many lists there are. One query."""
    return Credential.objects.exclude(status_index=None).count() // (LENGTH // 2) + 1


def encoded(number: int, places: list[int]) -> str:
    """List `number` with the bits of these places (over all lists) set, as the standard writes it (§2.2, §3.3)."""
    bits = bytearray(LENGTH // 8)
    for index in places:
        owner, place = place_of(index)
        if owner == number:
            bits[place // 8] |= 0x80 >> place % 8  # the first bit is the leftmost
    return "u" + base64url(gzip.compress(bytes(bits), mtime=0))
