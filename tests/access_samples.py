"""What the test of the policy puts into addresses that name an object: one of the own branch, one of another's.

Whoever adds an address with arguments adds a row to SAMPLES. `own` and `other` give the arguments: `own` of something in
the branch of every manager of the test (an annex of the prison) or, on pages of people's own records, of the trainee;
`other` of something in a court.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from assessments.models import Assignment
from assessments.services import start_attempt
from assessments.services.assignments import attach_file, hand_in, save_text
from certificates.models import Candidate, Credential, Pathway, StageEvidence
from certificates.services import workshops as certificates
from courses.models import (
    Announcement,
    Cohort,
    CohortCourse,
    CohortInstructor,
    CohortMember,
    Course,
    LessonQuestion,
    Note,
)
from courses.services import complete_lesson, enrol, record_outcome
from operations import jobs
from operations.audit import record_change
from operations.models import Job, Message
from people.models import (
    Audience,
    DataExport,
    ErasureRequest,
    Institution,
    Invitation,
    LoginCode,
    Membership,
    Merge,
    Project,
    Role,
    RoleGrant,
    User,
)
from records.verbs import Verb
from tests import cast
from tests.assessments.school import make_school
from tests.assessments.written import PDF, handed_in, make_written, upload
from tests.courses import build
from workshops.models import Feast, Letter, Observation, Outcome, Registration, Sheet, Workshop
from workshops.services import add_session, announce, packs, plan_workshop, register, set_facilitator

ANONYMOUS, TRAINEE = "anonymous", "trainee"
# Where the holder of a role belongs, and holds it.
PLACES = {Role.OFFICER: "mca"}
AUDIENCE = "prison-staff"


@dataclass
class World:
    """The people of the test by role, and things of the own branch and of another."""

    people: dict[str, User | None]
    own: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] = field(default_factory=dict)
    course: Course | None = None
    ref: str = ""
    quiz: str = ""
    kept: dict[str, Any] = field(default_factory=dict)


Arguments = Callable[[World], Mapping[str, Any]]


@dataclass(frozen=True)
class Sample:
    own: Arguments | None = None
    other: Arguments | None = None
    # Roles to which the view shows another's object too, or hides one: (role, "own" or "other") → statuses.
    but: Mapping[tuple[str, str], frozenset[int]] = field(default_factory=dict)


def build_world() -> World:
    """Somebody in every role, and things to ask for."""
    people = {person.username: person for person in User.objects.all()}
    tree = {place.code: place for place in Institution.objects.all()}
    annex = Institution.objects.create(
        code="annex", kind=Institution.Kind.PRISON, name={"fr": "Annexe"}, parent=tree["mca"], path="annex"
    )
    annex.path = f"{tree['mca'].path}{annex.pk}/"
    annex.save()
    project = Project.objects.create(code="project", name={"fr": "Projet"}, since=cast.SINCE)
    roles: dict[str, User | None] = {ANONYMOUS: None, TRAINEE: people["awa"]}
    for role in Role:
        person = User.objects.create(username=f"role-{role}", first_name="Rôle", last_name=role.title())
        place = tree[PLACES.get(role, "dnapes")]
        Membership.objects.create(user=person, institution=place, since=cast.SINCE)
        where = {"institution": place}
        if role in (Role.ADMINISTRATOR, Role.OBSERVER):
            where = {"project": project} if role == Role.OBSERVER else {}
        RoleGrant.objects.create(user=person, role=role, since=cast.SINCE, **where)
        roles[role] = User.objects.get(pk=person.pk)
    world = World(people=roles)
    _learning(world)
    world.kept["group"] = _cohort(annex, people["seydou"], people["awa"], world.course)["cohort"]
    world.own = _things(annex, "own", maker=roles[Role.MANAGER])
    world.other = _things(tree["court"], "other", maker=roles[Role.ADMINISTRATOR])
    return world


def _learning(world: World) -> None:
    """The trainee's own records: a course, an attempt, a certificate, a note, a message, a code."""
    trainee = world.people[TRAINEE]
    assert trainee is not None
    school = make_school()
    world.course = school.course
    world.ref = build.lesson_keys(school.course)[0].hex[:8]
    world.quiz = school.practice[0].key.hex[:8]
    enrolment = school.enrol(trainee)
    attempt = start_attempt(enrolment=enrolment, quiz=school.practice[0])
    note = Note.objects.create(
        user=trainee,
        course=school.course,
        activity=build.lesson_keys(school.course)[0],
        block="b",
        question="?",
        text="x",
        language="fr",
    )
    message = Message.objects.create(recipient=trainee, kind="people.details-changed")
    world.kept |= {
        "attempt": attempt.pk,
        "note": note.pk,
        "message": message.pk,
        "job": jobs.ask("people.retention", asked_by=trainee).pk,
        "code": _code(trainee, world.people[Role.ADMINISTRATOR]).pk,
        "certificate": (number := _certificate(trainee)),
        "badge": Credential.objects.get(number=number).pk,
        "export": _export(trainee),
        "feast": Feast.objects.create(name={"fr": "Fête"}, starts=cast.SINCE, ends=cast.SINCE).pk,
        "workshop": _invited(trainee),
        **_observations(trainee),
        **_candidacy(trainee),
        **_work(trainee),
    }


