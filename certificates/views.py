"""A person's own certificates, and verification for strangers. Views parse, ask and show; they hold no rules."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

import segno
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_from_request, override
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from certificates import queries, services
from certificates.badges import is_available
from certificates.checking import LARGEST, check_apart
from certificates.forms import LookForm
from certificates.models import Credential
from certificates.paper import languages_of, square_code, verify_address
from certificates.signer import recognised
from certificates.signing import SigningKeyError
from operations.errors import Refused
from people.access import signed_in
from people.queries.confirmation import LONGEST_WORD, word_confirms

# Numbers cannot be guessed (57 bits): the limit only spares the machine. It counts numbers that do not exist, so that a
# desk which checks a whole workshop from one address is never stopped.
MISSES = "30/m/ip"
FILES = "10/m/ip"
# Words that confirm a protected person's certificate: wrong ones count, by address and, so that many addresses do not
# help, by certificate.
WRONG_WORDS = "10/h/ip,30/h/key"
FORM_OVERHEAD = 4000  # bytes that a browser adds around the file


def _no_store(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What a page says of a person stays in no cache, and in no search engine."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapped


# --- one's own ------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    """The person's certificates, the newest first."""
    rows = [(credential, queries.title_of(credential)) for credential in queries.for_user(request.user)]
    return render(request, "certificates/list.html", {"rows": rows})


def _credential_or_404(request: HttpRequest, number: str) -> Credential:
    credential = queries.credential_for(request.user, number)
    if credential is None:
        raise Http404
    return credential


@login_required
@require_safe
@_no_store
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """One certificate as on paper, its PDF, why it was issued, and what strangers see."""
    credential = _credential_or_404(request, number)
    if number != credential.number:
        return HttpResponseRedirect(reverse("certificate", args=[credential.number]))
    title = queries.title_of(credential)
    context = {
        "credential": credential,
        "title": title,
        "own": credential.holder_id == request.user.pk,
        "holder": queries.holder_shown(credential, request.user),
        "protected": queries.is_protected(credential),
        "paper": credential.paper.get(get_language()) or credential.paper.get(settings.LANGUAGE_CODE, {}),
        "paper_language": get_language() if get_language() in credential.paper else settings.LANGUAGE_CODE,
        "objectives": queries.objectives_of(credential),
        "papers": queries.papers_of(credential),
        "evidence": queries.evidence_of(credential),
        "renewal": queries.renewal_of(credential),
        "verify_url": verify_address(credential.number),
        "qr": _square_code(credential),
        "badge": is_available(credential),
        "replaced_by": getattr(credential, "replaced_by", None),
    }
    return render(request, "certificates/certificate.html", context)


def _square_code(credential: Credential) -> SafeString:
    """The square code of the paper as SVG without inline style; its colours come from attributes. Without a key that
    signs, it holds the address alone."""
    number = credential.number
    try:
        held = square_code(credential, languages_of(credential)[0])
    except SigningKeyError:
        held = verify_address(number)
    drawn = BytesIO()
    segno.make(held, error="m", micro=False).save(
        drawn,
        kind="svg",
        border=2,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgns=True,
        svgclass="qr",
        lineclass=None,
        omitsize=True,
        title=_("Square code to scan, to verify the certificate %(number)s") % {"number": number},
    )
    return mark_safe(drawn.getvalue().decode())  # noqa: S308 - drawn by us; the title is escaped by segno


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@_no_store
def certificate_pdf(request: HttpRequest, number: str, language: str = "") -> HttpResponse:
    """The signed PDF, for its holder and for administrators; made now if no worker has made it yet.

    It carries the name: administrators give a reason to read that of a protected holder, and the look is written down.
    """
    credential = _credential_or_404(request, number)
    if queries.is_protected(credential) and credential.holder_id != request.user.pk:
        form = LookForm(request.POST or None)
        if not form.is_valid():
            context = {"credential": credential, "form": form, "holder": queries.holder_shown(credential, request.user)}
            return render(request, "certificates/look.html", context, status=422 if form.errors else 200)
        services.record_look_at_paper(
            credential=credential, actor=signed_in(request), reason=form.cleaned_data["reason"]
        )
    languages = languages_of(credential)
    language = language or (get_language() or "")
    if language not in languages:
        language = languages[0]
    try:
        rendering = services.render(credential=credential, language=language)
    except Refused as refusal:
        return _refused(request, credential, refusal.sentence, 403)
    except SigningKeyError:
        return _refused(
            request, credential, _("The paper cannot be signed at the moment. The certificate itself holds."), 503
        )
    with default_storage.open(str(rendering.file)) as file:
        response = HttpResponse(file.read(), content_type="application/pdf")
    # A neutral name: it stands in the list of downloads of a phone that may be searched.
    response["Content-Disposition"] = f'attachment; filename="{credential.number}-{language}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _refused(request: HttpRequest, credential: Credential, sentence: str, status: int) -> HttpResponse:
    context = {"credential": credential, "sentence": sentence}
    return render(request, "certificates/no_paper.html", context, status=status)


# --- verification ---------------------------------------------------------------------------------------------------


@require_safe
@_no_store
def verify_redirect(request: HttpRequest, number: str) -> HttpResponse:
    """The address in the square code: on to the page in the reader's language."""
    language = get_language_from_request(request)
    canonical = queries.canonical(number) or number[:80]
    with override(language):
        return HttpResponseRedirect(reverse("verify-number", args=[canonical]))


