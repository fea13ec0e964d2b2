"""Small courses made of real pages, published as an author would."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from content.markdown import split
from content.models import Tier
from content.pages import ensure_site, raw_stream
from courses import publication
from courses.kinds import ActivityContext
from courses.models import ActivityProgress, Course, CoursePage, Enrolment, LessonPage, ModulePage
from people.models import User
from programme.models import Audience, Domain
from records.services import key_for
from records.statements import build as statement
from records.verbs import Verb

BODY = {
    "fr": """## Le registre

Une personne détenue qui n'est écrite nulle part peut disparaître.

:::reflect
Dans votre greffe, quelle information manque le plus souvent ?
:::

:::key
- Pas de titre valable, pas d'écrou.
:::
""",
    "en": """## The register

A detained person who is written down nowhere can disappear.

:::reflect
In your registry, which piece of information is missing most often?
:::

:::key
- No valid order, no entry.
:::
""",
}
WORDS = {
    "fr": {"course": "Tenir un registre", "module": "Module", "lesson": "Leçon", "summary": "Écrire pour protéger."},
    "en": {"course": "Keeping a register", "module": "Module", "lesson": "Lesson", "summary": "Write to protect."},
}


def domain() -> Domain:
    return Domain.objects.get_or_create(
        slug="d9-test", defaults={"words": {"fr": "Domaine d'essai", "en": "Trial domain"}, "number": 9, "position": 9}
    )[0]


def audience(slug: str = "test-staff", fr: str = "Personnel d'essai", en: str = "Trial staff") -> Audience:
    return Audience.objects.get_or_create(slug=slug, defaults={"words": {"fr": fr, "en": en}, "position": 90})[0]


def make_course(
    code: str = "T1",
    *,
    lessons: Sequence[int] = (2, 2),
    languages: Sequence[str] = ("fr", "en"),
    title: dict[str, str] | None = None,
    tier: str = Tier.STAFF,
    body: dict[str, str] | None = None,
    publish: bool = True,
    **fields: object,
) -> Course:
    """A course with modules of so many lessons each, its pages published and its outline and words written."""
    homes = ensure_site()
    course = Course.objects.create(
        key=uuid.uuid4(),
        slug=f"test-{code.lower()}",
        code=code,
        owner="dnapes",
        tier=tier,
        domain=domain(),
        **{"minutes": 120, "pass_mark": 70, **fields},
    )
    course.audiences.add(audience())
    keys = [(uuid.uuid4(), [uuid.uuid4() for _ in range(count)]) for count in lessons]
    with publication.paused():
        for language in languages:
            words = WORDS[language]
            home = homes[language]
            home.refresh_from_db()
            page = home.add_child(
                instance=CoursePage(
                    title=(title or {}).get(language) or f"{words['course']} {code}",
                    slug=f"test-{code.lower()}",
                    locale=home.locale,
                    translation_key=course.key,
                    course=course,
                    summary=words["summary"],
                    objectives=[("line", f"{words['summary']} 1"), ("line", f"{words['summary']} 2")],
                    certificate_title=f"{words['course']} {code}",
                )
            )
            number = 0
            for position, (module_key, lesson_keys) in enumerate(keys, 1):
                module = page.add_child(
                    instance=ModulePage(
                        title=f"{words['module']} {code}-{position}",
                        slug=f"m{position}",
                        locale=home.locale,
                        translation_key=module_key,
                    )
                )
                for key in lesson_keys:
                    number += 1
                    module.add_child(instance=lesson_page(f"{words['lesson']} {code}-{number}", home.locale, key, body))
    if publish:
        publication.publish(course)
    return course


def lesson_page(title: str, locale, key: uuid.UUID, body: dict[str, str] | None = None) -> LessonPage:
    language = locale.language_code
    return LessonPage(
        title=title,
        slug=f"l{key.hex[:12]}",
        locale=locale,
        translation_key=key,
        minutes=20,
        objectives=[("line", "Tenir" if language == "fr" else "Keep")],
        body=raw_stream(split((body or BODY)[language]), key=key),
        as_of="2017",
        checked="2026-11",
        review_by="2027-11",
    )


def source_page(course: Course) -> CoursePage:
    return CoursePage.objects.get(course=course, locale__language_code="fr")


def lesson_keys(course: Course) -> list[uuid.UUID]:
    return list(course.activities.filter(retired=False, kind="lesson").values_list("key", flat=True))


def add_final(
    course: Course, kind: str = "test-final", rule: str = "passed", *, key: uuid.UUID | None = None
) -> uuid.UUID:
    """A final step of a kind of the tests' own, put straight into the current outline (its room is not this one)."""
    key = key or uuid.uuid4()
    version = course.outline_versions.order_by("-number").first()
    entry = {
        "key": str(key),
        "ref": key.hex[:8],
        "kind": kind,
        "required": True,
        "minutes": 35,
        "rule": rule,
    }
    version.outline = {**version.outline, "final": [*version.outline["final"], entry]}
    version.save()
    for text in course.texts.all():
        text.titles[str(key)] = {"fr": "Évaluation finale", "en": "Final assessment"}[text.language]
        text.facts[str(key)] = {"questions": 16, "time_limit": 35, "attempts": 3}
        text.save()
    return key


def outcome(enrolment: Enrolment, activity: uuid.UUID, verb: Verb, score: int | None = None, **details) -> dict:
    """A statement as the room of the activity would make it."""
    from django.utils import timezone  # noqa: PLC0415

    return statement(
        actor=key_for(enrolment.user),
        verb=verb,
        activity=activity,
        registration=enrolment.pk,
        when=details.pop("when", None) or timezone.now(),
        score=score,
        **details,
    )


def finished(enrolment: Enrolment) -> set[uuid.UUID]:
    return set(
        ActivityProgress.objects.filter(enrolment=enrolment, status="completed").values_list("activity", flat=True)
    )


def make_person(username: str = "learner", **fields: object) -> User:
    return User.objects.create(username=username, **fields)


def show(request, context: ActivityContext):
    """The view of the tests' own kind."""
    from django.http import HttpResponse  # noqa: PLC0415

    return HttpResponse(f"final of {context.course.code}")