def _work(trainee: User) -> dict[str, Any]:
    """Written work with a file, handed in; it waits for grading."""
    course, assignment = make_written("T9")
    enrolment = enrol(user=trainee, course=course)
    draft = save_text(enrolment=enrolment, assignment=assignment, text="x", language="fr")
    attach_file(submission=draft, file=upload(PDF))
    return {"step": assignment.key.hex[:8], "work": hand_in(submission=draft).pk}


def _invited(trainee: User) -> uuid.UUID:
    """A workshop that the trainee is invited to."""
    day = timezone.localdate() + dt.timedelta(days=40)
    organiser = Institution.objects.get(code="court")
    workshop = plan_workshop(
        organiser=organiser,
        title="Radicalisation en détention",
        place="Bamako",
        venue="Prison centrale",
        starts=day,
        ends=day,
    )
    add_session(workshop=workshop, day=day, starts=dt.time(8, 30), ends=dt.time(12))
    announce(workshop=workshop)
    register(workshop=workshop, user=trainee, state=Registration.State.INVITED)
    return workshop.pk


def _observations(trainee: User) -> dict[str, uuid.UUID]:
    """One of the trainee, given; one that the trainee fills in."""
    other = User.objects.get(username="seydou")
    workshop = Workshop.objects.latest("starts")
    details = {"workshop": workshop, "rubric": "facilitation-observation", "digest": ""}
    given = {"status": Observation.Status.GIVEN, "given": timezone.now()}
    return {
        "observed": Observation.objects.create(trainer=trainee, observer=other, **details, **given).pk,
        "observing": Observation.objects.create(trainer=other, observer=trainee, **details).pk,
    }


def _candidacy(trainee: User) -> dict[str, Any]:
    """The trainee's, before a stage that a master trainer signs, with a file brought for it."""
    stages = [{"id": "s", "order": 1, "title": {}, "requirements": [], "signed_off_by": {"role": "master-trainer"}}]
    road = Pathway.objects.create(slug="road", definition={"title": {"fr": "Parcours"}, "stages": stages})
    candidate = Candidate.objects.create(pathway=road, user=trainee)
    piece = StageEvidence.objects.create(
        candidate=candidate, stage="s", title="x", file=default_storage.save("candidates/x.pdf", ContentFile(b"%PDF-"))
    )
    return {"candidate": candidate.pk, "evidence": piece.pk}


def _export(person: User) -> uuid.UUID:
    """A copy of the person's data, made."""
    name = default_storage.save("exports/sample.zip", ContentFile(b"PK"))
    now = timezone.now()
    return DataExport.objects.create(
        user=person, language="fr", ready=now, expires=now + dt.timedelta(days=7), file=name
    ).pk


