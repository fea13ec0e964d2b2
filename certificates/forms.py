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


class HandOverForm(forms.Form):
    """To whom a paper was given, and on which day: the holder and today where nothing is written."""

    proxy = forms.CharField(
        label=_("Received by, in the holder’s place"),
        max_length=300,
        required=False,
        help_text=_("Leave empty if the holder received it."),
    )
    day = forms.DateField(label=_("Handed over on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))


class ReasonForm(forms.Form):
    """Why a certificate is revoked or issued anew."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The holder reads it; strangers do not."),
    )
