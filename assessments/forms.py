"""The form in which authors write down an assignment."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminPageForm

from assessments import rubrics

LONGEST_WORDS = 10_000
MOST_ATTEMPTS = 20


class AssignmentForm(WagtailAdminPageForm):
    """The rubric is one of the curriculum's, and numbers agree with each other."""

    rubric = forms.ChoiceField(label=gettext_lazy("Rubric"), choices=rubrics.choices)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean()
        least, most, attempts = (data.get(name) for name in ("least_words", "most_words", "attempts_allowed"))
        for name, value in (("least_words", least), ("most_words", most)):
            if value is not None and not 1 <= value <= LONGEST_WORDS:
                self.add_error(name, _("A text has 1 to 10,000 words."))
        if least and most and least > most:
            self.add_error("most_words", _("This is less than the least number of words."))
        if attempts is not None and not 1 <= attempts <= MOST_ATTEMPTS:
            self.add_error("attempts_allowed", _("Work can be handed in 1 to 20 times, or as often as needed."))
        return data