def _certificate(trainee: User) -> str:
    course = build.make_course("T8", lessons=(1,), validity_months=24)
    final = build.add_final(course)
    enrolment = enrol(user=trainee, course=course)
    for key in build.lesson_keys(course):
        complete_lesson(enrolment=enrolment, activity=key)
    passed = build.outcome(enrolment, final, Verb.PASSED, 90)
    record_outcome(enrolment=enrolment, activity=final, statements=[passed])
    return Credential.objects.get(holder=trainee).number


def _code(person: User, maker: User | None, purpose: str = LoginCode.Purpose.RECOVERY) -> LoginCode:
    return LoginCode.objects.create(
        user=person,
        purpose=purpose,
        digest=uuid.uuid4().hex * 2,
        made_by=maker,
        expires=timezone.now() + dt.timedelta(hours=3),
        told=timezone.now(),  # else every page first tells its holder of it
    )


def _things(place: Institution, name: str, *, maker: User | None) -> dict[str, Any]:
    """A trainee there, an instructor whose role may be ended, and what is written about them."""
    person = User.objects.create(username=f"{name}-person", first_name="Kadi", last_name=name.title())
    Membership.objects.create(user=person, institution=place, since=cast.SINCE)
    teacher = User.objects.create(username=f"{name}-teacher", first_name="Sira", last_name=name.title())
    Membership.objects.create(user=teacher, institution=place, since=cast.SINCE)
    grant = RoleGrant.objects.create(user=teacher, role=Role.INSTRUCTOR, institution=place, since=cast.SINCE)
    Audience.objects.create(user=person, audience=AUDIENCE)
    invitation = Invitation.objects.create(
        digest=uuid.uuid4().hex * 2,
        institution=place,
        made_by=maker,
        expires=timezone.now() + dt.timedelta(days=3),
    )
    twin, gone = (User.objects.create(username=f"{name}-{which}") for which in ("twin", "gone"))
    Membership.objects.create(user=twin, institution=place, since=cast.SINCE)
    entry = record_change(actor=maker, code="people.person-reactivated", obj=person, branch=place.path)
    return _cohort(place, teacher, person, Course.objects.get(code="T7")) | {
        "work": handed_in(person, Assignment.objects.get(course__code="T9")).pk,
        "person": person.key,
        "teacher": teacher.key,
        "grant": grant.pk,
        "place": place.code,
        "invitation": invitation.pk,
        "entry": entry.pk,
        "twin": twin.key,
        "merge": Merge.objects.create(kept=person, merged=gone).pk,
        "erasure": ErasureRequest.objects.create(user=twin).pk,
        "code": _code(person, maker).pk,
        **_workshop(place, person=person, teacher=teacher, maker=maker),
    }


def _workshop(place: Institution, *, person: User, teacher: User, maker: User | None) -> dict[str, Any]:
    """A workshop there that calls for people, led by the instructor of the place, with a proposal and a letter."""
    day = timezone.localdate() + dt.timedelta(days=20)
    workshop = plan_workshop(
        organiser=place, title="Atelier", place="Bamako", starts=day, ends=day, entry=Workshop.Entry.DESIGNATION
    )
    leads = set_facilitator(workshop=workshop, user=teacher, part="lead")
    session = add_session(workshop=workshop, day=day, starts=dt.time(8, 30), ends=dt.time(12))
    announce(workshop=workshop)
    row = register(workshop=workshop, user=person, state=Registration.State.PROPOSED)
    letter = Letter.objects.create(
        workshop=workshop,
        institution=place,
        number=f"{place.code}-1",
        valid_from=day,
        valid_until=day,
        issued=day,
        created_by=maker,
        scan=default_storage.save("letters/sample.pdf", ContentFile(b"%PDF-")),
    )
    default_storage.save(packs.name_of(workshop), ContentFile(b"%PDF-"))
    printed = Job.objects.create(
        kind=certificates.PRINT,
        arguments={"workshop": str(workshop.pk)},
        asked_by=User.objects.get(username="role-administrator"),
        status=Job.Status.DONE,
        run_after=timezone.now(),
        result={"papers": 1, "weight": 5},
    )
    default_storage.save(certificates.print_name(printed.pk), ContentFile(b"%PDF-"))
    return {
        "workshop": workshop.pk,
        "leads": leads.pk,
        "session": session.pk,
        "registration": row.pk,
        "letter": letter.pk,
        "outcome": Outcome.objects.create(workshop=workshop, text="Registre").pk,
        "sheet": Sheet.objects.create(
            session=session, digest="0" * 64, file=default_storage.save("sheets/sample.jpg", ContentFile(b"x"))
        ).pk,
    }


