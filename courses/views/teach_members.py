"""The desk for teaching: who belongs to a cohort, how one member stands, announcements, questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from courses.cohort_forms import AnnouncementForm, AnswerForm, MembersForm
from courses.models import Cohort, CohortMember
from courses.queries import cohorts as queries
from courses.queries.cohorts import Sight
from courses.services import cohort_words as words
from courses.services import cohorts as services
from courses.views.learning import see_other
from courses.views.teach import act, cohort_of, form_page, frame, page_of, reason_given, said, say_waiting
from operations.errors import Refused
from people import access
from people.access import signed_in
from people.names import shown_name
from people.policy import Capability

# --- members --------------------------------------------------------------------------------------------------------


@form_page
def members(request: HttpRequest, id: UUID) -> HttpResponse:
    """Who belongs to the cohort; adding people by name, and the link by which others come."""
    viewer = signed_in(request)
    found = cohort_of(request, id)
    context = frame(request, found, "members")
    form = MembersForm(request.POST or None)
    refusal = None
    if request.method == "POST":
        access.require(viewer, Capability.MANAGE_COHORTS, found)
        if form.is_valid():
            try:
                added = services.add_members(
                    cohort=found, logins=form.cleaned_data["people"].splitlines(), actor=viewer
                )
            except Refused as caught:
                refusal = caught
            else:
                _say_added(request, added)
                if not added.unknown:
                    return see_other(reverse("teach-members", args=[id]))
                form = MembersForm(initial={"people": "\n".join(added.unknown)})
                found = cohort_of(request, id)
                context = frame(request, found, "members") | {"unknown": added.unknown}
    link = ""
    if context["may_change"] and found.join_code:
        link = f"{settings.SITE_URL}{reverse('group-join', args=[found.join_code])}"
    return render(
        request,
        "courses/teach/members.html",
        context
        | {
            "grid": queries.grid(viewer, found, Sight.LIST, language=get_language() or ""),
            "form": form,
            "refusal": refusal,
            "link": link,
        },
        status=422 if refusal or form.errors else 200,
    )


def _say_added(request: HttpRequest, added: services.Added) -> None:
    number = len(added.people)
    if number:
        messages.success(
            request,
            ngettext("%(count)d person was added.", "%(count)d people were added.", number) % {"count": number},
        )
    elif not added.unknown:
        messages.info(request, _("These people belong to the group already."))
    say_waiting(request, added.waiting)


def _member(request: HttpRequest, id: UUID, member: UUID, capability: Capability) -> tuple[Cohort, CohortMember]:
    found = cohort_of(request, id, capability)
    row = queries.member_for(found, member)
    if row is None:
        raise Http404
    row.cohort = found
    return found, row


@require_safe
def member(request: HttpRequest, id: UUID, member: UUID) -> HttpResponse:
    """How a member stands in each course of the cohort."""
    viewer = signed_in(request)
    found, row = _member(request, id, member, Capability.MANAGE_COHORTS)
    sight, needs_reason = queries.sight_of(viewer, found)
    if sight is not Sight.PROGRESS or row.user is None:
        raise Http404
    if needs_reason and not reason_given(request, found):  # it is asked for on the page of the cohort
        return see_other(reverse("teach-cohort", args=[id]))
    context = {
        "member": row,
        "name": shown_name(row.user, viewer),
        "progress": queries.progress_in(found, row.user, language=get_language() or ""),
    }
    return render(request, "courses/teach/member.html", frame(request, found, "progress") | context)


@form_page
def member_remove(request: HttpRequest, id: UUID, member: UUID) -> HttpResponse:
    """Take somebody out of the cohort."""
    found, row = _member(request, id, member, Capability.MANAGE_COHORTS)
    name = shown_name(row.user, signed_in(request)) if row.user is not None else ""
    return act(
        request,
        do=lambda data: services.remove_member(member=row, actor=signed_in(request)),
        done=_("The person no longer belongs to the group."),
        back=reverse("teach-members", args=[id]),
        heading=_("Take %(name)s out of the group?") % {"name": name},
        button=_("Take out"),
        cohort=found,
        sentences=[_("The person stays enrolled, without the dates of the group. You no longer see their progress.")],
        danger=True,
    )


@require_POST
def link(request: HttpRequest, id: UUID) -> HttpResponse:
    """Make, replace or close the link by which people join."""
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    back = reverse("teach-members", args=[id])
    try:
        if request.POST.get("do") == "close":
            services.close_link(cohort=found, actor=signed_in(request))
            messages.success(request, _("The link is closed: nobody joins by it any more."))
        else:
            services.open_link(cohort=found, actor=signed_in(request))
            messages.success(request, _("The link is ready. Whoever has it can join the group."))
    except Refused as refusal:
        return said(request, refusal, back)
    return see_other(f"{back}#link")


# --- announcements --------------------------------------------------------------------------------------------------


@form_page
def announcements(request: HttpRequest, id: UUID) -> HttpResponse:
    """What the cohort was told, and telling it something more."""
    viewer = signed_in(request)
    found = cohort_of(request, id)
    context = frame(request, found, "announcements")
    form = AnnouncementForm(request.POST or None, language=found.language)
    refusal = None
    if request.method == "POST":
        access.require(viewer, Capability.MANAGE_COHORTS, found)
        if form.is_valid():
            try:
                words.announce(cohort=found, actor=viewer, texts=form.texts)
            except Refused as caught:
                refusal = caught
            else:
                messages.success(request, _("The announcement is made: the members have a message."))
                return see_other(reverse("teach-announcements", args=[id]))
    return render(
        request,
        "courses/teach/announcements.html",
        context
        | {
            "rows": queries.announcements_of(found),
            "form": form,
            "fields": list(form),
            "refusal": refusal,
        },
        status=422 if refusal or form.errors else 200,
    )


@form_page
def announcement_withdraw(request: HttpRequest, id: UUID, pk: UUID) -> HttpResponse:
    """Take an announcement back."""
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    row = found.announcements.filter(pk=pk, withdrawn=None).first()
    if row is None:
        raise Http404
    row.cohort = found
    return act(
        request,
        do=lambda data: words.withdraw_announcement(announcement=row, actor=signed_in(request)),
        done=_("The announcement is withdrawn."),
        back=reverse("teach-announcements", args=[id]),
        heading=_("Withdraw the announcement?"),
        button=_("Withdraw it"),
        cohort=found,
        sentences=[row.words()[:300], _("Nobody reads it any more. Who has read it has read it.")],
        danger=True,
    )


# --- questions ------------------------------------------------------------------------------------------------------


@require_safe
def questions(request: HttpRequest, id: UUID) -> HttpResponse:
    """What members have asked: those without an answer first."""
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    lines, page = queries.questions_of(found, signed_in(request), language=get_language() or "", page=page_of(request))
    return render(
        request, "courses/teach/questions.html", frame(request, found, "questions") | {"lines": lines, "page": page}
    )


@form_page
def question(request: HttpRequest, id: UUID) -> HttpResponse:
    """Answer a question, or change the answer."""
    viewer = signed_in(request)
    row = queries.question_for(id)
    if row is None:
        raise Http404
    found = cohort_of(request, row.cohort_id, Capability.MANAGE_COHORTS)
    row.cohort = found
    line = queries.question_lines([row], viewer, language=get_language() or "")[0]
    form = AnswerForm(request.POST or None, initial={"text": row.answer, "shared": row.shared})
    refusal = None
    if request.method == "POST" and form.is_valid():
        data: Mapping[str, Any] = form.cleaned_data
        try:
            words.answer_question(question=row, actor=viewer, text=data["text"], shared=data["shared"])
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Your answer is sent."))
            return see_other(reverse("teach-questions", args=[found.pk]))
    return render(
        request,
        "courses/teach/question.html",
        frame(request, found, "questions") | {"line": line, "form": form, "refusal": refusal},
        status=422 if request.method == "POST" else 200,
    )
