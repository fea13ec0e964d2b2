"""Workshops of a local trial: three that the programme held, with invented people, one that is running and one that calls
for people. Nobody who is named here exists or was there."""

from __future__ import annotations

import datetime as dt
from typing import Any

from courses.models import Course
from lms.demonstration_report import conclude
from operations.errors import Refused
from people.models import Institution, User
from workshops import services
from workshops.models import Quota, Registration, Workshop

_MORNING, _AFTERNOON = (dt.time(8, 30), dt.time(12, 15)), (dt.time(14, 0), dt.time(16, 30))
_CONTACT = "Mme Assitan Koné, psychologue, 70 00 00 00"

# From the programme's own account (`content/curriculum/programme.yaml`): days, place, for whom, title; the course that
# comes nearest to it today.
_HELD = (
    (
        dt.date(2016, 12, 7),
        dt.date(2016, 12, 9),
        "Bamako",
        "dnapes",
        "psychology-of-radicalisation",
        "Aspects psychologiques de l'extrémisme violent, pour le personnel de la prison centrale de Bamako",
        (("Fousseyni", "Kanté", "m", "mca", "prison-staff"), ("Mariétou", "Sylla", "f", "mca", "prison-staff")),
    ),
    (
        dt.date(2017, 4, 11),  # the day is invented: the account gives the month
        dt.date(2017, 4, 12),
        "Bamako",
        "islamic-council",
        "youth-and-community-leaders",
        "Facteurs de radicalisation, avec les responsables religieux",
        (("Bakary", "Haïdara", "m", "islamic-council", "religious-leaders"),),
    ),
    (
        dt.date(2017, 8, 8),
        dt.date(2017, 8, 10),
        "Bamako",
        "dnapes",
        "risk-assessment",
        "Prise en charge et évaluation des risques, pour le personnel pénitentiaire et des magistrats",
        (
            ("Oumou", "Diawara", "f", "koulikoro", "prison-staff"),
            ("Drissa", "Fofana", "m", "koulikoro", "prison-staff"),
            ("Souleymane", "Bah", "m", "koulikoro", "prison-staff"),
            ("Assétou", "Camara", "f", "koulikoro", "prison-staff"),
            ("Mahamadou", "Niaré", "m", "koulikoro", "prison-staff"),
            ("Yacouba", "Samaké", "m", "mca", "prison-staff"),
            ("Fatoumata", "Magassa", "f", "mca", "prison-staff"),
            ("Alassane", "Ouattara", "m", "mca", "prison-staff"),
            ("Bréhima", "Togola", "m", "mca", "prison-staff"),
            ("Rokia", "Dabo", "f", "mca", "prison-staff"),
            ("Moussa", "Sacko", "m", "mca", "prison-staff"),
            ("Sékou", "Doumbia", "m", "pole-judiciaire", "judiciary"),
            ("Kadidia", "Maguiraga", "f", "pole-judiciaire", "judiciary"),
            ("Lamine", "Tounkara", "m", "pole-judiciaire", "judiciary"),
            ("Néné", "Guindo", "f", "pole-judiciaire", "judiciary"),
            ("Amadou", "Théra", "m", "pole-judiciaire", "judiciary"),
        ),
    ),
)


def hold(institutions: dict[str, Institution], *, today: dt.date) -> None:
    """Make the workshops that are not there yet."""
    leader = User.objects.filter(username="instructor").first()
    for held in _HELD:
        workshop = _past(institutions, *held)
        if workshop is not None and leader is not None and held is _HELD[-1]:
            _lead(workshop, leader.username, "co")
            conclude(workshop, actor=leader, today=today)
    if leader is None:
        return
    _running(institutions, leader, today)
    _coming(institutions, leader, today)


def _new(title: str, starts: dt.date, organiser: Institution, **facts: Any) -> Workshop | None:
    """The workshop, or None where it is there."""
    if Workshop.objects.filter(title=title).exists():
        return None
    return services.plan_workshop(organiser=organiser, title=title, starts=starts, **facts)


def _course(slug: str) -> Course | None:
    return Course.objects.filter(slug=slug).first()


