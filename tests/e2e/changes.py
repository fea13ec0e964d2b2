"""What happens in a third process while two others serve: `python -m tests.e2e.changes` reads names of changes, one a line,
makes each of them through the services and says so."""

from __future__ import annotations

import sys

import django

if __name__ == "__main__":
    django.setup()

from courses.models import Activity, CoursePage, LessonPage
from people.models import Institution, Role, RoleGrant, User
from people.services import end_role, grant_role

COURSE = "K5"
TITLE, TRANSLATED = "Un titre écrit ailleurs", "A title written elsewhere"


def _lesson(language: str) -> LessonPage:
    first = Activity.objects.filter(course__code=COURSE, kind="lesson").order_by("position").first()
    assert first is not None
    return LessonPage.objects.get(translation_key=first.key, locale__language_code=language)


def edit() -> None:
    page = _lesson("fr")
    page.title = TITLE
    page.save_revision().publish()


def translate() -> None:
    page = _lesson("en")
    page.title = TRANSLATED
    page.save_revision().publish()


def unpublish() -> None:
    for page in CoursePage.objects.filter(course__code=COURSE):
        page.unpublish()


def grant() -> None:
    grant_role(
        user=User.objects.get(username="seydou"), role=Role.MANAGER, institution=Institution.objects.get(code="court")
    )


def end() -> None:
    end_role(grant=RoleGrant.objects.get(user__username="seydou"))


def deactivate() -> None:
    User.objects.filter(username="seydou").update(is_active=False)


if __name__ == "__main__":
    for line in sys.stdin:
        {
            "edit": edit,
            "translate": translate,
            "unpublish": unpublish,
            "grant": grant,
            "end": end,
            "deactivate": deactivate,
        }[line.strip()]()
        sys.stdout.write("done\n")
        sys.stdout.flush()
