"""Participants from a file: send it, read what will happen, confirm."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations.errors import Refused
from people import access
from people.policy import Capability
from workshops.services import lists
from workshops.sheets import LARGEST
from workshops.views.planning import form_page
from workshops.views.shared import crumbs, people_of, see_other, workshop_for


@form_page
def take(request: HttpRequest, id: UUID) -> HttpResponse:
    """First the file, then the preview, then the list. Nothing is saved before the preview is confirmed."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    viewer = access.signed_in(request)
    preview = refusal = None
    if request.method == "POST":
        try:
            if token := request.POST.get("preview", ""):
                chosen = {
                    int(name.removeprefix("line-")): str(value)
                    for name, value in request.POST.items()
                    if name.startswith("line-") and name.removeprefix("line-").isdigit()
                }
                made = lists.import_list(workshop=found, token=token, chosen=chosen, actor=viewer)
                words = ngettext("%(count)d person is on the list.", "%(count)d people are on the list.", len(made))
                messages.success(request, words % {"count": len(made)})
                return see_other(people_of(found))
            preview = lists.preview_list(workshop=found, content=_content(request), name="", actor=viewer)
        except Refused as caught:
            refusal = caught
    context = {
        "workshop": found,
        "preview": preview,
        "refusal": refusal,
        "crumbs": crumbs(found, (people_of(found), _("List"))),
    }
    return render(request, "workshops/import.html", context, status=422 if refusal else 200)


def _content(request: HttpRequest) -> bytes:
    given = request.FILES.get("file")
    if given is None:
        raise Refused(_("No file was chosen."), _("Choose the list and send it again."))
    content: bytes = given.read(LARGEST + 1)
    return content