def _cohort(place: Institution, teacher: User, member: User, course: Course | None) -> dict[str, Any]:
    """A cohort of that place, with a member, an announcement and a question."""
    assert course is not None
    cohort = Cohort.objects.create(
        name="Groupe", institution=place, language="fr", starts=cast.SINCE, join_code=uuid.uuid4().hex[:16]
    )
    CohortCourse.objects.create(cohort=cohort, course=course)
    leader = CohortInstructor.objects.create(cohort=cohort, user=teacher, since=cast.SINCE)
    row = CohortMember.objects.create(cohort=cohort, user=member)
    enrol(user=member, course=course, origin="cohort")
    question = LessonQuestion.objects.create(
        cohort=cohort, course=course, activity=build.lesson_keys(course)[0], asker=member, text="?", language="fr"
    )
    return {
        "cohort": cohort.pk,
        "member": row.pk,
        "leader": leader.pk,
        "question": question.pk,
        "announcement": Announcement.objects.create(cohort=cohort, texts={"fr": "x"}).pk,
    }


# --- rows -----------------------------------------------------------------------------------------------------------


def always(**arguments: Any) -> Sample:
    """The same address for everybody."""
    return Sample(own=lambda world: arguments)


def of_branch(**names: str) -> Sample:
    """{argument: thing} of `World.own` and `World.other`; a thing that begins with "=" is taken as it is."""

    def taken(things: Mapping[str, Any]) -> dict[str, Any]:
        return {argument: thing[1:] if thing.startswith("=") else things[thing] for argument, thing in names.items()}

    return Sample(own=lambda world: taken(world.own), other=lambda world: taken(world.other))


def of_trainee(
    argument: str, thing: str, *, but: Mapping[tuple[str, str], frozenset[int]] | None = None, **more: Any
) -> Sample:
    """Something that is the trainee's own."""
    return Sample(own=lambda world: {argument: world.kept[thing], **more}, but=but or {})


def of_course(*, ref: str = "") -> Sample:
    """The course of the test, or a step of it."""

    def arguments(world: World) -> dict[str, Any]:
        assert world.course is not None
        step = {"lesson": world.ref, "quiz": world.quiz}.get(ref)
        return {"code": world.course.code} | ({"ref": step} if step else {})

    return Sample(own=arguments)


_SHOWN = {(Role.ADMINISTRATOR, "own"): frozenset({200, 302})}

