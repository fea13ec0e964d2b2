"""Trainers of a local trial: one certified with two generations below her, and a candidate half-way. All are invented; what
they did goes through the services, but for the stages of the certified ones, which are taken as signed."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from certificates.models import Candidate, Pathway
from certificates.services import pathways
from certificates.services.trainers import save_card
from courses import rules
from courses.models import Course
from courses.services import complete_lesson, enrol, record_outcome
from lms.demonstration_report import record_group
from operations.errors import Refused
from people.models import Institution, User
from people.services import create_person
from records.services import key_for
from records.statements import build
from records.verbs import Verb
from workshops import services
from workshops.models import Workshop

_DELIVERED = "mandela-rules"
_PASSED = (_DELIVERED, "training-of-trainers")
_SCORE = 84
# first and last name, number, place, post, sex
_TRAINERS = (
    ("Assa", "Kamissoko", "PEN-02790", "dnapes", "Formatrice", "f"),
    ("Lamine", "Bouaré", "PEN-03361", "koulikoro", "Chef de poste", "m"),
    ("Mah", "Sanogo", "PEN-04902", "mca", "Surveillante", "f"),
)
_CANDIDATE = ("Zoumana", "Tounkara", "PEN-04655", "mca", "Surveillant", "m")
INVENTED = (*_TRAINERS, _CANDIDATE)
# who leads, days ago, town; the trainer of the next line was there
_HELD = ((0, 640, "Bamako"), (1, 330, "Koulikoro"), (2, 60, "Bamako"))
_GROUP = (
    "Yaya Bengaly",
    "Astan Cissouma",
    "Tiémoko Goïta",
    "Nassira Dolo",
    "Sory Kanouté",
    "Wassa Niangadou",
    "Gaoussou Tall",
)


def train(institutions: dict[str, Institution], *, today: dt.date) -> None:
    """Make the trainers, their workshops and the candidate; nothing where they are there, or where the curriculum brings no
    pathway or no course to deliver."""
    road, course = Pathway.objects.first(), Course.objects.filter(slug=_DELIVERED).first()
    admin = User.objects.filter(username="admin").first()
    if road is None or course is None or admin is None:
        return
    if User.objects.filter(staff_number=_CANDIDATE[2]).exists():
        return
    trainers = [_person(institutions, *facts, today=today) for facts in _TRAINERS]
    for leader, ago, town in _HELD:
        learner = trainers[leader + 1] if leader + 1 < len(trainers) else None
        _hold(institutions, course, trainers[leader], today - dt.timedelta(days=ago), town, admin, learner=learner)
    for person in trainers[:2]:
        _certify(person, road, course)
    save_card(
        candidate=Candidate.objects.get(user=trainers[0]),
        actor=trainers[0],
        languages=["fr", "bm"],
        regions={institutions[code].region for code in ("dnapes", "koulikoro")} - {""},
        available="Deux semaines par trimestre",
        available_from=today,
    )
    _half_way(institutions, road, course, trainers[0], admin, today)


def _person(
    institutions: dict[str, Institution],
    first: str,
    last: str,
    number: str,
    place: str,
    post: str,
    sex: str,
    *,
    today: dt.date,
) -> User:
    return create_person(
        first=first,
        last=last,
        staff_number=number,
        institution=institutions[place],
        post=post,
        sex=sex,
        language="fr",
        since=today - dt.timedelta(days=700),
    )


def _hold(
    institutions: dict[str, Institution],
    course: Course,
    leader: User,
    day: dt.date,
    town: str,
    actor: User,
    *,
    learner: User | None = None,
    helper: User | None = None,
) -> Workshop:
    """A day with a group of eight, from the plan to closed attendance."""
    workshop = services.plan_workshop(
        organiser=institutions["dnapes"],
        title=f"Les Règles Nelson Mandela en pratique, {town}, {day.isoformat()}",
        starts=day,
        ends=day,
        place=town,
        course=course,
        support_contact="Mme Assitan Koné, psychologue, 70 00 00 00",
    )
    services.set_facilitator(workshop=workshop, user=leader, part="lead")
    if helper is not None:
        services.set_facilitator(workshop=workshop, user=helper, part="co")
    for hour in (8, 13):
        services.add_session(workshop=workshop, day=day, starts=dt.time(hour, 30), ends=dt.time(hour + 3, 30))
    services.announce(workshop=workshop)
    if learner is not None:
        services.register(workshop=workshop, user=learner, audience="prison-staff")
    for name in _GROUP:
        services.register(workshop=workshop, name=name, institution=institutions["koulikoro"], audience="prison-staff")
    record_group(workshop, actor=actor)
    services.close_attendance(workshop=workshop, actor=actor)
    return workshop


def _certify(person: User, road: Pathway, course: Course) -> None:
    candidate = pathways.join(user=person, pathway=road, courses=[course])
    pathways.issue_trainer(candidate=candidate, actor=None)
    # As if every stage had been signed: nobody waits for these.
    Candidate.objects.filter(pk=candidate.pk).update(state=Candidate.State.DONE)


def _half_way(
    institutions: dict[str, Institution], road: Pathway, course: Course, trainer: User, admin: User, today: dt.date
) -> None:
    """Two stages behind, one of two workshops co-facilitated, one piece of evidence accepted and one that waits."""
    person = _person(institutions, *_CANDIDATE, today=today)
    for slug in _PASSED:
        _pass(person, slug)
    candidate = pathways.join(user=person, pathway=road, courses=[course])
    _hold(institutions, course, trainer, today - dt.timedelta(days=25), "Koulikoro", admin, helper=person)
    stage = next((one for one in road.stages if one["signed_off_by"]["role"] == "certified-trainer"), road.stages[0])[
        "id"
    ]
    try:
        accepted = pathways.bring(
            candidate=candidate,
            stage=stage,
            title="Plan de séance annoté",
            note="Séquence 2 menée seul, avec son débriefing ; les annotations sont en marge.",
            actor=person,
        )
        pathways.judge(evidence=accepted, accept=True, actor=trainer)
        pathways.bring(
            candidate=candidate,
            stage=stage,
            title="Analyse « ne pas nuire »",
            note="Exemple : salle à l'écart, aucune photo, liste de présence rangée le soir même.",
            actor=person,
        )
    except Refused:  # a pathway of another shape: the candidate is there all the same
        return


def _pass(person: User, slug: str) -> None:
    """The whole course: lessons declared, quizzes and final assessment passed."""
    course = Course.objects.filter(slug=slug, open_for_enrolment=True).first()
    if course is None:
        return
    try:
        enrolment = enrol(user=person, course=course)
        for entry in rules.steps(enrolment.outline.outline):
            activity = rules.key_of(entry)
            if entry["rule"] == rules.DECLARED:
                complete_lesson(enrolment=enrolment, activity=activity)
                continue
            outcome = build(
                actor=key_for(person),
                verb=Verb.PASSED if entry["rule"] == rules.PASSED else Verb.COMPLETED,
                activity=activity,
                registration=enrolment.pk,
                parent=course.key,
                when=timezone.now(),
                score=_SCORE,
            )
            record_outcome(enrolment=enrolment, activity=activity, statements=[outcome])
    except Refused:  # a curriculum of another shape
        return
