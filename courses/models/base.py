from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField

from content.blocks import Body, Lines, Norms, Sources
from content.models import BasePage, Tier
from content.rendering import render_body
from people.access import is_administrator
from people.models import Audience as PersonAudience
from programme.models import Audience, Domain, Priority

if TYPE_CHECKING:
    from people.access import Person


class CourseQuerySet(models.QuerySet["Course"]):
    def visible_to(self, person: Person) -> CourseQuerySet:
        """The courses whose page this person may see: public ones, those for an audience that the person has declared
        (where they are restricted: is confirmed) to belong to, and those the person is or was a learner of."""
        if is_administrator(person):
            return self
        public = Q(visibility=Course.Visibility.PUBLIC_PAGE)
        if not person.is_authenticated:
            return self.filter(public)
        own = Enrolment.objects.filter(user=person, course=OuterRef("pk")).exclude(status=Enrolment.Status.WITHDRAWN)
        declared = PersonAudience.objects.on().filter(user=person)
        confirmed = declared.filter(confirmed_at__isnull=False)
        for_them = Q(visibility=Course.Visibility.AUDIENCE) & (
            Q(Exists(_audience_of(confirmed))) | (~Q(tier=Tier.RESTRICTED) & Q(Exists(_audience_of(declared))))
        )
        return self.filter(public | for_them | Exists(own))


def _audience_of(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    return Course.audiences.through.objects.filter(course=OuterRef("pk"), audience__in=rows.values("audience"))


class Course(models.Model):
    """A course: what is the same in every language. No personal data.

    `code` (K1 …) is its neutral name wherever the subject must not show; `key` is its identity on every installation.
    """

    class Visibility(models.TextChoices):
        PUBLIC_PAGE = "public-page", _("everybody sees the course page")
        AUDIENCE = "audience", _("people of the audience")
        INVITATION = "invitation", _("people invited")

    class Level(models.TextChoices):
        FOUNDATION = "foundation", _("Foundation")
        INTERMEDIATE = "intermediate", _("Intermediate")
        ADVANCED = "advanced", _("Advanced")

    key = models.UUIDField(unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    code = models.CharField(max_length=16, unique=True)
    owner = models.CharField(max_length=64)  # institution code
    tier = models.CharField(max_length=12, choices=Tier, default=Tier.STAFF)
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.PUBLIC_PAGE)
    audiences = models.ManyToManyField(Audience, related_name="courses", blank=True)
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="courses")
    priorities = models.ManyToManyField(Priority, related_name="courses", blank=True)
    minutes = models.PositiveSmallIntegerField()
    level = models.CharField(max_length=16, choices=Level, default=Level.FOUNDATION)
    prerequisites = models.ManyToManyField("self", symmetrical=False, related_name="opens", blank=True)
    pass_mark = models.PositiveSmallIntegerField(default=70)  # percent
    validity_months = models.PositiveSmallIntegerField(null=True, blank=True)  # of the certificate; none: for good
    open_for_enrolment = models.BooleanField(default=True)
    extra = models.JSONField(default=dict)  # further keys of the course file, kept for the rooms that use them

    objects = CourseQuerySet.as_manager()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class LearnerPage(BasePage):
    """A page that learners see through a plain view of ours: Wagtail's own routing only leads there, so that it is no
    way round the policy."""

    preview_modes: list[tuple[str, Any]] = []

    class Meta:
        abstract = True

    def learner_path(self) -> str:
        """The address of its screen, without host; empty where it has none."""
        raise NotImplementedError

    def course_code(self) -> str:
        """The code of the course that the page belongs to; empty where it stands outside of one."""
        above = CoursePage.objects.ancestor_of(self, inclusive=True).values_list("course__code", flat=True)
        return above.first() or ""

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        parts = super().get_url_parts(request)
        if parts is None:
            return None
        with translation.override(self.locale.language_code):
            path = self.learner_path()
        return (parts[0], parts[1], path) if path else None

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override(self.locale.language_code):
            return redirect(self.learner_path() or reverse("catalogue"))


