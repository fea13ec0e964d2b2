"""The desk: slips for first sign-ins, recovery codes, invitations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from operations import clock
from operations.errors import Refused
from people import access, services, slips
from people.codes import digest, parse
from people.desk_forms import InvitationForm, SlipFilter
from people.models import Invitation, LoginCode, User
from people.names import hidden_from, shown_name, shown_names
from people.policy import Capability
from people.queries.codes import invitations_for, is_protected_or_staff, open_codes, without_first_sign_in

PAGE = 50
ONCE = "shown-once"  # key of the session: codes that the next page shows, and then nobody

_private = cache_control(no_store=True)


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)


def _refused(request: HttpRequest, refusal: Refused, address: str) -> HttpResponseRedirect:
    messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
    return HttpResponseRedirect(address, status=303)


def _address(request: HttpRequest) -> str:
    """The filters of a list, for the links to its other pages."""
    query = request.GET.copy()
    query.pop("page", None)
    return f"{query.urlencode()}&" if query else ""


def _keep_once(request: HttpRequest, id: UUID, code: str) -> None:
    request.session[ONCE] = {str(id): code}


def _shown_once(request: HttpRequest, id: UUID) -> str:
    kept: dict[str, str] = request.session.get(ONCE, {})
    code = kept.pop(str(id), "")
    if code:
        request.session[ONCE] = kept
    return code


# --- slips ----------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def slips_page(request: HttpRequest) -> HttpResponse:
    """The people of the branch who have never signed in; a POST makes slips for the ticked ones and gives the PDF: it is
    the only place where the codes are. SQL: 5."""
    actor = _actor(request)
    reach = without_first_sign_in(actor)
    if request.method == "POST":
        keys = [key for key in request.POST.getlist("person") if _is_uuid(key)][:1000]
        people = list(reach.filter(key__in=keys).order_by("folded"))
        try:
            if len(people) != len(set(keys)):
                raise Refused(_("Somebody on the list is no longer yours, or has signed in."), _("Choose again."))
            made = services.make_slips(people=people, actor=actor)
        except Refused as refusal:
            return _refused(request, refusal, reverse("slips"))
        return _pdf(request, made)
    form = SlipFilter(request.GET, institutions=access.institutions_for(actor, Capability.MANAGE_PEOPLE))
    found = form.narrow(reach).order_by("folded", "pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    people = list(page.object_list)
    waiting = {row.user_id: row for row in open_codes().filter(user__in=people).select_related("made_by")}
    names = shown_names([*people, *(row.made_by for row in waiting.values())], actor)
    rows = [
        {
            "person": one,
            "name": names[one.pk],
            "username": one.username if names[one.pk] == one.display_name else "",
            "code": waiting.get(one.pk),
        }
        for one in people
    ]
    context = {"form": form, "page": page, "rows": rows, "names": names, "address": _address(request)}
    return render(request, "people/desk/slips.html", context)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _pdf(request: HttpRequest, made: list[services.Made]) -> HttpResponse:
    actor = _actor(request)
    names = shown_names([one.row.user for one in made], actor)
    today = clock.today()
    pdf = slips.render(
        [slips.Slip(names[one.row.user_id], one.row.user.username, one.code, one.row.expires) for one in made],
        made_by=shown_name(actor, AnonymousUser()),  # whoever finds the slip reads it
        day=today,
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="kalanso-{today:%Y-%m-%d}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


# --- recovery -------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def recovery(request: HttpRequest, key: UUID) -> HttpResponse:
    """Make a recovery code for a person: what it does is said first."""
    actor = _actor(request)
    person = get_object_or_404(User, key=key)
    guarded = is_protected_or_staff(person)
    if guarded and not access.is_administrator(actor):
        if not access.is_related(actor, person):
            raise Http404
    else:
        access.require(actor, Capability.RECOVERY_CODE, person)
    if request.method == "POST":
        try:
            made = services.make_recovery(user=person, actor=actor)
        except Refused as refusal:
            return _refused(request, refusal, reverse("recovery", args=[key]))
        _keep_once(request, made.row.pk, made.code)
        return HttpResponseRedirect(reverse("login-code", args=[made.row.pk]), status=303)
    context = {"person": person, "name": shown_name(person, actor), "guarded": guarded}
    context["administrator"] = access.is_administrator(actor)
    return render(request, "people/desk/recovery.html", context)


def _code_for(request: HttpRequest, id: UUID) -> LoginCode:
    """A code that the person made, or may make for its holder."""
    row = get_object_or_404(LoginCode.objects.select_related("user", "made_by", "confirmed_by"), pk=id)
    actor = _actor(request)
    wanted = Capability.MANAGE_PEOPLE if row.purpose == LoginCode.Purpose.FIRST else Capability.RECOVERY_CODE
    if not access.can(actor, wanted, row.user):
        raise Http404
    return row


@login_required
@require_safe
def login_code(request: HttpRequest, id: UUID) -> HttpResponse:
    """The code, on the first look only, and what becomes of it."""
    row = _code_for(request, id)
    context = {"row": row, "name": shown_name(row.user, _actor(request)), "code": _shown_once(request, id)}
    context["names"] = shown_names([row.made_by], _actor(request))
    context["mine"] = row.made_by_id == _actor(request).pk
    return render(request, "people/desk/login_code.html", context)


@login_required
@require_POST
def login_code_slip(request: HttpRequest, id: UUID) -> HttpResponse:
    """The shown code on a slip: only the page that shows it can ask for this."""
    row = _code_for(request, id)
    code = parse(request.POST.get("code", ""))
    if row.made_by_id != _actor(request).pk or not code or not constant_time_compare(digest("login", code), row.digest):
        raise Http404
    return _pdf(request, [services.Made(row, request.POST["code"])])


@login_required
@require_safe
def login_codes(request: HttpRequest) -> HttpResponse:
    """Codes that still open something, or wait for a second administrator. SQL: 5."""
    actor = _actor(request)
    reach = access.people_for(actor, Capability.RECOVERY_CODE) | access.people_for(actor, Capability.MANAGE_PEOPLE)
    found = (
        open_codes()
        .filter(user__in=reach.values("pk"))
        .select_related("user", "made_by", "confirmed_by")
        .order_by("-created")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    names = shown_names([person for row in rows for person in (row.user, row.made_by)], actor)
    listed = [
        {
            "row": row,
            "name": names[row.user_id],
            "to_confirm": row.needs_second
            and row.confirmed_by_id is None
            and actor.pk not in (row.made_by_id, row.user_id)
            and access.is_administrator(actor),
        }
        for row in rows
    ]
    context = {"page": page, "rows": listed, "names": names, "address": _address(request)}
    return render(request, "people/desk/login_codes.html", context)


@login_required
@require_POST
def confirm_code(request: HttpRequest, id: UUID) -> HttpResponse:
    """The second administrator agrees."""
    done = _("The code is confirmed: it opens the account until it expires.")
    return _deal_with(request, id, services.confirm_recovery, done)


@login_required
@require_POST
def withdraw_code(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a code back."""
    return _deal_with(request, id, services.withdraw_code, _("The code is withdrawn. It opens nothing any more."))


