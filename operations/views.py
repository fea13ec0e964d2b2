"""The inbox: what a person was told, and how they want to hear of it. Everybody sees only their own."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_from_path, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from operations import deliveries, notify
from operations.forms import PreferenceForm
from operations.models import Message

A_PAGE = 20


def _person(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The messages, newest first. 2 queries beside the session, the person and the names of those who acted."""
    page = Paginator(notify.inbox(_reader(request)), A_PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    names = notify.names_of_actors(found, _reader(request))
    news = [
        {
            "message": message,
            "heading": notify.heading(message),
            "sentence": notify.sentence(message, actor=names.get(message.actor_id, "")),
        }
        for message in found
    ]
    unread = getattr(_person(request), "unread_messages", 0)
    return render(request, "operations/inbox.html", {"news": news, "page": page, "unread": unread})


@login_required
@require_POST
def open_message(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark a message read and go where it leads, in the language of this page; back to the inbox where it leads nowhere."""
    message = _own(request, pk)
    notify.mark_read(message=message)
    target = message.url
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return _back(request)
    if get_language_from_path(target):  # written in the language of whoever caused it
        target = f"/{get_language()}/{target.split('/', 2)[2]}"
    return HttpResponseRedirect(target, status=303)


@login_required
@require_POST
def delete_message(request: HttpRequest, pk: UUID) -> HttpResponse:
    notify.delete_message(message=_own(request, pk))
    messages.success(request, _("The message is deleted."))
    return _back(request)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    count = notify.mark_all_read(person=_reader(request))
    if count:
        words = ngettext("%(count)d message is marked as read.", "%(count)d messages are marked as read.", count)
        messages.success(request, words % {"count": count})
    return _back(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """When e-mails come. Without an e-mail address the page says so, and keeps the wish all the same."""
    form = PreferenceForm(
        request.POST if request.method == "POST" else None, instance=deliveries.preference_of(_reader(request))
    )
    if request.method == "POST" and form.is_valid():
        deliveries.change_preference(person=_reader(request), **form.cleaned_data)
        messages.success(request, _("Your choice is saved."))
        return HttpResponseRedirect(reverse("message-preferences"), status=303)
    context: dict[str, Any] = {"form": form, "address": deliveries.address_of(_reader(request))}
    return render(request, "operations/preferences.html", context, status=422 if form.errors else 200)


def _reader(request: HttpRequest) -> AbstractBaseUser:
    """The person whose inbox it is; views ask for a login first."""
    return cast("AbstractBaseUser", request.user)


def _own(request: HttpRequest, pk: UUID) -> Message:
    """The person's own message; 404 for everybody else's."""
    return get_object_or_404(notify.inbox(_reader(request)), pk=pk)


def _back(request: HttpRequest) -> HttpResponse:
    page = request.POST.get("page", "")
    query = f"?page={page}" if page.isdecimal() and page != "1" else ""
    return HttpResponseRedirect(reverse("inbox") + query, status=303)
