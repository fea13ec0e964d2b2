"""How allauth behaves here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.forms import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _

from operations.errors import Refused
from people.access import is_author
from people.models import LoginCode, User
from people.queries import accounts_for_login, login_name_is_taken, staff_number_of

SAY_TRIES_BELOW = 4  # how many tries are left is said when it begins to matter


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": gettext_lazy(
            "Too many tries with this name. Wait a few minutes, then try again. Your account is not closed."
        ),
        "username_taken": gettext_lazy("This username is already taken. Choose another one."),
        "enter_current_password": gettext_lazy("This is not your current password."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "rate_limited": gettext_lazy("Too many requests. Wait a minute, then try again."),
    }

    _tries_left: int | None = None

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.ACCOUNT_SIGNUP in ("open", "invitation")  # the form asks for the invitation

    def clean_username(self, username: str, shallow: bool = False) -> str:
        username = super().clean_username(username, shallow=shallow)
        if not shallow and login_name_is_taken(username):
            raise self.validation_error("username_taken")
        return username

    # --- failures to sign in ----------------------------------------------------------------------------------------

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Failures count per account and address: not per way of writing the name, and nobody far away locks it."""
        login = credentials.get("email") or credentials.get("username") or ""
        accounts = accounts_for_login(login)
        name = f"account {accounts[0].pk}" if accounts else f"name {staff_number_of(login)}"
        return f"{ratelimit.get_ip(request)} {name}"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        key = self._get_login_attempts_cache_key(request, **credentials)
        now = time.time()
        left = []
        for rate in ratelimit.parse_rates(app_settings.RATE_LIMITS.get("login_failed")):
            if rate.per == "key":
                address = ratelimit.get_cache_key(
                    request, app="allauth.account", action="login_failed", rate=rate, key=key
                )
                recent = [at for at in cache.get(address, []) if at > now - rate.duration]
                left.append(rate.amount - len(recent))
        self._tries_left = max(0, min(left)) if left else None

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        if not code.endswith("_password_mismatch"):
            return super().validation_error(code, *args)
        sentences = [_("The name or the password is not right.")]
        if self._tries_left == 0:
            sentences.append(_("Wait a few minutes before the next try."))
        elif self._tries_left is not None and self._tries_left < SAY_TRIES_BELOW:
            sentences.append(
                ngettext(
                    "You have %(count)d try left before a pause.",
                    "You have %(count)d tries left before a pause.",
                    self._tries_left,
                )
                % {"count": self._tries_left}
            )
        return ValidationError(" ".join(sentences), code=code)

    def try_code(self, request: HttpRequest, login: str, look: Callable[[], LoginCode]) -> LoginCode:
        """What `look` finds for a name and a code. Failures count with wrong passwords, per account and address.

        Raises Refused: what `look` says, or that there were too many tries.
        """
        key = self._get_login_attempts_cache_key(request, username=login)
        usage = ratelimit.consume(request, app="allauth.account", action="login_failed", key=key)
        if not usage:
            raise Refused(str(self.error_messages["too_many_login_attempts"]))
        found = look()
        usage.rollback()
        return found

    # --- sessions and mails -----------------------------------------------------------------------------------------

    def login(self, request: HttpRequest, user: User) -> None:
        """Also notes whether the menu offers the authoring desk: a hint that saves SQL on every page, no right."""
        super().login(request, user)
        request.session["desk"] = is_author(user)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """In the language the person prefers, else in that of the page."""
        with override(getattr(context.get("user"), "language", "") or get_language()):
            return super().render_mail(template_prefix, email, context, headers)

    # --- where to go ------------------------------------------------------------------------------------------------

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """« My courses », in the language the person prefers."""
        language = getattr(request.user, "language", "")
        if language not in dict(settings.LANGUAGES):
            language = get_language() or settings.LANGUAGE_CODE
        with override(language):
            return reverse(settings.LOGIN_REDIRECT_URL)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("signed-out")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")
