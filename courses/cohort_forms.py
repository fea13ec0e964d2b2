"""Forms of the desk for teaching. They say what may be chosen; whether it is allowed, the services decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.services.cohort_words import ANSWER_LENGTH, TEXT_LENGTH
from courses.services.cohorts import MOST_AT_ONCE, NAME_LENGTH
from people.manage_forms import Day
from people.models import Institution

_NOTHING = ("", "–")
_NO_COURSE = _("Choose one of the courses of the list.")


class CohortForm(forms.Form):
    """What a cohort is called, its language, and from when to when it lasts."""

    name = forms.CharField(
        label=_("Name of the group"),
        max_length=NAME_LENGTH,
        help_text=_("Members read it. It names no subject: “Koulikoro, November”."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    starts = Day(label=_("First day"), initial=timezone.localdate)
    ends = Day(label=_("Last day (optional)"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(label=_("Language of the group"), choices=settings.LANGUAGES)


class NewCohortForm(CohortForm):
    """The same, with who organises it and its first course."""

    def __init__(
        self, *args: Any, institutions: Sequence[Institution], courses: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {found.code: found for found in institutions if found.closed is None}
        first = min((found.depth for found in self.offered.values()), default=0)
        self.fields["institution"] = forms.ChoiceField(
            label=_("Organised by"),
            choices=[
                (code, "\u00a0\u00a0\u00a0" * (found.depth - first) + str(found))
                for code, found in self.offered.items()
            ],
            help_text=_("Managers of its branch see the group."),
            error_messages={"invalid_choice": _("Choose one of the institutions of the list.")},
        )
        self.fields["course"] = forms.ChoiceField(
            label=_("First course (optional)"),
            required=False,
            choices=[_NOTHING, *courses],
            error_messages={"invalid_choice": _NO_COURSE},
        )
        self.fields["due"] = Day(label=_("To be finished by (optional)"), required=False)
        self.order_fields(["name", "institution", "language", "starts", "ends", "course", "due"])

    def clean_institution(self) -> Institution | None:
        return self.offered.get(self.cleaned_data["institution"])


class CourseForm(forms.Form):
    """One more course, and by when."""

    def __init__(self, *args: Any, courses: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course"] = forms.ChoiceField(
            label=_("Course"), choices=[_NOTHING, *courses], error_messages={"invalid_choice": _NO_COURSE}
        )
        self.fields["due"] = Day(label=_("To be finished by (optional)"), required=False)


class DueForm(forms.Form):
    """By when a course is to be finished."""

    due = Day(label=_("To be finished by"), required=False, help_text=_("Left empty: without a date."))


class MembersForm(forms.Form):
    """People, one on each line."""

    people = forms.CharField(
        label=_("People, one on each line"),
        max_length=MOST_AT_ONCE * 260,
        help_text=_("Staff number, username or e-mail address, written exactly."),
        widget=forms.Textarea({"rows": 6, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Type a staff number, a username or an e-mail address on each line.")},
    )


class InstructorForm(forms.Form):
    """One instructor, named exactly."""

    login = forms.CharField(
        label=_("Instructor"),
        max_length=254,
        help_text=_("Staff number, username or e-mail address, written exactly."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class AnnouncementForm(forms.Form):
    """An announcement in one language or several, the cohort's first."""

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict(settings.LANGUAGES)
        self.codes = [language, *(code for code in names if code != language)]
        for code in self.codes:
            self.fields[code] = forms.CharField(
                label=names.get(code, code),
                required=False,
                max_length=TEXT_LENGTH,
                widget=forms.Textarea({"rows": 6 if code == language else 3, "lang": code}),
            )

    @property
    def texts(self) -> dict[str, str]:
        return {code: self.cleaned_data.get(code, "") for code in self.codes}


class QuestionForm(forms.Form):
    """A question about a lesson."""

    text = forms.CharField(
        label=_("Your question"),
        max_length=TEXT_LENGTH,
        help_text=_("Write no name of a person and no case."),
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": _("Write your question, then send it.")},
    )


class AnswerForm(forms.Form):
    """The answer, and for whom it is."""

    text = forms.CharField(
        label=_("Your answer"),
        max_length=ANSWER_LENGTH,
        widget=forms.Textarea({"rows": 6}),
        error_messages={"required": _("Write the answer, then send it.")},
    )
    shared = forms.BooleanField(
        label=_("Answer for the whole group"),
        required=False,
        help_text=_("question and answer are read by all members, without a name"),
    )
