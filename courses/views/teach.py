"""The desk for teaching: cohorts, the grid of progress, their settings. What is not the viewer's is not there (404)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses import rules, waiting
from courses.access_cohorts import teachable
from courses.cohort_forms import CohortForm, CourseForm, DueForm, InstructorForm, NewCohortForm
from courses.models import Cohort, CohortCourse, CohortInstructor, Course, CourseText
from courses.queries import best_text
from courses.queries import cohorts as queries
from courses.queries.cohorts import Grid, Row, Sight, State
from courses.services import cohort_words as words
from courses.services import cohorts as services
from courses.views.learning import see_other
from operations.audit import record_look
from operations.errors import Refused
from people import access
from people.access import signed_in
from people.manage_forms import ReasonForm
from people.models import User
from people.policy import Capability

SHOWN = "cohort-shown"  # in the session: which cohort an administrator has said a reason for, and until when
MAY_GO_ON = 15 * 60  # seconds

form_page = require_http_methods(["GET", "HEAD", "POST"])


# --- what the screens share -----------------------------------------------------------------------------------------


def cohort_of(request: HttpRequest, id: UUID, capability: Capability = Capability.SEE_COHORTS) -> Cohort:
    """The cohort of an address; 404 to those who have nothing to do with it, 403 to the wrong role."""
    viewer = signed_in(request)
    found = queries.cohort_for(viewer, id)
    if found is None:
        raise Http404
    access.require(viewer, capability, found)
    return found


def page_of(request: HttpRequest) -> int:
    """The number of the page that is asked for."""
    page = request.GET.get("page", "")
    return int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1


def frame(request: HttpRequest, cohort: Cohort, tab: str) -> dict[str, Any]:
    """What every page of a cohort shows."""
    return {
        "cohort": cohort,
        "tab": tab,
        "may_change": access.can(signed_in(request), Capability.MANAGE_COHORTS, cohort),
    }


def act(
    request: HttpRequest,
    *,
    do: Callable[[Mapping[str, Any]], object],
    done: str | Callable[[], str],
    back: str | Callable[[], str],
    heading: str,
    button: str,
    cohort: Cohort | None = None,
    form: forms.Form | None = None,
    sentences: Iterable[str] = (),
    danger: bool = False,
    cancel: str = "",
) -> HttpResponse:
    """A page with one thing to do, which says what it will do: shown on GET, done on POST. `do` takes the form's clean
    data and may raise Refused, whose sentence is shown above the form."""
    refusal = None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            do(form.cleaned_data if form is not None else {})
        except Refused as caught:
            refusal = caught
        else:
            if said := done() if callable(done) else done:
                messages.success(request, said)
            return see_other(back() if callable(back) else back)
    return render(
        request,
        "courses/teach/act.html",
        {
            "cohort": cohort,
            "heading": heading,
            "button": button,
            "form": form,
            "sentences": sentences,
            "danger": danger,
            "cancel": cancel or (back if isinstance(back, str) else reverse("teach")),
            "refusal": refusal,
        },
        status=422 if request.method == "POST" else 200,
    )


def said(request: HttpRequest, refusal: Refused, address: str) -> HttpResponseRedirect:
    """Why nothing was changed, on the page that the button stood on."""
    messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
    return see_other(address)


def say_waiting(request: HttpRequest, waiting: Iterable[tuple[User, str]]) -> None:
    """Whom a rule still holds back from a course: how many, by reason; names stand on the page of members."""
    reasons: dict[str, int] = {}
    for _person, sentence in waiting:
        reasons[sentence] = reasons.get(sentence, 0) + 1
    for sentence, number in reasons.items():
        messages.warning(request, _("Not enrolled yet: %(count)d. %(reason)s") % {"count": number, "reason": sentence})


def course_choices(viewer: User, *, without: Iterable[int] = ()) -> list[tuple[str, str]]:
    """(code, "K1 · title") of the courses that the viewer may teach. 2 queries."""
    texts = CourseText.objects.filter(live=True).only("course_id", "language", "title")
    found = teachable(viewer).exclude(pk__in=list(without)).prefetch_related(Prefetch("texts", texts))
    best = ((course.code, best_text(course.texts.all(), get_language() or "")) for course in found)
    return [(code, f"{code} · {text.title}") for code, text in best if text is not None]


# --- the list -------------------------------------------------------------------------------------------------------


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The cohorts that the viewer leads or may see."""
    viewer = signed_in(request)
    archived = request.GET.get("state") == "away"
    lines, page = queries.cohort_list(viewer, archived=archived, page=page_of(request))
    return render(
        request,
        "courses/teach/home.html",
        {
            "lines": lines,
            "page": page,
            "archived": archived,
            "may_start": access.can(viewer, Capability.START_COHORTS),
            "may_grade": access.can(viewer, Capability.GRADE),
            "address": "state=away&" if archived else "",
        },
    )


