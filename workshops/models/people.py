from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import Institution
from people.models.accounts import Sex
from workshops.models.plan import Session, Workshop


class Quota(models.Model):
    """Seats that a call reserves for a group: an institution's, an audience's, women's, speakers of a language.
    No personal data."""

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="quotas")
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("institution")
    )
    audience = models.CharField(_("audience"), max_length=64, blank=True)  # slug of programme.Audience
    sex = models.CharField(_("sex"), max_length=1, blank=True, choices=Sex)
    language = models.CharField(_("language"), max_length=8, blank=True)
    least = models.PositiveSmallIntegerField(_("at least"), default=0)
    most = models.PositiveSmallIntegerField(_("at most"), null=True, blank=True)
    per_post = models.PositiveSmallIntegerField(
        _("at most from one post on one day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )


class Letter(models.Model):
    """A numbered letter of designation on the institution's letterhead, and the scan of the signed one.

    Personal data: the signatory's name, the names in the file. Kept with the workshop.
    """

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="letters")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(_("number"), max_length=40, unique=True)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    signatory = models.CharField(_("name of the person who signs"), max_length=160, blank=True)
    signatory_title = models.CharField(_("title of the person who signs"), max_length=160, blank=True)
    by_order = models.BooleanField(_("signed by order (P/O)"), default=False)
    issued = models.DateField(_("issued on"))
    scan = models.FileField(upload_to="letters/", blank=True)
    scanned_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")


class Registration(models.Model):
    """A person and a workshop, from proposal to presence; with or without an account.

    `number` is the participant's number in this workshop: on the badge, on tests on paper, on every list that leaves the
    room. Name, post and institution are those of the day, so that last year's report stays last year's.
    Personal data: who was trained, when and where. Kept with the account; then the number, institution, audience and sex.
    Of people without an account, name, post and telephone are kept for NAMES_WITHOUT_ACCOUNT_YEARS (5) from the workshop.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        WAITING = "waiting", _("waiting list")
        INVITED = "invited", _("invited")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        REPLACED = "replaced", _("replaced by somebody else")
        WITHDRAWN = "withdrawn", _("withdrawn")

    EXPECTED = (State.ACCEPTED,)  # who is on the list that is called

    class Origin(models.TextChoices):
        DESIGNATION = "designation", _("designated")
        SELF = "self", _("registered by the person")
        LIST = "list", _("from a list")
        INVITATION = "invitation", _("by invitation")
        COHORT = "cohort", _("member of the cohort")
        REPLACEMENT = "replacement", _("replaces somebody")
        ARRIVAL = "arrival", _("came without being announced")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="registrations")
    number = models.PositiveSmallIntegerField(_("participant number"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="registrations"
    )
    name = models.CharField(_("name"), max_length=300)  # as written on the day; empty once erased
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("institution")
    )
    post = models.CharField(_("post"), max_length=160, blank=True)
    audience = models.CharField(_("audience"), max_length=64, blank=True)  # slug of programme.Audience
    sex = models.CharField(_("sex"), max_length=1, blank=True, choices=Sex)
    language = models.CharField(_("language"), max_length=8, blank=True)
    phone = models.CharField(_("telephone"), max_length=32, blank=True)
    protected = models.BooleanField(_("signs the separate sheet"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State)
    origin = models.CharField(_("how they came in"), max_length=12, choices=Origin)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaced_by"
    )
    letter = models.ForeignKey(Letter, on_delete=models.SET_NULL, null=True, blank=True, related_name="registrations")
    created = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("registration")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["workshop", "number"], name="workshops_number_once"),
            models.UniqueConstraint(
                fields=["workshop", "user"],
                condition=Q(user__isnull=False) & ~Q(state__in=["refused", "replaced", "withdrawn"]),
                name="workshops_person_once",
            ),
        ]
        indexes = [models.Index(fields=["user", "state"])]


class Counted(models.Model):
    """People who are only counted: detainees, families, people of the community. No personal data: no row for one person
    leaves the desk."""

    class Band(models.TextChoices):
        CHILD = "-18", _("under 18")
        YOUNG = "18-24", _("18 to 24")
        ADULT = "25-59", _("25 to 59")
        OLDER = "60-", _("60 and over")
        UNKNOWN = "", _("age not asked")

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="counted")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, blank=True, related_name="counted")
    group = models.CharField(_("group"), max_length=64)  # slug of programme.Audience
    sex = models.CharField(_("sex"), max_length=1, blank=True, choices=Sex)
    band = models.CharField(_("age"), max_length=6, blank=True, choices=Band)
    people = models.PositiveSmallIntegerField(_("people"))
