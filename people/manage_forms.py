"""Forms of the manager's desk. They say what may be chosen; whether it is allowed, the services decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Institution, Protection, Role
from people.models.accounts import Sex
from people.queries.desk import Reach
from people.services.institutions import NAME_LENGTH
from people.services.memberships import POST_LENGTH
from people.services.protection import REASON_LENGTH

_NOTHING = ("", "–")


class Day(forms.DateField):
    """A day, written by the browser's own calendar where it has one."""

    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs["class"] = "w-m"


class InstitutionField(forms.ChoiceField):
    """One of the open institutions within reach, by its code; the form's data hold the institution itself."""

    def __init__(self, reach: Reach, *, without: Iterable[Institution] = (), **options: Any) -> None:
        left_out = {found.pk for found in without}
        self.offered = {
            found.code: found for found in reach.institutions if found.closed is None and found.pk not in left_out
        }
        first = min((found.depth for found in self.offered.values()), default=0)
        # No-break spaces: a browser would swallow others at the beginning of a choice.
        choices = [
            (code, "\u00a0\u00a0\u00a0" * (found.depth - first) + str(found)) for code, found in self.offered.items()
        ]
        super().__init__(choices=[_NOTHING, *choices], **options)
        self.error_messages["invalid_choice"] = _("Choose one of the institutions of the list.")

    def clean(self, value: Any) -> Institution | None:
        code = super().clean(value)
        return self.offered.get(code)


def _line(label: Any, *, longest: int, required: bool = False, help_text: Any = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        help_text=help_text,
        widget=forms.TextInput({"autocomplete": "off", **attrs}),
    )


