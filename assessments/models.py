from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.models import Page
from wagtail_localize.fields import SynchronizedField

from assessments.forms import AssignmentForm
from courses.models import ActivityPage, Course, Enrolment
from courses.rules import GRADED, HANDED_IN, PASSED


class Use(models.TextChoices):
    """What a question serves; the three sets are disjoint."""

    PRACTICE = "practice", _("practice")
    PREPOST = "prepost", _("before and after a workshop")
    EXAM = "exam", _("final assessment")


class Question(models.Model):
    """A question with a stable id that is never reused. No personal data."""

    slug = models.SlugField(max_length=64, primary_key=True)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="questions")
    module_key = models.UUIDField(null=True)
    use = models.CharField(max_length=8, choices=Use)
    kind = models.CharField(max_length=10)
    objective = models.PositiveSmallIntegerField()  # 0-based position in the course's objectives
    difficulty = models.PositiveSmallIntegerField()
    bloom = models.CharField(max_length=16, blank=True)
    source = models.CharField(max_length=64, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired = models.BooleanField(default=False)
    current = models.ForeignKey("QuestionVersion", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["course", "use"])]


class QuestionVersion(models.Model):
    """The words and the key of a question at one time; frozen once somebody was asked it. No personal data.

    `body` = {"prompt": {lang: …}, "explanation": {lang: …}, and what the kind needs} (see `assessments.kinds`).
    """

    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "number"], name="assessments_version_once")]


class Quiz(models.Model):
    """The rules of a quiz, the same in every language. No personal data. Its key is the activity's key."""

    key = models.UUIDField(unique=True)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="quizzes")
    module_key = models.UUIDField(null=True)
    use = models.CharField(max_length=8, choices=Use)
    blueprint = models.JSONField(default=list)  # [{"objective": 0, "count": 2}]; empty: every question of the module
    time_limit = models.PositiveSmallIntegerField(null=True)  # minutes
    attempts_allowed = models.PositiveSmallIntegerField(null=True)  # per series; none: without limit
    shuffle = models.BooleanField(default=True)
    pause_days = models.PositiveSmallIntegerField(default=14)  # between two series

    class Meta:
        verbose_name_plural = "quizzes"


class QuizPage(ActivityPage):
    """A quiz in the page tree: the module's practice, or the final assessment under the course itself."""

    kind = "quiz"

    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="pages")

    override_translatable_fields = [*ActivityPage.override_translatable_fields, SynchronizedField("quiz")]
    content_panels = [*Page.content_panels, FieldPanel("minutes"), FieldPanel("required")]
    parent_page_types = ["courses.ModulePage", "courses.CoursePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("quiz")

    @property
    def rule(self) -> str:  # type: ignore[override]
        """`handed-in` for practice, `passed` for the final assessment."""
        return PASSED if self.quiz.use == Use.EXAM else HANDED_IN


class Attempt(models.Model):
    """One try at a quiz: the stored draw, the server's clock, the result.

    Personal data: answers and result. Answers are kept 3 years after submission, the result with the enrolment.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("in progress")
        SUBMITTED = "submitted", _("handed in")

    class ClosedBy(models.TextChoices):
        PERSON = "person", _("handed in by the person")
        TIME = "time", _("closed when the time was over")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="attempts")
    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="attempts")
    series = models.PositiveSmallIntegerField(default=1)
    number = models.PositiveSmallIntegerField()  # within the series
    seed = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    started = models.DateTimeField()
    deadline = models.DateTimeField(null=True)  # without grace
    frozen = models.DateTimeField(null=True)  # since when the time stands still (`services.freezing`)
    submitted = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=8, choices=ClosedBy, blank=True)
    pass_mark = models.PositiveSmallIntegerField(null=True)  # percent, as it stood at the start
    points = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    maximum = models.PositiveSmallIntegerField()
    passed = models.BooleanField(null=True)
    results = models.JSONField(default=list)  # per objective: [{"objective", "points": "1.66", "maximum", "reached"}]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "quiz"], condition=models.Q(status="running"), name="assessments_one_running"
            ),
            models.UniqueConstraint(fields=["enrolment", "quiz", "series", "number"], name="assessments_attempt_once"),
        ]


class AttemptItem(models.Model):
    """One question of an attempt and the answer as it was given, saved when it was given.

    Personal data: the answer. Kept 3 years after submission, or until the person is erased; the score with the attempt.
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()  # from 1
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    answer = models.JSONField(null=True)
    answered_at = models.DateTimeField(null=True)
    flagged = models.BooleanField(default=False)  # "come back to it"
    score = models.DecimalField(
        max_digits=4, decimal_places=2, null=True
    )  # 0–1, at submission; in practice: when checked

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "position"], name="assessments_item_once")]
        ordering = ["position"]


