"""Forms of the entry and of the account page. Labels stand above the fields; there are no placeholders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account import forms as entry
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as second
from allauth.mfa.totp import forms as app
from allauth.mfa.webauthn import forms as passkeys
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operations.errors import Refused
from people.models import User
from people.models.accounts import Sex
from people.presence import SHARED
from people.queries import login_name_is_taken
from people.services.invitations import open_invitation, redeem_invitation

INVITATION = "invitation"  # key of the session: the code of the link that was followed


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

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        request.session[SHARED] = bool(self.cleaned_data.get("shared"))
        return super().login(request, redirect_url)


class SignupForm(Labelled, entry.SignupForm):
    """An account made by the person, where the service allows it. The name is the one on certificates.

    Where accounts are by invitation, the form asks for its code; a link brings the code along, also where accounts are
    open to everybody. The membership comes with the account or neither does.
    """

    invitation = forms.CharField(
        label=_("Code of the invitation"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    first_name = forms.CharField(
        label=_("First name"), max_length=150, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=150, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    field_order = ["invitation", "first_name", "last_name", "username", "email", "password1", "password2"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address (optional)")
        self.fields["password2"].label = _("The same password again")
        self.fields["username"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        brought = context.request.session.get(INVITATION, "")
        self.fields["invitation"].required = settings.ACCOUNT_SIGNUP == "invitation"
        self.fields["invitation"].initial = brought
        if settings.ACCOUNT_SIGNUP == "open" and not brought:
            del self.fields["invitation"]

    def clean_invitation(self) -> str:
        code: str = self.cleaned_data["invitation"].strip()
        if code:
            try:
                self.invited = open_invitation(code)
            except Refused as refusal:
                raise forms.ValidationError(f"{refusal.sentence} {refusal.next_step}".strip()) from None
        return code

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        invited = getattr(self, "invited", None)
        if invited is not None and invited.email and cleaned.get("email", "").lower() not in ("", invited.email):
            self.add_error("email", _("This invitation is for another address. Give that one, or leave it empty."))
        return cleaned

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        code = self.cleaned_data.get("invitation", "")
        try:
            with transaction.atomic():
                user, response = super().try_save(request)
                if user is not None and code:
                    redeem_invitation(text=code, user=user)
        except Refused as refusal:  # somebody took the last place between the check and now
            messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
            return None, HttpResponseRedirect(reverse("account_signup"), status=303)
        request.session.pop(INVITATION, None)
        return user, response


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


class EnterForm(forms.Form):
    """A name and the code of a slip, or of a recovery."""

    login = forms.CharField(
        label=_("Username, staff number or e-mail"),
        max_length=254,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Twelve letters and digits. Capitals, spaces and hyphens do not matter."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class FirstPasswordForm(SetPasswordForm):
    """The password chosen with a code."""

    shared = forms.BooleanField(label=_("This device is shared"), required=False)
    field_order = ["password1", "password2", "shared"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shared"].help_text = _("you are signed out when the browser is closed")


# --- the second step ------------------------------------------------------------------------------------------------


class SixDigits(Labelled):
    """A field for the code of an app; on phones it opens the digits."""

    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "20"}
        field.label = _("Code")

    def clean_code(self) -> str:
        self.cleaned_data["code"] = self.cleaned_data["code"].replace(" ", "").replace("-", "")
        code: str = super().clean_code()  # type: ignore[misc]
        return code


class SecondStepForm(SixDigits, second.AuthenticateForm):
    pass


class SecondStepAgainForm(SixDigits, second.ReauthenticateForm):
    pass


class ActivateAppForm(SixDigits, app.ActivateTOTPForm):
    pass


class Credential:
    """What a browser sends of a passkey may be anything: what allauth cannot read is refused, not an error of ours."""

    def _read(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (KeyError, AttributeError, TypeError, ValueError):
            raise get_mfa_adapter().validation_error("incorrect_code") from None


class PasskeyForm(Credential, passkeys.AuthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return self._read(super().clean_credential)


class PasskeyAgainForm(Credential, passkeys.ReauthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return self._read(super().clean_credential)


class PasskeyLoginForm(Credential, passkeys.LoginWebAuthnForm):
    def clean_credential(self) -> Any:
        return self._read(super().clean_credential)


class AddKeyForm(Credential, passkeys.AddWebAuthnForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self._read(super().clean)
        return cleaned

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of this passkey")
        self.fields["name"].help_text = _("For you only: “my phone”, “key of the office”.")
        self.fields["name"].widget.attrs |= {"maxlength": "60", "autocomplete": "off"}
        if "passwordless" in self.fields:
            self.fields["passwordless"].label = _("Sign in with this passkey alone, without a password")
            self.fields["passwordless"].help_text = _("the device then asks for its PIN or a fingerprint")
            self.fields["passwordless"].initial = True


class EditKeyForm(passkeys.EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of this passkey")
        self.fields["name"].max_length = 60
        self.fields["name"].widget.attrs |= {"maxlength": "60", "autocomplete": "off"}


# --- the account ----------------------------------------------------------------------------------------------------


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
        fields = ["first_name", "last_name", "email", "language", "sex"]
        labels = {
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "email": _("E-mail address (optional)"),
            "language": _("Language after signing in"),
            "sex": _("Sex (optional)"),
        }
        help_texts = {
            "last_name": _("First and last name are printed on your certificates."),
            "sex": _("Only for figures: how many women and men are trained. Nobody’s access depends on it."),
        }
        widgets = {
            "first_name": forms.TextInput({"autocomplete": "given-name"}),
            "last_name": forms.TextInput({"autocomplete": "family-name"}),
            "email": forms.EmailInput({"autocomplete": "email"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old_email = self.instance.email
        self.fields["first_name"].required = self.fields["last_name"].required = True
        self.fields["sex"] = forms.ChoiceField(
            label=self.fields["sex"].label,
            help_text=self.fields["sex"].help_text,
            required=False,
            choices=[("", _("no answer")), *Sex.choices],
        )
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


class WordForm(forms.Form):
    """The word that confirms a protected person's certificates. It is typed in sight: it must be said to others later."""

    word = forms.CharField(
        label=_("Your word"),
        max_length=200,
        help_text=_("At least eight letters or digits. Capitals, accents, spaces and hyphens do not matter."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