class PersonForm(forms.Form):
    """Who it is. The name is the one that certificates print."""

    first = _line(_("First name"), longest=150, required=True)
    last = _line(
        _("Last name"), longest=150, required=True, help_text=_("First and last name are printed on certificates.")
    )
    staff_number = _line(
        _("Staff number (optional)"), longest=32, help_text=_("Example: PEN-04418."), autocapitalize="characters"
    )
    email = forms.EmailField(label=_("E-mail address (optional)"), required=False, max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        self.fields["language"] = forms.ChoiceField(
            label=_("Language after signing in"),
            required=False,
            choices=[("", _("The language of the page")), *settings.LANGUAGES],
        )
        self.fields["sex"] = forms.ChoiceField(
            label=_("Sex (optional)"),
            required=False,
            choices=[_NOTHING, *Sex.choices],
            help_text=_("For figures only."),
        )


class NewPersonForm(PersonForm):
    """Who it is, and where the person belongs."""

    def __init__(self, *args: Any, reach: Reach, audiences: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"] = InstitutionField(reach, label=_("Institution"))
        self.fields["post"] = _line(_("Post (optional)"), longest=POST_LENGTH)
        self.fields["since"] = Day(label=_("Belongs there since"), initial=timezone.localdate)
        self.fields["audience"] = forms.ChoiceField(
            label=_("Profession"), required=False, choices=[_NOTHING, *audiences]
        )
        self.fields["username"] = _line(
            _("Username (optional)"),
            longest=150,
            help_text=_("Left empty, a neutral one is made up: it does not tell the name."),
            autocapitalize="none",
            spellcheck="false",
        )
        self.order_fields(
            [
                *("first", "last", "institution", "post", "since", "audience"),
                *("staff_number", "email", "language", "sex", "username"),
            ]
        )


class TransferForm(forms.Form):
    """Where to, and from when."""

    def __init__(self, *args: Any, reach: Reach, belongs: Sequence[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.belongs = {found.code: found for found in belongs}
        if len(belongs) > 1:
            self.fields["leaving"] = forms.ChoiceField(
                label=_("Leaves"), choices=[_NOTHING, *((found.code, str(found)) for found in belongs)]
            )
        self.fields["to"] = InstitutionField(reach, without=belongs, label=_("New institution"))
        self.fields["post"] = _line(_("Post there (optional)"), longest=POST_LENGTH)
        self.fields["day"] = Day(label=_("First day there"), initial=timezone.localdate)

    def clean_leaving(self) -> Institution | None:
        return self.belongs.get(self.cleaned_data["leaving"])


class JoinForm(forms.Form):
    """One more institution."""

    def __init__(self, *args: Any, reach: Reach, belongs: Sequence[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"] = InstitutionField(reach, without=belongs, label=_("Institution"))
        self.fields["post"] = _line(_("Post there (optional)"), longest=POST_LENGTH)
        self.fields["since"] = Day(label=_("First day there"), initial=timezone.localdate)


class DayForm(forms.Form):
    """From which day something no longer holds."""

    day = Day(label=_("First day on which it no longer holds"), initial=timezone.localdate)


class RoleForm(forms.Form):
    """Which role, for which branch, from when to when."""

    def __init__(
        self, *args: Any, reach: Reach, roles: Sequence[Role], projects: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"), choices=[_NOTHING, *((role.value, role.label) for role in roles)]
        )
        self.fields["institution"] = InstitutionField(
            reach,
            label=_("For this institution and everything below it"),
            required=False,
            help_text=_("Nothing for an administrator, whose role is for the whole site.")
            if Role.ADMINISTRATOR in roles
            else "",
        )
        if projects:
            self.fields["project"] = forms.ChoiceField(
                label=_("Project (for an observer)"), required=False, choices=[_NOTHING, *projects]
            )
        self.fields["since"] = Day(label=_("From"), initial=timezone.localdate)
        self.fields["until"] = Day(
            label=_("Until (optional)"), required=False, help_text=_("The first day on which it no longer holds.")
        )
        if Role.MASTER in roles:
            self.fields["provisional"] = forms.BooleanField(
                label=_("Provisional"), required=False, help_text=_("for a master trainer: twelve months at most")
            )


class AudienceForm(forms.Form):
    """A profession."""

    def __init__(self, *args: Any, audiences: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"] = forms.ChoiceField(label=_("Profession"), choices=[_NOTHING, *audiences])


class ClearanceForm(forms.Form):
    """Why, and until when."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        help_text=_("Why the person needs to read what is restricted. The reason stays with the clearance."),
        widget=forms.Textarea({"rows": 3}),
    )
    until = Day(label=_("Until (optional)"), required=False)


class ProtectionForm(forms.Form):
    """Whom the pseudonym stands for."""

    kind = forms.ChoiceField(label=_("Who the person is"), choices=[_NOTHING, *Protection.Kind.choices])


class SupervisorForm(forms.Form):
    """Who supervises, by what names one account exactly."""

    supervisor = _line(
        _("Staff number or username of the supervisor"),
        longest=150,
        help_text=_("Left empty: nobody supervises the person."),
        spellcheck="false",
    )


class ReasonForm(forms.Form):
    """Why somebody looks."""

    reason = forms.CharField(
        label=_("Why you need to see this"),
        max_length=REASON_LENGTH,
        help_text=_("The reason is written down with your name and the hour."),
        widget=forms.Textarea({"rows": 2}),
    )


class InstitutionForm(forms.Form):
    """Name in the languages of the content, kind and region."""

    name_fr = _line(_("Name in French"), longest=NAME_LENGTH, required=True, lang="fr")
    name_en = _line(_("Name in English (optional)"), longest=NAME_LENGTH, lang="en")
    kind = forms.ChoiceField(label=_("Kind"), choices=[_NOTHING, *Institution.Kind.choices])
    region = _line(_("Region (optional)"), longest=64)

    def names(self, before: dict[str, str] | None = None) -> dict[str, str]:
        """{language: name}; other languages keep theirs."""
        names = {**(before or {}), "fr": self.cleaned_data["name_fr"], "en": self.cleaned_data["name_en"]}
        return {language: words for language, words in names.items() if words}


class NewInstitutionForm(InstitutionForm):
    """Also its code, and where it stands."""

    def __init__(self, *args: Any, reach: Reach, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = _line(
            _("Code"),
            longest=64,
            required=True,
            help_text=_("Small letters, digits and hyphens. It stays for ever. Example: prison-koulikoro."),
            autocapitalize="none",
            spellcheck="false",
        )
        self.fields["parent"] = InstitutionField(
            reach,
            label=_("Below"),
            required=not reach.everywhere,
            help_text=_("Nothing: at the top of the tree.") if reach.everywhere else "",
        )


class MoveForm(forms.Form):
    """Where to."""

    def __init__(self, *args: Any, reach: Reach, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What lies below stays on offer: the service says in words why it cannot be.
        self.fields["parent"] = InstitutionField(
            reach,
            without=[institution],
            label=_("Put it below"),
            required=not reach.everywhere,
            help_text=_("Nothing: at the top of the tree.") if reach.everywhere else "",
        )
