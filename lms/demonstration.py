"""What a local trial shows on its first run: the service as it is made up, one of each kind of person who can sign in,
and some invented people besides, so that lists look like a service's. Nobody here exists."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from courses import rules
from courses.models import Cohort, Course, Enrolment
from courses.services import cohort_words, cohorts, complete_lesson, enrol
from lms.demonstration_trainers import INVENTED, train
from lms.demonstration_workshops import hold
from lms.institutions import plant
from operations.errors import Refused
from people.audiences import is_known
from people.models import Institution, Protection, Role, User
from people.services import (
    clear_person,
    confirm_audience,
    create_person,
    deactivate,
    declare_audience,
    grant_role,
    join,
    protect,
    set_supervisor,
    transfer,
)

# username, first and last name, place, post, role, what the person does
_ACCOUNTS = (
    ("trainee", "Awa", "Diarra", "koulikoro", "Surveillante", "", "takes courses"),
    ("instructor", "Issa", "Traoré", "dnapes", "Formateur", Role.INSTRUCTOR, "teaches workshops"),
    ("manager", "Mariam", "Coulibaly", "dnapes", "Cheffe de la formation", Role.MANAGER, "answers for a branch"),
    ("author", "Oumar", "Maïga", "dnapes", "Chargé des contenus", Role.AUTHOR, "writes pages, at /authoring/"),
    ("master", "Fanta", "Keïta", "dnapes", "Formatrice nationale", Role.MASTER, "trains trainers"),
    ("admin", "Administration", "", "", "", Role.ADMINISTRATOR, "administers everything"),
)
# first and last name, number, place, post, sex, audience, in post for so many days, days since the last sign-in
_OTHERS = (
    ("Aminata", "Sissoko", "PEN-04418", "mca", "Surveillante", "f", "prison-staff", 1900, 2),
    ("Ibrahim", "Ag Mohamed", "PEN-03977", "mca", "Chef de poste", "m", "prison-staff", 2600, 11),
    ("Nana", "Kouyaté", "PEN-05120", "mca", "Greffière", "f", "prison-staff", 800, 30),
    ("Ramata", "Touré", "PEN-05533", "koulikoro", "Surveillante", "f", "prison-staff", 620, 1),
    ("Boubacar", "Sangaré", "PEN-02214", "koulikoro", "Adjoint au régisseur", "m", "prison-staff", 3100, 4),
    ("Kadiatou", "Dembélé", "PEN-05871", "koulikoro", "Surveillante stagiaire", "f", "prison-staff", 40, None),
    ("Salif", "Konaté", "PEN-01106", "dnapes", "Inspecteur", "m", "prison-staff", 4000, 6),
    ("Djénéba", "Cissé", "MAG-0207", "pole-judiciaire", "Juge d'instruction", "f", "judiciary", 1400, 9),
    ("Modibo", "Sidibé", "MAG-0311", "pole-judiciaire", "Greffier en chef", "m", "judiciary", 900, 20),
    ("Adama", "Berthé", "BIS-118", "investigation", "Commissaire", "m", "police", 1200, 3),
    ("Hawa", "Diallo", "BIS-164", "investigation", "Enquêtrice", "f", "police", 300, None),
    ("Cheick", "Diakité", "", "islamic-council", "Conseiller", "m", "religious-leaders", 500, 15),
)
_DECLARED = frozenset({"PEN-05871", "BIS-164"})  # said by the person, not confirmed yet
_SINCE = dt.timedelta(days=700)
_GROUP = "Koulikoro et Bamako"
_MEMBERS = ("PEN-05533", "PEN-04418", "PEN-02214", "PEN-05871", "MAG-0207", "MAG-0311")


def has_people() -> bool:
    """Whether anybody has an account."""
    return User.objects.exists()


def real_people() -> QuerySet[User]:
    """Everybody who has an account but those that this module invents."""
    invented = Q(username__in=[account[0] for account in _ACCOUNTS])
    for first, last, *_more in (*_OTHERS, *INVENTED):
        invented |= Q(first_name=first, last_name=last, email="")
    return User.objects.exclude(invented)


@transaction.atomic
def create_accounts(*, password: str) -> list[tuple[str, str]]:
    """Make the accounts, all with the one password; return (username, what the person does). The other people have no
    password: nobody signs in as them."""
    institutions = plant()
    today = timezone.localdate()
    for username, first, last, place, post, role, _what in _ACCOUNTS:
        person = User.objects.create_user(username, password=password, first_name=first, last_name=last, language="fr")
        if place:
            join(user=person, institution=institutions[place], post=post, since=today - _SINCE)
        if role:
            grant_role(user=person, role=role, institution=institutions.get(place), since=today - _SINCE / 2)
    if is_known("prison-staff"):  # the curriculum brings the audiences
        for username in ("trainee", "instructor"):
            confirm_audience(user=User.objects.get(username=username), audience="prison-staff")
    _others(institutions, today)
    _learn()
    lead_cohort()
    hold(institutions, today=today)
    train(institutions, today=today)
    return [(username, what) for username, *_, what in _ACCOUNTS]


def _others(institutions: dict[str, Institution], today: dt.date) -> None:
    made: dict[str, User] = {}
    for first, last, number, place, post, sex, audience, days, seen in _OTHERS:
        declared = number in _DECLARED or not is_known(audience)
        person = create_person(
            first=first,
            last=last,
            staff_number=number,
            institution=institutions[place],
            post=post,
            sex=sex,
            audience="" if declared else audience,
            language="fr",
            since=today - dt.timedelta(days=days),
        )
        if declared and is_known(audience):
            declare_audience(user=person, audience=audience)
        if seen is not None:  # as if they had signed in
            User.objects.filter(pk=person.pk).update(last_login=timezone.now() - dt.timedelta(days=seen))
        made[last] = person
    transfer(user=made["Kouyaté"], to=institutions["koulikoro"], post="Greffière", day=today - dt.timedelta(days=90))
    grant_role(user=made["Sangaré"], role=Role.OFFICER, institution=institutions["koulikoro"])
    grant_role(user=made["Berthé"], role=Role.MANAGER, institution=institutions["investigation"])
    grant_role(
        user=made["Ag Mohamed"],
        role=Role.INSTRUCTOR,
        institution=institutions["mca"],
        since=today - dt.timedelta(days=330),
        until=today + dt.timedelta(days=35),
    )
    grant_role(user=made["Konaté"], role=Role.REVIEWER, institution=institutions["dnapes"])
    set_supervisor(person=made["Touré"], supervisor=made["Sangaré"])
    clear_person(user=made["Konaté"], reason="Relit les leçons à diffusion restreinte.")
    protect(user=made["Cissé"], kind=Protection.Kind.MAGISTRATE)
    deactivate(user=made["Diakité"])


def _learn() -> None:
    """A few people take the first course that is open, each a little further; nobody has finished."""
    course = next(
        (found for found in Course.objects.filter(open_for_enrolment=True, prerequisites=None).order_by("code")), None
    )
    if course is None:
        return
    for steps, username in enumerate(("PEN-05533", "PEN-04418", "PEN-03977", "MAG-0207")):
        person = User.objects.filter(staff_number=username).first()
        if person is None:
            continue
        try:
            enrolment = enrol(user=person, course=course, origin=Enrolment.Origin.ASSIGNED)
            lessons = [entry for entry in rules.steps(enrolment.outline.outline) if entry["rule"] == rules.DECLARED]
            for entry in lessons[:steps]:
                complete_lesson(enrolment=enrolment, activity=rules.key_of(entry))
        except Refused:  # a curriculum of another shape: the people are there all the same
            return


@transaction.atomic
def lead_cohort() -> Cohort | None:
    """The group of the instructor, with people of several places; made once. None where there is nobody to lead it, or
    nothing to learn."""
    leader = User.objects.filter(username="instructor").first()
    course = next(
        (found for found in Course.objects.filter(open_for_enrolment=True, prerequisites=None).order_by("code")), None
    )
    if leader is None or course is None:
        return None
    if (known := Cohort.objects.filter(created_by=leader, name=_GROUP).first()) is not None:
        return known
    today = timezone.localdate()
    try:
        cohort = cohorts.create_cohort(
            actor=leader,
            name=_GROUP,
            institution=Institution.objects.get(code="dnapes"),
            language="fr",
            starts=today - dt.timedelta(days=21),
            ends=today + dt.timedelta(days=60),
            course=course,
            due=today + dt.timedelta(days=40),
        )
    except Refused:  # a curriculum that the instructor may not teach
        return None
    cohorts.add_members(cohort=cohort, logins=["trainee", *_MEMBERS], actor=None)
    waiting = Enrolment.objects.filter(user__staff_number="PEN-02214", course=course)
    waiting.update(created=timezone.now() - dt.timedelta(days=20))
    cohort_words.announce(
        cohort=cohort,
        actor=leader,
        texts={
            "fr": "Nous nous retrouvons lundi à 9 h pour parler des deux premières leçons.",
            "en": "We meet on Monday at 9 to talk about the first two lessons.",
        },
    )
    asker = User.objects.filter(staff_number="PEN-05533").first()
    entry = next(rules.steps(course.outline_versions.order_by("-number")[0].outline), None)
    if asker is not None and entry is not None and cohort.members.filter(user=asker).exists():
        cohort_words.ask(
            cohort=cohort,
            user=asker,
            course=course,
            activity=rules.key_of(entry),
            text="Cette règle vaut-elle aussi pour les personnes qui attendent leur jugement ?",
            language="fr",
        )
    return cohort