@require_safe
@_no_store
def verify(request: HttpRequest) -> HttpResponse:
    """The form; with a number, on to its page, so that the address of each answer is always the same."""
    given = request.GET.get("n", request.GET.get("number", "")).strip()
    if not given:
        return render(request, "certificates/verify.html", {"given": ""})
    canonical = queries.canonical(given)
    if canonical is None:
        return _unknown(request, given, mistyped=True)
    return HttpResponseRedirect(reverse("verify-number", args=[canonical]))


@csrf_exempt  # changes nothing, and a stranger needs no cookie
@sensitive_post_parameters("word")
@require_http_methods(["GET", "HEAD", "POST"])
@_no_store
def verify_number(request: HttpRequest, number: str) -> HttpResponse:
    """What a stranger may know of one number: of a protected person's nothing but that a word is needed, until the word
    is told. One query, one more for a word."""
    canonical = queries.canonical(number)
    if canonical is None:
        return _unknown(request, number, mistyped=True)
    if canonical != number:
        return HttpResponseRedirect(reverse("verify-number", args=[canonical]))
    if not _allowed(request, "verify", MISSES, dry_run=True):
        return _too_many(request)
    credential = queries.by_number(canonical)
    if credential is None:
        _allowed(request, "verify", MISSES)
        return _unknown(request, canonical, mistyped=False)
    if not queries.needs_word(credential):
        return _verdict(request, credential)
    if request.method != "POST":
        return _ask_for_word(request, credential)
    if not _allowed(request, "verify-word", WRONG_WORDS, key=credential.number, dry_run=True):
        return _too_many(request)
    if credential.holder_id is None or not word_confirms(
        credential.holder_id, request.POST.get("word", "")[:LONGEST_WORD]
    ):
        _allowed(request, "verify-word", WRONG_WORDS, key=credential.number)
        return _ask_for_word(request, credential, wrong=True)
    return _verdict(request, credential)


def _ask_for_word(
    request: HttpRequest, credential: Credential, *, wrong: bool = False, file_is_ours: bool = False
) -> HttpResponse:
    context = {"number": credential.number, "wrong": wrong, "file_is_ours": file_is_ours}
    return render(request, "certificates/word.html", context, status=422 if wrong else 200)


def _verdict(request: HttpRequest, credential: Credential, *, file_is_ours: bool = False) -> HttpResponse:
    context = {"found": queries.stranger_view(credential), "now": timezone.now(), "file_is_ours": file_is_ours}
    return render(request, "certificates/verdict.html", context)


def _unknown(request: HttpRequest, given: str, *, mistyped: bool) -> HttpResponse:
    context = {"given": given[:60], "unknown": True, "mistyped": mistyped}
    return render(request, "certificates/verify.html", context, status=404)


def _too_many(request: HttpRequest) -> HttpResponse:
    response = render(request, "certificates/too_many.html", status=429)
    response["Retry-After"] = "60"
    return response


def _allowed(request: HttpRequest, action: str, rate: str, *, key: str | None = None, dry_run: bool = False) -> bool:
    usage = ratelimit.consume(
        request, app="certificates", action=action, config={action: rate}, key=key, dry_run=dry_run, limit_get=True
    )
    return usage is not None


@csrf_exempt  # changes nothing; and the middleware would read a body of any size before its length can be refused
@require_http_methods(["GET", "HEAD", "POST"])
@_no_store
def verify_file(request: HttpRequest) -> HttpResponse:
    """Is this PDF the one that was signed? A file of ours is known by its hash and never opened; any other is looked at
    in a process apart (`certificates.checking`). Nothing is kept."""
    if request.method != "POST":  # the answer's page in another language
        return HttpResponseRedirect(reverse("verify"))
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > LARGEST + FORM_OVERHEAD:
        return _file_answer(request, _("This file is too large to be one of our certificates."), status=413)
    if not _allowed(request, "verify-file", FILES):
        return _too_many(request)
    given = request.FILES.get("file")
    if given is None or not given.size:
        return _file_answer(request, _("Choose a file first."), status=400)
    content = given.read()
    credential = queries.by_digest(hashlib.sha256(content).hexdigest())
    if credential is not None and queries.needs_word(credential):
        return _ask_for_word(request, credential, file_is_ours=True)
    if credential is not None:
        return _verdict(request, credential, file_is_ours=True)
    found = check_apart(content, recognised())
    if found["signed"] and found["intact"] and found["covers_whole"] and found["trusted"]:
        return _file_answer(
            request,
            _(
                "This file carries our signature and was not changed. Verify its number: only that says whether it holds."
            ),
            good=True,
        )
    if found["signed"]:
        sentence = _("This is not the file that we signed. Do not accept it as proof.")
    else:
        sentence = _("This file carries no signature that can be checked. Do not accept it as proof.")
    return _file_answer(request, sentence, problems=found["problems"])


def _file_answer(
    request: HttpRequest, sentence: str, *, problems: object = (), good: bool = False, status: int = 200
) -> HttpResponse:
    context = {"sentence": sentence, "problems": problems, "good": good}
    return render(request, "certificates/verify.html", context, status=status)
