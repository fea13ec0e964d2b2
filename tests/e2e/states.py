"""People in every state that a screen can show, made in one go through the services.

Runs in the site's own environment, as a process of its own: `python -m tests.e2e.states` prints one line of JSON,
{"sessions": {name: session key}, "addresses": {name: path without its language}}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import django
from django.conf import settings

if __name__ == "__main__":
    django.setup()

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import QueryDict
from django.utils import timezone

from assessments.models import Attempt, AttemptItem, Question, Quiz, Use
from assessments.queries import lessons_by_objective, to_reread
from assessments.series import missed
from assessments.services import check_answer, mark_reread, save_answers, start_attempt, submit
from certificates.models import Credential, Pathway
from certificates.numbers import new_number
from certificates.services import pathways, revoke
from courses import publication
from courses.models import ActivityText, Course, CoursePage, Enrolment, Note
from courses.services import cohort_words, cohorts, complete_lesson, enrol, write_note
from people.access import is_author
from people.models import Institution, User
from tests.assessments import bank
from workshops import services as workshops
from workshops.models import HeadCount, Mark, Workshop, WorkshopPage
from workshops.services import observation

KINDS = ("single", "multiple", "truefalse", "numeric", "short", "matching", "ordering", "cloze")

sessions: dict[str, str] = {}
addresses: dict[str, str] = {}


def sign_in(person: User) -> None:
    """A session as signing in makes one."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session["desk"] = is_author(person)
    session.save()
    sessions[person.username] = session.session_key or ""


def person(name: str, *, first: str = "Fatoumata", last: str = "Coulibaly-Ouattara") -> User:
    made = User(username=name, first_name=first, last_name=last, email=f"{name}@kalanso.test")
    made.password = User.objects.get(username="awa").password  # hashing one costs time
    made.save()
    sign_in(made)
    return made


# --- steps ----------------------------------------------------------------------------------------------------------


def course(code: str) -> Course:
    return Course.objects.get(code=code)


def join(who: User, code: str) -> Enrolment:
    return enrol(user=who, course=course(code))


def lessons(code: str) -> list[ActivityText]:
    """The lessons of a course in French, in their order."""
    outline = Enrolment.objects.filter(course__code=code).latest("created").outline.outline
    keys = [
        entry["key"] for module in outline["modules"] for entry in module["activities"] if entry["kind"] == "lesson"
    ]
    texts = {str(text.key): text for text in ActivityText.objects.filter(course__code=code, language="fr")}
    return [texts[key] for key in keys]


def read(enrolment: Enrolment, some: int | None = None) -> None:
    for text in lessons(enrolment.course.code)[:some]:
        complete_lesson(enrolment=enrolment, activity=text.key)


def practices(code: str) -> list[Quiz]:
    return list(Quiz.objects.filter(course__code=code, use=Use.PRACTICE).order_by("pk"))


def final(code: str) -> Quiz:
    return Quiz.objects.get(course__code=code, use=Use.EXAM)


def answers(items: Iterable[AttemptItem], *, right: bool = True) -> QueryDict:
    data = QueryDict(mutable=True)
    for item in items:
        question = item.version.question
        asked: dict[str, Any] = {**item.version.body, "id": question.slug, "type": question.kind}
        data.update(bank.right_post(asked, "fr") if right else bank.wrong_post(asked))
    return data


def items_of(attempt: Attempt) -> list[AttemptItem]:
    return list(attempt.items.select_related("version__question").order_by("position"))


def sit(enrolment: Enrolment, quiz: Quiz, *, right: int, wrong: int = 0) -> Attempt:
    """An attempt handed in with so many right answers, then so many wrong ones, the others blank."""
    attempt = start_attempt(enrolment=enrolment, quiz=quiz)
    items, who = items_of(attempt), enrolment.user
    assert who
    data = answers(items[:right])
    data.update(answers(items[right : right + wrong], right=False))
    save_answers(person=who, attempt=attempt.pk, data=data)
    return submit(attempt=attempt)


def prepare(enrolment: Enrolment) -> None:
    """Everything before the final assessment."""
    read(enrolment)
    for quiz in practices(enrolment.course.code):
        sit(enrolment, quiz, right=2, wrong=2)


