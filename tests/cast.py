"""The people of the tests. Each test about access names who does it; whoever is not named here is nobody.

Awa        trainee, officer of the prison in Bamako (`mca`)
Issa       instructor, for the prison administration
Mariam     manager of the prison administration (`dnapes`), the branch that Awa belongs to
Oumar      author, for the prison administration
Fanta      master trainer, for the prison administration
Seydou     stranger: a trainee of another branch, a court
Admin      administrator of the whole site

The tree: ministry > (dnapes > (mca, koulikoro), court).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from people.models import Institution, Membership, Role, RoleGrant, User

PASSWORD = "Ba-fili-4821-Joliba"  # everybody's

_TREE = (
    ("ministry", None, Institution.Kind.MINISTRY, "Ministère de la Justice"),
    ("dnapes", "ministry", Institution.Kind.DIRECTORATE, "DNAPES"),
    ("mca", "dnapes", Institution.Kind.PRISON, "Maison centrale d'arrêt de Bamako"),
    ("koulikoro", "dnapes", Institution.Kind.PRISON, "Prison de Koulikoro"),
    ("court", "ministry", Institution.Kind.COURT, "Tribunal de grande instance"),
)
_PLACES = {
    "awa": "mca",
    "issa": "dnapes",
    "mariam": "dnapes",
    "oumar": "dnapes",
    "fanta": "dnapes",
    "seydou": "court",
}
_ROLES = {"issa": Role.INSTRUCTOR, "mariam": Role.MANAGER, "oumar": Role.AUTHOR, "fanta": Role.MASTER}
# Long before any test that travels in time.
SINCE = dt.date(2020, 1, 1)

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


def plant() -> dict[str, Institution]:
    """Write the tree of institutions; by code."""
    made: dict[str, Institution] = {}
    for code, above, kind, name in _TREE:
        parent = made[above] if above else None
        found = Institution.objects.create(
            code=code, kind=kind, name={"fr": name, "en": name}, parent=parent, path=f"new {code}"
        )
        found.path = f"{parent.path if parent else ''}{found.pk}/"
        found.save()
        made[code] = found
    return made


def engage() -> None:
    """Write the people into the template database: once, for hashing a password costs 18 ms."""
    institutions = plant()
    for username, (first, last, language) in _PEOPLE.items():
        person = User.objects.create_user(
            username,
            email=f"{username}@kalanso.test",
            password=PASSWORD,
            first_name=first,
            last_name=last,
            language=language,
            staff_number=None if username == "admin" else f"ML-{username.upper()}",
        )
        place = institutions.get(_PLACES.get(username, ""))
        if place is not None:
            Membership.objects.create(user=person, institution=place, since=SINCE)
        if username == "admin":
            RoleGrant.objects.create(user=person, role=Role.ADMINISTRATOR, since=SINCE)
        elif username in _ROLES:
            RoleGrant.objects.create(user=person, role=_ROLES[username], institution=place, since=SINCE)


def call() -> Cast:
    """The people as the database has them."""
    return Cast(**{person.username: person for person in User.objects.filter(username__in=_PEOPLE)})
