"""How what this room tells people reads, and who is told of a day that comes near. Called once, from `AppConfig.ready`."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from courses.models import Enrolment
from operations import audit, clock, jobs, notify
from operations.jobs import Work

_SENTENCES = {
    "courses.cohort-created": _("A group was made for “%(after_institution)s”; it starts on %(after_starts)s."),
    "courses.cohort-changed": _("The language or the dates of a group were changed."),
    "courses.cohort-archived": _("A group was put away."),
    "courses.cohort-reopened": _("A group that was put away was opened again."),
    "courses.cohort-course-added": _("A group takes the course %(after_course)s (due: %(after_due)s)."),
    "courses.cohort-course-changed": _(
        "The date of %(after_course)s for a group moved from %(before_due)s to %(after_due)s."
    ),
    "courses.cohort-course-removed": _("A group no longer takes the course %(before_course)s."),
    "courses.cohort-instructor-added": _("A person leads a group."),
    "courses.cohort-instructor-ended": _("A person no longer leads a group."),
    "courses.cohort-member-added": _("A person became a member of a group."),
    "courses.cohort-member-left": _("A person is no longer a member of a group."),
    "courses.cohort-link-opened": _("A link by which people join a group was made."),
    "courses.cohort-link-closed": _("The link by which people joined a group was closed."),
    "courses.announcement-made": _("An announcement was made to a group of %(after_people)s people."),
    "courses.announcement-withdrawn": _("An announcement to a group was withdrawn."),
    "courses.question-answered": _("A question about %(after_course)s was answered."),
    "courses.cohort-reminded": _("%(after_people)s people of a group were reminded of %(after_course)s."),
    "courses.looked-at-cohort": _("The progress of the members of a group was looked at."),
}

JOB = "courses.tell-due"
AHEAD = timedelta(days=7)


def register() -> None:
    notify.register(
        "courses.due-soon", subject=_("A date comes near"), body=_("%(code)s is to be finished by %(day)s.")
    )
    for code, sentence in _SENTENCES.items():
        audit.register(code, sentence)
    audit.register_family("courses", _("Courses and groups"))
    for name, label in (
        ("course", _("Course")),
        ("due", _("To be finished by")),
        ("starts", _("First day")),
        ("ends", _("Last day")),
        ("language", _("Language")),
        ("languages", _("Languages")),
        ("first", _("First answer")),
        ("shared", _("For the whole group")),
    ):
        audit.register_words(f"courses.{name}", label)
    group = _("Your group")
    notify.register(
        "courses.cohort-joined", subject=group, body=_("You belong to a group that takes courses together.")
    )
    notify.register("courses.cohort-led", subject=group, body=_("You lead a group together with others."))
    notify.register("courses.announcement", subject=group, body=_("There is an announcement for your group."))
    notify.register(
        "courses.question-asked",
        subject=_("A question"),
        body=_("A member of your group has a question about %(code)s."),
    )
    notify.register(
        "courses.question-answered", subject=_("An answer"), body=_("Your question about %(code)s has an answer.")
    )
    notify.register(
        "courses.answer-shared", subject=_("An answer"), body=_("A question of your group was answered for everybody.")
    )
    notify.register(
        "courses.reminder",
        subject=_("A reminder"),
        body=_("%(actor)s reminds you of %(code)s: you can go on where you were."),
    )
    notify.register(
        "courses.reminder-due",
        subject=_("A reminder"),
        body=_("%(actor)s reminds you of %(code)s, to be finished by %(day)s: you can go on where you were."),
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
