"""Learners' screens of quizzes and attempts. Views parse, ask, call a service and show; they hold no rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments import kinds, queries, results, series, services
from assessments.models import Attempt, AttemptItem, QuizPage, Use
from assessments.services import Saved, mark_of
from courses import rules
from courses.kinds import ActivityContext
from courses.models import ActivityPage, CourseText, Enrolment
from courses.queries import neighbours, standing_of
from courses.services import progress_of
from courses.views import reach, see_other, to_enrol
from operations import clock
from operations.errors import Refused
from people.models import User


def _language() -> str:
    return get_language() or ""


def _person(request: HttpRequest) -> User:
    """Who asks; behind `login_required`."""
    return cast(User, request.user)


def _refused(request: HttpRequest, refusal: Refused, address: str) -> HttpResponseRedirect:
    messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
    return see_other(address)


def facts(page: ActivityPage) -> Mapping[str, Any]:
    """What outlines say of a quiz."""
    if not isinstance(page, QuizPage):
        return {}
    rules_of = {"time_limit": page.quiz.time_limit, "attempts": page.quiz.attempts_allowed}
    return {"questions": queries.question_count(page.quiz), **{k: v for k, v in rules_of.items() if v is not None}}


# --- before ---------------------------------------------------------------------------------------------------------


@require_safe
def quiz(request: HttpRequest, context: ActivityContext) -> HttpResponse:
    """A quiz before it begins: its rules in words, earlier results, and what opens further tries. A running attempt is
    gone back to. SQL: 4 (6 where a series has ended), on top of what found the activity."""
    found = queries.quiz_of(rules.key_of(context.activity))
    if found is None:
        raise Http404
    enrolment = context.enrolment
    attempts = queries.attempts_of(enrolment, found) if enrolment else []
    extra = queries.extra_of(enrolment.user_id, found) if enrolment else queries.Extra()
    standing = series.standing_of(found, attempts, extra=extra.attempts)
    if standing.running is not None:
        kept = services.keep_time(attempt=standing.running)
        if kept.status == Attempt.Status.RUNNING:
            return HttpResponseRedirect(reverse("attempt", args=[kept.pk]))
        return _time_was_over(request, kept, services.answered_in(kept))
    exam = found.use == Use.EXAM
    lessons: list[dict[str, Any]] = []
    if enrolment is not None and standing.exhausted:
        done = queries.reread_keys(enrolment, found, standing.series)
        missed = queries.lessons_by_objective(context.course.pk, context.outline, standing.missed)
        lessons = [
            _lesson(entry, context.course.code, context.text) | {"done": entry["key"] in done}
            for entry in queries.to_reread(missed)
        ]
    waits = standing.opens_on is not None and clock.today() < standing.opens_on
    unread = [lesson for lesson in lessons if not lesson["done"]]
    return render(
        request,
        "assessments/intro.html",
        {
            "course": context.course,
            "text": context.text,
            "quiz": found,
            "exam": exam,
            "ref": context.activity["ref"],
            "title": context.text.titles.get(context.activity["key"], ""),
            "module": _module(context.outline, context.text, context.activity["key"]),
            "enrolment": enrolment,
            "questions": context.text.facts.get(context.activity["key"], {}).get("questions")
            or queries.question_count(found),
            "pass_mark": context.outline.get("pass_mark"),
            "standing": standing,
            "minutes": None if found.time_limit is None else found.time_limit + extra.minutes,
            "best": max((attempt.points for attempt in standing.submitted if attempt.points is not None), default=None),
            "lessons": lessons,
            "unread": unread,
            "waits": waits,
            "may_start": enrolment is not None and not standing.passed and not waits and not unread,
        },
    )


def _lesson(entry: rules.Entry, code: str, text: CourseText | None) -> dict[str, Any]:
    return {
        "ref": entry["ref"],
        "url": reverse("activity", args=[code, entry["ref"]]),
        "title": text.titles.get(entry["key"], entry["ref"]) if text else entry["ref"],
    }


def _module(outline: rules.Outline, text: CourseText, key: str) -> dict[str, Any] | None:
    for number, module in enumerate(outline.get("modules", ()), 1):
        if any(entry["key"] == key for entry in module["activities"]):
            return {"number": number, "title": text.titles.get(module["key"], ""), "key": module["key"]}
    return None


def _whole(text: str, most: int = 10_000) -> int | None:
    """A whole number from an address or a form; None for everything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= most else None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    """Begin, or go back to what is running."""
    here = reverse("activity", args=[code, ref])
    if request.method != "POST":
        return HttpResponseRedirect(here)
    context = reach(request, code, ref)
    if isinstance(context, HttpResponse):
        return context
    found = queries.quiz_of(rules.key_of(context.activity))
    if found is None:
        raise Http404
    if context.enrolment is None:
        return to_enrol(request, code)
    try:
        attempt = services.start_attempt(
            enrolment=context.enrolment, quiz=found, seen=_whole(request.POST.get("attempts", ""))
        )
    except Refused as refusal:
        return _refused(request, refusal, here)
    if attempt.status != Attempt.Status.RUNNING:
        return _time_was_over(request, attempt, services.answered_in(attempt))
    return see_other(reverse("attempt", args=[attempt.pk]))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reread(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    """ "I have read it again": `ref` is the lesson's; what it opens is the final assessment of the course."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("activity", args=[code, ref]))
    context = reach(request, code, ref)
    if isinstance(context, HttpResponse):
        return context
    final = [entry for entry in context.outline.get("final", ()) if entry["rule"] == rules.PASSED]
    if context.enrolment is None or not final:
        raise Http404
    back = reverse("activity", args=[code, final[0]["ref"]])
    for entry in final:
        found = queries.quiz_of(rules.key_of(entry))
        if found is None:
            continue
        try:
            services.mark_reread(enrolment=context.enrolment, quiz=found, activity=rules.key_of(context.activity))
        except Refused as refusal:
            return _refused(request, refusal, back)
    return see_other(f"{back}#reread")


# --- during ---------------------------------------------------------------------------------------------------------


def _own(request: HttpRequest, id: UUID) -> Attempt:
    found = queries.attempt_for(_person(request), id)
    if found is None:
        raise Http404
    return found


def _time_was_over(request: HttpRequest, attempt: Attempt, answered: int) -> HttpResponseRedirect:
    """Say what became of the answers, and show the result."""
    if attempt.closed_by == Attempt.ClosedBy.TIME:
        words = ngettext(
            "Time is up. Your %(count)d saved answer has been handed in.",
            "Time is up. Your %(count)d saved answers have been handed in.",
            answered,
        )
    else:
        words = ngettext(
            "You have handed in already, with %(count)d answer. Nothing has changed since.",
            "You have handed in already, with %(count)d answers. Nothing has changed since.",
            answered,
        )
    messages.warning(request, words % {"count": answered})
    return see_other(reverse("attempt-result", args=[attempt.pk]))


def _stands_still(request: HttpRequest) -> HttpResponseRedirect:
    """The account was recovered: its holder reads first who made the code."""
    messages.warning(request, services.still_frozen())
    return see_other(reverse("told") + "?wait=1")


def _course_address(attempt: Attempt) -> str:
    return reverse("course", args=[attempt.enrolment.course.code])


def _still_running(request: HttpRequest, id: UUID) -> Attempt | HttpResponse:
    """The attempt, or the answer that shows what became of it."""
    found = _own(request, id)
    if found.status == Attempt.Status.RUNNING:
        kept = services.keep_time(attempt=found)
        if kept.status != Attempt.Status.RUNNING:
            return _time_was_over(request, kept, services.answered_in(kept))
        if found.frozen is not None:
            return _stands_still(request)
        if found.enrolment.status == Enrolment.Status.WITHDRAWN:
            messages.warning(request, _("You are no longer enrolled in this course."))
            return HttpResponseRedirect(_course_address(found))
        return found
    return HttpResponseRedirect(reverse("attempt-result", args=[id]))


def _asked(item: AttemptItem, seed: int, language: str) -> dict[str, Any]:
    question = item.version.question
    asked = kinds.present(
        question.kind, item.version.body, language, seed=seed, item_id=question.slug, answer=item.answer
    )
    return asked | {"seen": mark_of(item.answer) if item.answer is not None else "", "item": item}


def _frame(attempt: Attempt, text: CourseText | None) -> dict[str, Any]:
    """What every page of an attempt shows."""
    now = clock.now()
    left = series.remaining(attempt, now)
    course, key = attempt.enrolment.course, str(attempt.quiz.key)
    return {
        "attempt": attempt,
        "exam": attempt.quiz.use == Use.EXAM,
        "course": course,
        "text": text,
        "title": text.titles.get(key, "") if text else "",
        "ref": attempt.quiz.key.hex[:8],
        "now": now,
        # Rounded up: nobody is told 0 minutes while there are seconds left.
        "seconds_left": None if left is None else int(left.total_seconds()),
        "minutes_left": None if left is None else -(-int(left.total_seconds()) // 60),
        "until": None if left is None else now + left,
    }


def _last_saved(items: Sequence[AttemptItem]) -> AttemptItem | None:
    answered = [(item.answered_at, item.position, item) for item in items if item.answered_at is not None]
    return max(answered)[2] if answered else None


@login_required
@require_safe
def attempt(request: HttpRequest, id: UUID) -> HttpResponse:
    """A running attempt: one question at a time for the final assessment (`?q=7`), all of them for practice. SQL: 3."""
    found = _still_running(request, id)
    if isinstance(found, HttpResponse):
        return found
    items = queries.items_of(found)
    text = queries.text_of(found.enrolment.course, _language())
    frame = _frame(found, text) | {"items": items, "saved": _last_saved(items)}
    if found.quiz.use == Use.EXAM:
        wanted = _whole(request.GET.get("q", ""))
        unanswered = next((item.position for item in items if item.answered_at is None), 1)
        number = wanted if wanted and wanted <= len(items) else unanswered
        item = items[number - 1]
        return render(
            request,
            "assessments/exam.html",
            frame
            | {
                "q": _asked(item, found.seed, _language()),
                "item": item,
                "number": number,
                "previous": number - 1,
                "following": number + 1 if number < len(items) else None,
            },
        )
    asked = [
        {"number": item.position, "checked": item.score is not None}
        | ({"r": _reviewed(item)} if item.score is not None else {"q": _asked(item, found.seed, _language())})
        for item in items
    ]
    return render(
        request,
        "assessments/practice.html",
        frame
        | {"asked": asked, "module": text and _module(found.enrolment.outline.outline, text, str(found.quiz.key))},
    )


def _reviewed(item: AttemptItem) -> dict[str, Any]:
    question = item.version.question
    return kinds.review(question.kind, item.version.body, item.answer, _language(), item_id=question.slug)


def _recalled(item: AttemptItem, seed: int) -> dict[str, Any]:
    question = item.version.question
    return kinds.recall(question.kind, item.version.body, item.answer, _language(), seed=seed, item_id=question.slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Keep answers and go where the pressed button leads: `go` is next, previous, later, end or the number of a
    question; `check` settles a practice question; `clear` takes an answer back. SQL: 1 read, 1 write."""
    here = reverse("attempt", args=[id])
    if request.method != "POST":
        return HttpResponseRedirect(here)
    data = request.POST
    number, go = _whole(data.get("q", "")), data.get("go", "")
    check, clear = _whole(data.get("check", "")), _whole(data.get("clear", ""))
    try:
        if check is not None:
            saved = services.check_answer(person=_person(request), attempt=id, position=check, data=data)
        else:
            saved = services.save_answers(
                person=_person(request),
                attempt=id,
                data=data,
                positions=None if number is None else [number],
                flagged=None if number is None else "flag" in data,
                clear=clear,
            )
    except LookupError:
        raise Http404 from None
    except Refused as refusal:
        return _refused(request, refusal, here)
    blank = _("You gave no new answer: the one saved before stays. To remove it, choose “Clear my answer”.")
    if request.headers.get("Accept") == "application/json":  # the page saves by itself, where scripts run
        if saved.outcome in ("over", "closed", "frozen"):
            return JsonResponse({}, status=409)
        return JsonResponse({"saved": blank if saved.outcome == "blank" else _saved_line(number)})
    if saved.outcome == "frozen":
        return _stands_still(request)
    if saved.outcome in ("over", "closed"):
        return _time_was_over(request, saved.attempt, saved.answered)
    if saved.outcome == "blank":
        messages.info(request, blank)
    return see_other(_where_to(here, saved, number, go, check, clear))


def _saved_line(number: int | None) -> str:
    return render_to_string("assessments/_saved_words.html", {"number": number, "at": timezone.now()})


def _where_to(here: str, saved: Saved, number: int | None, go: str, check: int | None, clear: int | None) -> str:
    if go == "later":
        return reverse("learn")
    if number is None:
        return f"{here}#n-{check or clear}" if check or clear else here
    if go == "end" or (go == "next" and number >= saved.attempt.maximum):
        return reverse("attempt-submit", args=[saved.attempt.pk])
    if clear:
        return f"{here}?q={number}"
    target = {"next": number + 1, "previous": max(1, number - 1)}.get(go) or _whole(go) or number
    return f"{here}?q={target}"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Hand in. GET is the page that asks once more and names what has no answer; a POST with answers keeps them first."""
    if request.method != "POST":
        return _confirm(request, id)
    found = _own(request, id)
    result_page = reverse("attempt-result", args=[id])
    if found.status != Attempt.Status.RUNNING:  # pressed twice, or an old tab
        return see_other(result_page)
    try:
        if set(request.POST) - {
            "csrfmiddlewaretoken"
        }:  # the page that asks once more sends no answers: one transaction
            saved = services.save_answers(person=_person(request), attempt=id, data=request.POST)
            if saved.outcome == "over":
                return _time_was_over(request, saved.attempt, saved.answered)
            if saved.outcome == "frozen":
                return _stands_still(request)
        elif found.frozen is not None:
            return _stands_still(request)
        done = services.submit(attempt=found)
    except LookupError:
        raise Http404 from None
    except Refused as refusal:
        return _refused(request, refusal, _course_address(found))
    if done.closed_by == Attempt.ClosedBy.TIME:
        return _time_was_over(request, done, services.answered_in(done))
    return see_other(result_page)


def _confirm(request: HttpRequest, id: UUID) -> HttpResponse:
    found = _still_running(request, id)
    if isinstance(found, HttpResponse):
        return found
    items = queries.items_of(found)
    text = queries.text_of(found.enrolment.course, _language())
    return render(
        request,
        "assessments/confirm.html",
        _frame(found, text)
        | {
            "items": items,
            "saved": _last_saved(items),
            "unanswered": [item for item in items if item.answered_at is None],
            "flagged": [item for item in items if item.flagged],
        },
    )


# --- after ----------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def result(request: HttpRequest, id: UUID) -> HttpResponse:
    """What an attempt has come to. SQL: 4 for practice; at most 6, and what panels ask, for the final assessment."""
    found = _own(request, id)
    if found.status == Attempt.Status.RUNNING:
        found_now = _still_running(request, id)
        if isinstance(found_now, Attempt):
            return HttpResponseRedirect(reverse("attempt", args=[id]))
        return found_now
    text = queries.text_of(found.enrolment.course, _language())
    items = queries.items_of(found)
    maximum, points = found.maximum, found.points or 0
    frame = _frame(found, text) | {
        "percent": int(points * 100 / maximum) if maximum else 0,
        "items": items,
        "answered": sum(item.answered_at is not None for item in items),
    }
    if found.quiz.use == Use.EXAM:
        return _exam_result(request, found, text, items, frame)
    outline = found.enrolment.outline.outline
    following = None
    if text is not None:
        steps = standing_of(frame["course"].code, text, outline, progress_of(found.enrolment))
        place = neighbours(steps, frame["ref"])
        following = place.following if place and place.following and place.following.state != "shut" else None
    module = _module(outline, text, str(found.quiz.key)) if text else None
    lessons = queries.lessons_of(outline, {module["key"]}) if module and series.missed(found) else []
    return render(
        request,
        "assessments/practice_result.html",
        frame
        | {
            "module": module,
            "reviews": [(item.position, _reviewed(item)) for item in items],
            "lessons": [_lesson(entry, frame["course"].code, text) for entry in lessons],
            "following": following,
        },
    )


def _exam_result(
    request: HttpRequest, found: Attempt, text: CourseText | None, items: list[AttemptItem], frame: dict[str, Any]
) -> HttpResponse:
    enrolment, course = found.enrolment, found.enrolment.course
    # Who has passed has no further try to count.
    extra = queries.Extra() if found.passed else queries.extra_of(enrolment.user_id, found.quiz)
    standing = series.standing_of(found.quiz, queries.attempts_of(enrolment, found.quiz), extra=extra.attempts)
    outline = enrolment.outline.outline
    lessons = queries.lessons_by_objective(course.pk, outline, series.missed(found))
    rows = [
        line
        | {
            "sentence": _objective(text, line["objective"]),
            "none": line["points"] == "0",
            "lessons": [_lesson(entry, course.code, text) for entry in lessons.get(line["objective"], ())],
        }
        for line in found.results
    ]
    keys_open = series.keys_are_open(found, standing)
    reviews = []
    for item in items:
        shown = _reviewed(item) if keys_open else _recalled(item, found.seed)
        full, own = (shown, None) if keys_open else (None, shown)
        reviews.append((item.position, shown["state"], shown["points"], shown["prompt"], full, own))
    left_to_do = []
    if found.passed and enrolment.status == Enrolment.Status.ACTIVE:
        conditions = rules.conditions(enrolment, outline, progress_of(enrolment), code=course.code)
        left_to_do = [condition for condition in conditions if condition.met != "yes"]
    return render(
        request,
        "assessments/result.html",
        frame
        | {
            "rows": rows,
            "standing": standing,
            "newest": standing.last is not None and standing.last.pk == found.pk,
            "keys_open": keys_open,
            "reviews": reviews,
            "left_to_do": left_to_do,
            "panels": results.panels_for(request, found) if found.passed else [],
            "waits": standing.opens_on is not None and clock.today() < standing.opens_on,
        },
    )


def _objective(text: CourseText | None, position: int) -> str:
    """The sentence of an objective."""
    if text is not None and 0 <= position < len(text.objectives):
        return text.objectives[position]
    return _("Objective %(number)d") % {"number": position + 1}
