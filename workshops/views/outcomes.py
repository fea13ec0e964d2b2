"""What comes after a workshop: outputs and recommendations, tests, allowances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments import kinds
from operations.errors import Refused
from operations.words import in_language
from people import access
from people.policy import Capability
from workshops import report_paper
from workshops.forms import OutcomeForm
from workshops.models import Outcome, Registration, TestSitting, Workshop
from workshops.paper import paper_order
from workshops.queries.report import satisfaction_of
from workshops.rules import form_of, may_sit, questions_of
from workshops.services import outcomes as services
from workshops.views.planning import form_page
from workshops.views.shared import act, crumbs, own_registration, page_of, see_other, workshop_for

MOMENTS = {"pre": "before", "post": "after"}

# --- outputs and recommendations --------------------------------------------------------------------------------------


@require_safe
def outcomes(request: HttpRequest, id: UUID) -> HttpResponse:
    """What a workshop brought forth and asks for: for whom, by when, how far."""
    workshop = workshop_for(request, id, Capability.SEE_COHORTS)
    evaluation = satisfaction_of(workshop) if workshop.closed_at is not None else None
    alarms = evaluation.alarms if evaluation is not None else []
    context = {
        "workshop": workshop,
        "alarms": [(words, report_paper.shown(round(mean, 2)), number) for words, mean, number in alarms],
        "alarm_lines": report_paper.alarm_lines(evaluation) if evaluation is not None and alarms else [],
        "rows": workshop.outcomes.all(),
        "today": timezone.localdate(),
        "may_change": access.can(access.signed_in(request), Capability.MANAGE_COHORTS, workshop),
        "crumbs": crumbs(workshop),
    }
    return render(request, "workshops/outcomes.html", context)


@form_page
def outcome_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write an output or a recommendation down."""
    return _outcome(request, workshop_for(request, id, Capability.MANAGE_COHORTS), None)


@form_page
def outcome_edit(request: HttpRequest, id: UUID, pk: int) -> HttpResponse:
    """Change one, or how far it is."""
    workshop = workshop_for(request, id, Capability.MANAGE_COHORTS)
    return _outcome(request, workshop, get_object_or_404(workshop.outcomes, pk=pk))


def _outcome(request: HttpRequest, workshop: Workshop, row: Outcome | None) -> HttpResponse:
    def do(data: Mapping[str, Any]) -> None:
        kept = Outcome.objects.get(pk=row.pk) if row is not None else None
        services.save_outcome(workshop=workshop, actor=access.signed_in(request), outcome=kept, **data)

    back = reverse("workshop-outcomes", args=[workshop.pk])
    return act(
        request,
        do=do,
        done=_("It is written down."),
        back=back,
        heading=_("Output or recommendation"),
        button=_("Save"),
        form=OutcomeForm(request.POST or None, instance=row),
        sentences=[_("It stands in the report as it is written here: name an office, not a person.")],
        way=crumbs(workshop, (back, _("Outputs and recommendations"))),
        action="outcome",
    )


# --- the tests --------------------------------------------------------------------------------------------------------


def _asked(workshop: Workshop, data: Mapping[str, Any], *, seed: str = "") -> list[dict[str, Any]]:
    """The questions to answer; without a seed, their options stand as on the sheet of paper."""
    found = []
    language = get_language() or workshop.language
    for question, version in questions_of(workshop):
        given = kinds.parse(question.kind, version.body, data, question.slug) if data else None
        shown = kinds.present(
            question.kind, version.body, language, seed=seed or "paper", item_id=question.slug, answer=given
        )
        if not seed and "choices" in shown:
            options = {option["id"]: option for option in version.body.get("options", []) if isinstance(option, dict)}

            def place(choice: Mapping[str, Any], slug: str = question.slug, options: Any = options) -> bytes:
                return paper_order(workshop, slug, in_language(options.get(choice["id"], {}), workshop.language))

            shown["choices"] = sorted(shown["choices"], key=place)
        found.append(shown)
    return found


