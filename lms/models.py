"""What the loader of curriculum folders remembers, and the step of review. No personal data; kept as long as the pages."""

from __future__ import annotations

from django.db import models

from lms.review import Review

__all__ = ["LoadedFolder", "LoadedPage", "Review"]


class LoadedFolder(models.Model):
    """One load of a curriculum folder that changed something; the newest says what the site holds.

    No personal data.
    """

    when = models.DateTimeField(auto_now_add=True)
    digest = models.CharField(max_length=64)  # of all paths and bytes
    code = models.CharField(max_length=64)  # digest of the code that loaded it
    summary = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]


class LoadedPage(models.Model):
    """What the loader wrote last on a page in one language: a page whose newest revision is another one has been edited
    on the site since, and its words are the author's.

    No personal data.
    """

    key = models.UUIDField()  # the page's translation key
    language = models.CharField(max_length=8)
    course = models.UUIDField(db_index=True)  # key of the course
    parent = models.UUIDField(null=True)  # key of the page above, as the folder said; none: a course
    children = models.JSONField(default=list)  # keys in the folder's order
    digest = models.CharField(max_length=64)  # of what the folder says; empty: the folder no longer holds it
    revision = models.PositiveIntegerField(null=True)
    numbers = models.JSONField(default=dict)  # {kind of block: how many ids were given}: an id is never given twice
    extra = models.JSONField(default=dict)  # what the folder says and no field of the page holds

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "language"], name="lms_loaded_page_once")]
