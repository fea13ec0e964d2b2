"""Leading a cohort: who belongs to it, what it takes and by when, what its instructors tell, ask and answer.

Whoever changes a cohort leads it, or is an administrator; one that was put away changes no more. Raises Refused where
not. `actor` None is the machine.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.access_cohorts import teachable
from courses.models import (
    Cohort,
    CohortCourse,
    CohortInstructor,
    CohortMember,
    Course,
    Enrolment,
)
from courses.services.learning import enrol
from operations.audit import record_change
from operations.errors import Refused
from operations.notify import notify
from people import access
from people.checks import EARLIEST, allowed, open_institution, words
from people.models import Institution, Protection, Role, RoleGrant, User
from people.policy import Capability
from people.queries.accounts import accounts_for_login

NAME_LENGTH = 120
MOST_MEMBERS = 500
MOST_AT_ONCE = 200
LONGEST = dt.timedelta(days=3 * 366)


# --- what all of them ask first -------------------------------------------------------------------------------------


def held(cohort: Cohort, *, by: User | None) -> Cohort:
    """The cohort, locked until the end of the transaction, for somebody who may change it."""
    allowed(by, Capability.MANAGE_COHORTS, cohort)
    held = Cohort.objects.select_for_update(of=("self",)).select_related("institution").get(pk=cohort.pk)
    if held.archived is not None:
        raise Refused(_("This group is put away: nothing in it changes any more."), _("Open it again first."))
    return held


def write_down(
    cohort: Cohort,
    *,
    by: User | None,
    what: str,
    about: User | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """A row in the audit trail, where the cohort lies."""
    branch = cohort.institution.path
    record_change(actor=by, code=f"courses.{what}", obj=cohort, about=about, branch=branch, before=before, after=after)


def _dates(starts: dt.date, ends: dt.date | None) -> None:
    if starts < EARLIEST or starts > timezone.localdate() + LONGEST:
        raise Refused(_("The first day cannot be meant."), _("Correct the year."))
    if ends is not None and ends < starts:
        raise Refused(_("The last day lies before the first one."), _("Correct one of the two."))
    if ends is not None and ends > starts + LONGEST:
        raise Refused(_("A group lasts three years at most."), _("Choose a nearer last day."))


def _due(cohort: Cohort, due: dt.date | None) -> None:
    if due is not None and due < cohort.starts:
        raise Refused(_("A course cannot be due before the group starts."), _("Choose a later date."))
    if due is not None and due > cohort.starts + LONGEST:
        raise Refused(_("This date lies too far ahead."), _("Choose a nearer date."))


def known_language(code: str) -> str:
    """The code, where the language is in use. Raises Refused."""
    if code not in dict(settings.LANGUAGES):
        raise Refused(_("This language is not in use here."), _("Choose one of the list."))
    return code


# --- the cohort -----------------------------------------------------------------------------------------------------


@transaction.atomic
def create_cohort(
    *,
    actor: User | None,
    name: str,
    institution: Institution,
    language: str,
    starts: dt.date,
    ends: dt.date | None = None,
    course: Course | None = None,
    due: dt.date | None = None,
) -> Cohort:
    """Make a cohort, with its first course where one is given; an instructor who makes it leads it. Raises Refused."""
    allowed(actor, Capability.START_COHORTS, institution)
    open_institution(institution)
    name = words(name, label=_("Name of the group"), longest=NAME_LENGTH, required=True)
    _dates(starts, ends)
    cohort = Cohort.objects.create(
        name=name,
        institution=institution,
        language=known_language(language),
        starts=starts,
        ends=ends,
        created_by=actor,
    )
    write_down(cohort, by=actor, what="cohort-created", after={"institution": institution.code, "starts": starts})
    if actor is not None and access.holds_role(actor, Role.INSTRUCTOR):
        CohortInstructor.objects.create(cohort=cohort, user=actor)
    if course is not None:
        add_course(cohort=cohort, course=course, actor=actor, due=due)
    return cohort


@transaction.atomic
def change_cohort(
    *, cohort: Cohort, actor: User | None, name: str, language: str, starts: dt.date, ends: dt.date | None
) -> Cohort:
    """Change name, language and dates. Raises Refused."""
    group = held(cohort, by=actor)
    name = words(name, label=_("Name of the group"), longest=NAME_LENGTH, required=True)
    _dates(starts, ends)
    if group.courses.filter(due__lt=starts).exists():
        raise Refused(_("A course cannot be due before the group starts."), _("Change the date of the course first."))
    before = {"starts": group.starts, "ends": group.ends, "language": group.language}
    after = {"starts": starts, "ends": ends, "language": known_language(language)}
    if name == group.name and before == after:
        return group
    group.name, group.language, group.starts, group.ends = name, language, starts, ends
    group.save(update_fields=["name", "language", "starts", "ends"])
    write_down(group, by=actor, what="cohort-changed", before=before, after=after)
    return group


@transaction.atomic
def archive_cohort(*, cohort: Cohort, actor: User | None) -> None:
    """Put a cohort away: its instructors teach nobody by it any more. A second time changes nothing."""
    allowed(actor, Capability.MANAGE_COHORTS, cohort)
    if Cohort.objects.filter(pk=cohort.pk, archived=None).update(archived=timezone.now(), join_code=""):
        write_down(cohort, by=actor, what="cohort-archived")


@transaction.atomic
def reopen_cohort(*, cohort: Cohort, actor: User | None) -> None:
    """Take a cohort out again. Raises Refused."""
    allowed(actor, Capability.MANAGE_COHORTS, cohort)
    if Cohort.objects.filter(pk=cohort.pk, archived__isnull=False).update(archived=None):
        write_down(cohort, by=actor, what="cohort-reopened")


# --- courses --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What enrolling came to: whom a rule still holds back, each with the sentence."""

    count: int = 0
    waiting: list[tuple[User, str]] = field(default_factory=list)