class Reread(models.Model):
    """A lesson read again after a series without success: opens the next series. Personal data; kept with the enrolment."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="+")
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="+")
    series = models.PositiveSmallIntegerField()  # the series that ended
    activity = models.UUIDField()
    done = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "quiz", "series", "activity"], name="assessments_reread_once")
        ]


class Accommodation(models.Model):
    """Extra time and extra tries of one person, for one quiz or for all of a course. One open row of a kind; that of a quiz
    counts before that of its course.

    Personal data, sensitive. Kept until the account is erased. `reason` is read by nobody on the site: it belongs to
    the person's own copy of their data.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="accommodations")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+")
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, null=True, related_name="+")  # none: all of the course
    minutes = models.PositiveSmallIntegerField(default=0)  # beyond the limit
    percent = models.PositiveSmallIntegerField(default=0)  # of the limit, beyond it
    attempts = models.PositiveSmallIntegerField(default=0)  # beyond those of a series
    reason = models.CharField(max_length=500, blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    given = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "course"],
                condition=models.Q(ended__isnull=True, quiz__isnull=True),
                name="assessments_one_open_for_course",
            ),
            models.UniqueConstraint(
                fields=["user", "quiz"], condition=models.Q(ended__isnull=True), name="assessments_one_open_for_quiz"
            ),
        ]


# --- written work ---------------------------------------------------------------------------------------------------


class Answer(models.TextChoices):
    """What written work is handed in as."""

    ESSAY = "essay", _("a text")
    FILE = "file", _("a file")
    EITHER = "either", _("a text, a file, or both")


class AssignmentFacts(models.Model):
    """What is the same of written work in every language. No personal data."""

    rubric = models.CharField(_("rubric"), max_length=64)  # id in the curriculum; it also says what is sufficient
    answer = models.CharField(_("handed in as"), max_length=6, choices=Answer, default=Answer.ESSAY)
    least_words = models.PositiveSmallIntegerField(_("least words"), null=True, blank=True)
    most_words = models.PositiveSmallIntegerField(_("most words"), null=True, blank=True)
    attempts_allowed = models.PositiveSmallIntegerField(
        _("how often it may be handed in"), null=True, blank=True, help_text=_("Empty: as often as needed.")
    )

    class Meta:
        abstract = True


class Assignment(AssignmentFacts):
    """The rules of written work, as its page in the site's own language was published. No personal data. Its key is the
    activity's key."""

    key = models.UUIDField(unique=True)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="assignments")


class AssignmentPage(ActivityPage, AssignmentFacts):
    """Written work in the page tree, under a module or the course: the task in one language. Facts are those of the page in
    the site's own language."""

    kind = "assignment"
    rule = GRADED

    task = models.TextField(_("task"), help_text=_("An empty line begins a new paragraph."))

    override_translatable_fields = [
        *ActivityPage.override_translatable_fields,
        *(SynchronizedField(name) for name in ("rubric", "answer", "least_words", "most_words", "attempts_allowed")),
    ]
    content_panels = [
        *Page.content_panels,
        FieldPanel("task"),
        FieldPanel("rubric"),
        FieldPanel("answer"),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("least_words"), FieldPanel("most_words")]), FieldPanel("attempts_allowed")],
            heading=_("limits"),
        ),
        FieldPanel("minutes"),
        FieldPanel("required"),
    ]
    base_form_class = AssignmentForm
    parent_page_types = ["courses.ModulePage", "courses.CoursePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("written work")


class Rubric(models.Model):
    """A rubric of the curriculum as it stood when work was handed in: graded by what was known beforehand.

    `data`: what its file says. No personal data.
    """

    slug = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    data = models.JSONField()


class Submission(models.Model):
    """Written work of one person: a draft, then handed in, then graded. What is to be written again is a further row.

    Personal data: the text, the file, the result. Text and file are kept 3 years after they were handed in, or until the
    person is erased; the result with the enrolment.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("being written")
        HANDED_IN = "handed-in", _("handed in, waits for grading")
        GRADED = "graded", _("graded")

    OPEN = (Status.DRAFT, Status.HANDED_IN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="submissions")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()  # from 1
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    text = models.TextField(blank=True)
    language = models.CharField(max_length=8)  # of the page on which it was written
    file = models.FileField(upload_to="submissions", blank=True)  # named by the hash of its bytes
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, null=True, related_name="+")  # since it was handed in
    changed = models.DateTimeField()
    submitted = models.DateTimeField(null=True)
    passed = models.BooleanField(null=True)
    # Who reads it at present, so that nobody else grades it unknowingly.
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reading_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "assignment", "number"], name="assessments_submission_once"),
            models.UniqueConstraint(
                fields=["enrolment", "assignment"],
                condition=models.Q(status__in=["draft", "handed-in"]),
                name="assessments_one_open_submission",
            ),
        ]
        indexes = [models.Index(fields=["status", "submitted"])]


class Grading(models.Model):
    """One reading of a submission with the rubric: a draft of who reads, then given. Grading again is a further row, with
    its reason; the earlier one stays.

    `scores` = {criterion: {"level": 1–4, "comment": words}}. Personal data: how somebody's work was judged, and by whom.
    Comments are kept as long as the work itself, points with the enrolment; who graded goes with that account.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("being filled in")
        GIVEN = "given", _("given")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="gradings")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="gradings")
    status = models.CharField(max_length=5, choices=Status, default=Status.DRAFT)
    scores = models.JSONField(default=dict)
    comment = models.TextField(blank=True)
    strengths = models.TextField(blank=True)
    next_steps = models.TextField(blank=True)
    reason = models.CharField(max_length=500, blank=True)  # why it was graded again
    points = models.PositiveSmallIntegerField(null=True)
    maximum = models.PositiveSmallIntegerField(null=True)
    passed = models.BooleanField(null=True)
    statement = models.UUIDField(null=True)  # of the record
    changed = models.DateTimeField(auto_now=True)
    given = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "grader"],
                condition=models.Q(status="draft"),
                name="assessments_one_grading_draft",
            )
        ]
