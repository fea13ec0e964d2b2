"""Extra time and extra tries of a member of a cohort: that they apply, never why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from assessments.models import Accommodation, Quiz
from assessments.services import accommodations as services
from courses.models import Enrolment
from courses.queries import best_text
from courses.queries.cohorts import member_for
from courses.views import see_other
from courses.views.teach import cohort_of, form_page
from operations.errors import Refused
from people.access import signed_in
from people.names import shown_name
from people.policy import Capability


class ExtraForm(forms.Form):
    """How much more, and where."""

    quiz = forms.ChoiceField(label=gettext_lazy("Where"), required=False)
    minutes = forms.IntegerField(
        label=gettext_lazy("Extra minutes"), required=False, min_value=0, max_value=services.MOST_MINUTES
    )
    percent = forms.IntegerField(
        label=gettext_lazy("Extra time, in percent of the limit"),
        required=False,
        min_value=0,
        max_value=services.MOST_PERCENT,
    )
    attempts = forms.IntegerField(
        label=gettext_lazy("Extra tries"), required=False, min_value=0, max_value=services.MOST_ATTEMPTS
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason (optional)"),
        required=False,
        max_length=services.REASON_LENGTH,
        help_text=gettext_lazy("No page shows it again. The person finds it in the copy of their own data."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, quizzes: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quiz"].choices = [("", _("all assessments of the course")), *quizzes.items()]  # type: ignore[attr-defined]
        for name in ("minutes", "percent", "attempts"):
            self.fields[name].widget.attrs["class"] = "w-s"


@form_page
def extra(request: HttpRequest, id: UUID, member: UUID, code: str) -> HttpResponse:
    """What somebody has at the assessments of a course of their cohort; give it, end it."""
    viewer = signed_in(request)
    cohort = cohort_of(request, id, Capability.EXTRA_TIME)
    row = member_for(cohort, member)
    if row is None or not cohort.courses.filter(course__code=code).exists():
        raise Http404
    rows = Enrolment.objects.filter(user=row.user_id, course__code=code).exclude(status=Enrolment.Status.WITHDRAWN)
    enrolment = rows.select_related("course", "user").order_by("-created").first()
    if enrolment is None or enrolment.user is None:
        raise Http404
    text = best_text(enrolment.course.texts.defer("folded"), get_language() or "")
    timed = Quiz.objects.filter(course=enrolment.course_id)
    found = {quiz.key.hex[:8]: quiz for quiz in timed.exclude(time_limit=None, attempts_allowed=None)}
    titles = {ref: text.titles.get(str(quiz.key), ref) if text else ref for ref, quiz in found.items()}
    form = ExtraForm(request.POST or None, quizzes=titles)
    back = reverse("teach-extra", args=[id, member, code])
    refusal = None
    ending = request.POST.get("end", "")
    if ending:
        known = Accommodation.objects.filter(user=row.user_id, course=enrolment.course_id, ended=None)
        held = known.filter(pk=ending).first() if ending.isdecimal() and len(ending) < 10 else None
        if held is None:
            raise Http404
        services.end_extra(row=held, enrolment=enrolment, actor=viewer)
        messages.success(request, _("It no longer applies."))
        return see_other(back)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.give_extra(
                enrolment=enrolment,
                actor=viewer,
                quiz=found.get(data["quiz"]),
                minutes=data["minutes"] or 0,
                percent=data["percent"] or 0,
                attempts=data["attempts"] or 0,
                reason=data["reason"],
            )
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("It applies from now on, also to an assessment that is running."))
            return see_other(back)
    given = Accommodation.objects.filter(user=row.user_id, course=enrolment.course_id, ended=None)
    by_pk = {quiz.pk: titles[ref] for ref, quiz in found.items()}
    return render(
        request,
        "assessments/extra.html",
        {
            "cohort": cohort,
            "member": row,
            "code": code,
            "name": shown_name(enrolment.user, viewer),
            "given": [(line, by_pk.get(line.quiz_id or 0, "")) for line in given.select_related("quiz").order_by("pk")],
            "language": text.language if text else "",
            "form": form,
            "refusal": refusal,
        },
        status=422 if request.method == "POST" else 200,
    )
