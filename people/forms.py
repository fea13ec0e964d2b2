"""Forms of the entry and of the account page. Labels stand above the fields; there are no placeholders."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as entry
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from people.models import User
from people.queries import login_name_is_taken


class Labelled:
    """Takes allauth's placeholders away: a placeholder is no label."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(Labelled, entry.LoginForm):
    """The login form; the login may be a username, an e-mail address or a staff number."""

    shared = forms.BooleanField(label=_("This device is shared"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["remember"]
        self.fields["password"].help_text = ""
        login = self.fields["login"]
        login.label = _("Username, staff number or e-mail")
        login.widget.attrs |= {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": "254",
        }
        self.order_fields(["login", "password", "shared"])

    def clean(self) -> dict[str, Any]:
        # On a shared device the session ends with the browser; elsewhere it lasts SESSION_COOKIE_AGE.
        self.cleaned_data["remember"] = not self.cleaned_data.get("shared")
        return super().clean()


class SignupForm(Labelled, entry.SignupForm):
    """An account made by the person, where the service allows it. The name is the one on certificates."""

    first_name = forms.CharField(
        label=_("First name"), max_length=150, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=150, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    field_order = ["first_name", "last_name", "username", "email", "password1", "password2"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address (optional)")
        self.fields["password2"].label = _("The same password again")
        self.fields["username"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class NewPassword(Labelled):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = _("New password")
        self.fields["password2"].label = _("The new password again")
        if "oldpassword" in self.fields:
            self.fields["oldpassword"].help_text = ""


class ChangePasswordForm(NewPassword, entry.ChangePasswordForm):
    pass


class SetPasswordForm(NewPassword, entry.SetPasswordForm):
    pass


class ResetPasswordKeyForm(NewPassword, entry.ResetPasswordKeyForm):
    pass


class ResetPasswordForm(Labelled, entry.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")


class ReauthenticateForm(Labelled, entry.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class AccountForm(forms.ModelForm):
    """What a person may change alone. A new e-mail address opens the way to a new password: it asks for the old one."""

    current_password = forms.CharField(
        label=_("Current password"),
        required=False,
        strip=False,
        help_text=_("Only needed to change the e-mail address."),
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email", "language"]
        labels = {
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "email": _("E-mail address (optional)"),
            "language": _("Language after signing in"),
        }
        help_texts = {"last_name": _("First and last name are printed on your certificates.")}
        widgets = {
            "first_name": forms.TextInput({"autocomplete": "given-name"}),
            "last_name": forms.TextInput({"autocomplete": "family-name"}),
            "email": forms.EmailInput({"autocomplete": "email"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old_email = self.instance.email
        self.fields["first_name"].required = self.fields["last_name"].required = True
        self.fields["language"] = forms.ChoiceField(
            label=self.fields["language"].label,
            required=False,
            choices=[("", _("The language of the page")), *settings.LANGUAGES],
        )

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if email and email != self.old_email and login_name_is_taken(email, other_than=self.instance):
            raise forms.ValidationError(_("This address cannot be used. Give another one, or leave the field empty."))
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "email" in cleaned and cleaned["email"] != self.old_email:
            password = cleaned.get("current_password", "")
            if not password:
                self.add_error("current_password", _("Type your password to change the e-mail address."))
            elif not self.instance.check_password(password):
                self.add_error("current_password", _("This is not your current password."))
        return cleaned
