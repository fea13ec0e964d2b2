"""Forms of workshops. They say what may be chosen; whether it is allowed, the services decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Institution, User
from people.models.accounts import Sex
from workshops.models import Counted, Facilitator, Outcome, Quota, Registration, Session, Workshop

_NOTHING = ("", "–")


class Day(forms.DateInput):
    """A day, written by the browser's own calendar where it has one."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": "w-m"}, format="%Y-%m-%d")


class Hour(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__({"class": "w-m"}, format="%H:%M")


def places(institutions: Sequence[Institution]) -> list[tuple[str, str]]:
    """(code, name) for a choice, indented as the tree."""
    first = min((found.depth for found in institutions), default=0)
    return [
        _NOTHING,
        *((found.code, "\u00a0\u00a0\u00a0" * (found.depth - first) + str(found)) for found in institutions),
    ]


class PlaceField(forms.ChoiceField):
    """One of these institutions, by its code; the form's data hold the institution itself."""

    def __init__(self, institutions: Sequence[Institution], **options: Any) -> None:
        self.offered = {found.code: found for found in institutions}
        super().__init__(choices=places(institutions), **options)

    def clean(self, value: Any) -> Institution | None:
        return self.offered.get(super().clean(value))


class WorkshopForm(forms.ModelForm):
    """The facts of a workshop."""

    class Meta:
        model = Workshop
        fields = [
            "title",
            "course",
            "starts",
            "ends",
            "place",
            "venue",
            "language",
            "capacity",
            "entry",
            "support_contact",
            "with_tests",
            "min_share",
            "project",
            "allowance",
            "costs",
        ]
        widgets = {"starts": Day(), "ends": Day()}

    def __init__(self, *args: Any, organisers: Sequence[Institution] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["course"]).empty_label = _("none: a workshop by itself")
        self.fields["language"] = forms.ChoiceField(
            label=_("Language of the workshop"), choices=settings.LANGUAGES, initial="fr"
        )
        for name, words in (
            ("allowance", _("In whole CFA francs; left empty, none is paid.")),
            ("costs", _("In whole CFA francs; for the report, if the project wants it.")),
            ("title", _("Messages, calendars and addresses say the code, never this title.")),
        ):
            self.fields[name].help_text = words
        if organisers:
            self.fields["organiser"] = PlaceField(organisers, label=_("Organising institution"))
            self.order_fields(["title", "organiser"])
            if len(organisers) == 1:
                self.fields["organiser"].initial = organisers[0].code


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea({"rows": 2}))


