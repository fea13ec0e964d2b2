"""The list of a workshop: who is proposed, accepted, waiting, replaced; calls and proposals; people who are only counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import modelformset_factory
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from operations.errors import Refused
from people import access, audiences
from people.models import User
from people.names import shown_name
from people.policy import Capability
from workshops import services
from workshops.forms import CountedForm, DecisionForm, PersonForm, QuotaForm, ReasonForm
from workshops.matching import account_for
from workshops.models import Counted, Quota, Registration, Workshop
from workshops.queries import planning as queries
from workshops.rules import groups_to_count
from workshops.views.planning import form_page
from workshops.views.shared import act, crumbs, people_of, registration_for, see_other, workshop_for

_State = Registration.State
STATES = (_State.ACCEPTED, _State.INVITED, _State.WAITING)


@require_safe
def people(request: HttpRequest, id: UUID) -> HttpResponse:
    """Everybody on the list, by state, and the quotas of the call."""
    found = workshop_for(request, id, Capability.SEE_COHORTS)
    viewer = access.signed_in(request)
    screen = queries.people_screen(found, viewer)
    groups = {
        _State.PROPOSED: _("Proposed"),
        _State.ACCEPTED: _("On the list"),
        _State.INVITED: _("Invited"),
        _State.WAITING: _("Waiting list"),
        "off": _("No longer on the list"),
    }
    return render(
        request,
        "workshops/people.html",
        {
            "screen": screen,
            "workshop": found,
            "groups": [(state, groups[state], lines) for state, lines in screen.groups],
            "counted": [(row, screen.audiences.get(row.group, row.group)) for row in screen.counted],
            "can": {
                "change": access.can(viewer, Capability.MANAGE_COHORTS, found)
                and found.status in (Workshop.Status.DRAFT, Workshop.Status.ANNOUNCED),
                "decide": access.can(viewer, Capability.DECIDE_DESIGNATION, found),
            },
            "crumbs": crumbs(found),
        },
    )


def _person_form(request: HttpRequest, **options: Any) -> PersonForm:
    institutions = options.pop("institutions", None) or queries.places_to_choose()
    return PersonForm(request.POST or None, institutions=institutions, audiences=audiences.choices(), **options)


def _who(request: HttpRequest, data: Mapping[str, Any]) -> tuple[User | None, dict[str, Any]]:
    """The account that was meant, and the facts for people without. Raises Refused for a number that nobody has."""
    facts = {name: data.get(name) for name in ("institution", "post", "audience", "sex", "phone")}
    viewer = access.signed_in(request)
    user = account_for(viewer, number=data.get("staff_number", ""), pseudonym=data.get("name", ""))
    if user is None and data.get("staff_number"):
        raise Refused(
            _("No account that you can reach has this staff number."),
            _("Correct it, or leave it empty to add the person without an account."),
        )
    return user, {name: value for name, value in facts.items() if value}


@form_page
def new(request: HttpRequest, id: UUID) -> HttpResponse:
    """One more person, announced or not."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    arrives = "arrival" in request.GET
    form = _person_form(request, states=() if arrives else STATES)
    made: list[Registration] = []

    def do(data: Mapping[str, Any]) -> None:
        user, facts = _who(request, data)
        if arrives:
            row = services.arrive(
                workshop=found, user=user, name=data["name"], actor=access.signed_in(request), **facts
            )
        else:
            origin = Registration.Origin.INVITATION if data["state"] == _State.INVITED else Registration.Origin.LIST
            row = services.add(
                workshop=found,
                user=user,
                name=data["name"],
                state=data["state"],
                origin=origin,
                actor=access.signed_in(request),
                **facts,
            )
        made.append(row)

    return act(
        request,
        do=do,
        done=lambda: _("On the list, as participant %(number)d.") % {"number": made[0].number},
        back=people_of(found),
        heading=_("Somebody came without being announced") if arrives else _("Add somebody"),
        button=_("Add"),
        form=form,
        sentences=[_("They are in the room: they are added even if all seats are taken.")] if arrives else [],
        way=crumbs(found, (people_of(found), _("List"))),
        action="add-participant",
    )