@form_page
def test(request: HttpRequest, id: UUID, moment: str) -> HttpResponse:
    """A participant's test before or after; their own results once they have taken both."""
    row = own_registration(request, id)
    refusal = None
    if request.method == "POST":
        try:
            services.sit_test(registration=row, moment=moment, user=access.signed_in(request), data=request.POST)
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Your test is kept."))
            return see_other(request.path)
    sat = {sitting.moment: sitting for sitting in row.sittings.all()}
    asked = _asked(row.workshop, request.POST, seed=f"{row.pk} {moment}")
    if form_of(row.number, moment) == "B":
        asked.reverse()
    context = {
        "workshop": row.workshop,
        "moment": moment,
        "asked": asked,
        "taken": moment in sat,
        "open": moment not in sat and bool(asked) and may_sit(row.workshop, row, moment),
        "own": [(sat[key].get_moment_display(), _share(sat[key])) for key in ("pre", "post")] if len(sat) == 2 else [],
        "refusal": refusal,
        "back": reverse("my-workshop", args=[id]),
    }
    return render(request, "workshops/test.html", context, status=422 if refusal else 200)


def _share(sitting: TestSitting) -> int:
    return round(100 * sum(sitting.points.values()) / len(sitting.points)) if sitting.points else 0


@form_page
def test_paper(request: HttpRequest, id: UUID, moment: str) -> HttpResponse:
    """Type in tests from paper by the participant's number, in the order of form A or B (`?form=B`). Says which numbers are
    in, never a result."""
    workshop = workshop_for(request, id, Capability.MANAGE_COHORTS)
    form = "B" if request.GET.get("form") == "B" else "A"
    refusal = None
    if request.method == "POST":
        try:
            number = request.POST.get("number", "").strip()
            if not (number.isascii() and number.isdigit() and len(number) < 5):
                raise Refused(_("The participant's number is missing."), _("It stands at the top of the sheet."))
            services.type_test(
                workshop=workshop,
                number=int(number),
                moment=moment,
                actor=access.signed_in(request),
                data=request.POST,
            )
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Number %(number)s is kept. The next sheet.") % {"number": number})
            return see_other(request.get_full_path())
    asked = _asked(workshop, request.POST if refusal else {})
    if form == "B":
        asked.reverse()
    expected = workshop.registrations.filter(state__in=Registration.EXPECTED)
    done = set(expected.filter(sittings__moment=moment).values_list("number", flat=True))
    context = {
        "workshop": workshop,
        "moment": moment,
        "asked": asked,
        "form": form,
        "typed": True,
        "number": request.POST.get("number", ""),
        "open": bool(questions_of(workshop)),
        "done": sorted(done),
        "missing": sorted(set(expected.values_list("number", flat=True)) - done),
        "refusal": refusal,
        "back": page_of(workshop),
        "crumbs": crumbs(workshop),
    }
    return render(request, "workshops/test.html", context, status=422 if refusal else 200)


# --- allowances -------------------------------------------------------------------------------------------------------


@form_page
def allowances(request: HttpRequest, id: UUID) -> HttpResponse:
    """The sheet of a day, worked out from attendance, to be signed. In no other document."""
    workshop = workshop_for(request, id, Capability.MANAGE_COHORTS)
    refusal = None
    if request.method == "POST":
        try:
            day = _day(request.POST.get("day", ""))
            rows = services.work_out_allowances(workshop=workshop, day=day, actor=access.signed_in(request))
            if not rows:
                raise Refused(_("Nobody was present on this day."), _("Call the list first."))
        except Refused as caught:
            refusal = caught
        else:
            content = report_paper.render_allowances(workshop, day, rows)
            response = HttpResponse(content, content_type="application/pdf")
            response["Content-Disposition"] = f'attachment; filename="{workshop.code}-{day.isoformat()}.pdf"'
            response["Cache-Control"] = "no-store"
            return response
    context = {
        "workshop": workshop,
        "days": sorted(set(workshop.sessions.filter(cancelled=False).values_list("day", flat=True))),
        "refusal": refusal,
        "crumbs": crumbs(workshop),
    }
    return render(request, "workshops/allowances.html", context, status=422 if refusal else 200)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Refused(_("There is no session on this day.")) from error