def complete(enrolment: Enrolment) -> Attempt:
    prepare(enrolment)
    quiz = final(enrolment.course.code)
    return sit(enrolment, quiz, right=100)


def of_every_kind(attempt: Attempt) -> None:
    """Put one question of each kind on the first places, whatever was drawn."""
    pool = Question.objects.filter(course=attempt.quiz.course, retired=False, current__isnull=False).order_by("slug")
    for item, kind in zip(items_of(attempt), KINDS, strict=False):
        question = next(one for one in pool if one.kind == kind)
        AttemptItem.objects.filter(pk=item.pk).update(version=question.current_id)


# --- people ---------------------------------------------------------------------------------------------------------


def make_begun() -> None:
    """In the middle: lessons read, notes written, practice checked, handed in and running; a final assessment running."""
    who = person("begun")
    k1 = join(who, "K1")
    read(k1, 3)
    text = next(text for text in lessons("K1") if text.facts.get("reflections"))
    block = text.facts["reflections"][0]["id"]
    note = write_note(
        user=who, text=text, block=block, words="Ne jamais écrire « suspect ».\n\nÀ revoir.", language="fr"
    )
    assert isinstance(note, Note)
    addresses["lesson with a note"] = f"/c/K1/{text.key.hex[:8]}/?saved={block}"
    addresses["report"] = f"/c/K1/{text.key.hex[:8]}/report/"
    addresses["note, edit"] = f"/notebook/{note.pk}/"
    addresses["note, delete"] = f"/notebook/{note.pk}/delete/"
    first, second, third = practices("K1")[:3]
    handed_in = sit(k1, first, right=3, wrong=3)
    addresses["practice, result"] = f"/attempts/{handed_in.pk}/result/"
    addresses["practice, intro after a result"] = f"/c/K1/{first.key.hex[:8]}/"
    addresses["practice, intro"] = f"/c/K1/{third.key.hex[:8]}/"
    running = start_attempt(enrolment=k1, quiz=second)
    of_every_kind(running)
    items = items_of(running)
    save_answers(person=who, attempt=running.pk, data=answers(items[:4]))
    addresses["practice, after a check"] = f"/attempts/{running.pk}/"
    for position, right in ((1, True), (2, False), (5, False), (6, False)):
        check_answer(
            person=who, attempt=running.pk, position=position, data=answers([items[position - 1]], right=right)
        )

    k3 = join(who, "K3")
    prepare(k3)
    exam = start_attempt(enrolment=k3, quiz=final("K3"))
    of_every_kind(exam)
    items = items_of(exam)
    save_answers(person=who, attempt=exam.pk, data=answers(items[:1]), positions=[1], flagged=True)
    save_answers(person=who, attempt=exam.pk, data=answers(items[5:7]))
    for number, kind in enumerate(KINDS, 1):
        addresses[f"final, {kind}"] = f"/attempts/{exam.pk}/?q={number}"
    addresses["final, confirm"] = f"/attempts/{exam.pk}/submit/"

    k4 = join(who, "K4")
    prepare(k4)
    addresses["final, intro"] = f"/c/K4/{final('K4').key.hex[:8]}/"
    late = timezone.localdate() + timedelta(days=9)
    Enrolment.objects.filter(pk=k4.pk).update(due=late)
    join(who, "K5")


def make_asking() -> None:
    """A practice quiz just begun, with a question of each kind."""
    who = person("asking")
    k1 = join(who, "K1")
    attempt = start_attempt(enrolment=k1, quiz=practices("K1")[0])
    of_every_kind(attempt)
    addresses["practice, asking"] = f"/attempts/{attempt.pk}/"
    sample = {
        "table": lambda text: "<table" in text.html,
        "figure": lambda text: "<figure" in text.html,
        "case": lambda text: "block case" in text.html,
        "reflection": lambda text: text.facts.get("reflections"),
        "glossary": lambda text: text.html.count('class="term"') > 4,
    }
    for name, fits in sample.items():
        found = max((text for text in lessons("K1") if fits(text)), key=lambda text: len(text.html))
        addresses[f"lesson with a {name}"] = f"/c/K1/{found.key.hex[:8]}/"
    shut = final("K1")
    addresses["final, shut"] = f"/c/K1/{shut.key.hex[:8]}/"


