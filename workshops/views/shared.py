"""What the screens of workshops share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from operations.errors import Refused
from people import access
from people.policy import Capability
from workshops.models import Registration, Session, Workshop


def see_other(address: str) -> HttpResponseRedirect:
    """To the next page after something was sent."""
    return HttpResponseRedirect(address, status=303)


def page_of(workshop: Workshop) -> str:
    return reverse("workshop", args=[workshop.pk])


def people_of(workshop: Workshop) -> str:
    return reverse("workshop-people", args=[workshop.pk])


def workshop_for(request: HttpRequest, id: UUID, capability: Capability) -> Workshop:
    """The workshop of an address; 404 to those who have nothing to do with it, 403 to the wrong role."""
    found = Workshop.objects.filter(pk=id).select_related("organiser", "course", "project").first()
    if found is None:
        raise Http404
    access.require(access.signed_in(request), capability, found)
    return found


def session_for(request: HttpRequest, pk: UUID, capability: Capability) -> Session:
    """The session of an address, as above."""
    found = Session.objects.filter(pk=pk).select_related("workshop__organiser", "workshop__course").first()
    if found is None:
        raise Http404
    access.require(access.signed_in(request), capability, found.workshop)
    return found


def registration_for(request: HttpRequest, pk: UUID, capability: Capability) -> Registration:
    """The registration of an address, as above; asked of the workshop, so that nobody acts on their own by being on it."""
    rows = Registration.objects.filter(pk=pk)
    found = rows.select_related("workshop__organiser", "user", "institution", "created_by").first()
    if found is None:
        raise Http404
    access.require(access.signed_in(request), capability, found.workshop)
    return found


def own_registration(request: HttpRequest, id: UUID) -> Registration:
    """The person's own place on the list; 404 for everybody else."""
    rows = Registration.objects.select_related("workshop__organiser", "workshop__course")
    row = rows.filter(workshop=id, user=access.signed_in(request)).exclude(workshop__status=Workshop.Status.DRAFT)
    found = row.order_by("-created").first()
    if found is None:
        raise Http404
    return found


Crumbs = list[tuple[str, str]]


def crumbs(workshop: Workshop | None = None, *more: tuple[str, str]) -> Crumbs:
    """(address, words) of the way back; codes, not subjects."""
    found = [(reverse("workshops"), _("Workshops"))]
    if workshop is not None:
        found.append((page_of(workshop), workshop.code))
    return [*found, *more]


def act(
    request: HttpRequest,
    *,
    do: Callable[[Mapping[str, Any]], object],
    done: str | Callable[[], str],
    back: str | Callable[[], str],
    heading: str,
    button: str,
    form: forms.BaseForm | None = None,
    sentences: list[str] | None = None,
    danger: bool = False,
    cancel: str = "",
    way: Crumbs | None = None,
    action: str = "",
    extra: Mapping[str, Any] | None = None,
    template: str = "workshops/act.html",
) -> HttpResponse:
    """A page with one thing to do, which says what it will do: shown on GET, done on POST.

    do: takes the form's clean data, may raise Refused, whose sentence is shown above the form.
    """
    refusal = None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            do(form.cleaned_data if form is not None else {})
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, done() if callable(done) else done)
            return see_other(back() if callable(back) else back)
    context = {
        "heading": heading,
        "button": button,
        "form": form,
        "sentences": sentences or [],
        "danger": danger,
        "cancel": cancel or (back if isinstance(back, str) else reverse("workshops")),
        "crumbs": way or crumbs(),
        "refusal": refusal,
        "action": action,
        **(extra or {}),
    }
    return render(request, template, context, status=422 if request.method == "POST" else 200)