def _deal_with(request: HttpRequest, id: UUID, do: Callable[..., object], done: str) -> HttpResponse:
    """One act on one code, then the list again, which says that it is `done` or why it was refused."""
    try:
        do(code=_code_for(request, id), actor=_actor(request))
    except Refused as refusal:
        return _refused(request, refusal, reverse("login-codes"))
    messages.success(request, done)
    return HttpResponseRedirect(reverse("login-codes"), status=303)


# --- invitations ----------------------------------------------------------------------------------------------------


@login_required
@require_safe
def invitations(request: HttpRequest) -> HttpResponse:
    """The invitations of the branch. SQL: 3."""
    state = request.GET.get("state", "open")
    words = request.GET.get("words", "").replace("\x00", "").strip()[:100]
    found = invitations_for(_actor(request), state=state, words=words)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "state": state, "words": words, "now": timezone.now(), "address": _address(request)}
    context["names"] = _makers(page.object_list, _actor(request))
    return render(request, "people/desk/invitations.html", context)


def _makers(rows: Iterable[Invitation], viewer: User) -> dict[int, str]:
    """Who made these invitations. A pseudonym is not shown beside an institution: it would tell where its bearer is."""
    makers = [row.made_by for row in rows]
    hidden = hidden_from(viewer, {maker.pk for maker in makers if maker is not None})
    return shown_names(makers, viewer) | dict.fromkeys(hidden, _("a person in charge"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """A new invitation, to one person by e-mail or to several by a code."""
    actor = _actor(request)
    form = InvitationForm(request.POST or None, institutions=access.institutions_for(actor, Capability.MANAGE_PEOPLE))
    if request.method == "POST" and form.is_valid():
        try:
            invited = services.invite(actor=actor, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, f"{refusal.sentence} {refusal.next_step}".strip())
        else:
            link = request.build_absolute_uri(reverse("join", args=[invited.code]))
            services.send_invitation(invited=invited, link=link)
            _keep_once(request, invited.row.pk, invited.code)
            return HttpResponseRedirect(reverse("invitation", args=[invited.row.pk]), status=303)
    return render(request, "people/desk/invite.html", {"form": form}, status=422 if form.errors else 200)


def _invitation_for(request: HttpRequest, id: UUID) -> Invitation:
    return get_object_or_404(invitations_for(_actor(request)), pk=id)


@login_required
@require_safe
def invitation(request: HttpRequest, id: UUID) -> HttpResponse:
    """One invitation; right after it was made, its code and link."""
    row = _invitation_for(request, id)
    code = _shown_once(request, id)
    link = request.build_absolute_uri(reverse("join", args=[code])) if code else ""
    context = {"row": row, "code": code, "link": link, "qr": slips.qr_data(link) if link else "", "now": timezone.now()}
    context["names"] = _makers([row], _actor(request))
    return render(request, "people/desk/invitation.html", context)


@login_required
@require_POST
def withdraw_invitation(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take an invitation back."""
    services.withdraw_invitation(invitation=_invitation_for(request, id), actor=_actor(request))
    messages.success(request, _("The invitation is withdrawn. Accounts that were opened with it stay."))
    return HttpResponseRedirect(reverse("invitations"), status=303)