def make_unfortunate() -> None:
    """One try without success; and a series used up, with one of the lessons read again."""
    who = person("unfortunate")
    k1 = join(who, "K1")
    prepare(k1)
    addresses["final, not yet"] = f"/attempts/{sit(k1, final('K1'), right=3, wrong=8).pk}/result/"
    k3 = join(who, "K3")
    prepare(k3)
    quiz = final("K3")
    for _try in range(3):
        last = sit(k3, quiz, right=2, wrong=5)
    addresses["final, not yet, keys open"] = f"/attempts/{last.pk}/result/"
    addresses["final, used up"] = f"/c/K3/{quiz.key.hex[:8]}/"
    asked = to_reread(lessons_by_objective(k3.course_id, k3.outline.outline, missed(last)))
    mark_reread(enrolment=k3, quiz=quiz, activity=UUID(asked[0]["key"]))


def make_done() -> None:
    """A course completed, its certificate; another one expired, a third one revoked."""
    who = person("done")
    passed = complete(join(who, "K1"))
    addresses["final, passed"] = f"/attempts/{passed.pk}/result/"
    complete(join(who, "K3"))
    complete(join(who, "K4"))
    valid, expired, revoked = (Credential.objects.get(holder=who, course__code=code) for code in ("K1", "K3", "K4"))
    today = timezone.localdate()
    Credential.objects.filter(pk=expired.pk).update(
        issued=today - timedelta(days=1200), expires=today - timedelta(days=100)
    )
    revoke(
        credential=revoked,
        reason="Une autre personne avait passé l’évaluation.",
        actor=User.objects.get(username="admin"),
    )
    for name, credential in (("valid", valid), ("expired", expired), ("revoked", revoked)):
        addresses[f"certificate, {name}"] = f"/certificates/{credential.number}/"
        addresses[f"verification, {name}"] = f"/verify/{credential.number}/"
    addresses["certificate, no paper"] = f"/certificates/{revoked.number}/pdf/"
    addresses["verification, unknown"] = f"/verify/{new_number(today.year)}/"
    addresses["verification, mistyped"] = f"/verify/{valid.number[:-3]}/"


def make_reader() -> None:
    """Enrolled everywhere; the first course is completed, since another one asks for it."""
    who = person("reader")
    complete(join(who, "K1"))
    for found in Course.objects.exclude(code="K1").order_by("code"):
        enrol(user=who, course=found)


def make_ready() -> None:
    """Everything done but the final assessment."""
    for number in range(1, 8):
        prepare(join(person(f"ready{number}"), "K7"))


def make_group() -> None:
    """A cohort that Issa leads, somebody in it who asks, and what was announced."""
    who, issa = person("grouped"), User.objects.get(username="issa")
    cohort = cohorts.create_cohort(
        actor=issa,
        name="Koulikoro et Bamako",
        institution=Institution.objects.get(code="dnapes"),
        language="fr",
        starts=timezone.localdate(),
        course=course("K1"),
        due=timezone.localdate() + timedelta(days=30),
    )
    cohorts.add_members(cohort=cohort, logins=["grouped", "done", "asking"], actor=None)
    cohorts.open_link(cohort=cohort, actor=issa)
    cohort.refresh_from_db()
    told = cohort_words.announce(cohort=cohort, actor=issa, texts={"fr": "Lundi à 9 h.", "en": "On Monday at 9."})
    lesson = course("K1").activities.filter(kind="lesson")[0]
    question = cohort_words.ask(
        cohort=cohort, user=who, course=course("K1"), activity=lesson.key, text="Pourquoi ?", language="fr"
    )
    cohort_words.answer_question(question=question, actor=issa, text="Parce que.", shared=True)
    here = f"/teach/{cohort.pk}/"
    member = f"{here}members/{cohort.members.get(user=who).pk}/"
    addresses["group, grid"] = here
    for name in ("members", "announcements", "questions", "settings", "register", "courses/new", "archive"):
        addresses[f"group, {name}"] = f"{here}{name}/"
    addresses["group, member"] = member
    addresses["group, extra"] = f"{member}extra/K1/"
    addresses["group, question"] = f"/teach/questions/{question.pk}/"
    addresses["group, withdraw"] = f"{here}announcements/{told.pk}/withdraw/"
    addresses["group, its page"] = f"/group/{cohort.pk}/"
    addresses["group, leave"] = f"/group/{cohort.pk}/leave/"
    addresses["group, join"] = f"/group/join/{cohort.join_code}/"
    addresses["group, ask"] = f"/c/K1/{lesson.ref}/ask/"
    addresses["group, lesson"] = f"/c/K1/{lesson.ref}/"