@transaction.atomic
def add_course(*, cohort: Cohort, course: Course, actor: User | None, due: dt.date | None = None) -> Enrolled:
    """Let a cohort take a course; its members are enrolled. Raises Refused."""
    group = held(cohort, by=actor)
    if not teachable(actor).filter(pk=course.pk).exists():
        raise Refused(_("You may not teach this course."), _("Choose another one, or ask an administrator."))
    if not course.outline_versions.exists():
        raise Refused(_("This course has no lessons yet."), _("Choose another course in the catalogue."))
    if group.courses.filter(course=course).exists():
        raise Refused(_("The group takes this course already."), _("Choose another one."))
    _due(group, due)
    CohortCourse.objects.create(cohort=group, course=course, position=group.courses.count() + 1, due=due)
    write_down(group, by=actor, what="cohort-course-added", after={"course": course.code, "due": due})
    return _enrol(group, actor)


@transaction.atomic
def change_due(*, row: CohortCourse, actor: User | None, due: dt.date | None) -> None:
    """Say by when a course is to be finished. Members whose own date was the group's get the new one. Raises Refused."""
    group = held(row.cohort, by=actor)
    _due(group, due)
    row = CohortCourse.objects.select_related("course").get(pk=row.pk)
    before = row.due
    if before == due:
        return
    row.due = due
    row.save(update_fields=["due"])
    _open_enrolments(group, row.course).filter(due=before).update(due=due)
    write_down(
        group,
        by=actor,
        what="cohort-course-changed",
        before={"due": before},
        after={"course": row.course.code, "due": due},
    )


@transaction.atomic
def remove_course(*, row: CohortCourse, actor: User | None) -> None:
    """The cohort takes the course no more. Who is enrolled stays so, without the group's date. Raises Refused."""
    group = held(row.cohort, by=actor)
    if row.due is not None:
        _open_enrolments(group, row.course).filter(due=row.due).update(due=None)
    write_down(group, by=actor, what="cohort-course-removed", before={"course": row.course.code, "due": row.due})
    row.delete()


def _open_enrolments(cohort: Cohort, course: Course) -> Any:
    now = CohortMember.objects.filter(cohort=cohort, left=None)
    return Enrolment.objects.filter(course=course, status__in=Enrolment.OPEN, user__in=now.values("user"))


