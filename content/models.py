from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.documents.models import AbstractDocument
from wagtail.fields import StreamField
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.models import Page
from wagtail_localize.fields import SynchronizedField

from content.blocks import Body
from operations.words import in_language


class Tier(models.TextChoices):
    """How sensitive content is."""

    OPEN = "open", _("open to everybody")
    STAFF = "staff", _("for people enrolled")
    RESTRICTED = "restricted", _("restricted: no download, no copy kept on a device")


class Picture(AbstractImage):
    """A picture uploaded by an author. No personal data."""

    admin_form_fields = ("title", "file", "description", "collection", "tags")


class PictureRendition(AbstractRendition):
    """A resized picture. No personal data."""

    image = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        unique_together = (("image", "filter_spec", "focal_point_key"),)


class Attachment(AbstractDocument):
    """A document uploaded by an author. No personal data."""

    admin_form_fields = ("title", "file", "collection", "tags")


class Source(models.Model):
    """An entry of the bibliography. No personal data (authors of published works)."""

    slug = models.SlugField(max_length=64, primary_key=True)
    title = models.TextField()
    author = models.TextField()  # author or publisher
    year = models.CharField(max_length=16)
    url = models.URLField(blank=True, max_length=500)
    kind = models.CharField(max_length=16)  # law, standard, paper, report, seed
    checked = models.CharField(max_length=16, blank=True)
    checked_against = models.CharField(max_length=32, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    file = models.CharField(max_length=64, blank=True)  # the file of the curriculum folder it came from
    extra = models.JSONField(default=dict, blank=True)  # further keys of the file, given back as they are

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return f"{self.title} ({self.year})"


class Norm(models.Model):
    """A rule or an article that lessons rest on. No personal data."""

    slug = models.SlugField(max_length=64, primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="norms")
    number = models.CharField(max_length=16)
    label = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return in_language(self.label)


class Term(models.Model):
    """A word of the glossary with its definition, per language. No personal data."""

    slug = models.SlugField(max_length=100, primary_key=True)  # from the term in the site's language
    term = models.JSONField(default=dict)
    definition = models.JSONField(default=dict)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    file = models.CharField(max_length=64, blank=True)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return in_language(self.term)


class Figure(models.Model):
    """A picture that teaches, the same in every language; its files are one per language. No personal data."""

    name = models.CharField(_("name"), max_length=100)
    owner = models.SlugField(_("course"), max_length=100, blank=True)  # slug of the course it belongs to
    tier = models.CharField(max_length=12, choices=Tier, default=Tier.STAFF)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="content_figure_once")]

    def __str__(self) -> str:
        return f"{self.owner}: {self.name}" if self.owner else self.name


class FigureFile(models.Model):
    """The file of a figure in one language. Served by `content.views.figure` under its hash, never by its name.

    No personal data.
    """

    figure = models.ForeignKey(Figure, on_delete=models.CASCADE, related_name="files")
    language = models.CharField(max_length=8)
    file = models.FileField(upload_to="figures/")
    digest = models.CharField(max_length=64, db_index=True)  # SHA-256 of the bytes
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    weight = models.PositiveIntegerField()  # bytes
    text = models.TextField(blank=True)  # what the picture says, word for word: an SVG's own description

    class Meta:
        constraints = [models.UniqueConstraint(fields=["figure", "language"], name="content_figure_file_once")]


class BasePage(Page):
    """What all our pages have in common: one slug in every language, and Wagtail's own routing shows none of them but
    the editorial ones: learners' pages are shown by plain views that ask who may see them.

    No personal data but who wrote a revision, which Wagtail keeps. Kept as long as the page.
    """

    editorial = False

    override_translatable_fields = [SynchronizedField("slug")]

    class Meta:
        abstract = True

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.editorial:
            raise Http404
        return super().serve(request, *args, **kwargs)


class HomePage(BasePage):
    """The root of one language's tree. Its screen is the home view; this page only holds the tree."""

    max_count_per_parent = None
    preview_modes: list[tuple[str, str]] = []

    class Meta:
        verbose_name = _("home page")

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        parts = super().get_url_parts(request)
        if parts is None:
            return None
        with translation.override(self.locale.language_code):
            return (parts[0], parts[1], reverse("home"))

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("home")


class InformationPage(BasePage):
    """An editorial page: about, privacy, accessibility, help."""

    editorial = True

    body = StreamField(Body(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]
    parent_page_types = ["content.HomePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("information page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().get_context(request, *args, **kwargs) | {"language": self.locale.language_code}


class ErrorReport(models.Model):
    """What a reader says of a page: an error or a danger. It goes to the queue of the page's owner.

    Personal data: who reported, where the person was signed in. Kept two years after it was handled.
    """

    class Kind(models.TextChoices):
        ERROR = "error", _("an error")
        DANGER = "danger", _("a danger")

    class Status(models.TextChoices):
        NEW = "new", _("new")
        HANDLED = "handled", _("handled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    page_key = models.UUIDField(db_index=True)  # the page's translation key
    language = models.CharField(max_length=8)
    revision = models.PositiveIntegerField(null=True)  # the page revision that was read
    owner = models.CharField(max_length=64, blank=True)  # institution code
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField(_("what is wrong"), max_length=4000)
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.NEW)
    answer = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)
    handled = models.DateTimeField(null=True, blank=True)


class KeptDocument(models.Model):
    """A file of the curriculum folder as it stands, kept for the rooms that use it: surveys, rubrics, pathways,
    calibration exercises, notes. No personal data. Shown at no public address: some are not for trainees' eyes."""

    path = models.CharField(max_length=255, primary_key=True)  # within the folder
    kind = models.CharField(max_length=16, db_index=True)  # its top folder, or "note"
    digest = models.CharField(max_length=64)  # SHA-256 of the text in UTF-8
    text = models.TextField()

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path
