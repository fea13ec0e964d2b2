"""The desk's pages about institutions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people import access, services
from people.manage_forms import InstitutionForm, MoveForm, NewInstitutionForm
from people.models import Institution, User
from people.policy import Capability
from people.queries import desk as queries
from people.views.desk import act, institution_for
from people.views.desk_person import form_page


def _page(institution: Institution) -> str:
    return reverse("manage-institution", args=[institution.code])


def _crumbs(institution: Institution | None = None) -> list[tuple[str, str]]:
    crumbs = [(reverse("manage-institutions"), _("Institutions"))]
    return [*crumbs, (_page(institution), str(institution))] if institution else crumbs


def _act_on(request: HttpRequest, institution: Institution, do: Callable[..., object], **page: Any) -> HttpResponse:
    """`act` on a page that hangs below an institution's and leads back to it."""
    return act(request, do=do, back=_page(institution), crumbs=_crumbs(institution), **page)


@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    """The institutions of the branch, indented."""
    reach = queries.reach_of(access.signed_in(request))
    return render(
        request,
        "people/desk/institutions.html",
        {"rows": queries.tree(reach), "may_add": access.can(access.signed_in(request), Capability.ADD_INSTITUTION)},
    )


@require_safe
def institution(request: HttpRequest, code: str) -> HttpResponse:
    """One institution: people, roles, what lies below."""
    found = institution_for(request, code, Capability.MANAGE_PEOPLE)
    reach = queries.reach_of(access.signed_in(request))
    return render(
        request,
        "people/desk/institution.html",
        {
            "file": queries.institution_file(access.signed_in(request), reach, found),
            "institution": found,
            "can": {
                "add": access.can(access.signed_in(request), Capability.ADD_INSTITUTION, found),
                "change": access.can(access.signed_in(request), Capability.MANAGE_INSTITUTIONS, found),
            },
            "page_size": queries.PAGE_SIZE,
        },
    )


@form_page
def new(request: HttpRequest) -> HttpResponse:
    """Put a new institution into the tree."""
    reach = queries.reach_of(access.signed_in(request))
    made: list[Institution] = []
    form = NewInstitutionForm(request.POST or None, reach=reach, initial={"parent": request.GET.get("below", "")})

    def do(*, code: str, kind: str, region: str, parent: Institution | None, actor: User, **_names: str) -> None:
        made.append(
            services.place_institution(
                code=code, name=form.names(), kind=kind, region=region, parent=parent, actor=actor
            )
        )

    return act(
        request,
        do=do,
        done=_("The institution is added."),
        back=lambda: _page(made[0]),
        heading=_("New institution"),
        button=_("Add the institution"),
        form=form,
        cancel=reverse("manage-institutions"),
        crumbs=_crumbs(),
    )


@form_page
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Name, kind, region."""
    found = institution_for(request, code, Capability.MANAGE_INSTITUTIONS)
    form = InstitutionForm(
        request.POST or None,
        initial={
            "name_fr": found.name.get("fr", ""),
            "name_en": found.name.get("en", ""),
            "kind": found.kind,
            "region": found.region,
        },
    )

    def do(*, kind: str, region: str, actor: User, **_names: str) -> None:
        services.change_institution(
            institution=found, name=form.names(found.name), kind=kind, region=region, actor=actor
        )

    return _act_on(
        request,
        found,
        do,
        done=_("The institution is saved."),
        heading=_("Change “%(institution)s”") % {"institution": found},
        title=_("Change “%(institution)s”") % {"institution": found},
        button=_("Save"),
        form=form,
    )


@form_page
def move(request: HttpRequest, code: str) -> HttpResponse:
    """Elsewhere in the tree."""
    found = institution_for(request, code, Capability.MANAGE_INSTITUTIONS)
    reach = queries.reach_of(access.signed_in(request))
    form = MoveForm(
        request.POST or None,
        reach=reach,
        institution=found,
        initial={"parent": found.parent.code if found.parent else ""},
    )
    return _act_on(
        request,
        found,
        partial(services.move_institution, institution=found),
        done=_("The institution is moved, with everything below it."),
        heading=_("Move “%(institution)s”") % {"institution": found},
        sentences=[
            _("Everything below it comes along. From then on it answers to whoever manages its new place."),
        ],
        button=_("Move the institution"),
        form=form,
        danger=True,
    )


@form_page
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Nobody can be put there any more."""
    found = institution_for(request, code, Capability.MANAGE_INSTITUTIONS)
    return _act_on(
        request,
        found,
        partial(services.close_institution, institution=found),
        done=_("The institution is closed."),
        heading=_("Close “%(institution)s”?") % {"institution": found},
        sentences=[
            _("Nobody can be put there any more. Figures of past years stay. You can open it again later."),
        ],
        button=_("Close the institution"),
        danger=True,
    )


@form_page
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """Open a closed institution again."""
    found = institution_for(request, code, Capability.MANAGE_INSTITUTIONS)
    return _act_on(
        request,
        found,
        partial(services.reopen_institution, institution=found),
        done=_("The institution is open again."),
        heading=_("Open “%(institution)s” again?") % {"institution": found},
        button=_("Open the institution"),
    )
