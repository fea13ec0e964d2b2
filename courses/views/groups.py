"""Cohorts as their members see them, and asking the instructors about a lesson."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from courses import queries, rules
from courses.cohort_forms import QuestionForm
from courses.models import Cohort
from courses.queries import groups
from courses.services import cohort_words as words
from courses.services import cohorts as services
from courses.views.learning import reach, see_other
from courses.views.teach import say_waiting
from operations.errors import Refused
from people.access import signed_in


@login_required
@require_safe
def group(request: HttpRequest, id: UUID) -> HttpResponse:
    """A cohort of one's own: announcements, courses with their dates, answers for everybody."""
    found = groups.group_for(signed_in(request), id, language=get_language() or "")
    if found is None:
        raise Http404
    return render(request, "courses/group.html", {"group": found, "cohort": found.cohort})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def group_leave(request: HttpRequest, id: UUID) -> HttpResponse:
    """Leave a cohort, after a page that says what that means."""
    user = signed_in(request)
    cohort = Cohort.objects.open().taken_by(user.pk).filter(pk=id).select_related("institution").first()
    if cohort is None:
        raise Http404
    if request.method == "POST":
        row = cohort.members.get(user=user, left=None)
        services.remove_member(member=row, actor=user)
        messages.success(request, _("You have left the group. Your courses stay yours."))
        return see_other(reverse("learn"))
    return render(request, "courses/group_leave.html", {"cohort": cohort})


@require_http_methods(["GET", "HEAD", "POST"])
def group_join(request: HttpRequest, code: str) -> HttpResponse:
    """Join a cohort by its link, after a page that says what its instructors will see."""
    cohort = Cohort.objects.open().filter(join_code=code).exclude(join_code="").select_related("institution").first()
    if cohort is None:
        raise Http404
    if not request.user.is_authenticated:
        return redirect_to_login(request.path)
    user = signed_in(request)
    if request.method == "POST":
        try:
            result = services.join_by_link(cohort=cohort, code=code, user=user)
        except Refused as refusal:
            messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
            return see_other(reverse("learn"))
        messages.success(request, _("You belong to the group, and are enrolled in its courses."))
        say_waiting(request, result.waiting)
        return see_other(reverse("group", args=[cohort.pk]))
    member = Cohort.objects.taken_by(user.pk).filter(pk=cohort.pk).exists()
    if member:
        return see_other(reverse("group", args=[cohort.pk]))
    codes = list(cohort.courses.values_list("course__code", flat=True))
    return render(request, "courses/group_join.html", {"cohort": cohort, "codes": codes})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def lesson_ask(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    """Ask the instructors about a step, and read what they have answered. For members of a cohort that takes it."""
    user = signed_in(request)
    cohort = groups.cohort_to_ask(user, code)
    if cohort is None:
        raise Http404
    context = reach(request, code, ref)
    if isinstance(context, HttpResponse):
        return context
    key = rules.key_of(context.activity)
    form = QuestionForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            words.ask(
                cohort=cohort,
                user=user,
                course=context.course,
                activity=key,
                text=form.cleaned_data["text"],
                language=get_language() or "",
            )
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Your question is sent. The answer comes as a message."))
            return see_other(reverse("lesson-ask", args=[code, ref]))
    text = queries.activity_text(key, get_language() or "")
    return render(
        request,
        "courses/ask.html",
        {
            "course": context.course,
            "ref": ref,
            "text": text,
            "title": text.title if text else context.text.titles.get(context.activity["key"], ref),
            "cohort": cohort,
            "questions": groups.questions_on(user, cohort, key),
            "form": form,
            "refusal": refusal,
        },
        status=422 if request.method == "POST" else 200,
    )
