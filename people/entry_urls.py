"""What of allauth is offered under /accounts/; its other screens (e-mail management, login codes) do not exist here."""

from __future__ import annotations

from allauth.account import views
from allauth.mfa import urls as second_step
from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView, TemplateView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="account_login"), name="accounts"),
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path("confirm-email/", views.email_verification_sent, name="account_email_verification_sent"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("second-step/", include(second_step)),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]

if settings.OIDC_SERVER:  # allauth puts its own beginning, oidc/, before these
    urlpatterns += [
        path("", include("allauth.socialaccount.providers.openid_connect.urls")),
        path(
            "elsewhere/cancelled/",
            TemplateView.as_view(template_name="socialaccount/login_cancelled.html"),
            name="socialaccount_login_cancelled",
        ),
        path(
            "elsewhere/error/",
            TemplateView.as_view(template_name="socialaccount/authentication_error.html"),
            name="socialaccount_login_error",
        ),
    ]