@form_page
def new(request: HttpRequest) -> HttpResponse:
    """Make a cohort."""
    viewer = signed_in(request)
    places = list(access.institutions_for(viewer, Capability.START_COHORTS).order_by("path"))
    given = {"language": get_language()}
    form = NewCohortForm(request.POST or None, institutions=places, courses=course_choices(viewer), initial=given)
    made: list[Cohort] = []

    def do(data: Mapping[str, Any]) -> None:
        made.append(
            services.create_cohort(
                actor=viewer,
                name=data["name"],
                institution=data["institution"],
                language=data["language"],
                starts=data["starts"],
                ends=data["ends"],
                course=Course.objects.filter(code=data["course"]).first() if data["course"] else None,
                due=data["due"],
            )
        )

    return act(
        request,
        do=do,
        done=_("The group is made. Now add its members."),
        back=lambda: reverse("teach-members", args=[made[0].pk]),
        heading=_("New group"),
        button=_("Make the group"),
        form=form,
        cancel=reverse("teach"),
    )


# --- the grid -------------------------------------------------------------------------------------------------------


@form_page
def cohort(request: HttpRequest, id: UUID) -> HttpResponse:
    """People × steps. Administrators say first why they look; that is written down."""
    viewer = signed_in(request)
    found = cohort_of(request, id)
    sight, needs_reason = queries.sight_of(viewer, found)
    reason_form = None
    if needs_reason and not reason_given(request, found):
        reason_form = ReasonForm(request.POST or None)
        if request.method == "POST" and reason_form.is_valid():
            record_look(
                actor=viewer,
                code="courses.looked-at-cohort",
                obj=found,
                reason=reason_form.cleaned_data["reason"],
                branch=found.institution.path,
            )
            request.session[SHOWN] = [str(found.pk), time.time() + MAY_GO_ON]
            return see_other(reverse("teach-cohort", args=[id]))
        sight = Sight.LIST
    given = {name: request.GET.get(name, "")[:100] for name in ("course", "q", "status", "sort")}
    grid = queries.grid(
        viewer,
        found,
        sight,
        language=get_language() or "",
        course=given["course"],
        query=given["q"],
        status=given["status"],
        sort=given["sort"],
    )
    written = any(column.rule == rules.GRADED for column in grid.columns)
    return render(
        request,
        "courses/teach/cohort.html",
        frame(request, found, "progress")
        | {
            "grid": grid,
            "rows": _drawn(grid),
            "sight": sight.value,
            "reason_form": reason_form,
            "statuses": _statuses(),
            "sorts": _sorts(),
            "heads": _heads(grid),
            "written": written,
            "waiting": waiting.waiting_for(viewer, found) if written else [],
            "kept": {"course": grid.tab.code} if grid.tab and len(grid.tabs) > 1 else {},
        },
        status=422 if request.method == "POST" else 200,
    )


def reason_given(request: HttpRequest, cohort: Cohort) -> bool:
    """Whether an administrator has said, a moment ago, why they look at this cohort."""
    key, until = request.session.get(SHOWN, ("", 0))
    return bool(key == str(cohort.pk) and time.time() < until)


def _drawn(grid: Grid) -> list[tuple[Row, SafeString]]:
    """The rows with their cells. Drawn here and not in the template: there are thousands of them, of few kinds."""
    kinds = {
        "d": ("d", "\u2713", _("done")),
        "n": ("n", "", _("begun")),
        "w": ("n", "\u2026", _("handed in")),
        "r": ("l", "\u00d7", _("not yet")),
        "l": ("l", "!", _("late")),
        "o": ("o", "", _("to do")),
        "x": ("x", "\u2013", _("not part of it")),
    }
    cells = {
        (number, letter): format_html(
            '<td><span class="cell {}"><span aria-hidden="true">{}</span><span class="vh">{}</span></span></td>',
            name,
            sign or column.label,
            f"{column.label}, {state}",
        )
        for number, column in enumerate(grid.columns)
        for letter, (name, sign, state) in kinds.items()
    }
    return [
        (row, mark_safe("".join(cells[place] for place in enumerate(row.cells))))  # noqa: S308 - of format_html
        for row in grid.rows
    ]


