"""What is said in a cohort: announcements, questions about lessons with their answers, reminders. As in `cohorts`, who
writes to a cohort leads it, or is an administrator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import Announcement, Cohort, CohortMember, Course, Enrolment, LessonQuestion
from courses.services.cohorts import held, known_language, write_down
from operations.errors import Refused
from operations.notify import notify
from people.models import User

TEXT_LENGTH = 4000
ANSWER_LENGTH = 8000
REMIND_AGAIN = dt.timedelta(days=3)
QUESTIONS_A_DAY = 20


def _long_text(text: str, *, most: int) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if len(text) > most:
        raise Refused(
            _("This text is too long: %(length)d characters, where %(most)d are possible. Nothing was changed.")
            % {"length": len(text), "most": most},
            _("Shorten it."),
        )
    return text


# --- announcements --------------------------------------------------------------------------------------------------


@transaction.atomic
def announce(*, cohort: Cohort, actor: User, texts: Mapping[str, str]) -> Announcement:
    """Tell the members something, in one language or several. A message, and an e-mail to those who want one, say in
    each member's language that there is an announcement; what it says stands behind the link only. Raises Refused."""
    group = held(cohort, by=actor)
    kept = {
        known_language(code): text for code, given in texts.items() if (text := _long_text(given, most=TEXT_LENGTH))
    }
    if not kept:
        raise Refused(_("The announcement is empty."), _("Write it in one language at least."))
    row = Announcement.objects.create(cohort=group, author=actor, texts=kept)
    told = _tell_members(group, "courses.announcement", key=f"announcement {row.pk}", actor=actor)
    write_down(group, by=actor, what="announcement-made", after={"people": told, "languages": sorted(kept)})
    return row


@transaction.atomic
def withdraw_announcement(*, announcement: Announcement, actor: User | None) -> None:
    """Nobody reads it any more. A second time changes nothing. Raises Refused."""
    group = held(announcement.cohort, by=actor)
    if Announcement.objects.filter(pk=announcement.pk, withdrawn=None).update(withdrawn=timezone.now()):
        write_down(group, by=actor, what="announcement-withdrawn")


def _tell_members(cohort: Cohort, kind: str, *, key: str, actor: User | None, apart: int | None = None) -> int:
    rows = cohort.members.filter(left=None, user__is_active=True).select_related("user")
    people = [row.user for row in rows if row.user is not None and row.user_id != apart]
    for person in people:
        notify(person, kind, url=reverse("group", args=[cohort.pk]), key=key, actor=actor)
    return len(people)


# --- questions about lessons ----------------------------------------------------------------------------------------


@transaction.atomic
def ask(*, cohort: Cohort, user: User, course: Course, activity: UUID, text: str, language: str) -> LessonQuestion:
    """Ask the instructors of one's cohort about a step of a course. Raises Refused."""
    if cohort.archived is not None or not cohort.members.filter(user=user, left=None).exists():
        raise Refused(_("You no longer belong to this group."), _("Ask your training manager."))
    if not cohort.courses.filter(course=course).exists():
        raise Refused(_("Your group does not take this course any more."), _("Ask your training manager."))
    text = _long_text(text, most=TEXT_LENGTH)
    if not text:
        raise Refused(_("Your question is empty."), _("Write it, then send it."))
    since = timezone.now() - dt.timedelta(days=1)
    if LessonQuestion.objects.filter(asker=user, asked__gte=since).count() >= QUESTIONS_A_DAY:
        raise Refused(
            _("You have asked %(count)d questions today already.") % {"count": QUESTIONS_A_DAY},
            _("Wait for the answers first."),
        )
    question = LessonQuestion.objects.create(
        cohort=cohort, course=course, activity=activity, asker=user, text=text, language=language
    )
    for row in cohort.instructors.on().select_related("user"):
        notify(
            row.user,
            "courses.question-asked",
            context={"code": course.code},
            url=reverse("teach-question", args=[question.pk]),
            key=f"question {question.pk}",
        )
    return question


@transaction.atomic
def answer_question(*, question: LessonQuestion, actor: User, text: str, shared: bool) -> LessonQuestion:
    """Answer a question, or change the answer: for whoever asked alone, or for the whole cohort, which reads question and
    answer without a name. Raises Refused."""
    group = held(question.cohort, by=actor)
    text = _long_text(text, most=ANSWER_LENGTH)
    if not text:
        raise Refused(_("The answer is empty."), _("Write it, then send it."))
    row = LessonQuestion.objects.select_for_update(of=("self",)).select_related("asker", "course").get(pk=question.pk)
    first, shared_before = row.answered is None, row.shared
    row.answer, row.shared, row.answered_by, row.answered = text, shared, actor, timezone.now()
    row.save(update_fields=["answer", "shared", "answered_by", "answered"])
    where = reverse("lesson-ask", args=[row.course.code, row.activity.hex[:8]])
    notify(
        row.asker,
        "courses.question-answered",
        context={"code": row.course.code},
        url=where,
        key=f"answered {row.pk} {row.answered.isoformat()}",
        actor=actor,
    )
    if shared and not shared_before:
        _tell_members(group, "courses.answer-shared", key=f"shared {row.pk}", actor=actor, apart=row.asker_id)
    write_down(
        group, by=actor, what="question-answered", after={"course": row.course.code, "first": first, "shared": shared}
    )
    return row


# --- reminders ------------------------------------------------------------------------------------------------------


@transaction.atomic
def remind(*, cohort: Cohort, course: Course, members: Collection[CohortMember], actor: User) -> int:
    """Ask members to go on with a course; each at most once in three days. Gives how many were asked. Raises Refused."""
    group = held(cohort, by=actor)
    row = group.courses.filter(course=course).first()
    if row is None:
        raise Refused(_("The group does not take this course."), _("Choose a course of the group."))
    now = timezone.now()
    rows = (
        CohortMember.objects.select_for_update(of=("self",))
        .filter(pk__in=[member.pk for member in members], cohort=group, left=None, user__is_active=True)
        .exclude(reminded__gt=now - REMIND_AGAIN)
        .exclude(
            user__in=Enrolment.objects.filter(
                course=course, status=Enrolment.Status.COMPLETED, user__isnull=False
            ).values("user")
        )
        .select_related("user")
    )
    told = []
    for member in rows:
        if member.user is None:
            continue
        kind = "courses.reminder-due" if row.due else "courses.reminder"
        notify(
            member.user,
            kind,
            context={"code": course.code} | ({"day": row.due} if row.due else {}),
            url=reverse("course", args=[course.code]),
            key=f"reminder {member.pk} {course.pk} {timezone.localdate(now)}",
            actor=actor,
        )
        told.append(member.pk)
    CohortMember.objects.filter(pk__in=told).update(reminded=now)
    if told:
        write_down(group, by=actor, what="cohort-reminded", after={"course": course.code, "people": len(told)})
    return len(told)


def reminded_sentence(count: int) -> str:
    """What is said after reminders were sent."""
    if not count:
        return _("Nobody was reminded: they were within the last three days, or have finished.")
    return ngettext("%(count)d person was reminded.", "%(count)d people were reminded.", count) % {"count": count}
