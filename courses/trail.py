"""How what this room tells people reads, and who is told of a day that comes near. Called once, from `AppConfig.ready`."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from courses.models import Enrolment
from operations import clock, jobs, notify
from operations.jobs import Work

JOB = "courses.tell-due"
AHEAD = timedelta(days=7)


def register() -> None:
    notify.register(
        "courses.due-soon", subject=_("A date comes near"), body=_("%(code)s is to be finished by %(day)s.")
    )
    jobs.register(JOB, tell_due, name=_("Telling of dates that come near"), dated=True)
    jobs.periodic(JOB, every=timedelta(days=1))


def tell_due(job: Work | None = None) -> dict[str, int]:
    """Tell people, once for each date, which of their courses are to be finished within a week."""
    today = clock.today()
    near = Enrolment.objects.filter(
        status__in=Enrolment.OPEN, due__gte=today, due__lte=today + AHEAD, user__is_active=True
    ).select_related("user", "course")
    for enrolment in near.iterator(chunk_size=500):
        if enrolment.user is None:
            continue
        notify.notify(
            enrolment.user,
            "courses.due-soon",
            context={"code": enrolment.course.code, "day": enrolment.due},
            url=reverse("course", args=[enrolment.course.code]),
            key=f"due {enrolment.pk} {enrolment.due}",
        )
    return {"near": near.count()}
