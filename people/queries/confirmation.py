"""The word that confirms a protected person's certificates."""

from __future__ import annotations

from django.contrib.auth.hashers import check_password, make_password

from operations.folding import fold
from people.models import Protection, User

LONGEST_WORD = 200  # as it is typed


def as_compared(word: str) -> str:
    """A word as it is compared: said over a telephone, it comes without accents, capitals, spaces or hyphens."""
    return "".join(sign for sign in fold(word) if sign.isalnum())


def own_protection(user: User) -> Protection | None:
    """The person's own protection today, if any. 1 query."""
    found: Protection | None = Protection.objects.on().filter(user=user).first()
    return found


def word_confirms(user_id: int, word: str) -> bool:
    """Whether this is the word that the protected person chose. As slow as a password, also where there is no word.

    1 query.
    """
    kept = Protection.objects.on().filter(user_id=user_id).values_list("word", flat=True).first()
    given = as_compared(word)
    if not kept or not given:
        make_password(given)  # as slow as a comparison
        return False
    return check_password(given, kept)
