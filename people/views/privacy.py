"""A person's own data: a copy of them, and the wish to be erased."""

from __future__ import annotations

from uuid import UUID

from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from operations.errors import Refused
from people import access, services
from people.models import DataExport, User
from people.queries.privacy import in_words, open_erasure
from people.services.erasure import remains_of, removed_by
from people.services.exports import job_of
from people.views.desk import see_other

TRIES = "10/h/user"  # of the password, before a request to be erased
_private = cache_control(no_store=True, private=True)


@_private
@require_http_methods(["GET", "HEAD", "POST"])
def my_data(request: HttpRequest) -> HttpResponse:
    """What can be asked for; a POST asks for a copy. SQL: 3."""
    person = access.signed_in(request)
    if request.method == "POST":
        services.ask_export(user=person)
        messages.success(request, _("The copy of your data is being made. You get a message when it is ready."))
        return see_other(reverse("my-data"))
    newest = DataExport.objects.filter(user=person).order_by("-asked").first()
    export = newest if newest is not None and (newest.ready is None or newest.is_open) else None
    job = job_of(export) if export is not None and export.ready is None else None
    context = {
        "export": export,
        "job": job,
        "percent": round(100 * job.done / job.total) if job is not None and job.total else 0,
        "failed": job is not None and job.status == job.Status.FAILED,
        "erasure": open_erasure(person),
    }
    return render(request, "people/my_data.html", context)


@_private
@require_safe
def my_data_file(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """The copy, for its holder only and while it is kept: 404 to everybody else, 410 afterwards."""
    export = DataExport.objects.filter(pk=id, user=access.signed_in(request)).first()
    if export is None or export.ready is None:
        raise Http404
    if not export.is_open or not default_storage.exists(export.file):
        return render(request, "people/my_data_gone.html", status=410)
    response = FileResponse(default_storage.open(export.file), content_type="application/zip")
    # Neither who nor what: a phone shows names of files.
    response["Content-Disposition"] = f'attachment; filename="kalanso-{timezone.localdate(export.ready):%Y-%m-%d}.zip"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


# --- erasure --------------------------------------------------------------------------------------------------------


class SureForm(forms.Form):
    """The password, or for accounts without one the username: what a person types who means it."""

    proof = forms.CharField(max_length=254, strip=False)

    def __init__(self, *args: object, person: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.person, field = person, self.fields["proof"]
        if person.has_usable_password():
            field.label = _("Your password")
            field.widget = forms.PasswordInput({"autocomplete": "current-password"})
        else:
            field.label = _("Your username")
            field.widget = forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"})

    def clean_proof(self) -> str:
        given: str = self.cleaned_data["proof"]
        if self.person.has_usable_password():
            right, sentence = self.person.check_password(given), gettext_lazy("This is not your password.")
        else:
            right, sentence = given.strip() == self.person.username, gettext_lazy("This is not your username.")
        if not right:
            raise forms.ValidationError(sentence)
        return given


@sensitive_post_parameters("proof")
@_private
@require_http_methods(["GET", "HEAD", "POST"])
def erase_account(request: HttpRequest) -> HttpResponse:
    """What would be removed and what would stay, in numbers; then the question, with the password."""
    person = access.signed_in(request)
    if open_erasure(person) is not None:
        return see_other(reverse("my-data"))
    refusal = None
    if request.method == "POST" and not _may_try(request):
        refusal = Refused(_("Too many wrong passwords."), _("Try again in an hour."))
    form = SureForm((request.POST or None) if refusal is None else None, person=person)
    if request.method == "POST" and refusal is None and form.is_valid():
        try:
            services.ask_erasure(user=person)
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Your request was sent. Until it is carried out you can take it back here."))
            return see_other(reverse("my-data"))
    context = {
        "form": form,
        "refusal": refusal,
        "removed": in_words(removed_by(user=person)),
        "remains": in_words(remains_of(person)),
    }
    return render(request, "people/erase_account.html", context, status=422 if request.method == "POST" else 200)


def _may_try(request: HttpRequest) -> bool:
    """Whoever found an open browser does not guess the password here."""
    tries = ratelimit.consume(
        request, app="people", action="erase", config={"erase": TRIES}, user=access.signed_in(request)
    )
    return tries is not None


@require_POST
def erase_withdraw(request: HttpRequest) -> HttpResponse:
    """Take the own request back."""
    person = access.signed_in(request)
    if (found := open_erasure(person)) is not None:
        services.withdraw_erasure(request=found, actor=person)
        messages.success(request, _("Your request was taken back. Nothing was erased."))
    return see_other(reverse("my-data"))