class CoursePage(LearnerPage):
    """The words of a course in one language; its place in the tree is the course."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="pages")
    summary = models.TextField(_("summary"))
    objectives = StreamField(Lines(), verbose_name=_("objectives"))
    certificate_title = models.CharField(_("title on the certificate"), max_length=250)

    override_translatable_fields = [*BasePage.override_translatable_fields, SynchronizedField("course")]
    content_panels = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("objectives"),
        FieldPanel("certificate_title"),
    ]
    parent_page_types = ["content.HomePage"]

    class Meta:
        verbose_name = _("course")

    def learner_path(self) -> str:
        return reverse("course", args=[self.course.code])


class ModulePage(LearnerPage):
    """A module of a course: its title and summary; its children are activities."""

    summary = models.TextField(_("summary"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("summary")]
    parent_page_types = ["courses.CoursePage"]

    class Meta:
        verbose_name = _("module")

    def learner_path(self) -> str:
        code = self.course_code()
        return f"{reverse('course', args=[code])}#m-{self.translation_key.hex[:8]}" if code else ""


class ActivityPage(LearnerPage):
    """What every activity kind has: one step of a course, in one language. Kinds are page types of their own rooms.

    `kind` names the kind in the outline; `rule` says what completes it (data of the outline).
    """

    kind: str
    rule: str

    minutes = models.PositiveSmallIntegerField(_("minutes"), default=10)
    required = models.BooleanField(_("required for completion"), default=True)

    override_translatable_fields = [
        *BasePage.override_translatable_fields,
        SynchronizedField("minutes"),
        SynchronizedField("required"),
    ]

    class Meta:
        abstract = True

    def learner_path(self) -> str:
        code = self.course_code()
        return reverse("activity", args=[code, self.translation_key.hex[:8]]) if code else ""


class LessonPage(ActivityPage):
    """A lesson in one language."""

    kind = "lesson"
    rule = "declared"  # the learner's own "I have finished"

    objectives = StreamField(Lines(), blank=True, verbose_name=_("objectives"))
    body = StreamField(Body(), verbose_name=_("text"))
    sources = StreamField(Sources(), blank=True, verbose_name=_("sources"))
    norms = StreamField(Norms(), blank=True, verbose_name=_("norms"))
    as_of = models.CharField(_("facts as of"), max_length=16, blank=True)
    checked = models.CharField(_("checked"), max_length=16, blank=True)
    review_by = models.CharField(_("review by"), max_length=16, blank=True)

    override_translatable_fields = [
        *ActivityPage.override_translatable_fields,
        SynchronizedField("as_of"),
        SynchronizedField("checked"),
        SynchronizedField("review_by"),
    ]
    content_panels = [
        *Page.content_panels,
        FieldPanel("objectives"),
        FieldPanel("body"),
        FieldPanel("sources"),
        FieldPanel("norms"),
        FieldPanel("minutes"),
        FieldPanel("required"),
        FieldPanel("as_of"),
        FieldPanel("checked"),
        FieldPanel("review_by"),
    ]
    parent_page_types = ["courses.ModulePage"]
    subpage_types: list[str] = []

    preview_modes = [("", _("Lesson"))]

    class Meta:
        verbose_name = _("lesson")

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "courses/preview.html"

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        language = self.locale.language_code
        above = CoursePage.objects.ancestor_of(self).select_related("course").first()
        slug = above.course.slug if above else ""
        return {"page": self, "html": render_body(self.body, language=language, course_slug=slug).html}


class Guide(models.Model):
    """The plan of a workshop for a course, for facilitators, in one language. No personal data."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="guides")
    language = models.CharField(max_length=8)
    title = models.CharField(max_length=250)
    front = models.JSONField(default=dict)  # duration, group and what else its head says
    body = models.TextField()  # Markdown

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "language"], name="courses_guide_once")]


