from __future__ import annotations

from allauth.account.forms import LoginForm as AllauthLoginForm


class LoginForm(AllauthLoginForm):
    """The login form; the login may be a username, an e-mail address or a staff number."""
