"""Pathways as administrators edit them."""

from __future__ import annotations

from typing import Any

import yaml
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from certificates.definition import MOST, Wrong
from certificates.models import Pathway
from certificates.services import definitions
from content.models import KeptDocument
from operations.errors import Refused
from people.access import signed_in


@require_safe
def pathways(request: HttpRequest) -> HttpResponse:
    """Every pathway: stages, people, and whose wording it is. 1 query."""
    rows = Pathway.objects.annotate(people=Count("candidates")).order_by("slug")
    return render(request, "certificates/definitions.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def pathway(request: HttpRequest, slug: str = "") -> HttpResponse:
    """One pathway's text; without a slug, a new one. What was typed stays where it cannot be kept."""
    found = get_object_or_404(Pathway, slug=slug) if slug else None
    faults: list[str] = []
    text = request.POST.get("text", "")[: MOST + 1] if request.method == "POST" else _text(found)
    if request.method == "POST":
        try:
            done = _done(request, found, text)
        except Wrong as wrong:
            faults = wrong.sentences
        except Refused as refusal:
            faults = [f"{refusal.sentence} {refusal.next_step}".strip()]
        else:
            messages.success(request, done)
            return HttpResponse(status=303, headers={"Location": reverse("manage-pathways")})
    context: dict[str, Any] = {"pathway": found, "text": text, "faults": faults, "most": MOST}
    return render(request, "certificates/definition.html", context, status=422 if faults else 200)


def _done(request: HttpRequest, found: Pathway | None, text: str) -> str:
    actor, act = signed_in(request), request.POST.get("do", "save")
    if found is not None and act == "reset":
        definitions.reset_pathway(pathway=found, actor=actor)
        return _("The wording of the curriculum stands again.")
    if found is not None and act == "remove":
        definitions.remove_pathway(pathway=found, actor=actor)
        return _("The pathway is removed.")
    definitions.save_pathway(text=text.replace("\r\n", "\n"), actor=actor, pathway=found)
    return _("The pathway is saved. Whoever is under way keeps what was decided.")


def _text(found: Pathway | None) -> str:
    """The definition as text: the curriculum's file with its comments, where it is the file's."""
    if found is None:
        return ""
    kept = KeptDocument.objects.filter(kind="pathways", digest=found.digest).first() if found.digest else None
    return kept.text if kept else yaml.safe_dump(found.definition, allow_unicode=True, sort_keys=False, width=120)
