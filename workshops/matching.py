"""Whom a line of a list means: an account by its staff number, or by exact name and institution; near names otherwise.

A protected person is found by the pseudonym alone, unless the reader may read the name without a trace: otherwise a list
of guesses would tell whose pseudonym it is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from operations.folding import fold
from people.access import Person
from people.models import Institution, Membership, User
from people.names import named_for, pseudonym_of

NEAR = 0.82
BEGINNING = 3  # letters
MOST_NEAR = 3


def findable(viewer: Person) -> QuerySet[User]:
    """Open accounts, each with its pseudonym, without those whose name the viewer does not read. Lazy."""
    people = User.objects.filter(is_active=True).annotate(pseudonym=pseudonym_of())
    return people.filter(Q(pseudonym=None) | Q(pk__in=named_for(viewer).values("pk")))


def account_for(viewer: Person, *, number: str = "", pseudonym: str = "") -> User | None:
    """The account with this staff number, or of the protected person with this pseudonym. 1 query each."""
    number = number.strip().upper()
    if number:
        return findable(viewer).filter(staff_number=number).first()
    if pseudonym.strip():
        people = User.objects.filter(is_active=True).annotate(pseudonym=pseudonym_of())
        return people.filter(pseudonym=pseudonym.strip()).first()
    return None


def key_of(name: str) -> tuple[str, ...]:
    """A name without accents, capitals and order: « Diarra Awa » is « Awa DIARRA »."""
    return tuple(sorted(fold(name).replace("-", " ").split()))


@dataclass(slots=True)
class Directory:
    """The accounts that lines may mean, read once for a whole list."""

    by_number: dict[str, User] = field(default_factory=dict)
    by_pseudonym: dict[str, User] = field(default_factory=dict)
    by_name: dict[tuple[str, ...], list[User]] = field(default_factory=dict)
    near: dict[str, User] = field(default_factory=dict)
    beginnings: dict[str, set[str]] = field(default_factory=dict)  # of the words of a name: comparing all costs seconds
    places: dict[int, list[Institution]] = field(default_factory=dict)

    def exact(self, name: str, institution: Institution | None) -> list[User]:
        """Accounts of that very name, in that institution or below it where one is given."""
        found = self.by_name.get(key_of(name), [])
        return [user for user in found if institution is None or self._belongs(user, institution)]

    def alike(self, name: str, institution: Institution | None) -> list[User]:
        """Accounts with nearly that name, the nearest first: a slip of the pen."""
        wanted = " ".join(key_of(name))
        begin_alike = {name for word in key_of(name) for name in self.beginnings.get(word[:BEGINNING], ())}
        close = difflib.get_close_matches(wanted, sorted(begin_alike), n=MOST_NEAR * 2, cutoff=NEAR)
        people = [self.near[words] for words in close]
        people.sort(key=lambda user: institution is not None and not self._belongs(user, institution))
        return people[:MOST_NEAR]

    def _belongs(self, user: User, institution: Institution) -> bool:
        return any(place.path.startswith(institution.path) for place in self.places.get(user.pk, []))


def directory(
    viewer: Person, *, within: Sequence[Institution], numbers: Iterable[str], names: Iterable[str]
) -> Directory:
    """The accounts that a list may mean: those with its numbers, wherever; those with its names, and near ones, in these
    institutions and below. 4 queries."""
    found = Directory()
    people = findable(viewer)
    for user in people.filter(staff_number__in={number.upper() for number in numbers if number}):
        found.by_number[user.staff_number or ""] = user
    pseudonyms = User.objects.filter(is_active=True).annotate(pseudonym=pseudonym_of())
    for user in pseudonyms.filter(pseudonym__in={name for name in names if name}):
        found.by_pseudonym[user.pseudonym] = user
    inside = Q(pk__in=[])
    for place in within:
        inside |= Q(institution__path__startswith=place.path)
    rows = Membership.objects.on().filter(inside).select_related("institution", "user").filter(user__in=people)
    for row in rows:
        member = row.user
        if member is None:
            continue
        found.places.setdefault(member.pk, []).append(row.institution)
        words = key_of(member.full_name)
        if words and member not in found.by_name.setdefault(words, []):
            found.by_name[words].append(member)
            found.near[" ".join(words)] = member
            for word in words:
                found.beginnings.setdefault(word[:BEGINNING], set()).add(" ".join(words))
    return found
