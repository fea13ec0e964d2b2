"""The desk's pages about one person: the file, the account, where the person belongs."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from operations import clock
from operations.audit import record_look
from people import access, audiences, panels, services
from people.manage_forms import (
    DayForm,
    JoinForm,
    NewPersonForm,
    PersonForm,
    ReasonForm,
    SupervisorForm,
    TransferForm,
)
from people.models import User
from people.names import is_protected, shown_name
from people.policy import Capability
from people.queries import desk as queries
from people.views.desk import act, person_for, see_other

# In the session: of which person an administrator was shown the name, and until when no reason is asked for again.
NAME_SHOWN = "name-shown"
MAY_GO_ON = 15 * 60  # seconds
NAME_IDS = "name_%s"  # two forms on the page ask for a reason

form_page = require_http_methods(["GET", "HEAD", "POST"])


def file_crumbs(person: User, request: HttpRequest) -> list[tuple[str, str]]:
    """People › this person."""
    return [
        (reverse("manage-people"), _("People")),
        (reverse("manage-person", args=[person.key]), shown_name(person, access.signed_in(request))),
    ]


def file_of(person: User) -> str:
    """The address of a person's page."""
    return reverse("manage-person", args=[person.key])


def act_on(request: HttpRequest, person: User, do: Callable[..., object], **page: Any) -> HttpResponse:
    """`act` on a page that hangs below a person's file and leads back to it."""
    return act(request, do=do, **{"back": file_of(person), "crumbs": file_crumbs(person, request), **page})


# --- the file -------------------------------------------------------------------------------------------------------


@require_safe
def person(request: HttpRequest, key: UUID) -> HttpResponse:
    """What the desk knows of a person."""
    return _file(request, person_for(request, key, Capability.SEE_CERTIFIED))


@form_page
def results(request: HttpRequest, key: UUID) -> HttpResponse:
    """The file with results, for those who must say why they look. The look is written down each time."""
    found = person_for(request, key, Capability.SEE_FINAL_RESULTS)
    if request.method != "POST":  # the page was opened again, or in another language
        return redirect("manage-person", key)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _file(request, found, form=form)
    if access.is_logged(access.signed_in(request), Capability.SEE_FINAL_RESULTS, found):
        record_look(
            actor=access.signed_in(request),
            code="people.looked-at-results",
            obj=found,
            reason=form.cleaned_data["reason"],
        )
    return _file(request, found, reason_given=True)


@form_page
def name(request: HttpRequest, key: UUID) -> HttpResponse:
    """The file of a protected person with the name, for those who say why they look; each look is written down."""
    found = person_for(request, key, Capability.MANAGE_PEOPLE)
    if request.method != "POST":
        return redirect("manage-person", key)
    access.require(access.signed_in(request), Capability.NAME_OF_PROTECTED, found)
    form = ReasonForm(request.POST, auto_id=NAME_IDS)
    if not form.is_valid():
        return _file(request, found, name_form=form)
    reason = form.cleaned_data["reason"]
    _look_at_name(request, found, reason)
    request.session[NAME_SHOWN] = [str(found.key), time.time() + MAY_GO_ON, reason]
    return _file(request, found, name_asked=True)


def _look_at_name(request: HttpRequest, found: User, reason: str) -> None:
    viewer = access.signed_in(request)
    if access.is_logged(viewer, Capability.NAME_OF_PROTECTED, found):
        record_look(actor=viewer, code="people.looked-at-name", obj=found, reason=reason)


def _reason_given(request: HttpRequest, found: User) -> str | None:
    """Why the viewer reads the name of this protected person, as said a moment ago; "" where nobody asks, None where
    it must be said first."""
    if not access.needs_reason(access.signed_in(request), Capability.NAME_OF_PROTECTED, found):
        return ""
    key, until, reason = request.session.get(NAME_SHOWN, ("", 0, ""))
    return str(reason) if key == str(found.key) and time.time() < until else None


