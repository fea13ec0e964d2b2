"""A workshop under way with four people, led by Issa: `python -m tests.e2e.room` prints {"workshop": id, "sessions": [id]}."""

from __future__ import annotations

import datetime as dt
import json
import sys

import django

if __name__ == "__main__":
    django.setup()

from django.utils import timezone

from people.models import Institution, User
from workshops.services import add_session, plan_workshop, register

if __name__ == "__main__":
    issa = User.objects.get(username="issa")
    today = timezone.localdate()
    workshop = plan_workshop(
        organiser=Institution.objects.get(code="dnapes"),
        actor=issa,
        title="Les Règles Nelson Mandela en pratique",
        place="Koulikoro",
        venue="Salle de réunion",
        starts=today,
        ends=today + dt.timedelta(days=1),
    )
    hours = [(dt.time(0, 1), dt.time(12)), (dt.time(13), dt.time(23, 59))]
    sessions = [
        add_session(workshop=workshop, day=today, starts=starts, ends=ends, actor=issa) for starts, ends in hours
    ]
    register(workshop=workshop, user=User.objects.get(username="awa"), actor=issa)
    for name, sex in (("Boubacar Maïga", "m"), ("Djénéba Konaté", "f"), ("Ramata Touré", "f")):
        register(workshop=workshop, name=name, sex=sex, audience="prison-staff", actor=issa)
    sys.stdout.write(json.dumps({"workshop": str(workshop.pk), "sessions": [str(row.pk) for row in sessions]}) + "\n")