def _enrol(cohort: Cohort, actor: User | None, *, people: Collection[User] | None = None) -> Enrolled:
    """Enrol members (default: all) in the cohort's courses, those apart that they have completed already."""
    rows = list(cohort.courses.select_related("course"))
    if people is None:
        people = [
            row.user
            for row in cohort.members.filter(left=None, user__is_active=True).select_related("user")
            if row.user is not None
        ]
    found = Enrolment.objects.filter(user__in=people, course__in=[row.course_id for row in rows])
    known = set(found.exclude(status=Enrolment.Status.WITHDRAWN).values_list("user", "course"))
    count, waiting = 0, []
    for row in rows:
        for person in people:
            if (person.pk, row.course_id) not in known:
                try:
                    enrol(user=person, course=row.course, origin=Enrolment.Origin.COHORT, actor=actor)
                except Refused as refusal:
                    waiting.append((person, f"{row.course.code}: {refusal.sentence}"))
                    continue
                count += 1
        if row.due is not None:
            mine = Enrolment.objects.filter(course=row.course, user__in=people, status__in=Enrolment.OPEN)
            mine.filter(due=None).update(due=row.due)
    return Enrolled(count, waiting)


@transaction.atomic
def enrol_next(*, user: User) -> int:
    """Enrol somebody who has just completed a course in those of their cohorts' that waited for it. Gives how many."""
    cohorts = Cohort.objects.open().taken_by(user.pk).filter(courses__course__prerequisites__isnull=False).distinct()
    return sum(_enrol(cohort, None, people=[user]).count for cohort in cohorts)


# --- instructors ----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_instructor(*, cohort: Cohort, login: str, actor: User | None) -> CohortInstructor:
    """Let a further instructor lead the cohort: one who holds the role today, named exactly. Raises Refused."""
    group = held(cohort, by=actor)
    person = _named(login)
    if person is None or not RoleGrant.objects.on().filter(user=person, role=Role.INSTRUCTOR).exists():
        raise Refused(
            _("Nobody who holds the role of instructor is called so."),
            _("Type the staff number, the username or the e-mail address."),
        )
    if group.members.filter(user=person, left=None).exists():
        raise Refused(_("This person is a member of the group, and cannot lead it too."), _("Choose somebody else."))
    row = group.instructors.filter(user=person, until=None).first()
    if row is None:
        row = CohortInstructor.objects.create(cohort=group, user=person)
        write_down(group, by=actor, what="cohort-instructor-added", about=person)
        notify(
            person,
            "courses.cohort-led",
            url=reverse("teach-cohort", args=[group.pk]),
            key=f"cohort led {row.pk}",
            actor=actor,
        )
    return row


@transaction.atomic
def end_instructor(*, row: CohortInstructor, actor: User | None) -> None:
    """The person leads the cohort no more, from today on. Raises Refused for the last one."""
    group = held(row.cohort, by=actor)
    if not group.instructors.on().exclude(pk=row.pk).exists():
        raise Refused(_("A group needs somebody who leads it."), _("Add another instructor first."))
    if CohortInstructor.objects.filter(pk=row.pk, until=None).update(until=max(timezone.localdate(), row.since)):
        write_down(group, by=actor, what="cohort-instructor-ended", about=row.user)


def _named(login: str) -> User | None:
    """The open account that these words name exactly, if it is one."""
    found = [user for user in accounts_for_login(login) if user.is_active]
    return found[0] if len(found) == 1 else None


# --- members --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Added:
    """What adding people came to. `unknown`: words by which nobody could be added, for whatever reason."""

    people: list[User]
    unknown: list[str]
    waiting: list[tuple[User, str]]


@transaction.atomic
def add_members(*, cohort: Cohort, logins: Iterable[str], actor: User | None) -> Added:
    """Take people in, each named exactly by staff number, username or e-mail address, and enrol them.

    An instructor takes in people of the branch that their role is group for. Others come by the group's link of their
    own accord, and so do protected people: adding somebody must tell nobody whose pseudonym it is. For all whom the
    actor may not add, the answer is the same as for words that name nobody. Raises Refused.
    """
    group = held(cohort, by=actor)
    wanted = list(dict.fromkeys(login.strip() for login in logins if login.strip()))
    if not wanted:
        raise Refused(_("Nobody is named."), _("Type a staff number, a username or an e-mail address on each line."))
    if len(wanted) > MOST_AT_ONCE:
        raise Refused(_("At most %(most)d people at once.") % {"most": MOST_AT_ONCE}, _("Add the others afterwards."))
    people: list[User] = []
    unknown: list[str] = []
    for login in wanted:
        person = _named(login)
        if person is None or not _may_take_in(actor, person):
            unknown.append(login)
        elif person not in people:
            people.append(person)
    people = _without(group, people, unknown, wanted)
    _room_for(group, len(people))
    for person in people:
        _take_in(group, person, actor)
    waiting = _enrol(group, actor, people=people).waiting
    return Added(people, unknown, waiting)


