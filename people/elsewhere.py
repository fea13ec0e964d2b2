"""Signing in by another service (OpenID Connect), only where the operator has configured one.

It opens accounts that exist, linked by a staff number or an e-mail address that the other service vouches for. It makes
no account, gives no role and stores nothing of what the other service says but who it is there.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render

from operations.audit import record_change
from people.queries.accounts import account_for_claims


class ElsewhereAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        said: dict[str, Any] = sociallogin.account.extra_data
        claims = {**said.get("id_token", {}), **said.get("userinfo", {})} or said
        sociallogin.account.extra_data = {}
        if sociallogin.is_existing:
            return
        person = account_for_claims(claims, staff_claim=settings.OIDC_STAFF_CLAIM)
        if person is None:
            raise ImmediateHttpResponse(render(request, "people/elsewhere_unknown.html", status=403))
        sociallogin.connect(request, person)
        record_change(actor=person, code="people.linked-elsewhere", obj=person)
