"""Forms of the administrators' desk, and the trainer's card."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from certificates.models import Candidate
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


class CardForm(forms.Form):
    """What the register of trainers says of its trainer."""

    languages = forms.MultipleChoiceField(
        label=_("Languages in which you teach"), required=False, widget=forms.CheckboxSelectMultiple
    )
    regions = forms.MultipleChoiceField(
        label=_("Regions where you teach"), required=False, widget=forms.CheckboxSelectMultiple
    )
    available = forms.CharField(
        label=_("Availability"),
        required=False,
        max_length=200,
        help_text=_("For example: two weeks in each quarter, not during Ramadan."),
    )
    available_from = forms.DateField(
        label=_("Available from"), required=False, widget=forms.DateInput({"type": "date", "class": "w-m"}, "%Y-%m-%d")
    )
    available_until = forms.DateField(
        label=_("Available until"), required=False, widget=forms.DateInput({"type": "date", "class": "w-m"}, "%Y-%m-%d")
    )
    public = forms.BooleanField(label=_("Show my name publicly"), required=False)

    def __init__(self, data: Any = None, *, candidate: Candidate, regions: Iterable[str]) -> None:
        names = ("languages", "regions", "available", "available_from", "available_until", "public")
        super().__init__(data, initial={name: getattr(candidate, name) for name in names}, auto_id="card-%s")
        choices = {
            "languages": settings.ALL_LANGUAGES,
            "regions": [(name, name) for name in sorted({*regions, *candidate.regions})],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = offered