def _past(
    institutions: dict[str, Institution],
    starts: dt.date,
    ends: dt.date,
    place: str,
    organiser: str,
    course: str,
    title: str,
    people: tuple[tuple[str, str, str, str, str], ...],
) -> Workshop | None:
    workshop = _new(title, starts, institutions[organiser], ends=ends, place=place, course=_course(course))
    if workshop is None:
        return None
    _half_days(workshop)
    _lead(workshop, "master")
    services.announce(workshop=workshop)
    for first, last, sex, home, audience in people:
        services.register(
            workshop=workshop, name=f"{first} {last}", sex=sex, institution=institutions[home], audience=audience
        )
    return workshop


def _half_days(workshop: Workshop) -> None:
    for number in range((workshop.ends - workshop.starts).days + 1):
        for starts, ends in (_MORNING, _AFTERNOON):
            day = workshop.starts + dt.timedelta(days=number)
            services.add_session(workshop=workshop, day=day, starts=starts, ends=ends)


def _lead(workshop: Workshop, username: str, part: str = "lead") -> None:
    user = User.objects.filter(username=username).first()
    if user is not None:
        services.set_facilitator(workshop=workshop, user=user, part=part)


def _from_guide(workshop: Workshop) -> None:
    try:
        services.build_agenda(workshop=workshop)
    except Refused:  # a curriculum of another shape, or a feast on every day
        _half_days(workshop)


def _running(institutions: dict[str, Institution], leader: User, today: dt.date) -> None:
    workshop = _new(
        "Les Règles Nelson Mandela en pratique, à Koulikoro",
        today - dt.timedelta(days=1),
        institutions["dnapes"],
        ends=today + dt.timedelta(days=1),
        place="Koulikoro",
        venue="Salle de réunion de la prison",
        capacity=12,
        course=_course("mandela-rules"),
        support_contact=_CONTACT,
    )
    if workshop is None:
        return
    _lead(workshop, leader.username)
    _lead(workshop, "master", "co")
    _from_guide(workshop)
    for person in User.objects.filter(staff_number__in=["PEN-05533", "PEN-04418", "PEN-03977", "PEN-05120"]):
        services.register(workshop=workshop, user=person, audience="prison-staff")
    services.register(
        workshop=workshop,
        name="Lassine Bagayoko",
        sex="m",
        institution=institutions["koulikoro"],
        audience="prison-staff",
    )
    services.announce(workshop=workshop)
    services.count_people(workshop=workshop, group="detainees", people=6, sex="m", band="25-59")


def _coming(institutions: dict[str, Institution], leader: User, today: dt.date) -> None:
    workshop = _new(
        "Recueil et préservation de la preuve, avec le pôle judiciaire",
        today + dt.timedelta(days=20),
        institutions["dnapes"],
        ends=today + dt.timedelta(days=21),
        place="Bamako",
        venue="École nationale d'administration",
        capacity=16,
        entry=Workshop.Entry.DESIGNATION,
        course=_course("evidence-collection"),
        support_contact=_CONTACT,
    )
    if workshop is None:
        return
    _lead(workshop, leader.username)
    _from_guide(workshop)
    services.set_quotas(
        workshop=workshop,
        quotas=[
            Quota(institution=institutions["mca"], least=4, most=6, per_post=2),
            Quota(institution=institutions["pole-judiciaire"], least=4, most=6),
            Quota(institution=institutions["investigation"], least=2, most=4),
            Quota(sex="f", least=5),
        ],
    )
    services.announce(workshop=workshop)
    for number in ("PEN-04418", "PEN-05533", "MAG-0311", "MAG-0207", "BIS-164"):
        _propose(workshop, number)
    first = workshop.registrations.filter(user__staff_number="PEN-04418").first()
    if first is not None:
        services.decide(registration=first, state=Registration.State.ACCEPTED)


def _propose(workshop: Workshop, number: str) -> None:
    person = User.objects.filter(staff_number=number).first()
    if person is None:
        return
    try:
        services.propose(workshop=workshop, user=person)
    except Refused:  # a quota that is full: the others are there
        return