def _heads(grid: Grid) -> dict[str, dict[str, str]]:
    """For the columns that sort: the address that sorts by it (the other way round where it does already), and how."""
    kept = {"course": grid.tab.code} if grid.tab else {}
    kept |= {name: value for name, value in (("q", grid.query), ("status", grid.status)) if value}
    heads = {}
    for name in ("name", "done", "last", "status"):
        up, down = grid.sort == name, grid.sort == f"-{name}"
        sort = f"-{name}" if up and f"-{name}" in queries.SORTS else name
        heads[name] = {
            "address": f"?{urlencode(kept | {'sort': sort})}",
            "order": "ascending" if up else "descending" if down else "",
        }
    return heads


def _statuses() -> list[tuple[str, str]]:
    return [
        ("remind", _("to remind")),
        (State.COMPLETED, _("completed")),
        (State.ACTIVE, _("in progress")),
        (State.LATE, _("late")),
        (State.QUIET, _("nothing for 14 days")),
        (State.NEW, _("not begun")),
        (State.OUT, _("not enrolled")),
    ]


def _sorts() -> list[tuple[str, str]]:
    return [
        ("name", _("Name, A to Z")),
        ("-name", _("Name, Z to A")),
        ("done", _("Least done first")),
        ("-done", _("Most done first")),
        ("last", _("Longest silent first")),
        ("-last", _("Last active first")),
        ("status", _("Late first")),
    ]


@require_POST
def remind(request: HttpRequest, id: UUID) -> HttpResponse:
    """Remind the members that were ticked, or all who need it."""
    viewer = signed_in(request)
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    code = request.POST.get("course", "")[:16]
    back = f"{reverse('teach-cohort', args=[id])}?{urlencode({'course': code})}"
    row = found.courses.filter(course__code=code).select_related("course").first()
    if row is None:
        raise Http404
    if request.POST.get("who") == "all":
        grid = queries.grid(viewer, found, Sight.PROGRESS, language=get_language() or "", course=code)
        chosen = [line.member for line in grid.rows if line.to_remind]
    else:
        ticked = set(request.POST.getlist("member")[: services.MOST_MEMBERS])
        chosen = [member for member in found.members.filter(left=None) if str(member.pk) in ticked]
    if not chosen:
        messages.warning(request, _("Nobody is ticked. Tick the people whom you want to remind."))
        return see_other(back)
    try:
        number = words.remind(cohort=found, course=row.course, members=chosen, actor=viewer)
    except Refused as refusal:
        return said(request, refusal, back)
    (messages.success if number else messages.warning)(request, words.reminded_sentence(number))
    return see_other(back)


@require_safe
def register(request: HttpRequest, id: UUID) -> HttpResponse:
    """A register to print and to sign: protected people stand in it by their pseudonym, whoever prints."""
    found = cohort_of(request, id)
    days = request.GET.get("days", "")
    number = min(int(days), 12) if days.isascii() and days.isdigit() and len(days) < 3 else 4
    return render(
        request,
        "courses/teach/register.html",
        frame(request, found, "members")
        | {
            "lines": queries.register_of(found),
            "days": range(max(1, number)),
            "tabs": queries.course_tabs(found, get_language() or ""),
            "instructors": [name for _row, name in queries.instructors_of(found, signed_in(request))],
        },
    )


# --- settings -------------------------------------------------------------------------------------------------------


@require_safe
def settings(request: HttpRequest, id: UUID) -> HttpResponse:
    """Courses and their dates, instructors, what the cohort is called, putting it away."""
    viewer = signed_in(request)
    found = cohort_of(request, id)
    context = frame(request, found, "settings")
    return render(
        request,
        "courses/teach/settings.html",
        context
        | {
            "courses": queries.course_tabs(found, get_language() or ""),
            "instructors": queries.instructors_of(found, viewer),
        },
    )


