"""Learners' screens of the courses room. Views parse, ask, call a service and show; they hold no rules."""

from __future__ import annotations

import re
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from content.glossary import without_links
from content.models import Tier
from content.rendering import fill
from content.services import report_error
from courses import kinds, queries, rules, services
from courses.access import confirmation_wanted
from courses.forms import ReportForm
from courses.kinds import ActivityContext
from courses.models import Course, Enrolment, Note
from courses.queries import Access
from operations.errors import Refused
from people.access import signed_in

# Blocks of the same kind in many lessons would all be landmarks of one name.
_BLOCK_NAME = re.compile(r' aria-labelledby="b-[^"]*"')


def see_other(address: str) -> HttpResponseRedirect:
    """After a POST: the browser fetches `address`, and going back never posts again."""
    return HttpResponseRedirect(address, status=303)


def _language() -> str:
    return get_language() or ""


# --- catalogue ------------------------------------------------------------------------------------------------------


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """All courses: search, filters, pages; everything in the query string, so that an address can be shared."""
    given = {name: request.GET.get(name, "")[:200] for name in ("q", "audience", "domain", "language", "duration")}
    page = request.GET.get("page", "1")
    screen = queries.catalogue_for(
        request.user,
        language=_language(),
        query=given["q"],
        audience=given["audience"],
        domain=given["domain"],
        spoken=given["language"],
        duration=given["duration"],
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
    )
    kept = {"q": screen.query} if screen.query else {}
    kept |= {name: option.value for name, option in screen.chosen.items()}
    removals = {
        name: _address("catalogue", {key: value for key, value in kept.items() if key != name}) for name in kept
    }
    pages = [
        (number, _address("catalogue", kept | ({"page": str(number)} if number > 1 else {})))
        for number in screen.page.paginator.page_range
    ]
    return render(
        request, "courses/catalogue.html", {"screen": screen, "removals": removals, "pages": pages, "kept": kept}
    )


def _address(name: str, query: dict[str, str]) -> str:
    return reverse(name) + (f"?{urlencode(query)}" if query else "")


# --- course ---------------------------------------------------------------------------------------------------------


def _course_screen(request: HttpRequest, code: str) -> queries.CourseScreen:
    screen = queries.course_screen(request.user, code, language=_language())
    if screen is None:
        raise Http404
    return screen


@require_safe
def course(request: HttpRequest, code: str) -> HttpResponse:
    """The course page: what it is and how it is completed; for people enrolled, where they are and what is left."""
    screen = _course_screen(request, code)
    name = "courses/course_enrolled.html" if screen.enrolment else "courses/course.html"
    return render(request, name, {"screen": screen, "course": screen.course, "text": screen.text})


