"""What a person does so that a phone, or a stranger, learns nothing: clear the device, choose the word."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from operations.errors import Refused
from people import services
from people.access import signed_in
from people.forms import WordForm
from people.presence import leave_nothing, waiting_here
from people.queries.confirmation import own_protection


@sensitive_post_parameters("word")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def word(request: HttpRequest) -> HttpResponse:
    """The word that confirms a protected person's certificates; 404 for everybody else. SQL: 1."""
    person = signed_in(request)
    protection = own_protection(person)
    if protection is None:
        raise Http404
    form = WordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.choose_word(user=person, word=form.cleaned_data["word"])
        except Refused as refusal:
            form.add_error("word", f"{refusal.sentence} {refusal.next_step}".strip())
        else:
            messages.success(request, _("The word is saved. The one before no longer confirms anything."))
            return HttpResponseRedirect(reverse("account"), status=303)
    context = {"form": form, "protection": protection}
    return render(request, "people/word.html", context, status=422 if form.errors else 200)


@csrf_exempt  # a page that the browser kept must still clear after its session has ended
@require_http_methods(["GET", "HEAD", "POST"])
def clear(request: HttpRequest) -> HttpResponse:
    """Say what clearing this phone does and what it cannot; on POST do it. For everybody, signed in or not."""
    if request.method != "POST" or request.headers.get("Sec-Fetch-Site") == "cross-site":
        return render(request, "people/clear.html", {"waiting": waiting_here(request)})
    logout(request)
    leave_nothing(request)
    return render(request, "people/cleared.html")
