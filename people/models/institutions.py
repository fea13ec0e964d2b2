from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations.words import in_language
from people.models.dated import Dated

CODE = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$", _("A code has only small letters, digits and hyphens."))


class InstitutionQuerySet(models.QuerySet[Any]):
    def within(self, *branches: Institution) -> Self:
        """These institutions and everything below them; none where none is given."""
        wanted = Q(pk__in=[])
        for branch in branches:
            wanted |= Q(path__startswith=branch.path)
        return self.filter(wanted)


class Institution(models.Model):
    """A node of the tree: ministry, directorate, prison, court, police unit, religious council … No personal data.

    `path` holds the ids from the root down to this node, each followed by a slash, so that a branch is a prefix and
    neither a new code nor a new name moves anybody. `services.place_institution` keeps it right.
    """

    class Kind(models.TextChoices):
        MINISTRY = "ministry", _("ministry")
        DIRECTORATE = "directorate", _("directorate")
        PRISON = "prison", _("prison")
        COURT = "court", _("court")
        POLICE = "police", _("police unit")
        MILITARY = "military", _("military unit")
        RELIGIOUS = "religious", _("religious council")
        YOUTH = "youth", _("youth organisation")
        ORGANISATION = "organisation", _("organisation")

    code = models.CharField(_("code"), max_length=64, unique=True, validators=[CODE])
    name = models.JSONField(default=dict)  # {"fr": …, "en": …}
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    region = models.CharField(_("region"), max_length=64, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=255, unique=True, editable=False)
    closed = models.DateField(_("closed on"), null=True, blank=True)

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return in_language(self.name) or self.code

    @property
    def depth(self) -> int:
        """0 at the root."""
        return self.path.count("/") - 1


class Membership(Dated):
    """Who belongs where, from when to when. A transfer ends one and begins another.

    Personal data. Kept with the account, then without the person and the post: last year's figures stay last year's.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="memberships")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="memberships")
    post = models.CharField(_("post"), max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="people_membership_order"
            ),
            models.UniqueConstraint(
                fields=["user", "institution"], condition=Q(until__isnull=True), name="people_one_open_membership"
            ),
        ]
        indexes = [models.Index(fields=["institution", "until"])]


class Supervision(Dated):
    """Who supervises whom: a relation, not a role. Personal data; kept with the account."""

    supervisor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="supervises")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="supervised_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(supervisor=models.F("person")), name="people_nobody_supervises_self")
        ]


class Project(models.Model):
    """What an observer follows: a project of a donor or a partner. No personal data."""

    code = models.CharField(max_length=64, unique=True, validators=[CODE])
    name = models.JSONField(default=dict)
    institutions = models.ManyToManyField(Institution, related_name="projects", blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return in_language(self.name) or self.code