class CourseText(index.Indexed, models.Model):
    """What a screen needs of a course in one language, written when pages are published. No personal data."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=8)
    title = models.CharField(max_length=255)
    summary = models.TextField()
    objectives = models.JSONField(default=list)  # sentences; positions are referred to by questions and blueprint
    certificate_title = models.CharField(max_length=250)
    titles = models.JSONField(default=dict)  # {module or activity key: title}
    summaries = models.JSONField(default=dict)  # {module key: summary}
    facts = models.JSONField(
        default=dict
    )  # {activity key: {"weight": bytes, and what its kind says (`courses.kinds`)}}
    weight = models.PositiveIntegerField(default=0)  # bytes of all lessons and their figures
    live = models.BooleanField(default=True)  # its page is published; otherwise only people enrolled still see it
    folded = models.TextField(default="")  # all words, folded for search (`content.folding`)
    updated = models.DateTimeField(auto_now=True)

    search_fields = [index.AutocompleteField("folded"), index.FilterField("language"), index.FilterField("live")]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "language"], name="courses_course_text_once")]


class ActivityText(models.Model):
    """A published activity in one language, ready to be shown: rendered body and what stands at its foot.

    Written when its page is published, kept by revision. No personal data.
    """

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="activity_texts")
    key = models.UUIDField()
    language = models.CharField(max_length=8)
    page = models.PositiveIntegerField()  # id of the Wagtail page
    revision = models.PositiveIntegerField(null=True)
    title = models.CharField(max_length=255)
    html = models.TextField(blank=True)
    facts = models.JSONField(
        default=dict
    )  # objectives, sources, norms, terms, reflections, as_of, checked, review_by …
    weight = models.PositiveIntegerField(default=0)  # bytes, figures included

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "language"], name="courses_activity_text_once")]


class Activity(models.Model):
    """A row of the current outline, written when pages are published or moved. No personal data."""

    key = models.UUIDField(unique=True)
    ref = models.CharField(max_length=8)  # the neutral name in addresses: the key's first eight digits
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="activities")
    module_key = models.UUIDField(null=True)  # none: after the modules
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16)
    required = models.BooleanField(default=True)
    minutes = models.PositiveSmallIntegerField(default=10)
    rule = models.CharField(max_length=16)
    retired = models.BooleanField(default=False)  # hidden from new enrolments

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "activities"
        constraints = [models.UniqueConstraint(fields=["course", "ref"], name="courses_activity_ref_once")]


class OutlineVersion(models.Model):
    """Set, order, required flags, rules and pass mark of a course as they stood; made only when one of them changes.

    `outline` = {"pass_mark": 70, "modules": [{"key": …, "activities": [{"key", "ref", "kind", "required", "minutes",
    "rule"}]}], "final": [{…}]}. No personal data. Kept for ever: enrolments rest on it.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="outline_versions")
    number = models.PositiveIntegerField()
    outline = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "number"], name="courses_outline_version_once")]


class Enrolment(models.Model):
    """A person in a course. Its id is the xAPI registration.

    Personal data: who learns what. `status`, `score` and `completed_at` are projections of the record: never written
    but by the projector. Kept as long as the account, then anonymous.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("in progress")
        COMPLETED = "completed", _("completed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    OPEN = (Status.ACTIVE,)

    class Origin(models.TextChoices):
        SELF = "self", _("enrolled by the person")
        ASSIGNED = "assigned", _("assigned")
        COHORT = "cohort", _("with a group")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="enrolments")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrolments")
    outline = models.ForeignKey(OutlineVersion, on_delete=models.PROTECT, related_name="enrolments")
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.SELF)
    due = models.DateField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)  # percent, of the final assessment
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "course"], condition=models.Q(status="active"), name="courses_one_open_enrolment"
            )
        ]
        indexes = [models.Index(fields=["user", "status"])]


class ActivityProgress(models.Model):
    """How far a person is in one activity: a projection of the record, written only by the projector.

    Personal data. Kept with the enrolment.
    """

    class Status(models.TextChoices):
        STARTED = "started", _("started")
        COMPLETED = "completed", _("completed")

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="progress")
    activity = models.UUIDField()  # the activity's key
    status = models.CharField(max_length=10, choices=Status)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)  # percent, the best
    seconds = models.PositiveIntegerField(default=0)
    completed_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "activity"], name="courses_progress_once")]
        verbose_name_plural = "activity progress"


class Note(models.Model):
    """A reflection in a person's private notebook: nobody else reads it, not even administrators.

    Personal data, free text. Kept until the person erases it or the account. Never in a statement.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes")
    course = models.ForeignKey(Course, on_delete=models.CASCADE)
    activity = models.UUIDField()
    block = models.CharField(max_length=36)  # id of the reflection block
    question = models.TextField()  # as it stood when the note was written
    text = models.TextField(max_length=10000)
    language = models.CharField(max_length=8)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "activity", "block"], name="courses_note_once")]
