"""People who take one or more courses together, led by instructors."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models.base import Course
from operations.words import in_language
from people.models import Institution
from people.models.dated import Dated


class CohortQuerySet(models.QuerySet["Cohort"]):
    def open(self) -> CohortQuerySet:
        """Those that are not put away."""
        return self.filter(archived=None)

    def led_by(self, person_id: int | None) -> CohortQuerySet:
        """Those that the person leads today."""
        return self.filter(pk__in=CohortInstructor.objects.on().filter(user_id=person_id or 0).values("cohort"))

    def taken_by(self, person_id: int | None) -> CohortQuerySet:
        """Those that the person is a member of now."""
        return self.filter(pk__in=CohortMember.objects.filter(user_id=person_id or 0, left=None).values("cohort"))


class Cohort(models.Model):
    """People who take courses together. `institution` organises it: its branch sees it.

    Its name is free words: it stands on pages, never in addresses, titles, messages or names of files.
    Personal data: who made it. Kept for the figures; who made it goes with the account.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="cohorts")
    language = models.CharField(max_length=8)
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)
    archived = models.DateTimeField(null=True, blank=True)  # put away: nothing changes any more, nobody teaches by it
    join_code = models.CharField(max_length=24, blank=True, db_index=True)  # empty: nobody joins by a link
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    objects = CohortQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="courses_cohort_dates", condition=Q(ends__isnull=True) | Q(ends__gte=models.F("starts"))
            ),
            models.UniqueConstraint(fields=["join_code"], condition=~Q(join_code=""), name="courses_join_code_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        return self.ends is not None and self.ends < timezone.localdate()


class CohortCourse(models.Model):
    """A course that a cohort takes, and by when. No personal data."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="courses")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="cohort_courses")
    position = models.PositiveSmallIntegerField(default=0)
    due = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["cohort", "course"], name="courses_cohort_course_once")]


class CohortInstructor(Dated):
    """Who leads a cohort, from one day to another; it counts while the person holds the role of instructor.

    Personal data: who taught whom. Kept as long as the account.
    """

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="instructors")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cohorts_led")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "user"], condition=Q(until__isnull=True), name="courses_one_open_instructor"
            )
        ]


class CohortMember(models.Model):
    """Who belongs to a cohort, from when to when. Personal data. Kept as long as the account, then without the person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="cohort_memberships"
    )
    joined = models.DateField(default=timezone.localdate)
    left = models.DateField(null=True, blank=True)
    reminded = models.DateTimeField(null=True, blank=True)  # when an instructor last asked the person to go on

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "user"], condition=Q(left__isnull=True), name="courses_one_open_member"
            )
        ]
        indexes = [models.Index(fields=["user", "left"])]


class Announcement(models.Model):
    """What instructors tell a cohort, in one language or several. Messages only say that there is one.

    `texts` = {language: words}. Personal data: who wrote it, and free words. Kept 2 years.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="announcements")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    texts = models.JSONField(default=dict)
    created = models.DateTimeField(auto_now_add=True)
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]

    def words(self) -> str:
        """The text in the active language, else in the cohort's, else in any."""
        return in_language(self.texts) or self.texts.get(self.cohort.language, "")


class LessonQuestion(models.Model):
    """A question that a member asks the instructors about a lesson, and their answer.

    A shared answer is read by the whole cohort, without the name of whoever asked.
    Personal data, free words. Kept 2 years after it was asked, or until the account is erased.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="questions")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+")
    activity = models.UUIDField()
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lesson_questions")
    text = models.TextField(max_length=4000)
    language = models.CharField(max_length=8)
    asked = models.DateTimeField(auto_now_add=True)
    answer = models.TextField(max_length=8000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    answered = models.DateTimeField(null=True, blank=True)
    shared = models.BooleanField(_("answered for the whole group"), default=False)

    class Meta:
        ordering = ["-asked"]
        indexes = [models.Index(fields=["cohort", "answered"])]
