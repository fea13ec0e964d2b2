"""Ways in beside the password: slips and recovery codes, invitations; and what is read on the way in and out."""

from __future__ import annotations

import time
from typing import cast
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from operations.errors import Refused
from people import services
from people.forms import INVITATION, EnterForm, FirstPasswordForm
from people.models import LoginCode, User
from people.names import shown_names
from people.presence import MUST_READ, SHARED
from people.queries.codes import codes_of, holder_of, untold_codes

ENTRY = "entry"  # key of the session: the code that was found, and until when its password may be chosen
CHOOSE_WITHIN = 15 * 60  # seconds

_private = cache_control(no_store=True)


def _see_other(name: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name), status=303)


@_private
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, code: str = "") -> HttpResponse:
    """Sign in with a code. The square code of a slip leads here with the code filled in; it is used by nothing but the
    choice of a password, so that looking at the address uses nothing up. SQL: 1 with a code in the address, 3 to look
    a pair up."""
    if request.user.is_authenticated:
        return render(request, "people/enter_signed_in.html")
    if request.method != "POST":
        if limited := ratelimit.consume_or_429(request, action="look_at_code", limit_get=True):
            return limited
        holder = holder_of(code) if code else None
        form = EnterForm(initial={"code": code, "login": holder.username if holder else ""})
        return render(request, "people/enter.html", {"form": form})
    form = EnterForm(request.POST)
    if form.is_valid():
        login, text = form.cleaned_data["login"], form.cleaned_data["code"]
        try:
            found = get_adapter().try_code(request, login, lambda: services.look_at(login=login, text=text))
        except Refused as refusal:
            form.add_error(None, f"{refusal.sentence} {refusal.next_step}".strip())
        else:
            request.session[ENTRY] = {"code": str(found.pk), "until": time.time() + CHOOSE_WITHIN}
            return _see_other("enter-password")
    return render(request, "people/enter.html", {"form": form}, status=422)


@_private
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def enter_password(request: HttpRequest) -> HttpResponse:
    """Choose the password, then be signed in. What a recovery changes is said before."""
    entry = request.session.get(ENTRY, {})
    if request.user.is_authenticated or entry.get("until", 0) < time.time():
        request.session.pop(ENTRY, None)
        return HttpResponseRedirect(reverse("enter"))
    row = LoginCode.objects.select_related("user", "made_by").filter(pk=entry["code"]).first()
    if row is None:
        raise Http404
    form = FirstPasswordForm(data=request.POST or None, user=row.user)
    if request.method == "POST" and form.is_valid():
        try:
            used = services.use_code(code=row, password=form.cleaned_data["password1"])
        except Refused as refusal:
            del request.session[ENTRY]
            messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
            return _see_other("enter")
        del request.session[ENTRY]
        shared = bool(form.cleaned_data.get("shared"))
        request.session[SHARED] = shared
        response = perform_login(request, used.user)
        request.session.set_expiry(0 if shared else settings.SESSION_COOKIE_AGE)
        return response
    context = {"form": form, "code": row, "person": row.user, "recovery": row.purpose == LoginCode.Purpose.RECOVERY}
    context["names"] = shown_names([row.made_by], row.user)
    return render(request, "people/enter_password.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def told(request: HttpRequest) -> HttpResponse:
    """Who made recovery codes for the account, and when: to be read once before anything else, and later at will."""
    person = cast(User, request.user)
    if request.method == "POST":
        services.acknowledge(user=person)
        request.session.pop(MUST_READ, None)
        return HttpResponseRedirect(get_adapter().get_login_redirect_url(request), status=303)
    new = untold_codes(person)
    if not new:
        request.session.pop(MUST_READ, None)
    codes = [] if new else codes_of(person)
    names = shown_names([maker for row in new or codes for maker in (row.made_by, row.confirmed_by)], person)
    return render(request, "people/told.html", {"new": new, "codes": codes, "names": names})


@login_required
@require_http_methods(["POST"])
def withdraw_own_code(request: HttpRequest, id: UUID) -> HttpResponse:
    """The holder takes back a code that somebody made for the account."""
    row = LoginCode.objects.filter(pk=id, user=cast(User, request.user)).first()
    if row is None:
        raise Http404
    try:
        services.withdraw_code(code=row, actor=cast(User, request.user))
    except Refused as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
    else:
        messages.success(request, _("The code is withdrawn. It opens nothing any more."))
    return _see_other("told")


@_private
@require_safe
def join(request: HttpRequest, code: str) -> HttpResponse:
    """The link of an invitation: what it is for, or why it is none."""
    if limited := ratelimit.consume_or_429(request, action="look_at_code", limit_get=True):
        return limited
    try:
        invitation = services.open_invitation(code)
    except Refused as refusal:
        return render(request, "people/join.html", {"refusal": refusal}, status=410)
    request.session[INVITATION] = code
    return render(request, "people/join.html", {"invitation": invitation})


@_private
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """The page after signing out."""
    return render(request, "people/signed_out.html")