def _file(
    request: HttpRequest,
    found: User,
    *,
    form: ReasonForm | None = None,
    name_form: ReasonForm | None = None,
    reason_given: bool = False,
    name_asked: bool = False,
) -> HttpResponse:
    viewer = access.signed_in(request)
    file = queries.person_file(viewer, found)
    can = {
        name: access.can(viewer, capability, found)
        for name, capability in (
            ("manage", Capability.MANAGE_PEOPLE),
            ("results", Capability.SEE_FINAL_RESULTS),
            ("grant", Capability.GRANT_ROLE),
            ("confirm", Capability.CONFIRM_AUDIENCE),
            ("clear", Capability.CLEAR_PERSON),
            ("protect", Capability.PROTECT_PERSON),
            ("name", Capability.NAME_OF_PROTECTED),
        )
    }
    itself = viewer.pk == found.pk
    asks_reason = can["results"] and not itself and access.needs_reason(viewer, Capability.SEE_FINAL_RESULTS, found)
    detail = panels.Detail.RESULTS if can["results"] and (reason_given or not asks_reason) else panels.Detail.CERTIFIED
    grantable = {
        grant.pk
        for grant in file.grants
        if (grant.until is None or grant.until > clock.today())
        and ((can["grant"] and grant.role in access.grantable_roles(viewer, grant.institution)) or itself)
    }
    return render(
        request,
        "people/desk/person.html",
        {
            "file": file,
            "person": found,
            "name": found.display_name if name_asked else file.name,
            "hidden": file.hidden and not name_asked,
            "name_form": (name_form or ReasonForm(auto_id=NAME_IDS))
            if can["name"] and file.hidden and not name_asked
            else None,
            "can": can,
            "itself": itself,
            "endable": grantable,
            "panels": panels.panels_of(found, viewer, detail),
            "certified_only": detail is panels.Detail.CERTIFIED and not asks_reason,
            "reason_form": (form or ReasonForm()) if asks_reason and not reason_given else None,
            "confirmable": [row for row, _name in file.audiences if row.confirmed_at is None] if can["confirm"] else [],
        },
        status=422 if form is not None or name_form is not None else 200,
    )


