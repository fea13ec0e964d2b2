"""The word by which a protected person's certificates are confirmed, in place of the name."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from operations.audit import record_change
from operations.errors import Refused
from people.models import Protection, User
from people.queries.confirmation import as_compared

SHORTEST, LONGEST = 8, 100  # letters, as they are compared


@transaction.atomic
def choose_word(*, user: User, word: str) -> None:
    """Choose or change the word. Only its hash is kept, at the cost of a password's.

    Raises Refused for people who are not protected, and for a word that is short, the password, or could be guessed
    from the name or a number that stands on papers.
    """
    row = Protection.objects.on().select_for_update().filter(user=user).first()
    if row is None:
        raise Refused(_("Your name is not protected: your certificates are verified by it, without a word."))
    kept = as_compared(word[: LONGEST * 4])
    if not SHORTEST <= len(kept) <= LONGEST:
        raise Refused(
            _("The word has too few or too many letters and digits."),
            _("Choose at least %(count)d: two or three words are easy to say and hard to guess.") % {"count": SHORTEST},
        )
    if any(part in kept or kept in part for part in _guessable(user, row)):
        raise Refused(
            _("The word can be guessed: it holds a name or a number of yours."), _("Choose words that nobody expects.")
        )
    if len(set(kept)) < 4:
        raise Refused(_("The word can be guessed: it has too few different letters."), _("Choose another one."))
    if user.check_password(word):
        raise Refused(
            _("This is your password. The word is told to other people; the password never is."),
            _("Choose something else."),
        )
    row.word = make_password(kept)
    row.save(update_fields=["word"])
    record_change(actor=user, code="people.word-chosen", obj=user)


def _guessable(user: User, row: Protection) -> list[str]:
    words = f"{user.first_name} {user.last_name} {row.pseudonym}".split()
    known = [as_compared(word) for word in [*words, user.username, user.staff_number or "", user.email.split("@")[0]]]
    return [word for word in known if len(word) >= 4]
