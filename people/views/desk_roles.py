"""The desk's pages about roles, professions, clearance and protection of one person."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from people import access, audiences, services
from people.manage_forms import AudienceForm, ClearanceForm, DayForm, ProtectionForm, RoleForm
from people.models import Clearance, Project, Role
from people.names import hidden_from, is_protected, shown_name
from people.policy import Capability
from people.queries import desk as queries
from people.views.desk import person_for
from people.views.desk_person import act_on, form_page


@form_page
def grant(request: HttpRequest, key: UUID) -> HttpResponse:
    """Give a role."""
    found = person_for(request, key, Capability.GRANT_ROLE)
    reach = queries.reach_of(access.signed_in(request))
    # What may be given may depend on the place: what may be given somewhere is offered, the service says no elsewhere.
    known = {
        role
        for place in [None, *reach.institutions]
        for role in access.grantable_roles(access.signed_in(request), place)
    }
    offered = [role for role in Role if role in known]
    projects = list(Project.objects.order_by("code")) if Role.OBSERVER in known else []
    form = RoleForm(
        request.POST or None, reach=reach, roles=offered, projects=[(row.code, str(row)) for row in projects]
    )

    def do(project: str = "", **data: Any) -> None:
        chosen = next((row for row in projects if row.code == project), None)
        services.grant_role(user=found, project=chosen, **data)

    return act_on(
        request,
        found,
        do,
        done=_("The role is given. It counts from the person's next page on."),
        heading=_("Give a role"),
        button=_("Give the role"),
        form=form,
    )


@form_page
def end_role(request: HttpRequest, key: UUID, pk: int) -> HttpResponse:
    """End a role; a holder may lay down their own."""
    own = access.signed_in(request).key == key
    found = person_for(request, key, Capability.SEE_CERTIFIED if own else Capability.GRANT_ROLE)
    held = found.role_grants.filter(pk=pk).select_related("institution", "project").first()
    if held is None:
        raise Http404
    hidden = found.pk in hidden_from(access.signed_in(request), [found.pk])
    place = "…" if hidden and held.institution else str(held.institution or held.project or _("the whole site"))
    return act_on(
        request,
        found,
        partial(services.end_role, grant=held),
        done=_("The end of the role is written down."),
        heading=_("End the role “%(role)s” for “%(place)s”?") % {"role": held.get_role_display(), "place": place},
        sentences=[_("On that day the person no longer sees or does what the role opens.")],
        button=_("End the role"),
        danger=True,
        form=DayForm(request.POST or None),
    )


# --- professions ----------------------------------------------------------------------------------------------------


@form_page
def add_audience(request: HttpRequest, key: UUID) -> HttpResponse:
    """Say, and so confirm, what profession a person has."""
    found = person_for(request, key, Capability.CONFIRM_AUDIENCE)
    form = AudienceForm(request.POST or None, audiences=audiences.choices())
    return act_on(
        request,
        found,
        partial(services.confirm_audience, user=found),
        done=_("The profession is confirmed."),
        heading=_("Add a profession"),
        sentences=[_("It decides which courses are offered and which restricted texts open. You confirm it.")],
        button=_("Confirm the profession"),
        form=form,
    )


@form_page
def confirm_audience(request: HttpRequest, key: UUID, slug: str) -> HttpResponse:
    """Confirm what a person has declared."""
    found = person_for(request, key, Capability.CONFIRM_AUDIENCE)
    words = _declared(found, slug)
    return act_on(
        request,
        found,
        partial(services.confirm_audience, user=found, audience=slug),
        done=_("The profession is confirmed."),
        heading=_("Confirm the profession “%(audience)s”?") % {"audience": words},
        sentences=[_("It decides which courses are offered and which restricted texts open. You confirm it.")],
        button=_("Confirm the profession"),
    )


@form_page
def end_audience(request: HttpRequest, key: UUID, slug: str) -> HttpResponse:
    """The person no longer has a profession."""
    found = person_for(request, key, Capability.CONFIRM_AUDIENCE)
    words = _declared(found, slug)
    return act_on(
        request,
        found,
        partial(services.end_audience, user=found, audience=slug),
        done=_("The profession is taken away."),
        heading=_("Take the profession “%(audience)s” away?") % {"audience": words},
        sentences=[_("What the profession opens closes on that day. Courses that are completed stay completed.")],
        button=_("Take the profession away"),
        danger=True,
        form=DayForm(request.POST or None),
    )


def _declared(person: Any, slug: str) -> str:
    if not person.audiences.filter(audience=slug, until=None).exists():
        raise Http404
    return dict(audiences.choices()).get(slug, slug)


# --- clearance and protection ---------------------------------------------------------------------------------------


@form_page
def clearance(request: HttpRequest, key: UUID) -> HttpResponse:
    """Clear a person for the restricted tier, or end the clearance."""
    found = person_for(request, key, Capability.CLEAR_PERSON)
    held = Clearance.objects.on().filter(user=found).first()
    name = shown_name(found, access.signed_in(request))
    if held is not None:
        return act_on(
            request,
            found,
            partial(services.end_clearance, clearance=held),
            done=_("The clearance has ended."),
            heading=_("End the clearance of %(name)s?") % {"name": name},
            sentences=[_("From the next page on the person no longer reads what is restricted.")],
            button=_("End the clearance"),
            danger=True,
        )
    return act_on(
        request,
        found,
        partial(services.clear_person, user=found),
        done=_("The person is cleared."),
        heading=_("Clear %(name)s for what is restricted") % {"name": name},
        sentences=[
            _("The person will read restricted lessons where their role lets them."),
            _("A manager who is cleared also reads the names of protected people of the branch."),
        ],
        button=_("Clear the person"),
        form=ClearanceForm(request.POST or None),
    )


@form_page
def protection(request: HttpRequest, key: UUID) -> HttpResponse:
    """Let a pseudonym stand for the name, or the name be shown again."""
    found = person_for(request, key, Capability.PROTECT_PERSON)
    name = shown_name(found, access.signed_in(request))
    if is_protected(found):
        return act_on(
            request,
            found,
            partial(services.unprotect, user=found),
            done=_("The name is shown again."),
            heading=_("Show the name of %(name)s again?") % {"name": name},
            sentences=[
                _("The name will stand on lists, exports and reports, and on the verification of certificates.")
            ],
            button=_("Show the name again"),
            danger=True,
        )
    return act_on(
        request,
        found,
        partial(services.protect, user=found),
        done=_("The person is protected: a pseudonym stands for the name."),
        heading=_("Protect %(name)s") % {"name": name},
        sentences=[
            _("A pseudonym will stand for the name on every list, export and report."),
            _("Staff number, post and institution are no longer shown in lists."),
        ],
        button=_("Protect the person"),
        form=ProtectionForm(request.POST or None),
    )
