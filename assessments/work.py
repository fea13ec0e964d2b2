"""What the worker does for this room from time to time."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from assessments import queries
from assessments.models import Attempt, Quiz, Use
from assessments.series import standing_of
from assessments.services import close_overdue
from courses.models import Enrolment
from operations import clock
from operations.jobs import Work
from operations.notify import notify

LOOK_BACK = 3  # days on which no worker may have run


def close(job: Work) -> dict[str, int]:
    """Close the attempts whose time is over; who looks at one in between closes it, too."""
    return {"closed": close_overdue()}


def tell_open(job: Work | None = None) -> dict[str, int]:
    """Tell people, once, that a new series of attempts has opened for them today or within the last days."""
    today = clock.today()
    told = 0
    pauses = Quiz.objects.filter(use=Use.EXAM, attempts_allowed__isnull=False)
    for pause in pauses.order_by().values_list("pause_days", flat=True).distinct():
        last = _midnight(today - dt.timedelta(days=pause - 1))
        attempts = Attempt.objects.filter(
            quiz__use=Use.EXAM,
            quiz__pause_days=pause,
            quiz__attempts_allowed__isnull=False,
            status=Attempt.Status.SUBMITTED,
            passed=False,
            submitted__gte=last - dt.timedelta(days=1 + LOOK_BACK),
            submitted__lt=last,
            enrolment__status=Enrolment.Status.ACTIVE,
            enrolment__user__is_active=True,
        ).select_related("quiz", "enrolment__course", "enrolment__user")
        for attempt in attempts:
            enrolment = attempt.enrolment
            extra = queries.extra_of(enrolment.user_id, attempt.quiz)
            tries = queries.attempts_of(enrolment, attempt.quiz)
            standing = standing_of(attempt.quiz, tries, extra=extra.attempts)
            opens = standing.opens_on
            if (
                enrolment.user is None
                or standing.last is None
                or standing.last.pk != attempt.pk
                or opens is None
                or opens > today
            ):
                continue
            notify(
                enrolment.user,
                "assessments.open-again",
                context={"code": enrolment.course.code},
                url=reverse("course", args=[enrolment.course.code]),
                key=f"open {enrolment.pk} {attempt.quiz_id} {standing.series}",
            )
            told += 1
    return {"told": told}


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
