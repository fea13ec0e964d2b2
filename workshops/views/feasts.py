"""The calendar of feasts: read by those who plan, written by administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from operations.words import in_language
from people import access
from people.policy import Capability
from workshops import services
from workshops.forms import FeastForm
from workshops.models import Feast
from workshops.queries.planning import feasts_from
from workshops.views.planning import form_page
from workshops.views.shared import act, crumbs


def _way() -> list[tuple[str, str]]:
    return [*crumbs(), (reverse("feasts"), _("Calendar of feasts"))]


@require_safe
def feasts(request: HttpRequest) -> HttpResponse:
    """Feasts and Ramadan from last year on."""
    day = timezone.localdate().replace(month=1, day=1)
    rows = [(feast, in_language(feast.name)) for feast in feasts_from(day)]
    may_change = access.can(access.signed_in(request), Capability.SITE_SETTINGS)
    return render(request, "workshops/feasts.html", {"rows": rows, "may_change": may_change, "crumbs": crumbs()})


def _save(request: HttpRequest, feast: Feast | None, data: Mapping[str, Any]) -> Feast:
    return services.save_feast(
        feast=feast,
        name={"fr": data["fr"], "en": data["en"] or data["fr"]},
        starts=data["starts"],
        ends=data["ends"],
        working=data["working"],
        expected=data["expected"],
        actor=access.signed_in(request),
    )


@form_page
def new(request: HttpRequest) -> HttpResponse:
    """One more feast."""
    return act(
        request,
        do=lambda data: _save(request, None, data),
        done=_("The calendar is saved."),
        back=reverse("feasts"),
        heading=_("New feast"),
        button=_("Save"),
        form=FeastForm(request.POST or None),
        way=_way(),
    )


@form_page
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a feast: those that follow the moon are announced a day before."""
    feast = get_object_or_404(Feast, pk=pk)
    initial = {
        "fr": feast.name.get("fr", ""),
        "en": feast.name.get("en", ""),
        "starts": feast.starts,
        "ends": feast.ends,
        "working": feast.working,
        "expected": feast.expected,
    }
    return act(
        request,
        do=lambda data: _save(request, feast, data),
        done=_("The calendar is saved."),
        back=reverse("feasts"),
        heading=_("Change “%(feast)s”") % {"feast": in_language(feast.name)},
        button=_("Save"),
        form=FeastForm(request.POST or None, initial=initial),
        way=_way(),
    )


@form_page
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a feast out."""
    feast = get_object_or_404(Feast, pk=pk)
    return act(
        request,
        do=lambda data: services.remove_feast(feast=feast, actor=access.signed_in(request)),
        done=_("The feast is removed."),
        back=reverse("feasts"),
        heading=_("Remove “%(feast)s”?") % {"feast": in_language(feast.name)},
        button=_("Remove"),
        danger=True,
        way=_way(),
    )
