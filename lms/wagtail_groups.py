"""Wagtail's groups, their rights and who is in them, written from roles: never by hand.

One group a branch in which somebody writes or reviews, with rights on the pages of the courses whose owner lies in it;
one for everybody who works in the desk, with the rights that have no branch. What was put there by hand goes with the
next run: after each change of a role, at each login, when a course page is made, and every hour (roles end, and begin, with a day).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from courses.models import CoursePage
from lms.review import Review
from operations import jobs
from people.models import Institution, Role, RoleGrant, User
from people.policy import CAPABILITIES, Capability, Relation
from people.signals import mirror, roles_changed

DESK = "desk"
REVIEW = "Relecture"  # the name of the workflow, which authors see
_GLOBAL = (("wagtailadmin", "access_admin"), ("wagtail_localize", "submit_translation"))
# Wagtail asks for the rights on its own models, whatever models a site puts in their place.
_UPLOADS = ("add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document")
_PAGES = {
    Capability.WRITE_PAGES: ("add_page", "change_page"),
    Capability.REVIEW_PAGES: ("publish_page", "lock_page", "unlock_page"),
}


def group_name(capability: Capability, institution: Institution) -> str:
    """« authors: dnapes », « reviewers: dnapes »."""
    return f"{'authors' if capability is Capability.WRITE_PAGES else 'reviewers'}: {institution.code}"


@transaction.atomic
def sync(users: Iterable[User] | None = None) -> int:
    """Write groups, rights and members as the roles of today say, for everybody or for these people; return how many
    people were put in or out. A further run changes nothing. SQL: about 15, and 3 for each person that changes."""
    ensure_review()
    wanted = _wanted()
    groups = _groups(wanted)
    people = User.objects.prefetch_related("groups")
    if users is None:
        people = people.filter(
            Q(pk__in=wanted) | Q(groups__isnull=False) | Q(user_permissions__isnull=False)
        ).distinct()
    else:
        people = people.filter(pk__in=[user.pk for user in users])
    changed = 0
    for person in people:
        names = wanted.get(person.pk, set())
        if {group.name for group in person.groups.all()} != names:
            person.groups.set([groups[name] for name in names])
            changed += 1
        if person.user_permissions.exists():
            person.user_permissions.clear()
            changed += 1
    return changed


def _wanted() -> dict[int, set[str]]:
    """The names of the groups of everybody who has any."""
    wanted: dict[int, set[str]] = defaultdict(set)
    grants = (
        RoleGrant.objects.on().filter(user__is_active=True, institution__isnull=False).select_related("institution")
    )
    for grant in grants:
        if grant.institution is None:
            continue
        for capability in _PAGES:
            if grant.institution and CAPABILITIES[capability].get(grant.role) is Relation.INSTITUTION:
                wanted[grant.user_id] |= {DESK, group_name(capability, grant.institution)}
    return wanted


def _groups(wanted: dict[int, set[str]]) -> dict[str, Group]:
    """The groups, made and given exactly their rights; the others, Wagtail's own among them, are taken away."""
    names = set().union({DESK}, *wanted.values())
    Group.objects.exclude(name__in=names).delete()
    groups = {name: Group.objects.get_or_create(name=name)[0] for name in sorted(names)}
    basic = [permission for app, codename in _GLOBAL if (permission := _permission(app, codename)) is not None]
    groups[DESK].permissions.set(basic)
    for name, group in groups.items():
        if name != DESK:
            group.permissions.clear()
    _set_collections(groups[DESK], groups.values())
    _set_pages(groups)
    return groups


def _permission(app: str, codename: str) -> Permission | None:
    return Permission.objects.filter(content_type__app_label=app, codename=codename).first()


def _set_collections(desk: Group, groups: Iterable[Group]) -> None:
    """Everybody who writes may put pictures and documents anywhere in the library; nobody else may."""
    root = Collection.get_first_root_node()
    rights = Permission.objects.filter(codename__in=_UPLOADS)
    wanted = {(desk.pk, root.pk, right.pk) for right in rights} if root else set()
    kept = _drop_others(GroupCollectionPermission, "collection_id", wanted)
    GroupCollectionPermission.objects.bulk_create(
        GroupCollectionPermission(group_id=group, collection_id=collection, permission_id=right)
        for group, collection, right in wanted - kept
    )