class FacilitatorForm(forms.Form):
    """Who leads or helps."""

    part = forms.ChoiceField(label=_("Part"), choices=Facilitator.Part.choices, initial=Facilitator.Part.CO)

    def __init__(self, *args: Any, people: Sequence[tuple[User, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.key): person for person, _name in people}
        self.fields["person"] = forms.ChoiceField(
            label=_("Person"), choices=[_NOTHING, *((str(person.key), name) for person, name in people)]
        )
        self.order_fields(["person", "part"])

    def clean_person(self) -> User | None:
        return self.people.get(self.cleaned_data["person"])


class SessionForm(forms.ModelForm):
    class Meta:
        model = Session
        fields = ["day", "starts", "ends", "title", "required"]
        widgets = {"day": Day(), "starts": Hour(), "ends": Hour()}


class GuideForm(forms.Form):
    """When the first day begins."""

    starts = forms.TimeField(label=_("Begin at"), required=False, widget=Hour())


class LineForm(forms.Form):
    """A line of an agenda."""

    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=600, required=False)
    title = forms.CharField(label=_("Sequence"), max_length=300, required=False)
    trace = forms.CharField(label=_("What remains of it"), max_length=200, required=False)
    pause = forms.BooleanField(label=_("Break"), required=False)
    cut = forms.IntegerField(label=_("Cut first"), min_value=1, max_value=40, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("title") and not data.get("minutes"):
            self.add_error("minutes", _("How many minutes does it last?"))
        return data


LineSet = forms.formset_factory(LineForm, extra=3, max_num=40, absolute_max=45)


class PersonForm(forms.Form):
    """Somebody for the list: by staff number, or by name without an account."""

    staff_number = forms.CharField(
        label=_("Staff number"),
        max_length=32,
        required=False,
        help_text=_("Of somebody with an account; then nothing else is needed."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=300,
        required=False,
        help_text=_("Of somebody without an account; or the pseudonym of a protected person."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,
        institutions: Sequence[Institution],
        audiences: Sequence[tuple[str, str]],
        states: Sequence[str] = (),
        with_number: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not with_number:
            del self.fields["staff_number"]
            self.fields["name"].required = True
            self.fields["name"].help_text = ""
        self.fields["institution"] = PlaceField(institutions, label=_("Institution"), required=not with_number)
        self.fields["post"] = forms.CharField(label=_("Post"), max_length=160, required=False)
        self.fields["audience"] = forms.ChoiceField(
            label=_("Profession"), choices=[_NOTHING, *audiences], required=False
        )
        self.fields["sex"] = forms.ChoiceField(
            label=_("Sex"), choices=[_NOTHING, *Sex.choices], required=False, help_text=_("For figures only.")
        )
        self.fields["phone"] = forms.CharField(label=_("Telephone"), max_length=32, required=False)
        if states:
            self.fields["state"] = forms.ChoiceField(
                label=_("State"), choices=[(state, Registration.State(state).label) for state in states]
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("name") and not data.get("staff_number"):
            self.add_error("name", _("Give a staff number or a name."))
        return data


class DecisionForm(forms.Form):
    state = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        choices=[
            (Registration.State.ACCEPTED, pgettext_lazy("a proposal", "accept")),
            (Registration.State.WAITING, pgettext_lazy("a proposal", "waiting list")),
            (Registration.State.REFUSED, pgettext_lazy("a proposal", "refuse")),
        ],
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("Needed for a refusal; the institution reads it."),
        widget=forms.Textarea({"rows": 2}),
    )


class QuotaForm(forms.ModelForm):
    class Meta:
        model = Quota
        fields = ["sex", "least", "most", "per_post"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.institutions = kwargs.pop("institutions")
        audiences = kwargs.pop("audiences")
        super().__init__(*args, **kwargs)
        institution = PlaceField(self.institutions, label=_("Institution"), required=False)
        if self.instance.institution_id:
            self.initial["institution"] = next(
                (found.code for found in self.institutions if found.pk == self.instance.institution_id), ""
            )
        self.fields["institution"] = institution
        self.fields["audience"] = forms.ChoiceField(
            label=_("Profession"), choices=[_NOTHING, *audiences], required=False, initial=self.instance.audience
        )
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=[_NOTHING, *settings.LANGUAGES], required=False
        )
        self.fields["least"].required = False
        self.order_fields(["institution", "audience", "sex", "language", "least", "most", "per_post"])

    def clean_least(self) -> int:
        return self.cleaned_data["least"] or 0

    @property
    def says_something(self) -> bool:
        return any(
            self.cleaned_data.get(name) for name in ("least", "most", "per_post", "institution", "audience", "sex")
        )


class CountedForm(forms.Form):
    """How many people of a group were there."""

    sex = forms.ChoiceField(label=_("Sex"), choices=[_NOTHING, *Sex.choices], required=False)
    band = forms.ChoiceField(label=_("Age"), choices=Counted.Band.choices, required=False)
    people = forms.IntegerField(label=_("People"), min_value=0, max_value=2000, help_text=_("0 takes the line away."))

    def __init__(
        self, *args: Any, audiences: Sequence[tuple[str, str]], sessions: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"] = forms.ChoiceField(label=_("Group"), choices=audiences)
        self.fields["session"] = forms.ChoiceField(
            label=_("Session"), choices=[("", _("the whole workshop")), *sessions], required=False
        )
        self.order_fields(["group", "sex", "band", "people", "session"])


class LetterForm(forms.Form):
    """A letter of designation."""

    number = forms.CharField(
        label=_("Number"),
        max_length=40,
        required=False,
        help_text=_("Left empty, the next one of this workshop is taken."),
    )
    valid_from = forms.DateField(label=_("Valid from"), widget=Day())
    valid_until = forms.DateField(label=_("Valid until"), widget=Day())
    signatory = forms.CharField(label=_("Name of the person who signs"), max_length=160, required=False)
    signatory_title = forms.CharField(label=_("Title of the person who signs"), max_length=160, required=False)
    by_order = forms.BooleanField(label=_("Signed by order (P/O)"), required=False)

    def __init__(self, *args: Any, institutions: Sequence[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"] = PlaceField(institutions, label=_("On the letterhead of"))
        self.order_fields(["institution"])


class FileForm(forms.Form):
    file = forms.FileField(label=_("File"))


class FeastForm(forms.Form):
    """A feast, or a period with shorter hours."""

    fr = forms.CharField(label=_("Name in French"), max_length=100)
    en = forms.CharField(label=_("Name in English"), max_length=100, required=False)
    starts = forms.DateField(label=_("First day"), widget=Day())
    ends = forms.DateField(label=_("Last day"), widget=Day())
    working = forms.BooleanField(label=_("A period with shorter hours, not days off"), required=False)
    expected = forms.BooleanField(label=_("Expected, to be confirmed"), required=False)


class AnswerForm(forms.Form):
    """A participant's answer."""

    accepts = forms.ChoiceField(choices=[("yes", ""), ("no", "")])
    reason = forms.CharField(max_length=300, required=False)


class OutcomeForm(forms.ModelForm):
    """An output or a recommendation: what, for whom, by when, how far."""

    class Meta:
        model = Outcome
        fields = ["kind", "text", "addressee", "due", "state"]
        widgets = {"due": Day(), "text": forms.Textarea({"rows": 4})}