SAMPLES: dict[str, Sample] = {
    # --- courses
    **{name: of_course() for name in ("course", "enrol", "withdraw", "course-print")},
    **{name: of_course(ref="lesson") for name in ("activity", "complete", "note", "report")},
    **{name: of_course(ref="quiz") for name in ("start-attempt", "reread")},
    "lesson-ask": of_course(ref="lesson"),
    "group": of_trainee("id", "group"),
    "group-leave": of_trainee("id", "group"),
    "group-join": always(code="nothing"),
    # --- the desk for teaching
    **{
        name: of_branch(id="cohort")
        for name in (
            "teach-cohort",
            "teach-remind",
            "teach-register",
            "teach-settings",
            "teach-cohort-edit",
            "teach-cohort-archive",
            "teach-course-new",
            "teach-instructor-new",
            "teach-members",
            "teach-link",
            "teach-announcements",
            "teach-questions",
        )
    },
    **{name: of_branch(id="cohort", code="=T7") for name in ("teach-course-due", "teach-course-remove")},
    **{name: of_branch(id="cohort", member="member") for name in ("teach-member", "teach-member-remove")},
    "teach-extra": of_branch(id="cohort", member="member", code="=T7"),
    "teach-instructor-end": of_branch(id="cohort", pk="leader"),
    "teach-announcement-withdraw": of_branch(id="cohort", pk="announcement"),
    "teach-question": of_branch(id="question"),
    "notebook-edit": of_trainee("pk", "note"),
    "notebook-delete": of_trainee("pk", "note"),
    # --- assessments
    **{name: of_trainee("id", "attempt") for name in ("attempt", "attempt-answer", "attempt-submit", "attempt-result")},
    "work": Sample(own=lambda world: {"code": "T9", "ref": world.kept["step"]}),
    "work-file": of_trainee("id", "work"),
    "grading": of_branch(id="work"),
    # --- workshops
    **{
        name: of_branch(id="workshop")
        for name in (
            *("workshop", "workshop-edit", "workshop-announce", "workshop-cancel", "workshop-facilitator"),
            *("workshop-agenda", "session-new", "workshop-people", "workshop-person-new", "workshop-import"),
            *("workshop-quotas", "workshop-counted", "workshop-letters", "letter-new", "workshop-pack"),
            *("workshop-pack-file", "workshop-propose", "workshop-propose-name"),
            *("workshop-report", "workshop-report-file", "workshop-outcomes", "workshop-outcome-new"),
            *("workshop-survey", "workshop-test-before", "workshop-test-after", "workshop-allowances"),
        )
    },
    "workshop-facilitator-end": of_branch(id="workshop", pk="leads"),
    "workshop-outcome": of_branch(id="workshop", pk="outcome"),
    **{name: of_branch(pk="session") for name in ("session-edit", "session-agenda", "session-remove")},
    **{
        name: of_branch(pk="registration")
        for name in ("registration-decide", "registration-seat", "registration-replace", "registration-withdraw")
    },
    **{name: of_branch(pk="letter") for name in ("letter-pdf", "letter-scan", "letter-signed")},
    **{name: Sample(own=lambda world: {"pk": world.kept["feast"]}) for name in ("feast-edit", "feast-remove")},
    **{name: of_branch(pk="workshop") for name in ("attendance", "attendance-close", "phone-list", "phone-take")},
    **{name: of_branch(pk="workshop", session="session") for name in ("call", "call-code", "call-sheet")},
    "signed-pages": of_branch(pk="workshop"),
    "signed-page": of_branch(pk="workshop", sheet="sheet"),
    "attendance-correct": of_branch(pk="workshop", session="session", registration="registration"),
    "check-in": Sample(  # a code that is too old says so to everybody with an account
        own=lambda world: {"token": "too-old"}, but={(role, "own"): frozenset({200}) for role in Role}
    ),
    **{
        name: of_trainee("id", "workshop")
        for name in (
            *("my-workshop", "my-workshop-answer", "my-workshop-calendar", "my-workshop-register"),
            *("my-workshop-survey", "my-workshop-test-before", "my-workshop-test-after", "my-workshop-after"),
        )
    },
    "my-workshop-after-team": Sample(
        other=lambda world: {"id": world.other["workshop"]}
    ),  # for supervisors of those there
    # Master trainers observe anywhere.
    "observe": Sample(
        other=lambda world: {"id": world.other["workshop"]}, but={(Role.MASTER, "other"): frozenset({200})}
    ),
    "observation": of_trainee("id", "observing"),
    "my-observation": of_trainee("id", "observed"),
    # --- certificates
    **{
        name: of_branch(id="workshop")
        for name in (
            *("workshop-certificates", "workshop-certificates-file"),
            *("workshop-specimen", "workshop-handovers"),
        )
    },
    "manage-pathway": always(slug="trainer-certification"),
    "certificates-preview": always(kind="attendance", language="fr"),
    "workshop-certificate": of_branch(id="workshop", registration="registration"),
    "pathway-evidence": of_trainee("pk", "evidence", but={(Role.MASTER, "own"): frozenset({200})}),
    "teach-candidate": Sample(
        other=lambda world: {"id": world.kept["candidate"]}, but={(Role.MASTER, "other"): frozenset({200})}
    ),
    "certificate": of_trainee("number", "certificate", but=_SHOWN),
    "certificate-pdf": of_trainee("number", "certificate", but=_SHOWN),
    "certificate-pdf-language": of_trainee("number", "certificate", but=_SHOWN, language="en"),
    **{name: of_trainee("number", "certificate") for name in ("verify-number", "verify-paper", "verify-paper-slash")},
    **{name: of_trainee("pk", "badge") for name in ("badge", "badge-jwt")},
    **{name: always(number=1) for name in ("badge-status", "badge-status-jwt")},
    **{name: always(language="fr") for name in ("verify-offline-page", "verify-offline-manifest")},
    # --- content
    "figure": always(digest="0" * 64, extension="svg"),
    "media": always(path="figures/nothing.svg"),
    "norm": always(ref="nothing"),
    "wagtail_serve": Sample(own=lambda world: {"args": ["nothing/"]}),
    "wagtailcore_authenticate_with_password": always(page_view_restriction_id=1, page_id=1),
    # --- accounts
    "account_reset_password_from_key": always(uidb36="1", key="nothing"),
    "enter-code": always(code="nothing"),
    "join": always(code="nothing"),
    "code-withdraw": of_trainee("id", "code"),
    # For protected people only, and nobody in the test is.
    "protection-word": Sample(own=lambda world: {}, but={(role, "own"): frozenset({404}) for role in (TRAINEE, *Role)}),
    # A second step is asked for again first: nothing is said of the key before.
    "mfa_remove_webauthn": Sample(other=lambda world: {"pk": 999_999}),
    "mfa_edit_webauthn": Sample(other=lambda world: {"pk": 999_999}),
    # --- the desk
    **{
        name: of_branch(key="person")
        for name in (
            "manage-person",
            "manage-person-results",
            "manage-person-name",
            "manage-person-edit",
            "manage-person-deactivate",
            "manage-person-reactivate",
            "manage-person-transfer",
            "manage-person-join",
            "manage-person-supervisor",
            "manage-role-new",
            "manage-audience-new",
            "manage-clearance",
            "manage-protection",
            "recovery",
        )
    },
    # --- privacy
    "my-data-file": of_trainee("id", "export"),
    "erasure": of_branch(id="erasure"),
    "erasure-withdraw": of_branch(id="erasure"),
    "merge": of_branch(key="person", other="twin"),
    "merge-undo": of_branch(id="merge"),
    "manage-person-leave": of_branch(key="person", code="place"),
    "manage-role-end": of_branch(key="teacher", pk="grant"),
    "manage-audience-confirm": of_branch(key="person", slug=f"={AUDIENCE}"),
    "manage-audience-end": of_branch(key="person", slug=f"={AUDIENCE}"),
    **{
        name: of_branch(code="place")
        for name in (
            "manage-institution",
            "manage-institution-edit",
            "manage-institution-move",
            "manage-institution-close",
            "manage-institution-reopen",
        )
    },
    **{
        name: of_branch(id="code")
        for name in ("login-code", "login-code-slip", "login-code-confirm", "login-code-withdraw")
    },
    "invitation": of_branch(id="invitation"),
    "invitation-withdraw": of_branch(id="invitation"),
    # --- jobs
    "job-cancel": of_trainee("pk", "job", but={(Role.ADMINISTRATOR, "own"): frozenset({302, 303, 405})}),
    # --- audit and messages
    "audit-entry": of_branch(pk="entry"),
    "message-open": of_trainee("pk", "message"),
    "message-delete": of_trainee("pk", "message"),
}
