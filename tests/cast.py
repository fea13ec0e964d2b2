"""The people of the tests. Each test about access names who does it; whoever is not named here is nobody.

Awa        trainee, prison officer in Bamako
Issa       instructor, teaches Awa's workshop
Mariam     manager of the branch that Awa belongs to
Oumar      author: may work in the authoring desk
Fanta      master trainer
Seydou     stranger: a trainee of another branch
Admin      administrator of the whole site
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group

from people.models import User

PASSWORD = "Ba-fili-4821-Joliba"  # everybody's
AUTHORS = "Editors"  # Wagtail's own group, until roles write it

_PEOPLE = {
    "awa": ("Awa", "Diarra", "fr"),
    "issa": ("Issa", "Traoré", "fr"),
    "mariam": ("Mariam", "Coulibaly", "fr"),
    "oumar": ("Oumar", "Maïga", "fr"),
    "fanta": ("Fanta", "Keïta", "fr"),
    "seydou": ("Seydou", "Ag Alhousseini", "fr"),
    "admin": ("Administration", "", "fr"),
}


@dataclass(frozen=True)
class Cast:
    """The people, by first name."""

    awa: User
    issa: User
    mariam: User
    oumar: User
    fanta: User
    seydou: User
    admin: User

    def __iter__(self):
        return iter((self.awa, self.issa, self.mariam, self.oumar, self.fanta, self.seydou, self.admin))


def engage() -> None:
    """Write the people into the template database: once, for hashing a password costs 18 ms."""
    for username, (first, last, language) in _PEOPLE.items():
        make = User.objects.create_superuser if username == "admin" else User.objects.create_user
        make(
            username,
            email=f"{username}@kalanso.test",
            password=PASSWORD,
            first_name=first,
            last_name=last,
            language=language,
            staff_number=None if username == "admin" else f"ML-{username.upper()}",
        )
    User.objects.get(username="oumar").groups.add(Group.objects.get(name=AUTHORS))


def call() -> Cast:
    """The people as the database has them."""
    return Cast(**{person.username: person for person in User.objects.filter(username__in=_PEOPLE)})
