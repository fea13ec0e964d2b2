"""Where a person is signed in."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from operations.errors import Refused
from people import services
from people.models import User
from people.presence import begin
from people.queries.codes import sessions_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """The list; sign out in one browser, in all others, or everywhere. SQL: 2."""
    person = cast(User, request.user)
    key = request.session.session_key
    if request.method == "POST":
        what = request.POST.get("end", "")
        if what == "all":
            services.sign_out_everywhere(user=person)
            logout(request)
            return HttpResponseRedirect(reverse("signed-out"), status=303)
        if what == "others":
            ended = services.sign_out_everywhere(user=person, keep=key)
            begin(request)
            said = ngettext(
                "You are signed out in %(count)d other browser.",
                "You are signed out in %(count)d other browsers.",
                ended,
            )
            messages.success(request, said % {"count": ended})
        elif what.isascii() and what.isdigit() and len(what) < 12:
            try:
                services.end_session(user=person, id=int(what))
            except Refused as refusal:
                messages.warning(request, refusal.sentence)
            else:
                messages.success(request, _("You are signed out in that browser."))
        return HttpResponseRedirect(reverse("sessions"), status=303)
    return render(request, "people/sessions.html", {"sessions": sessions_of(person, key=key)})
