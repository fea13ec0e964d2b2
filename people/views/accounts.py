"""The account page, and what a login leaves in the session."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from people.forms import AccountForm
from people.models import Membership, User
from people.queries.accounts import own_professions
from people.queries.confirmation import own_protection
from people.services import change_details


@sensitive_post_parameters("current_password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The person's own account: name, e-mail, language; staff number to read."""
    # A copy: a refused form must not change what the header shows.
    person = User.objects.get(username=request.user.get_username())
    form = AccountForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        change_details(
            user=person,
            first_name=given["first_name"],
            last_name=given["last_name"],
            email=given["email"],
            language=given["language"],
            sex=given["sex"],
        )
        with override(given["language"] or get_language()):
            messages.success(request, _("Your account is saved."))
            return HttpResponseRedirect(reverse("account"), status=303)
    context = {
        "form": form,
        "protection": own_protection(person),
        "places": Membership.objects.on().filter(user=person).select_related("institution").order_by("since"),
        "professions": own_professions(person),
    }
    return render(request, "people/account.html", context, status=422 if form.errors else 200)