def tells_who(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For pages about a person that cannot but tell the name, or where the person belongs: of protected people they
    are for those who may read the name, once they have said why, where a reason is asked for."""

    @wraps(view)
    def guarded(request: HttpRequest, key: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
        found = person_for(request, key, Capability.MANAGE_PEOPLE)
        if is_protected(found):
            access.require(access.signed_in(request), Capability.NAME_OF_PROTECTED, found)
            reason = _reason_given(request, found)
            if reason is None:
                messages.warning(
                    request, _("This page tells who the person is. Say first why you need to see the name.")
                )
                return see_other(file_of(found))
            _look_at_name(request, found, reason)
        return view(request, key, *args, **kwargs)

    return guarded


# --- the account ----------------------------------------------------------------------------------------------------


@form_page
def new(request: HttpRequest) -> HttpResponse:
    """A new account for somebody of the branch."""
    reach = queries.reach_of(access.signed_in(request))
    made: list[User] = []
    given = {"institution": request.GET.get("institution", "")}
    form = NewPersonForm(request.POST or None, reach=reach, audiences=audiences.choices(), initial=given)

    def do(**data: Any) -> None:
        made.append(services.create_person(**data))

    return act(
        request,
        do=do,
        done=lambda: _("The account is made. Its username: %(username)s.") % {"username": made[0].username},
        back=lambda: file_of(made[0]),
        heading=_("New person"),
        sentences=[_("The account has no password yet: the person opens it with a code that you print or dictate.")],
        button=_("Make the account"),
        form=form,
        cancel=reverse("manage-people"),
        crumbs=[(reverse("manage-people"), _("People"))],
    )


@form_page
@tells_who
def edit(request: HttpRequest, key: UUID) -> HttpResponse:
    """Name, number, address, language, sex."""
    found = person_for(request, key, Capability.MANAGE_PEOPLE)
    form = PersonForm(
        request.POST or None,
        initial={
            "first": found.first_name,
            "last": found.last_name,
            "staff_number": found.staff_number or "",
            "email": found.email,
            "language": found.language,
            "sex": found.sex,
        },
    )
    return act_on(
        request,
        found,
        partial(services.change_person, user=found),
        done=_("The details are saved."),
        heading=_("Change the details"),
        title=_("Change the details"),
        button=_("Save"),
        form=form,
    )


@form_page
def deactivate(request: HttpRequest, key: UUID) -> HttpResponse:
    """Close the account, after a page that says what it does."""
    found = person_for(request, key, Capability.MANAGE_PEOPLE)
    return act_on(
        request,
        found,
        partial(services.deactivate, user=found),
        done=_("The account is closed."),
        heading=_("Close the account of %(name)s?") % {"name": shown_name(found, access.signed_in(request))},
        sentences=[
            _("The person can no longer sign in; devices that are signed in now are signed out."),
            _("Results and certificates stay. You can open the account again later."),
        ],
        button=_("Close the account"),
        danger=True,
    )


@form_page
def reactivate(request: HttpRequest, key: UUID) -> HttpResponse:
    """Open the account again."""
    found = person_for(request, key, Capability.MANAGE_PEOPLE)
    return act_on(
        request,
        found,
        partial(services.reactivate, user=found),
        done=_("The account is open again."),
        heading=_("Open the account of %(name)s again?") % {"name": shown_name(found, access.signed_in(request))},
        sentences=[_("The person can sign in again, and holds the roles that have not ended.")],
        button=_("Open the account"),
    )


# --- where the person belongs ---------------------------------------------------------------------------------------


@form_page
@tells_who
def transfer(request: HttpRequest, key: UUID) -> HttpResponse:
    """From one institution to another."""
    found = person_for(request, key, Capability.MANAGE_PEOPLE)
    reach = queries.reach_of(access.signed_in(request))
    belongs = [row.institution for row in queries.person_file(access.signed_in(request), found).open_memberships]
    form = TransferForm(request.POST or None, reach=reach, belongs=belongs)
    return act_on(
        request,
        found,
        partial(services.transfer, user=found),
        done=_("The transfer is written down."),
        heading=_("Transfer"),
        sentences=[
            _("The person leaves one institution and belongs to another from the day that you give."),
            _("Roles held for the place that is left end on the same day, unless they also cover the new one."),
            _("For an institution outside your branch, ask an administrator."),
        ],
        button=_("Transfer"),
        form=form,
    )


@form_page
@tells_who
def join(request: HttpRequest, key: UUID) -> HttpResponse:
    """One more institution."""
    found = person_for(request, key, Capability.MANAGE_PEOPLE)
    reach = queries.reach_of(access.signed_in(request))
    belongs = [row.institution for row in queries.person_file(access.signed_in(request), found).open_memberships]
    form = JoinForm(request.POST or None, reach=reach, belongs=belongs)
    return act_on(
        request,
        found,
        partial(services.join, user=found),
        done=_("The person belongs there."),
        heading=_("One more institution"),
        sentences=[_("The person goes on belonging where they belong today.")],
        button=_("Add the institution"),
        form=form,
    )


@form_page
@tells_who
def leave(request: HttpRequest, key: UUID, code: str) -> HttpResponse:
    """End a membership."""
    found = person_for(request, key, Capability.MANAGE_PEOPLE)
    membership = found.memberships.filter(institution__code=code, until=None).select_related("institution").first()
    if membership is None:
        raise Http404
    access.require(access.signed_in(request), Capability.MANAGE_PEOPLE, membership.institution)
    return act_on(
        request,
        found,
        partial(services.leave, membership=membership),
        done=_("The membership has ended."),
        back=lambda: (
            file_of(found)
            if access.can(access.signed_in(request), Capability.SEE_CERTIFIED, found)
            else reverse("manage-people")
        ),
        cancel=file_of(found),
        heading=_("End the membership of “%(institution)s”?") % {"institution": membership.institution},
        sentences=[
            _("Roles held for that place alone end on the same day."),
            _("A person who belongs nowhere any more is out of your sight: only administrators see the file."),
        ],
        button=_("End the membership"),
        danger=True,
        form=DayForm(request.POST or None),
    )


@form_page
def supervisor(request: HttpRequest, key: UUID) -> HttpResponse:
    """Who supervises the person."""
    found = person_for(request, key, Capability.MANAGE_PEOPLE)
    current = queries.person_file(access.signed_in(request), found).supervisor
    form = SupervisorForm(request.POST or None)
    if form.is_valid():
        text, supervisor = form.cleaned_data["supervisor"].strip(), None
        if text:
            reached = access.people_for(access.signed_in(request), Capability.SEE_CERTIFIED)
            supervisor = queries.supervisor_named(text, access.signed_in(request), reached)
        form.cleaned_data["supervisor"] = supervisor
        if text and supervisor is None:
            form.add_error("supervisor", _("Nobody of your branch has this number or username. Correct it."))
    sentences = [_("Supervisor today: %(name)s.") % {"name": current[1]}] if current else []
    return act_on(
        request,
        found,
        partial(services.set_supervisor, person=found),
        done=_("The supervisor is written down."),
        heading=_("Supervisor"),
        title=_("Supervisor"),
        sentences=sentences,
        button=_("Save"),
        form=form,
    )