@form_page
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Name, language, dates."""
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    given = {name: getattr(found, name) for name in ("name", "language", "starts", "ends")}
    form = CohortForm(request.POST or None, initial=given)
    return act(
        request,
        do=lambda data: services.change_cohort(cohort=found, actor=signed_in(request), **data),
        done=_("The group is changed."),
        back=reverse("teach-settings", args=[id]),
        heading=_("Change the group"),
        button=_("Save"),
        cohort=found,
        form=form,
    )


@form_page
def archive(request: HttpRequest, id: UUID) -> HttpResponse:
    """Put a cohort away, or take it out again."""
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    away = found.archived is not None
    change = services.reopen_cohort if away else services.archive_cohort
    return act(
        request,
        do=lambda data: change(cohort=found, actor=signed_in(request)),
        done=_("The group is open again.") if away else _("The group is put away."),
        back=reverse("teach-settings", args=[id]),
        heading=_("Open the group again?") if away else _("Put the group away?"),
        button=_("Open it again") if away else _("Put it away"),
        cohort=found,
        sentences=[
            _("Its instructors see the progress of its members again.")
            if away
            else _("Nothing in it changes any more, and its instructors no longer see the progress of its members.")
        ]
        + ([] if away else [_("Members keep their courses, their results and their certificates.")]),
    )


@form_page
def course_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """One more course for the cohort."""
    viewer = signed_in(request)
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    form = CourseForm(
        request.POST or None, courses=course_choices(viewer, without=found.courses.values_list("course", flat=True))
    )

    def do(data: Mapping[str, Any]) -> None:
        course = Course.objects.get(code=data["course"])
        result = services.add_course(cohort=found, course=course, actor=viewer, due=data["due"])
        say_waiting(request, result.waiting)

    return act(
        request,
        do=do,
        done=_("The group takes the course: its members are enrolled."),
        back=reverse("teach-settings", args=[id]),
        heading=_("Add a course"),
        button=_("Add the course"),
        cohort=found,
        form=form,
    )


def _course_row(cohort: Cohort, code: str) -> CohortCourse:
    row = cohort.courses.filter(course__code=code).select_related("course").first()
    if row is None:
        raise Http404
    row.cohort = cohort
    return row


@form_page
def course_due(request: HttpRequest, id: UUID, code: str) -> HttpResponse:
    """By when the cohort finishes a course."""
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    row = _course_row(found, code)
    return act(
        request,
        do=lambda data: services.change_due(row=row, actor=signed_in(request), due=data["due"]),
        done=_("The date is changed."),
        back=reverse("teach-settings", args=[id]),
        heading=_("%(code)s: to be finished by") % {"code": row.course.code},
        button=_("Save"),
        cohort=found,
        form=DueForm(request.POST or None, initial={"due": row.due}),
        sentences=[_("Members who have a date of their own keep it.")],
    )


@form_page
def course_remove(request: HttpRequest, id: UUID, code: str) -> HttpResponse:
    """The cohort takes a course no more."""
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    row = _course_row(found, code)
    return act(
        request,
        do=lambda data: services.remove_course(row=row, actor=signed_in(request)),
        done=_("The group no longer takes the course."),
        back=reverse("teach-settings", args=[id]),
        heading=_("%(code)s: take the course away?") % {"code": row.course.code},
        button=_("Take it away"),
        cohort=found,
        sentences=[_("Members stay enrolled, without the date of the group. You no longer see their progress in it.")],
        danger=True,
    )


@form_page
def instructor_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """One more instructor who leads the cohort."""
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    return act(
        request,
        do=lambda data: services.add_instructor(cohort=found, login=data["login"], actor=signed_in(request)),
        done=_("The group has one more instructor."),
        back=reverse("teach-settings", args=[id]),
        heading=_("Add an instructor"),
        button=_("Add the instructor"),
        cohort=found,
        form=InstructorForm(request.POST or None),
        sentences=[_("Whoever leads the group sees the progress of its members and may change it like you.")],
    )


@form_page
def instructor_end(request: HttpRequest, id: UUID, pk: int) -> HttpResponse:
    """Somebody leads the cohort no more."""
    found = cohort_of(request, id, Capability.MANAGE_COHORTS)
    row = CohortInstructor.objects.on().filter(cohort=found, pk=pk).select_related("user").first()
    if row is None:
        raise Http404
    row.cohort = found
    own = row.user_id == signed_in(request).pk
    return act(
        request,
        do=lambda data: services.end_instructor(row=row, actor=signed_in(request)),
        done=_("The instructor no longer leads the group."),
        back=reverse("teach") if own else reverse("teach-settings", args=[id]),
        heading=_("Leave the group to others?") if own else _("End the teaching of this instructor?"),
        button=_("End it"),
        cohort=found,
        sentences=[_("From now on this person no longer sees the group.")],
        danger=True,
    )
