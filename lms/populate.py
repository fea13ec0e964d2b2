"""Invented people who learn, in any number: what the site is measured on, never what a service starts with.

Nobody here exists. First and last names are common ones put together by chance; every account is called essai-000001 and
so on, has the staff number ESSAI-000001 and, unless a password is given, nobody can sign in with it. What these people
did goes through the record as anybody's does, so that `rebuild_progress --check` finds nothing; what would be sent or
printed for them (messages, papers) is left out.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from assessments import drawing
from assessments.models import Attempt, AttemptItem, Question, Quiz, Use
from assessments.outcome import statements_of
from assessments.services import settle
from certificates.models import Credential, Evidence
from certificates.numbers import new_number
from certificates.paper import name_on_paper
from certificates.services import draw_up
from courses import rules
from courses.models import Course, Enrolment, OutlineVersion
from courses.services import decide
from lms.demonstration import real_people
from lms.institutions import plant
from operations.connections import take_statistics
from operations.errors import Refused
from people.audiences import choices
from people.models import Audience, Institution, Membership, User
from people.models.accounts import Sex, folded_names
from records.models import RecordKey
from records.services import record
from records.statements import build
from records.verbs import Verb

PREFIX = "essai-"
CHUNK = 100  # people in one transaction
FIRST = {
    Sex.FEMALE: [
        "Aminata",
        "Fatoumata",
        "Mariam",
        "Kadiatou",
        "Oumou",
        "Djénéba",
        "Awa",
        "Hawa",
        "Assitan",
        "Ramata",
        "Nana",
        "Safiatou",
        "Rokia",
        "Bintou",
        "Coumba",
        "Fanta",
        "Sitan",
        "Tenin",
        "Korotoumou",
        "Salimata",
        "Zeïnabou",
        "Lalla",
    ],
    Sex.MALE: [
        "Moussa",
        "Amadou",
        "Ibrahim",
        "Oumar",
        "Seydou",
        "Modibo",
        "Boubacar",
        "Adama",
        "Salif",
        "Cheick",
        "Mamadou",
        "Abdoulaye",
        "Issa",
        "Bakary",
        "Drissa",
        "Souleymane",
        "Youssouf",
        "Lassana",
        "Mahamadou",
        "Alassane",
        "Siaka",
        "Almoustapha",
    ],
}
LAST = [
    "Traoré",
    "Diarra",
    "Coulibaly",
    "Keïta",
    "Diallo",
    "Konaté",
    "Sidibé",
    "Touré",
    "Cissé",
    "Dembélé",
    "Sangaré",
    "Maïga",
    "Sissoko",
    "Kouyaté",
    "Samaké",
    "Berthé",
    "Doumbia",
    "Camara",
    "Sanogo",
    "Bagayoko",
    "Haïdara",
    "Diakité",
    "Fofana",
    "Kanté",
    "Niaré",
    "Togo",
    "Guindo",
    "Dicko",
    "Cissouma",
    "Koné",
    "Sow",
    "Ballo",
]
_POSTS = {
    Institution.Kind.PRISON: ("Surveillance", "Greffe", "Encadrement", "Service social"),
    Institution.Kind.COURT: ("Magistrature", "Greffe"),
    Institution.Kind.POLICE: ("Enquêtes", "Encadrement"),
}
_AUDIENCES = {
    Institution.Kind.PRISON: "prison-staff",
    Institution.Kind.DIRECTORATE: "prison-staff",
    Institution.Kind.COURT: "judiciary",
    Institution.Kind.POLICE: "police",
    Institution.Kind.RELIGIOUS: "religious-leaders",
}
# How far people have come in a course, of a hundred enrolments; the rest have finished a few steps.
_ENROLLED_ONLY, _LEFT, _FAILED, _COMPLETED = 34, 5, 2, 8
_GAP = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass
class Populated:
    """What was made."""

    people: int = 0
    enrolments: int = 0
    completed: int = 0
    statements: int = 0
    attempts: int = 0
    credentials: int = 0
    first: str = ""  # username
    last: str = ""


@dataclass(frozen=True)
class _Course:
    """A course with what its enrolments need, read once."""

    course: Course
    outline: OutlineVersion
    steps: list[rules.Entry]
    quizzes: Mapping[str, Quiz]
    questions: Mapping[str, list[Question]]  # of each quiz
    needs: frozenset[int]


@dataclass
class _Rows:
    """What a chunk of people has come to, to be written at once."""

    enrolments: list[Enrolment] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    items: list[AttemptItem] = field(default_factory=list)
    completed: list[tuple[Enrolment, datetime]] = field(default_factory=list)


def populate(
    *,
    people: int,
    enrolments: int,
    seed: int,
    password: str = "",
    force: bool = False,
    told: Callable[[int], None] = lambda done: None,
) -> Populated:
    """Make so many people, spread over the institutions, and so many enrolments, spread over the people.

    The same seed on the same day makes the same people, numbers and results. With a password all can sign in with it.
    told: called with the number of people made so far. Raises Refused: where real people use this site (not with
    `force`), where invented people are there already, or where there are too few courses.
    """
    if not force and real_people().exclude(username__startswith=PREFIX).exists():
        raise Refused(
            _("There are people in this database who were not invented."), _("Use an empty database, or --force.")
        )
    if User.objects.filter(username__startswith=PREFIX).exists():
        raise Refused(_("The invented people are there already."), _("Use another database."))
    if people < 1 or enrolments < 0:
        raise Refused(_("At least one person is needed."))
    with translation.override("fr"):
        courses = _courses()
        most = sum(not found.needs for found in courses)
        if enrolments > people * most:
            raise Refused(
                _("Each person can take %(most)d courses at most: that is %(all)d enrolments.")
                % {"most": most, "all": people * most}
            )
        return _Maker(courses, seed, make_password(password or None)).make(people, enrolments, told)


def _courses() -> list[_Course]:
    found = []
    for course in Course.objects.filter(open_for_enrolment=True).order_by("code"):
        outline = OutlineVersion.objects.filter(course=course).order_by("-number").first()
        if outline is None:
            continue
        quizzes = {str(quiz.key): quiz for quiz in Quiz.objects.filter(course=course)}
        bank = Question.objects.filter(course=course, retired=False, current__isnull=False).select_related("current")
        questions = list(bank.order_by("position", "slug"))
        for question in questions:
            assert question.current is not None
            question.current.question = question
        found.append(
            _Course(
                course,
                outline,
                [entry for entry in rules.steps(outline.outline) if entry["required"]],
                quizzes,
                {
                    key: [
                        one
                        for one in questions
                        if one.use == quiz.use and (quiz.use == Use.EXAM or one.module_key == quiz.module_key)
                    ]
                    for key, quiz in quizzes.items()
                },
                frozenset(course.prerequisites.values_list("pk", flat=True)),
            )
        )
    return found


class _Maker:
    """Draws everything from one seeded source of chance."""

    def __init__(self, courses: Sequence[_Course], seed: int, password: str) -> None:
        self.courses, self.password = courses, password
        self.chance = random.Random(seed)  # noqa: S311 - nothing here is secret
        self.now = timezone.now().replace(microsecond=0)
        self.today = timezone.localdate()
        self.made = Populated()

    def uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def make(self, people: int, enrolments: int, told: Callable[[int], None]) -> Populated:
        if not Institution.objects.exists():
            plant()
        places = list(Institution.objects.filter(closed=None).order_by("code"))
        known = {slug for slug, _name in choices()}
        each, more = divmod(enrolments, people)
        for start in range(0, people, CHUNK):
            numbers = range(start, min(start + CHUNK, people))
            with transaction.atomic():
                made = self._people(numbers, places, known)
                rows = _Rows()
                for number, (user, key) in zip(numbers, made, strict=True):
                    self._learn(user, key, each + (number < more), rows)
                self._write(rows)
            self.made.people += len(made)
            self.made.first = self.made.first or made[0][0].username
            self.made.last = made[-1][0].username
            told(self.made.people)
        take_statistics()
        return self.made

    # --- people -----------------------------------------------------------------------------------------------------

    def _people(
        self, numbers: Sequence[int], places: Sequence[Institution], known: set[str]
    ) -> list[tuple[User, UUID]]:
        users, sits = [], []
        for number in numbers:
            sex = self.chance.choice((Sex.FEMALE, Sex.MALE, Sex.MALE))
            user = User(
                username=f"{PREFIX}{number + 1:06}",
                staff_number=f"{PREFIX}{number + 1:06}".upper(),
                first_name=self.chance.choice(FIRST[sex]),
                last_name=self.chance.choice(LAST),
                sex=sex,
                language="fr",
                password=self.password,
                key=self.uuid(),
                last_login=self._ago(1, 300) if self.chance.random() < 0.8 else None,
            )
            user.folded = folded_names(user)
            users.append(user)
            sits.append(self.chance.choice(places))
        User.objects.bulk_create(users)
        since = [self.today - dt.timedelta(days=self.chance.randint(740, 4000)) for _user in users]
        Membership.objects.bulk_create(
            Membership(
                user=user,
                institution=place,
                since=day,
                post=self.chance.choice(_POSTS.get(Institution.Kind(place.kind), ("",))),
            )
            for user, place, day in zip(users, sits, since, strict=True)
        )
        Audience.objects.bulk_create(
            Audience(user=user, audience=slug, since=day, confirmed_at=self.now)
            for user, place, day in zip(users, sits, since, strict=True)
            if (slug := _AUDIENCES.get(Institution.Kind(place.kind), "")) in known
        )
        keys = [RecordKey(key=self.uuid(), user=user) for user in users]
        RecordKey.objects.bulk_create(keys)
        return [(user, key.key) for user, key in zip(users, keys, strict=True)]

    def _ago(self, least: int, most: int) -> datetime:
        return self.now - dt.timedelta(days=self.chance.uniform(least, most))

    # --- learning ---------------------------------------------------------------------------------------------------

    def _learn(self, user: User, key: UUID, count: int, rows: _Rows) -> None:
        done: set[int] = set()
        for found in self.chance.sample(self.courses, len(self.courses)):
            if not count:
                return
            if found.needs <= done:
                count -= 1
                if self._take(user, key, found, rows):
                    done.add(found.course.pk)

    def _take(self, user: User, key: UUID, found: _Course, rows: _Rows) -> bool:
        """One enrolment; gives whether the course is completed."""
        when = self._ago(35, 700)
        enrolment = Enrolment(
            id=self.uuid(),
            user=user,
            course=found.course,
            outline=found.outline,
            origin=self.chance.choice(Enrolment.Origin.values),
            created=when,
        )
        rows.enrolments.append(enrolment)
        self._say(rows, key, enrolment, Verb.REGISTERED, found.course.key, when)
        lot = self.chance.randrange(100)
        if lot < _ENROLLED_ONLY:
            return False
        completes = lot >= 100 - _COMPLETED
        to_exam = completes or lot >= 100 - _COMPLETED - _FAILED
        steps = found.steps if to_exam else found.steps[: 1 + min(self.chance.randrange(9), self.chance.randrange(9))]
        for entry in steps:
            when += dt.timedelta(minutes=self.chance.randint(6, 3000))
            activity = rules.key_of(entry)
            self._say(rows, key, enrolment, Verb.INITIALIZED, activity, when)
            when += dt.timedelta(minutes=self.chance.randint(4, 40))
            if entry["rule"] == rules.DECLARED:
                rule = {"name": rules.DECLARED, "version": found.outline.number, "inputs": {}}
                self._say(rows, key, enrolment, Verb.COMPLETED, activity, when, completion=True, rule=rule)
            elif (quiz := found.quizzes.get(entry["key"])) is not None and (to_exam or quiz.use != Use.EXAM):
                self._sit(rows, key, enrolment, quiz, found.questions[entry["key"]], when, passes=completes)
        if completes:
            rows.completed.append((enrolment, when))
        elif lot < _ENROLLED_ONLY + _LEFT:
            self._say(rows, key, enrolment, Verb.LEFT, found.course.key, when)
        return completes

    def _say(
        self, rows: _Rows, key: UUID, enrolment: Enrolment, verb: Verb, activity: UUID, when: datetime, **more: Any
    ) -> None:
        course = enrolment.course.key
        rows.statements.append(
            build(
                id=self.uuid(),
                actor=key,
                verb=verb,
                activity=activity,
                registration=enrolment.pk,
                parent=None if activity == course else course,
                when=when,
                **more,
            )
        )

    def _sit(
        self,
        rows: _Rows,
        key: UUID,
        enrolment: Enrolment,
        quiz: Quiz,
        bank: Sequence[Question],
        when: datetime,
        *,
        passes: bool,
    ) -> None:
        """An attempt that is handed in."""
        seed = self.chance.getrandbits(62)
        exam = quiz.use == Use.EXAM
        asked = list(bank)
        if exam:
            by_slug = {question.slug: question for question in bank}
            pool = [(question.slug, question.objective) for question in bank]
            asked = [by_slug[slug] for slug in drawing.draw(quiz.blueprint, pool, {}, seed)]
        attempt = Attempt(
            id=self.uuid(),
            enrolment=enrolment,
            quiz=quiz,
            number=1,
            seed=seed,
            status=Attempt.Status.SUBMITTED,
            closed_by=Attempt.ClosedBy.PERSON,
            started=when - dt.timedelta(minutes=4),
            submitted=when,
            deadline=when + dt.timedelta(minutes=quiz.time_limit) if quiz.time_limit else None,
            pass_mark=enrolment.outline.outline["pass_mark"] if exam else None,
            maximum=len(asked),
        )
        wrong = 0.12 if passes or not exam else 0.8
        items = []
        for position, question in enumerate(asked, 1):
            answer = answer_to(question, right=self.chance.random() >= wrong)
            item = AttemptItem(attempt=attempt, position=position, version=question.current, answer=answer)
            item.answered_at = when - dt.timedelta(seconds=len(asked) - position)
            items.append(item)
        graded, outcome = settle(row=attempt, items=items)
        if exam and outcome.passed is not passes:
            for item in items:
                item.answer = answer_to(item.version.question, right=passes)
            graded, outcome = settle(row=attempt, items=items)
        rows.attempts.append(attempt)
        rows.items.extend(items)
        rows.statements.extend(statements_of(attempt, graded, outcome, actor=key))

    # --- writing ----------------------------------------------------------------------------------------------------

    def _write(self, rows: _Rows) -> None:
        days = {enrolment.pk: enrolment.created for enrolment in rows.enrolments}
        Enrolment.objects.bulk_create(rows.enrolments)
        for enrolment in rows.enrolments:  # the column takes the clock's time at first
            enrolment.created = days[enrolment.pk]
        Enrolment.objects.bulk_update(rows.enrolments, ["created"])
        Attempt.objects.bulk_create(rows.attempts)
        AttemptItem.objects.bulk_create(rows.items, batch_size=2000)
        record(rows.statements)
        decided = [(one, when, found) for one, when in rows.completed if (found := decide(one, when=when)) is not None]
        record([statement | {"id": str(self.uuid())} for _one, _when, (statement, _evidence) in decided])
        credentials, shown = [], []
        for enrolment, when, (_statement, evidence) in decided:
            assert enrolment.user is not None
            issued = timezone.localdate(when)
            values, reasons = draw_up(enrolment=enrolment, evidence=evidence, issued=issued)
            number = new_number(issued.year, self.chance.choice)
            name = name_on_paper(enrolment.user)
            credential = Credential(id=self.uuid(), number=number, holder_name=name, **values)
            credentials.append(credential)
            shown += [Evidence(credential=credential, **reason) for reason in reasons]
        Credential.objects.bulk_create(credentials)
        Evidence.objects.bulk_create(shown)
        self.made.enrolments += len(rows.enrolments)
        self.made.completed += len(decided)
        self.made.statements += len(rows.statements) + len(decided)
        self.made.attempts += len(rows.attempts)
        self.made.credentials += len(credentials)


def answer_to(question: Question, *, right: bool) -> Any:
    """An answer as it is stored, right or wrong through and through, by somebody who writes French."""
    assert question.current is not None
    body: Mapping[str, Any] = question.current.body
    match question.kind:
        case "single" | "truefalse":
            return next(option["id"] for option in body["options"] if bool(option.get("correct")) is right)
        case "multiple":
            return [option["id"] for option in body["options"] if bool(option.get("correct")) is right]
        case "matching":
            ends = [pair["right_id"] for pair in body["pairs"]]
            ends = ends if right else ends[1:] + ends[:1]
            return {pair["id"]: end for pair, end in zip(body["pairs"], ends, strict=True)}
        case "ordering":
            items = body["items"] if right else body["items"][1:] + body["items"][:1]
            return {item["id"]: place for place, item in enumerate(items, 1)}
        case "cloze":
            gaps = _GAP.findall(body["text"]["fr"])
            return [gap.split("|")[0].strip() if right else "xyzzy" for gap in gaps]
        case "numeric":
            return str(body["value"] if right else body["value"] + body.get("tolerance", 0) + 1)
        case _:
            return body["accepted"]["fr"][0] if right else "xyzzy"
