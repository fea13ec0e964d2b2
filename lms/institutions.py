"""The institutions of the action programme: what a new installation begins with, to be changed on the manager's desk.

`dnapes` is the owner that the courses of the curriculum name.
"""

from __future__ import annotations

from django.db import transaction

from people.models import Institution
from people.services import place_institution

_KIND = Institution.Kind
# code, above, kind, region, French, English
TREE = (
    ("justice", "", _KIND.MINISTRY, "Bamako", "Ministère de la Justice", "Ministry of Justice"),
    (
        "dnapes",
        "justice",
        _KIND.DIRECTORATE,
        "Bamako",
        "Direction nationale de l’administration pénitentiaire et de l’éducation surveillée (DNAPES)",
        "National Directorate of Prison Administration and Supervised Education (DNAPES)",
    ),
    (
        "mca",
        "dnapes",
        _KIND.PRISON,
        "Bamako",
        "Maison centrale d’arrêt de Bamako (MCA)",
        "Bamako central remand prison (MCA)",
    ),
    ("koulikoro", "dnapes", _KIND.PRISON, "Koulikoro", "Prison de Koulikoro", "Koulikoro prison"),
    ("pole-judiciaire", "justice", _KIND.COURT, "Bamako", "Pôle judiciaire spécialisé", "Specialised judicial unit"),
    (
        "investigation",
        "",
        _KIND.POLICE,
        "Bamako",
        "Brigade d’investigation spécialisée",
        "Specialised investigation brigade",
    ),
    ("islamic-council", "", _KIND.RELIGIOUS, "Bamako", "Haut Conseil islamique", "High Islamic Council"),
)


def are_there() -> bool:
    """Whether there is any institution."""
    return Institution.objects.exists()


@transaction.atomic
def plant() -> dict[str, Institution]:
    """The institutions by code; those that are there already stay as they are."""
    found: dict[str, Institution] = {}
    for code, above, kind, region, french, english in TREE:
        found[code] = Institution.objects.filter(code=code).first() or place_institution(
            code=code,
            name={"fr": french, "en": english},
            kind=kind,
            region=region,
            parent=found[above] if above else None,
        )
    return found
