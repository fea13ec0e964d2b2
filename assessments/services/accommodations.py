"""Extra time and extra tries of one person: given by who teaches them, or by an administrator.

That somebody has them is told to nobody but the person, their instructors and administrators; why, to nobody.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import queries
from assessments.models import Accommodation, Attempt, Quiz
from courses.models import Enrolment
from operations.audit import record_change
from operations.errors import Refused
from operations.notify import notify
from people.checks import allowed, words
from people.models import User
from people.policy import Capability

MOST_MINUTES = 240
MOST_PERCENT = 200
MOST_ATTEMPTS = 10
REASON_LENGTH = 500


@transaction.atomic
def give_extra(
    *,
    enrolment: Enrolment,
    actor: User | None,
    quiz: Quiz | None = None,
    minutes: int = 0,
    percent: int = 0,
    attempts: int = 0,
    reason: str = "",
) -> Accommodation:
    """Give somebody more time or more tries, at one quiz of a course or (None) at all of them; it takes the place of what
    they had there. A running attempt lasts longer at once, and never becomes shorter.

    minutes: beyond the limit. percent: of the limit, beyond it. attempts: beyond those of a series. Raises Refused.
    """
    allowed(actor, Capability.EXTRA_TIME, enrolment)
    if enrolment.status == Enrolment.Status.WITHDRAWN:
        raise Refused(_("This person is no longer enrolled in the course."))
    if quiz is not None and quiz.course_id != enrolment.course_id:
        raise Refused(_("This assessment is not part of the course."), _("Choose one of the list."))
    for value, most in ((minutes, MOST_MINUTES), (percent, MOST_PERCENT), (attempts, MOST_ATTEMPTS)):
        if not 0 <= value <= most:
            raise Refused(_("A number is too large, or below zero."), _("Correct it."))
    if not (minutes or percent or attempts):
        raise Refused(_("Nothing is given yet."), _("Fill in minutes, percent or tries."))
    held = Enrolment.objects.select_for_update(of=("self",)).select_related("course", "user").get(pk=enrolment.pk)
    if held.user is None:
        raise Refused(_("This person is no longer enrolled in the course."))
    reason = words(reason, label=_("Reason"), longest=REASON_LENGTH)
    running = list(
        Attempt.objects.select_for_update(of=("self",))
        .filter(enrolment=held, status=Attempt.Status.RUNNING, deadline__isnull=False)
        .select_related("quiz")
    )
    before = {attempt.pk: queries.extra_of(held.user_id, attempt.quiz).minutes for attempt in running}
    Accommodation.objects.filter(user=held.user_id, course=held.course_id, quiz=quiz, ended=None).update(
        ended=timezone.now()
    )
    row = Accommodation.objects.create(
        user=held.user,
        course=held.course,
        quiz=quiz,
        minutes=minutes,
        percent=percent,
        attempts=attempts,
        reason=reason,
        given_by=actor,
    )
    for attempt in running:
        more = queries.extra_of(held.user_id, attempt.quiz).minutes - before[attempt.pk]
        if more > 0 and attempt.deadline is not None:
            attempt.deadline += timedelta(minutes=more)
            attempt.save(update_fields=["deadline"])
    values = {"minutes": minutes, "percent": percent, "attempts": attempts}
    _write_down(row, held, actor, "extra-given", values)
    return row


@transaction.atomic
def end_extra(*, row: Accommodation, enrolment: Enrolment, actor: User | None) -> None:
    """The person has it no more; what was begun with it goes on with it. A second time changes nothing. Raises Refused."""
    allowed(actor, Capability.EXTRA_TIME, enrolment)
    if row.user_id != enrolment.user_id or row.course_id != enrolment.course_id:
        raise Refused(_("This is not part of the course."))
    if Accommodation.objects.filter(pk=row.pk, ended=None).update(ended=timezone.now()):
        _write_down(row, enrolment, actor, "extra-ended", {})


def _write_down(
    row: Accommodation, enrolment: Enrolment, actor: User | None, what: str, values: dict[str, int]
) -> None:
    """Nowhere in the tree: that it applies is sensitive, and managers of the branch read the rows of their branch."""
    person, code = enrolment.user, enrolment.course.code
    record_change(
        actor=actor, code=f"assessments.{what}", obj=row, about=person, branch="", after={"course": code, **values}
    )
    if person is not None:
        notify(
            person,
            "assessments.rules-changed",
            context={"code": code},
            url=reverse("course", args=[code]),
            key=f"{what} {row.pk}",
            actor=actor,
        )