def _without(cohort: Cohort, people: list[User], unknown: list[str], wanted: list[str]) -> list[User]:
    """Those who are not members yet; whoever leads the cohort cannot be one."""
    leading = set(cohort.instructors.on().values_list("user", flat=True))
    if any(person.pk in leading for person in people):
        raise Refused(_("Whoever leads a group cannot be a member of it."), _("Take their line away."))
    members = set(cohort.members.filter(left=None).values_list("user", flat=True))
    return [person for person in people if person.pk not in members]


def _may_take_in(actor: User | None, person: User) -> bool:
    if actor is None or access.is_administrator(actor):
        return True
    if Protection.objects.on().filter(user=person).exists():
        return False
    return access.can(actor, Capability.START_COHORTS, person)


def _room_for(cohort: Cohort, number: int) -> None:
    if cohort.members.filter(left=None).count() + number > MOST_MEMBERS:
        raise Refused(
            _("A group has at most %(most)d members.") % {"most": MOST_MEMBERS},
            _("Make a second group for the others."),
        )


def _take_in(cohort: Cohort, person: User, actor: User | None) -> CohortMember:
    try:
        with transaction.atomic():
            row = CohortMember.objects.create(cohort=cohort, user=person)
    except IntegrityError:  # another request was quicker
        return CohortMember.objects.get(cohort=cohort, user=person, left=None)
    write_down(cohort, by=actor, what="cohort-member-added", about=person)
    notify(
        person,
        "courses.cohort-joined",
        url=reverse("group", args=[cohort.pk]),
        key=f"cohort {row.pk}",
        actor=actor,
    )
    return row


@transaction.atomic
def remove_member(*, member: CohortMember, actor: User | None) -> None:
    """Somebody belongs to the cohort no more: taken out by who leads it, or of their own accord. They stay enrolled,
    without the group's dates. Raises Refused."""
    if actor is not None and actor.pk == member.user_id:
        group = Cohort.objects.select_related("institution").get(pk=member.cohort_id)
    else:
        group = held(member.cohort, by=actor)
    left = max(timezone.localdate(), member.joined)
    if not CohortMember.objects.filter(pk=member.pk, left=None).update(left=left):
        return
    for row in group.courses.exclude(due=None):
        mine = Enrolment.objects.filter(user=member.user_id, course=row.course_id, status__in=Enrolment.OPEN)
        mine.filter(due=row.due).update(due=None)
    write_down(group, by=actor, what="cohort-member-left", about=member.user)


# --- the link by which people come of their own accord --------------------------------------------------------------


@transaction.atomic
def open_link(*, cohort: Cohort, actor: User | None) -> str:
    """Make a (new) link by which people join; an earlier one no longer works. Gives its code. Raises Refused."""
    group = held(cohort, by=actor)
    group.join_code = secrets.token_hex(8)
    group.save(update_fields=["join_code"])
    write_down(group, by=actor, what="cohort-link-opened")
    return group.join_code


@transaction.atomic
def close_link(*, cohort: Cohort, actor: User | None) -> None:
    """Nobody joins by the link any more. Raises Refused."""
    group = held(cohort, by=actor)
    if group.join_code:
        group.join_code = ""
        group.save(update_fields=["join_code"])
        write_down(group, by=actor, what="cohort-link-closed")


@transaction.atomic
def join_by_link(*, cohort: Cohort, code: str, user: User) -> Enrolled:
    """Come into a cohort of one's own accord, and be enrolled in its courses. Raises Refused."""
    group = Cohort.objects.select_for_update(of=("self",)).select_related("institution").get(pk=cohort.pk)
    if group.archived is not None or not code or group.join_code != code:
        raise Refused(_("This link is no longer in use."), _("Ask the instructor of the group for a new one."))
    if group.instructors.on().filter(user=user).exists():
        raise Refused(_("Whoever leads a group cannot be a member of it."))
    if not group.members.filter(user=user, left=None).exists():
        _room_for(group, 1)
        _take_in(group, user, user)
    return _enrol(group, None, people=[user])
