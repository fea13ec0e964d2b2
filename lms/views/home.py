"""The first screen: who it is for, where to begin, how to verify a certificate."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from lms.queries import audiences_with_courses


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The home page."""
    return render(request, "lms/home.html", {"audiences": audiences_with_courses()})


@require_safe
def speak(request: HttpRequest) -> HttpResponseRedirect:
    """Come back to `next` (an address without a language) once the middleware has set the language cookie."""
    target = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(target) if safe else redirect("home")