@form_page
def seat(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a seat to somebody who waits."""
    row = registration_for(request, pk, Capability.MANAGE_COHORTS)
    return act(
        request,
        do=lambda data: services.give_seat(registration=row, actor=access.signed_in(request)),
        done=_("The person is on the list and is told."),
        back=people_of(row.workshop),
        heading=_("Give a seat to participant %(number)d?") % {"number": row.number},
        button=_("Give the seat"),
        way=crumbs(row.workshop, (people_of(row.workshop), _("List"))),
    )


@form_page
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take somebody off the list."""
    row = registration_for(request, pk, Capability.MANAGE_COHORTS)
    return act(
        request,
        do=lambda data: services.withdraw(registration=row, reason=data["reason"], actor=access.signed_in(request)),
        done=_("The person is off the list."),
        back=people_of(row.workshop),
        heading=_("Take participant %(number)d off the list?") % {"number": row.number},
        sentences=[_("The number is not given again. Nobody moves up by themselves: you give the seat.")],
        button=_("Take off the list"),
        form=ReasonForm(request.POST or None),
        danger=True,
        way=crumbs(row.workshop, (people_of(row.workshop), _("List"))),
    )


@form_page
def replace(request: HttpRequest, pk: UUID) -> HttpResponse:
    """« X replaces Y »."""
    row = registration_for(request, pk, Capability.MANAGE_COHORTS)

    def do(data: Mapping[str, Any]) -> None:
        user, facts = _who(request, data)
        services.replace(registration=row, user=user, name=data["name"], actor=access.signed_in(request), **facts)

    return act(
        request,
        do=do,
        done=_("The other person is on the list, with a number of their own."),
        back=people_of(row.workshop),
        heading=_("Who replaces participant %(number)d?") % {"number": row.number},
        button=_("Replace"),
        form=_person_form(request),
        way=crumbs(row.workshop, (people_of(row.workshop), _("List"))),
        action="replace",
    )


@form_page
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The director accepts or refuses a proposal."""
    row = registration_for(request, pk, Capability.DECIDE_DESIGNATION)
    viewer = access.signed_in(request)
    line = queries.person_lines(row.workshop, [row], viewer)[0]
    about = ", ".join(part for part in (line.name, line.post, line.institution, line.audience) if part)
    sentences = [about] if about else []
    if line.elsewhere:
        sentences.append(_("On the same days the person is expected at %(code)s.") % {"code": line.elsewhere})
    return act(
        request,
        do=lambda data: services.decide(
            registration=row, state=data["state"], reason=data["reason"], actor=access.signed_in(request)
        ),
        done=_("The proposal is decided; the person and the institution are told."),
        back=people_of(row.workshop),
        heading=_("Decide on participant %(number)d") % {"number": row.number},
        sentences=sentences,
        button=_("Decide"),
        form=DecisionForm(request.POST or None),
        way=crumbs(row.workshop, (people_of(row.workshop), _("List"))),
        action="decide",
    )


# --- quotas and people who are only counted ---------------------------------------------------------------------------


@form_page
def quotas(request: HttpRequest, id: UUID) -> HttpResponse:
    """The quotas of the call."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    formset_class = modelformset_factory(Quota, form=QuotaForm, extra=2, max_num=20, can_delete=False)
    options = {"institutions": queries.places_to_choose(), "audiences": audiences.choices()}
    formset = formset_class(
        request.POST or None, queryset=found.quotas.order_by("pk"), form_kwargs=options, prefix="quotas"
    )
    refusal = None
    if request.method == "POST" and formset.is_valid():
        wanted = [_quota(form) for form in formset.forms if form.says_something]
        try:
            services.set_quotas(
                workshop=found,
                quotas=[quota for quota in wanted if quota.least or quota.most is not None or quota.per_post],
                actor=access.signed_in(request),
            )
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("The quotas are saved."))
            return see_other(people_of(found))
    context = {
        "workshop": found,
        "formset": formset,
        "refusal": refusal,
        "crumbs": crumbs(found, (people_of(found), _("List"))),
    }
    return render(request, "workshops/quotas.html", context, status=422 if request.method == "POST" else 200)