def _set_pages(groups: dict[str, Group]) -> None:
    """Each branch's groups reach the course pages, in every language, whose owner lies in the branch."""
    rights = {
        right.codename: right.pk
        for right in Permission.objects.filter(content_type__app_label="wagtailcore", content_type__model="page")
    }
    institutions = list(Institution.objects.all())
    path_of = {institution.code: institution.path for institution in institutions}
    pages = list(CoursePage.objects.values_list("pk", "course__owner"))
    wanted = set()
    for branch in institutions:
        for capability, codenames in _PAGES.items():
            group = groups.get(group_name(capability, branch))
            if group is None:
                continue
            for page, owner in pages:
                if path_of.get(owner, "").startswith(branch.path):
                    wanted |= {(group.pk, page, rights[codename]) for codename in codenames}
    kept = _drop_others(GroupPagePermission, "page_id", wanted)
    GroupPagePermission.objects.bulk_create(
        GroupPagePermission(group_id=group, page_id=page, permission_id=right) for group, page, right in wanted - kept
    )


def ensure_review() -> None:
    """One workflow for all pages, with our review as its only step. Wagtail's own, whose step asks for a group that
    no longer exists, is put to rest."""
    root = Page.get_first_root_node()
    if root is None:
        return
    assigned = WorkflowPage.objects.filter(page=root).select_related("workflow").first()
    if (
        assigned
        and assigned.workflow.active
        and any(isinstance(task.specific, Review) for task in assigned.workflow.tasks)
    ):
        return
    review = Review.objects.filter(active=True).first() or Review.objects.create(name=REVIEW)
    workflow = Workflow.objects.create(name=REVIEW)
    WorkflowTask.objects.create(workflow=workflow, task=review, sort_order=0)
    WorkflowPage.objects.update_or_create(page=root, defaults={"workflow": workflow})
    for other in Workflow.objects.active().exclude(pk=workflow.pk):
        other.deactivate()


def _drop_others(model: Any, place: str, wanted: set[tuple[int, int, int]]) -> set[tuple[int, int, int]]:
    """Delete the rights that are not wanted; return those that stay."""
    rows = {
        (row[1], row[2], row[3]): row[0] for row in model.objects.values_list("pk", "group_id", place, "permission_id")
    }
    if extra := [pk for row, pk in rows.items() if row not in wanted]:
        model.objects.filter(pk__in=extra).delete()
    return set(rows) & wanted


# --- when -----------------------------------------------------------------------------------------------------------


def _roles_changed(sender: Any, user: User, **kwargs: Any) -> None:
    sync([user])


def _logged_in(sender: Any, user: User, **kwargs: Any) -> None:
    """A role that ended since, and what was written by hand, count no longer; people without any pay two queries."""
    mirror(user)
    if RoleGrant.objects.filter(user=user).exists() or user.groups.exists():
        sync([user])


def _course_page(sender: Any, created: bool, **kwargs: Any) -> None:
    if created and RoleGrant.objects.exists():
        sync([])


def follow_the_day(work: jobs.Work) -> dict[str, int]:
    """Roles that ended, or began, with the day."""
    for user in User.objects.filter(Q(is_superuser=True) | Q(role_grants__role=Role.ADMINISTRATOR)).distinct():
        mirror(user)
    return {"changed": sync()}


def connect() -> None:
    roles_changed.connect(_roles_changed, dispatch_uid="lms.groups")
    user_logged_in.connect(_logged_in, dispatch_uid="lms.groups")
    post_save.connect(_course_page, sender=CoursePage, dispatch_uid="lms.groups")
    jobs.register("lms.groups", follow_the_day, name=_("Rights of authors"), dated=True)
    jobs.periodic("lms.groups", every=timedelta(hours=1))
