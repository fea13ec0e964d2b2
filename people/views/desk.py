"""The manager's desk: its first screen, the list of people, and the list as a file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.defaultfilters import date as written_date
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from operations.audit import record_change
from operations.errors import Refused
from people import access, panels
from people.models import Institution, Role, User
from people.policy import Capability
from people.queries import desk as queries

# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


# --- what the screens of the desk share -----------------------------------------------------------------------------


def see_other(address: str) -> HttpResponseRedirect:
    """To the next page after something was sent."""
    return HttpResponseRedirect(address, status=303)


def person_for(request: HttpRequest, key: UUID, capability: Capability) -> User:
    """The person of an address; 404 to those who have nothing to do with the person, 403 to the wrong role."""
    person = queries.person_by_key(key)
    if person is None:
        raise Http404
    access.require(access.signed_in(request), capability, person)
    return person


def institution_for(request: HttpRequest, code: str, capability: Capability) -> Institution:
    """The institution of an address; 404 and 403 as above."""
    institution = Institution.objects.filter(code=code).select_related("parent").first()
    if institution is None:
        raise Http404
    access.require(access.signed_in(request), capability, institution)
    return institution


def act(
    request: HttpRequest,
    *,
    do: Callable[..., object],
    done: str | Callable[[], str],
    back: str | Callable[[], str],
    heading: str,
    button: str,
    form: forms.Form | None = None,
    sentences: list[str] | None = None,
    danger: bool = False,
    cancel: str = "",
    crumbs: list[tuple[str, str]] | None = None,
    title: str = "",
) -> HttpResponse:
    """A page with one thing to do, which says what it will do: shown on GET, done on POST.

    do: called with the form's clean data and the actor, as services are; may raise Refused, whose sentence is shown
    above the form. done, back: what is said afterwards, and where. crumbs: (address, words). title: the page's name in
    the window and in the crumbs, where the button's words do not tell; no name of a person, since a browser remembers
    titles.
    """
    refusal = None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            do(**(form.cleaned_data if form is not None else {}), actor=access.signed_in(request))
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, done() if callable(done) else done)
            return see_other(back() if callable(back) else back)
    return render(
        request,
        "people/desk/act.html",
        {
            "title": title or button,
            "heading": heading,
            "button": button,
            "form": form,
            "sentences": sentences or [],
            "danger": danger,
            "cancel": cancel or (back if isinstance(back, str) else reverse("manage")),
            "crumbs": crumbs or [],
            "refusal": refusal,
        },
        status=422 if request.method == "POST" else 200,
    )


# --- the first screen -----------------------------------------------------------------------------------------------


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Counts of the branch, and what needs attention."""
    reach = queries.reach_of(access.signed_in(request))
    chosen = reach.get(request.GET.get("institution", ""))
    screen = queries.home(access.signed_in(request), reach, chosen)
    scope = (
        None
        if reach.everywhere and chosen is None
        else [found for found in reach.institutions if chosen is None or found.path.startswith(chosen.path)]
    )
    return render(
        request,
        "people/desk/home.html",
        {
            "screen": screen,
            "reach": reach,
            "chosen": chosen,
            "where": {"institution": chosen.code} if chosen else {},
            "lines": [*_lines(screen, chosen), *panels.attention(access.signed_in(request), scope)],
            "may_erase": access.can(access.signed_in(request), Capability.ERASE_PEOPLE),
            "may_add": access.can(access.signed_in(request), Capability.ADD_INSTITUTION),
        },
    )


def _lines(screen: queries.Home, chosen: Institution | None) -> Iterator[panels.Attention]:
    where = {"institution": chosen.code} if chosen else {}
    people = reverse("manage-people")
    for words, count, status in (
        (_("Professions to confirm"), screen.to_confirm, "to-confirm"),
        (_("Accounts never used"), screen.never, "never"),
    ):
        if count:
            yield panels.Attention(words, count, f"{people}?{urlencode({**where, 'status': status})}")