def _quota(form: QuotaForm) -> Quota:
    data = form.cleaned_data
    names = ("institution", "audience", "sex", "language", "least", "most", "per_post")
    return Quota(**{name: data[name] for name in names})


@form_page
def counted(request: HttpRequest, id: UUID) -> HttpResponse:
    """People who are only counted, by sex and age: detainees, families, the community."""
    found = workshop_for(request, id, Capability.MANAGE_COHORTS)
    sessions = {str(session.pk): session for session in found.sessions.all()}
    form = CountedForm(
        request.POST or None,
        audiences=groups_to_count(),
        sessions=[(pk, f"{session.day:%d/%m} {session.starts:%H:%M}") for pk, session in sessions.items()],
    )

    def do(data: Mapping[str, Any]) -> Counted | None:
        return services.count_people(
            workshop=found,
            group=data["group"],
            sex=data["sex"],
            band=data["band"],
            people=data["people"],
            session=sessions.get(data["session"]),
            actor=access.signed_in(request),
        )

    return act(
        request,
        do=do,
        done=_("The count is saved."),
        back=people_of(found),
        heading=_("People who are only counted"),
        sentences=[_("No name is kept, only how many of which sex and age.")],
        button=_("Save"),
        form=form,
        way=crumbs(found, (people_of(found), _("List"))),
    )


# --- calls ------------------------------------------------------------------------------------------------------------


@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """The workshops to which the reader's branch may send people."""
    rows = queries.calls_for(access.signed_in(request)).select_related("organiser", "course")[:100]
    return render(request, "workshops/calls.html", {"rows": rows, "crumbs": crumbs()})


def _call_for(request: HttpRequest, id: UUID) -> Workshop:
    found = queries.calls_for(access.signed_in(request)).select_related("organiser", "course").filter(pk=id).first()
    if found is None:
        raise Http404
    return found


@form_page
def propose(request: HttpRequest, id: UUID) -> HttpResponse:
    """Propose people of the own branch: search, press; and who has been proposed, with the decisions."""
    found = _call_for(request, id)
    viewer = access.signed_in(request)
    refusal = None
    if request.method == "POST":
        key = request.POST.get("person", "")
        reach = access.people_for(viewer, Capability.PROPOSE_PARTICIPANTS).filter(is_active=True)
        user = reach.filter(key=key).first() if _is_key(key) else None
        try:
            if user is None:
                raise Refused(_("This person is not of your branch."), _("Search again."))
            services.propose(workshop=found, user=user, actor=viewer)
        except Refused as caught:
            refusal = caught
        else:
            words = _("%(name)s is proposed; the organiser decides.") % {"name": shown_name(user, viewer)}
            messages.success(request, words)
            return see_other(request.get_full_path())
    query = request.GET.get("q", "")
    context = {
        "workshop": found,
        "query": query,
        "candidates": queries.candidates(viewer, query),
        "lines": queries.own_proposals(found, viewer),
        "quotas": queries.quota_lines(found),
        "refusal": refusal,
        "crumbs": [*crumbs(), (reverse("workshop-calls"), _("Calls"))],
    }
    return render(request, "workshops/propose.html", context, status=422 if refusal else 200)


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@form_page
def propose_name(request: HttpRequest, id: UUID) -> HttpResponse:
    """Propose somebody who has no account."""
    found = _call_for(request, id)
    viewer = access.signed_in(request)
    places = access.institutions_for(viewer, Capability.PROPOSE_PARTICIPANTS).filter(closed=None).order_by("path")
    form = _person_form(request, institutions=list(places), with_number=False)

    def do(data: Mapping[str, Any]) -> None:
        facts = {name: data.get(name) for name in ("post", "audience", "sex", "phone") if data.get(name)}
        services.propose(workshop=found, name=data["name"], institution=data["institution"], actor=viewer, **facts)

    return act(
        request,
        do=do,
        done=_("The person is proposed; the organiser decides."),
        back=reverse("workshop-propose", args=[found.pk]),
        heading=_("Propose somebody without an account"),
        button=_("Propose"),
        form=form,
        way=[*crumbs(), (reverse("workshop-calls"), _("Calls"))],
        action="propose",
    )
