"""Forms of the desk for codes and invitations."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from operations.folding import fold
from people import audiences
from people.models import Institution, Membership, User
from people.services.invitations import MOST_DAYS, MOST_USES


class InvitationForm(forms.Form):
    """For one person by e-mail, or for several by a code."""

    institution = forms.ModelChoiceField(label=_("Institution"), queryset=Institution.objects.none())
    email = forms.EmailField(
        label=_("E-mail address (optional)"),
        required=False,
        help_text=_("With an address, the invitation is sent to it and is for one person."),
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    uses = forms.IntegerField(label=_("For how many people"), min_value=1, max_value=MOST_USES, initial=1)
    days = forms.IntegerField(label=_("Holds for how many days"), min_value=1, max_value=MOST_DAYS, initial=30)
    post = forms.CharField(label=_("Post (optional)"), max_length=120, required=False)
    audience = forms.ChoiceField(
        label=_("Audience (optional)"),
        required=False,
        help_text=_("It is confirmed as soon as the account is made."),
    )

    def __init__(self, *args: Any, institutions: QuerySet[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["institution"]).queryset = institutions.filter(closed=None)
        cast(forms.ChoiceField, self.fields["audience"]).choices = [("", _("No audience")), *audiences.choices()]


class SlipFilter(forms.Form):
    """Narrows the list of people who have never signed in."""

    words = forms.CharField(label=_("Name, username or staff number"), max_length=100, required=False)
    institution = forms.ModelChoiceField(
        label=_("Institution"), queryset=Institution.objects.none(), required=False, empty_label=_("All")
    )

    def __init__(self, *args: Any, institutions: QuerySet[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["institution"]).queryset = institutions

    def narrow(self, people: QuerySet[User]) -> QuerySet[User]:
        if not self.is_valid():
            return people
        if words := self.cleaned_data["words"].strip():
            people = people.filter(folded__contains=fold(words)) | people.filter(username__icontains=words)
        if institution := self.cleaned_data["institution"]:
            within = Institution.objects.within(institution)
            people = people.filter(pk__in=Membership.objects.on().filter(institution__in=within).values("user"))
        return people