@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest, code: str) -> HttpResponse:
    """Enrol the person; whoever is not signed in is sent to do so and comes back to the course page."""
    back = reverse("course", args=[code])
    if not request.user.is_authenticated:
        _course_screen(request, code)
        return redirect_to_login(back)
    if request.method != "POST":
        return HttpResponseRedirect(back)
    found = Course.objects.visible_to(request.user).filter(code=code).first()
    if found is None:
        raise Http404
    try:
        services.enrol(user=request.user, course=found)
    except Refused as refusal:
        return _refused(request, refusal, back)
    messages.success(request, _("You are enrolled."))
    return see_other(back)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Leave a course, after a page that says what that means."""
    screen = _course_screen(request, code)
    back = reverse("course", args=[code])
    if screen.enrolment is None:
        return HttpResponseRedirect(back)
    if request.method == "POST" or screen.completed:
        try:
            services.withdraw(enrolment=screen.enrolment)
        except Refused as refusal:
            return _refused(request, refusal, back)
        messages.success(request, _("You have left this course. Your notes are still in your notebook."))
        return see_other(reverse("learn"))
    return render(request, "courses/withdraw.html", {"screen": screen, "course": screen.course, "text": screen.text})


def _refused(request: HttpRequest, refusal: Refused, address: str) -> HttpResponseRedirect:
    messages.error(request, f"{refusal.sentence} {refusal.next_step}".strip())
    return see_other(address)


@require_safe
def course_print(request: HttpRequest, code: str) -> HttpResponse:
    """All lessons of a course on one page, to be printed. Not for the restricted tier, which leaves no copy."""
    screen = _course_screen(request, code)
    access = queries.reading(request.user, screen.course, screen.enrolment)
    if access is not Access.OPEN:
        return _turned_away(request, access, code)
    if screen.course.tier == Tier.RESTRICTED:
        messages.error(request, _("This course is restricted: it cannot be printed or kept."))
        return HttpResponseRedirect(reverse("course", args=[code]))
    texts = queries.lesson_texts(
        {UUID(step.key) for step in screen.standing.steps if step.kind == "lesson"}, _language()
    )
    parts = []
    for module in screen.standing.modules:
        lessons = []
        for step in module.steps:
            text = texts.get(UUID(step.key))
            if step.kind == "lesson" and text is not None:
                lines = {item["id"]: '<div class="lines"></div>' for item in text.facts.get("reflections", ())}
                html = _BLOCK_NAME.sub("", fill(without_links(text.html), lines))
                lessons.append((step, text, mark_safe(html)))  # noqa: S308
        if lessons:
            parts.append((module, lessons))
    return render(
        request,
        "courses/print.html",
        {"screen": screen, "course": screen.course, "text": screen.text, "parts": parts, "printed": timezone.now()},
    )


# --- activities -----------------------------------------------------------------------------------------------------


def reach(request: HttpRequest, code: str, ref: str) -> ActivityContext | HttpResponse:
    """The activity at this address for this reader, or the answer that sends them where they have to go first.

    Raises Http404 where nothing is there for them. Rooms above use it for the addresses below an activity.
    """
    access, context = queries.activity_context(request.user, code, ref, language=_language())
    if context is not None:
        return context
    return _turned_away(request, access, code)


def to_enrol(request: HttpRequest, code: str) -> HttpResponse:
    """The answer to what only people enrolled may send: the course's page, with a sentence."""
    _say_enrol(request)
    return see_other(reverse("course", args=[code]))


def _say_enrol(request: HttpRequest) -> None:
    messages.warning(request, _("This step is for people enrolled in the course. You can enrol on this page."))


def _turned_away(request: HttpRequest, access: Access, code: str) -> HttpResponse:
    if access is Access.SIGN_IN:
        return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else _parent(request))
    if access is Access.ENROL:
        _say_enrol(request)
        return HttpResponseRedirect(reverse("course", args=[code]))
    if access is Access.CONFIRM:
        return _refused(request, confirmation_wanted(Course.objects.get(code=code)), reverse("course", args=[code]))
    raise Http404


def _parent(request: HttpRequest) -> str:
    """Where somebody comes back to whose POST needs a login first: the page the form stood on."""
    return request.path.rstrip("/").rsplit("/", 1)[0] + "/"


