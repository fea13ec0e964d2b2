"""Addresses of slips, codes and invitations, under /<lang>/manage/."""

from __future__ import annotations

from django.urls import URLPattern, path

from people.views import codes

urlpatterns: list[URLPattern] = [
    path("slips/", codes.slips_page, name="slips"),
    path("codes/", codes.login_codes, name="login-codes"),
    path("codes/<uuid:id>/", codes.login_code, name="login-code"),
    path("codes/<uuid:id>/slip/", codes.login_code_slip, name="login-code-slip"),
    path("codes/<uuid:id>/confirm/", codes.confirm_code, name="login-code-confirm"),
    path("codes/<uuid:id>/withdraw/", codes.withdraw_code, name="login-code-withdraw"),
    path("people/<uuid:key>/code/", codes.recovery, name="recovery"),
    path("invitations/", codes.invitations, name="invitations"),
    path("invitations/new/", codes.invite, name="invite"),
    path("invitations/<uuid:id>/", codes.invitation, name="invitation"),
    path("invitations/<uuid:id>/withdraw/", codes.withdraw_invitation, name="invitation-withdraw"),
]
