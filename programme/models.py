"""Reference data of the action programme. No personal data. Words are JSON mappings per language (`operations.words`)."""

from __future__ import annotations

from django.db import models

from operations.words import in_language


class Entry(models.Model):
    """What every entry has: a stable id, its words and its place in the file."""

    slug = models.CharField(max_length=64, primary_key=True)
    words = models.JSONField(default=dict)  # {"fr": …, "en": …}
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["position"]

    def __str__(self) -> str:
        return in_language(self.words)


class Domain(Entry):
    """A domain of the programme (a column of the matrix)."""

    number = models.PositiveSmallIntegerField()


class Priority(Entry):
    """A strategic priority (a row of the matrix)."""

    number = models.PositiveSmallIntegerField()

    class Meta(Entry.Meta):
        verbose_name_plural = "priorities"


class Cell(Entry):
    """One cell of the matrix; `marked` as in the programme's first table."""

    priority = models.ForeignKey(Priority, on_delete=models.CASCADE)
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE)
    marked = models.BooleanField(default=False)


class PlannedActivity(Entry):
    """What a cell plans."""

    priority = models.ForeignKey(Priority, on_delete=models.CASCADE)
    domain = models.ForeignKey(Domain, on_delete=models.CASCADE)

    class Meta(Entry.Meta):
        verbose_name_plural = "planned activities"


class Audience(Entry):
    """A group of people that courses are for; `beneficiary` groups are served but take no course."""

    beneficiary = models.BooleanField(default=False)


class Training(Entry):
    """A training held, planned or recommended by the programme."""

    status = models.CharField(max_length=16)  # held, planned, recommended
    date = models.CharField(max_length=32, blank=True)  # as the source gives it: day, interval, month or quarter
    place = models.JSONField(default=dict)
    audiences = models.JSONField(default=list)
    organisations = models.JSONField(default=list)
    sessions = models.PositiveSmallIntegerField(null=True)


class Actor(Entry):
    """An organisation that takes part."""

    kind = models.CharField(max_length=32)
    ended = models.CharField(max_length=32, blank=True)


class LegalText(Entry):
    """A law that the programme cites, or that came later."""

    date = models.CharField(max_length=32)
    status = models.CharField(max_length=32)
    source = models.CharField(max_length=64, blank=True)


class Fact(Entry):
    """A figure as the source reports it, with its date: never presented as current."""

    as_of = models.CharField(max_length=32)
    value = models.CharField(max_length=32)
    unit = models.CharField(max_length=16, blank=True)
    approximate = models.BooleanField(default=False)


class PlanAxis(Entry):
    """An axis of the action plan of the ministry in charge of religious affairs."""

    class Meta(Entry.Meta):
        verbose_name_plural = "plan axes"


class Edition(models.Model):
    """Where the programme's data come from and as of when (one row)."""

    source = models.CharField(max_length=64)
    as_of = models.CharField(max_length=32)
    checked = models.CharField(max_length=32)
    review_by = models.CharField(max_length=32)
    extra = models.JSONField(default=dict)