@require_http_methods(["GET", "HEAD", "POST"])
def activity(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    """One step of a course, shown by the room that owns its kind. What is not open yet says why on the course page."""
    context = reach(request, code, ref)
    if isinstance(context, HttpResponse):
        return context
    if context.enrolment is not None and (reason := rules.shut(context.outline, context.progress, context.activity)):
        messages.warning(request, reason)
        return HttpResponseRedirect(reverse("course", args=[code]))
    try:
        view = kinds.view_of(context.activity["kind"])
    except KeyError:
        raise Http404 from None
    return view(request, context)


@require_safe
def lesson(request: HttpRequest, context: ActivityContext) -> HttpResponse:
    """A lesson. The first time an enrolled person opens it is recorded."""
    key = rules.key_of(context.activity)
    text = queries.activity_text(key, _language())
    if text is None:
        raise Http404
    if context.enrolment is not None and key not in context.progress and request.method == "GET":
        services.open_activity(enrolment=context.enrolment, activity=key, revision=text.revision)
    reflections = text.facts.get("reflections", [])
    notes = queries.notes_of(request.user, key) if reflections else {}
    completed = context.enrolment is not None and context.enrolment.status == Enrolment.Status.COMPLETED
    standing = queries.standing_of(
        context.course.code, context.text, context.outline, context.progress, completed=completed
    )
    place = queries.neighbours(standing, context.activity["ref"])
    if place is None:
        raise Http404
    token = get_token(request)  # one for the page: drawing the random mask of each costs more than its form
    fragments = {
        item["id"]: render_to_string(
            "courses/reflection.html",
            {
                "id": item["id"],
                "note": notes.get(item["id"]),
                "course": context.course,
                "ref": context.activity["ref"],
                "saved": request.GET.get("saved") == item["id"],
                "user": request.user,
                "csrf_token": token,
            },
        )
        for item in reflections
    }
    read_in = [
        (code, READ_IN.get(code) or get_language_info(code)["name_local"])
        for code in _other_languages(context, text.language)
    ]
    return render(
        request,
        "courses/lesson.html",
        {
            "course": context.course,
            "course_text": context.text,
            "text": text,
            "body": mark_safe(fill(text.html, fragments)),  # noqa: S308 - cleaned when it was published
            "objectives": tuple(text.facts.get("objectives") or ()),
            "enrolled": context.enrolment is not None,
            "asks": bool(getattr(context.enrolment, "in_cohort", False)),
            "standing": standing,
            "place": place,
            "finished": rules.finished(context.progress, context.activity),
            "declared": context.activity["rule"] == rules.DECLARED,
            "read_in": read_in,
            "elsewhere": text.language != _language(),
            "csrf_token": token,
        },
    )


# Each in its own language, whatever the interface speaks.
READ_IN = {"fr": "Lire en français", "en": "Read in English", "ar": "القراءة بالعربية"}


def _other_languages(context: ActivityContext, here: str) -> list[str]:
    spoken = context.text.facts.get(context.activity["key"], {}).get("languages", [])
    return [code for code in spoken if code != here]


def _sent_about(request: HttpRequest, code: str, ref: str) -> ActivityContext | HttpResponse:
    """The step that somebody who is signed in sent something about; else where they go instead."""
    here = reverse("activity", args=[code, ref])
    if request.method != "POST":
        return HttpResponseRedirect(here)
    if not request.user.is_authenticated:
        return redirect_to_login(here)
    return reach(request, code, ref)


@require_http_methods(["GET", "HEAD", "POST"])
def complete(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    """ "I have finished this lesson": record it once and go on to the next step."""
    here = reverse("activity", args=[code, ref])
    context = _sent_about(request, code, ref)
    if isinstance(context, HttpResponse):
        return context
    if context.enrolment is None:
        messages.warning(request, _("Your reading is kept only once you are enrolled. You can enrol on this page."))
        return see_other(reverse("course", args=[code]))
    key = rules.key_of(context.activity)
    text = queries.activity_text(key, _language())
    try:
        outcome = services.complete_lesson(
            enrolment=context.enrolment, activity=key, revision=text.revision if text else None
        )
    except Refused as refusal:
        return _refused(request, refusal, here)
    if outcome.completed:
        messages.success(request, _("This lesson is finished, and with it the course."))
        return see_other(reverse("course", args=[code]))
    if outcome.changed:
        messages.success(request, _("Lesson finished."))
    progress = services.progress_of(context.enrolment)
    following = rules.step_after(context.outline, progress, context.activity)
    if following is None:
        return see_other(reverse("course", args=[code]))
    return see_other(reverse("activity", args=[code, following["ref"]]))


# --- notebook -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    """Keep a reflection and come back to its block, with the hour at which it was saved."""
    here = reverse("activity", args=[code, ref])
    context = _sent_about(request, code, ref)
    if isinstance(context, HttpResponse):
        return context
    text = queries.activity_text(rules.key_of(context.activity), _language())
    if text is None:
        raise Http404
    block = request.POST.get("block", "")[:36]
    try:
        services.write_note(
            user=signed_in(request), text=text, block=block, words=request.POST.get("words", ""), language=_language()
        )
    except Refused as refusal:
        # What the person wrote must not be lost with the refusal.
        return render(
            request,
            "courses/note_refused.html",
            {
                "course": context.course,
                "ref": ref,
                "block": block,
                "refusal": refusal,
                "words": request.POST.get("words", "")[: 5 * services.NOTE_LENGTH],
            },
            status=422,
        )
    known = any(item["id"] == block for item in text.facts.get("reflections", ()))
    query = f"?{urlencode({'saved': block})}" if known else ""
    return see_other(f"{here}{query}#b-{block.split('-')[0]}")


@login_required
@require_safe
def notebook(request: HttpRequest) -> HttpResponse:
    """All of a person's reflections, by course. Nobody else's, ever."""
    return render(
        request, "courses/notebook.html", {"courses": queries.notebook_of(request.user, language=_language())}
    )


@login_required
@require_GET
def notebook_export(request: HttpRequest) -> HttpResponse:
    """The notebook as a text file (`?form=md` or `txt`); its name says neither who nor what about."""
    form = "md" if request.GET.get("form") == "md" else "txt"
    body = render_to_string(
        f"courses/notebook.{form}",
        {"courses": queries.notebook_of(request.user, language=_language()), "now": timezone.now()},
        request,
    )
    kind = "markdown" if form == "md" else "plain"
    day = timezone.localdate().isoformat()
    return HttpResponse(
        body.strip() + "\n",
        content_type=f"text/{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="notes-{day}.{form}"'},
    )


def _own_note(request: HttpRequest, pk: int) -> Note:
    found = queries.note_for(request.user, pk)
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notebook_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a note."""
    found = _own_note(request, pk)
    words, refusal = found.text, None
    if request.method == "POST":
        words = request.POST.get("words", "")
        try:
            services.change_note(note=found, words=words)
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Your note is saved."))
            return see_other(f"{reverse('notebook')}#n-{pk}")
    context = {"note": found, "words": words[: 5 * services.NOTE_LENGTH], "refusal": refusal}
    return render(request, "courses/notebook_edit.html", context, status=422 if refusal else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notebook_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Erase a note, after a page that shows it once more."""
    found = _own_note(request, pk)
    if request.method == "POST":
        services.delete_note(note=found)
        messages.success(request, _("Your note is deleted."))
        return see_other(reverse("notebook"))
    return render(request, "courses/notebook_delete.html", {"note": found})


# --- reports --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, code: str, ref: str) -> HttpResponse:
    """Tell the owner of a step about an error or a danger in it."""
    context = reach(request, code, ref)
    if isinstance(context, HttpResponse):
        return context
    text = queries.activity_text(rules.key_of(context.activity), _language())
    if text is None:
        raise Http404
    form = ReportForm(request.POST if request.method == "POST" else None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            report_error(
                page_key=text.key,
                language=text.language,
                revision=text.revision,
                owner=context.course.owner,
                kind=form.cleaned_data["kind"],
                text=form.cleaned_data["text"],
                reporter=request.user if request.user.is_authenticated else None,
            )
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Thank you. Your report is with the people who keep this course."))
            return see_other(reverse("activity", args=[code, ref]))
    status = 429 if refusal else 422 if request.method == "POST" else 200
    return render(
        request,
        "courses/report.html",
        {"course": context.course, "text": text, "ref": ref, "form": form, "refusal": refusal},
        status=status,
    )
