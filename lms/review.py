"""Who reviews pages: people whose role says so, for courses of their own institution, and never their own work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.models import Page, Task, TaskState

from courses.access import course_of
from people import access
from people.access import Person
from people.policy import Capability

# What Wagtail itself writes into a revision: not the work of a person.
_NOT_WORK = frozenset(
    {
        "draft_title",
        "expired",
        "first_published_at",
        "has_unpublished_changes",
        "last_published_at",
        "latest_revision",
        "latest_revision_created_at",
        "live",
        "live_revision",
        "locked",
        "locked_at",
        "locked_by",
        "url_path",
    }
)


def _work(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in _NOT_WORK}


def is_own_work(person: Person, page: Page) -> bool:
    """Whether the person wrote any of what waits to be published: a revision since the published one that changed
    something. 2 queries."""
    revisions = page.revisions.order_by("pk")
    live = revisions.filter(pk=page.live_revision_id).first() if page.live_revision_id else None
    before = _work(live.content) if live else None
    for revision in revisions.filter(pk__gt=live.pk) if live else revisions:
        after = _work(revision.content)
        if revision.user_id == person.pk and after != before:
            return True
        before = after
    return False


def may_review(person: Person, page: Any) -> bool:
    """Whether the person's role lets them review this page (their own work or not)."""
    return access.can(person, Capability.REVIEW_PAGES, page)


class Review(Task):
    """The step of Wagtail's workflow at which somebody else reads a page before it is published. No personal data."""

    def user_can_access_editor(self, obj: Any, user: Person) -> bool:
        return may_review(user, obj)

    def locked_for_user(self, obj: Any, user: Person) -> bool:
        return not may_review(user, obj)

    def user_can_lock(self, obj: Any, user: Person) -> bool:
        return may_review(user, obj)

    def get_actions(self, obj: Any, user: Person) -> list[tuple[str, str, bool]]:
        if not may_review(user, obj) or is_own_work(user, obj):
            return []
        return [
            ("reject", _("Request changes"), True),
            ("approve", _("Approve"), False),
            ("approve", _("Approve with comment"), True),
        ]

    def get_task_states_user_can_moderate(self, user: Person, **kwargs: Any) -> QuerySet[TaskState]:
        waiting = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)
        if not access.can(user, Capability.REVIEW_PAGES):
            return waiting.none()
        mine = [state.pk for state in waiting if may_review(user, state.workflow_state.content_object)]
        return waiting.filter(pk__in=mine)

    @classmethod
    def get_description(cls) -> str:
        return _("A reviewer or master trainer of the institution, or an administrator, who has not written the text.")

    class Meta:
        verbose_name = gettext_lazy("review")
        verbose_name_plural = gettext_lazy("reviews")


def _refuse(request: HttpRequest, page: Page) -> HttpResponse:
    messages.error(
        request,
        _(
            "You have written part of what is new here, so somebody else must publish it. "
            "Your text is kept as a draft: submit it for review."
        ),
    )
    return redirect("wagtailadmin_pages:edit", page.pk)


def _of_a_course_and_own(person: Person, page: Page) -> bool:
    return course_of(page) is not None and is_own_work(person, page)


@hooks.register("before_publish_page")
def not_own_work(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Pages of courses are published by somebody who has not written what is new in them; the text stays a draft."""
    return _refuse(request, page) if _of_a_course_and_own(request.user, page) else None


@hooks.register("before_bulk_action")
def not_own_work_in_bulk(
    request: HttpRequest, action_type: str, objects: Iterable[Any], action_class_instance: Any
) -> HttpResponse | None:
    if action_type != "publish":
        return None
    pages = [page for page in objects if isinstance(page, Page)]
    return next((_refuse(request, page) for page in pages if _of_a_course_and_own(request.user, page)), None)
