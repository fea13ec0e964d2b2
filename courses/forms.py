from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from content.models import ErrorReport


class ReportForm(forms.Form):
    """An error or a danger that a reader has seen in a step."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            (ErrorReport.Kind.ERROR, _("An error: something is wrong or out of date")),
            (ErrorReport.Kind.DANGER, _("A danger: something here could harm somebody")),
        ],
        initial=ErrorReport.Kind.ERROR,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what it is."),
            "invalid_choice": _("Choose one of the two possibilities."),
        },
    )
    text = forms.CharField(
        label=_("What is wrong?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": _("Write what is wrong, in a sentence or two."),
            "max_length": _("This text is too long: 4,000 characters are possible."),
        },
    )
