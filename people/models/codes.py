from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models.institutions import Institution


class LoginCode(models.Model):
    """A code that opens an account once: printed on a slip, or given for recovery. Only its hash is kept.

    Personal data: whose account, who made it. Kept a year, so that the holder can read who made it and when.
    """

    class Purpose(models.TextChoices):
        FIRST = "first", _("first sign-in, printed on a slip")
        RECOVERY = "recovery", _("recovery")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="login_codes")
    purpose = models.CharField(max_length=8, choices=Purpose)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the code with the site's secret
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    confirmed_by = models.ForeignKey(  # the second administrator, where two are needed
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    needs_second = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)
    withdrawn = models.DateTimeField(null=True)
    told = models.DateTimeField(null=True)  # when the holder read who made it


class Invitation(models.Model):
    """An invitation to open an account. Only the hash of its code is kept. Personal data; kept a year after it ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField(blank=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="invitations")
    audience = models.CharField(max_length=64, blank=True)  # confirmed on arrival
    post = models.CharField(max_length=120, blank=True)
    uses_left = models.PositiveSmallIntegerField(default=1)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True)