def make_blended() -> None:
    """A workshop as a step of a course: coming, running and open to all; for somebody else, attended."""
    issa, today, k7 = User.objects.get(username="issa"), timezone.localdate(), course("K7")
    with publication.paused():
        for page in CoursePage.objects.filter(course=k7).select_related("locale").order_by("-locale__language_code"):
            step = WorkshopPage(title="Atelier", slug="step", locale=page.locale, minutes=720, summary="K7")
            step.translation_key = UUID("0f5a3a52-8b25-4d5e-9d6e-5a0c3f6d7b11")
            page.add_child(instance=step)
    publication.publish(k7)

    def plan(starts: int, entry: str, *who: User) -> Workshop:
        day = today + timedelta(days=starts)
        made = workshops.plan_workshop(
            organiser=Institution.objects.get(code="dnapes"),
            actor=issa,
            title="Atelier",
            place="Koulikoro",
            starts=day,
            ends=day,
            course=k7,
            entry=entry,
            support_contact="Mme Assitan Koné, psychologue, 70 00 00 00",
        )
        session = workshops.add_session(workshop=made, day=day, starts=time(9), ends=time(12), actor=issa)
        rows = [workshops.register(workshop=made, user=one, actor=issa) for one in who]
        made = workshops.announce(workshop=made, actor=issa)
        now = timezone.now()
        HeadCount.objects.create(session=session, people=len(rows), made=now, stored=now, by=issa)
        for row in rows:
            if starts <= 0:
                workshops.correct(
                    session=session, registration=row, status=Mark.Status.PRESENT, reason="Feuille", actor=issa
                )
        return made

    coming, there = person("blended"), person("attended")
    for who in (coming, there):
        join(who, "K7")
    over = plan(-9, Workshop.Entry.LIST, there)
    plan(0, Workshop.Entry.LIST, coming)
    plan(20, Workshop.Entry.LIST, coming)
    plan(30, Workshop.Entry.OPEN)
    plan(40, Workshop.Entry.DESIGNATION)
    workshops.close_attendance(workshop=over, actor=issa)
    addresses["workshop, step"] = "/c/K7/0f5a3a52/"
    for name in ("", "report/", "outcomes/", "outcomes/new/", "certificates/", "certificates/register/", "allowances/"):
        addresses[f"workshop over, {name}"] = f"/teach/workshops/{over.pk}/{name}"
    addresses["workshop over, pages"] = f"/teach/workshops/{over.pk}/attendance/pages/"
    addresses["workshop over, observe"] = f"/teach/workshops/{over.pk}/observe/"
    row = over.registrations.get()
    addresses["workshop over, certificate"] = f"/teach/workshops/{over.pk}/certificates/{row.pk}/"
    candidate = pathways.join(user=coming, pathway=Pathway.objects.get())
    pathways.bring(
        candidate=candidate, stage=candidate.pathway.stages[0]["id"], title="Plan", note="Une page", actor=coming
    )
    addresses["candidate"] = f"/teach/candidates/{candidate.pk}/"
    watched = observation.begin_observation(
        session=over.sessions.get(),
        trainer=issa,
        observer=User.objects.get(username="fanta"),
        rubric="facilitation-observation",
    )
    addresses["observation"] = f"/teach/observations/{watched.pk}/"


def main() -> None:
    person("new")
    make_asking()
    make_begun()
    make_unfortunate()
    make_done()
    make_reader()
    make_ready()
    make_group()
    make_blended()
    for name in ("awa", "oumar", "admin", "issa", "mariam", "fanta"):
        sign_in(User.objects.get(username=name))
    awa = User.objects.get(username="awa")
    key = f"{user_pk_to_url_str(awa)}-{default_token_generator.make_token(awa)}"
    addresses["password, new"] = f"/accounts/password/reset/key/{key}/"
    sys.stdout.write(json.dumps({"sessions": sessions, "addresses": addresses}) + "\n")


if __name__ == "__main__":
    main()
