"""Accounts for looking around: one of each kind of person, made once on the first run of a local trial."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction

from people.models import User

# Wagtail's own group of people who write pages; roles will write groups themselves.
AUTHORS = "Editors"

_ACCOUNTS = (
    ("trainee", "Awa", "Diarra", "takes courses"),
    ("instructor", "Issa", "Traoré", "teaches workshops"),
    ("manager", "Mariam", "Coulibaly", "answers for a branch"),
    ("author", "Oumar", "Maïga", "writes pages, at /authoring/"),
    ("master", "Fanta", "Keïta", "trains trainers"),
    ("admin", "Administration", "", "administers everything"),
)


def has_people() -> bool:
    """Whether anybody has an account."""
    return User.objects.exists()


@transaction.atomic
def create_accounts(*, password: str) -> list[tuple[str, str]]:
    """Make the accounts, all with the one password; return (username, what the person does)."""
    for username, first, last, _ in _ACCOUNTS:
        make = User.objects.create_superuser if username == "admin" else User.objects.create_user
        person = make(username, password=password, first_name=first, last_name=last, language="fr")
        if username == "author":
            person.groups.add(Group.objects.get(name=AUTHORS))
    return [(username, what) for username, _, _, what in _ACCOUNTS]