# --- the list of people ---------------------------------------------------------------------------------------------


def _wanted(request: HttpRequest) -> queries.Wanted:
    given = request.GET
    page = given.get("page", "")
    return queries.Wanted(
        query=given.get("q", "")[: queries.QUERY_LENGTH * 2],
        institution=given.get("institution", ""),
        audience=given.get("audience", ""),
        role=given.get("role", ""),
        status=given.get("status", ""),
        sort=given.get("sort", "name"),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """The people of the branch: search, filters, order, pages."""
    reach = queries.reach_of(access.signed_in(request))
    screen = queries.people_page(access.signed_in(request), reach, _wanted(request))
    wanted = screen.wanted
    here = reverse("manage-people")
    first = min((found.depth for found in reach.institutions), default=0)
    return render(
        request,
        "people/desk/people.html",
        {
            "screen": screen,
            "reach": reach,
            "places": [
                (found.code, "\u00a0\u00a0\u00a0" * (found.depth - first) + str(found)) for found in reach.institutions
            ],
            "roles": [(queries.TRAINEE, _("no role")), *Role.choices],
            "statuses": _statuses(),
            "sorts": _sorts(),
            "export": f"{reverse('manage-people-export')}?{urlencode(wanted.parameters)}",
            "pages": [
                (
                    number,
                    f"{here}?{urlencode({**wanted.parameters, 'page': number})}" if isinstance(number, int) else "",
                )
                for number in screen.page.paginator.get_elided_page_range(screen.page.number, on_each_side=1, on_ends=1)
            ],
            "nowhere": queries.NOWHERE,
        },
    )


def _statuses() -> list[tuple[str, str]]:
    return [
        ("active", _("account open")),
        ("never", _("account never used")),
        ("closed", _("account closed")),
        ("to-confirm", _("profession to confirm")),
        ("role-ending", _("role ending within 60 days")),
    ]


def _sorts() -> list[tuple[str, str]]:
    return [
        ("name", _("Name, A to Z")),
        ("-name", _("Name, Z to A")),
        ("-seen", _("Last sign-in, newest first")),
        ("seen", _("Last sign-in, oldest first")),
        ("new", _("Newest accounts first")),
    ]


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The filtered list as a CSV file. Protected people stand in it by their pseudonym, whoever asks."""
    reach = queries.reach_of(access.signed_in(request))
    wanted, lines = queries.exported_people(access.signed_in(request), reach, _wanted(request))
    place = reach.get(wanted.institution) or (reach.tops[0] if len(reach.tops) == 1 else None)
    record_change(
        actor=access.signed_in(request),
        code="people.list-exported",
        obj=("people.list", place.code if place else ""),
        after={"people": len(lines), "fields": sorted(wanted.filters)},
        branch=place.path if place else None,
    )
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")  # the mark tells spreadsheets UTF-8
    response["Content-Disposition"] = f'attachment; filename="list-{timezone.localdate().isoformat()}.csv"'
    # Spreadsheets of French speakers part cells at semicolons.
    writer = csv.writer(response, delimiter=";" if (get_language() or "").startswith("fr") else ",")
    writer.writerow(
        [
            *(_("Name"), _("Staff number"), _("Institution"), _("Post"), _("Roles"), _("Profession")),
            *(_("Account"), _("Last sign-in")),
        ]
    )
    states = {"active": pgettext("account", "open"), "never": _("never used"), "closed": pgettext("account", "closed")}
    for line in lines:
        writer.writerow(
            [
                _cell(text)
                for text in (
                    line.name,
                    "" if line.protected else line.person.staff_number or "",
                    str(line.institution or ""),
                    line.post,
                    ", ".join(line.roles),
                    ", ".join(line.audiences),
                    states[line.state],
                    written_date(line.person.last_login, "Y-m-d") if line.person.last_login else "",
                )
            ]
        )
    return response


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
