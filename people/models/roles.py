from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models.dated import Dated
from people.models.institutions import Institution, Project


class Role(models.TextChoices):
    """What a person may do beyond learning. Trainee is everybody with an account; certified trainer is a credential,
    supervisor a relation: neither is a role."""

    INSTRUCTOR = "instructor", _("instructor")
    OFFICER = "officer", _("training officer")
    MANAGER = "manager", _("manager")
    AUTHOR = "author", _("author")
    REVIEWER = "reviewer", _("reviewer")
    MASTER = "master", _("master trainer")
    COORDINATOR = "coordinator", _("programme coordinator")
    EXAMS = "exams", _("exam officer")
    OBSERVER = "observer", _("observer")
    ADMINISTRATOR = "administrator", _("administrator")


# Roles that reach beyond their holder: they must use a second factor, and recover only through two administrators.
STAFF_ROLES = frozenset(Role.values) - {Role.OBSERVER}


class RoleGrant(Dated):
    """A role held for a branch (an institution and everything below it), from one day to another.

    An administrator's holds for the whole site and has no institution; an observer's is for a project.
    Personal data; kept with the account (who could see what, when).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(max_length=16, choices=Role)
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="role_grants"
    )
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="role_grants")
    provisional = models.BooleanField(default=False)  # a master trainer at the start: twelve months
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_role_place",
                condition=Q(role=Role.ADMINISTRATOR, institution__isnull=True, project__isnull=True)
                | Q(role=Role.OBSERVER, institution__isnull=True, project__isnull=False)
                | (
                    ~Q(role__in=[Role.ADMINISTRATOR, Role.OBSERVER])
                    & Q(institution__isnull=False, project__isnull=True)
                ),
            )
        ]


class Audience(Dated):
    """A group of people that somebody belongs to (prison staff, judiciary …): declared by the person, confirmed by
    a manager where it opens something. Personal data; kept with the account."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="audiences")
    audience = models.CharField(max_length=64)  # slug of programme.Audience
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "audience"], condition=Q(until__isnull=True), name="people_audience_once"
            )
        ]


class Clearance(Dated):
    """Leave to read the restricted tier and sensitive facts. Personal data; kept with the account."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="clearances")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=500)


class Protection(Dated):
    """A person whose name appears on no list, export or report: a pseudonym stands there.

    Personal data, sensitive. Kept with the account; then only the pseudonym, which is never given to anybody else.
    `word` is the hash of the word that the person chose: with a certificate's number it confirms the certificate.
    """

    class Kind(models.TextChoices):
        MAGISTRATE = "magistrate", _("judge or prosecutor")
        INVESTIGATOR = "investigator", _("investigator")
        OTHER = "other", _("other")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="protections")
    kind = models.CharField(max_length=12, choices=Kind)
    pseudonym = models.CharField(max_length=40, unique=True)  # « Magistrat M-07 »
    word = models.CharField(max_length=200, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(until__isnull=True), name="people_one_open_protection")
        ]
