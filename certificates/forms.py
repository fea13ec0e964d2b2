"""Forms of the administrators' desk."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.services import REASON_LENGTH


class LookForm(forms.Form):
    """Why an administrator fetches a paper with the name of a protected person."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It is written down with your name and the time."),
    )


class ReasonForm(forms.Form):
    """Why a certificate is revoked or issued anew."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The holder reads it; strangers do not."),
    )
