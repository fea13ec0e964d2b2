"""A phone is searched on the road: what it shows without being opened to a page names no subject.

Channels: addresses (history, and every link that a page offers), titles of pages (history, list of tabs), messages and
e-mails with their subjects and senders, name and icons of the app, names of files that were fetched. The words of the
pages themselves are read by whoever opens them; "clear this phone" is for those.

A new page is walked as soon as its address has a row in `people.addresses.URLS`; a new kind of message as soon as it is
registered; a new template of an e-mail as soon as it lies in a folder of MAILS; a new download as soon as some address
gives it (to a GET; for a POST, add a row to POSTED).
"""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core import mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from certificates.models import Credential
from content.models import Norm
from courses.models import Activity, Course, CourseText
from courses.services import complete_lesson, enrol, record_outcome
from operations import notify
from operations.folding import fold
from operations.mail import send_due
from operations.models import Delivery, Message
from people.addresses import URLS
from people.models import Institution, Role, User
from people.policy import Capability
from people.services import invite, send_invitation
from records.verbs import Verb
from tests.access_samples import SAMPLES, World, build_world
from tests.courses import build

pytestmark = pytest.mark.django_db

LANGUAGES = ("fr", "en", "ar")
ROOT = Path(settings.BASE_DIR)

# --- what is looked for ---------------------------------------------------------------------------------------------

# What the courses are about, in the three languages; folded: without accents and capitals.
STEMS = re.compile(
    r"radicali|deradicali|extremis|terroris|attentat|jihad|djihad|desengag|disengag|reinser|rehabilit|recidiv|reoffend"
    r"|prison|penitent|incarcer|detenu|detention|detain|inmate|cellule|surveillant|evasion|escape|fouille"
    r"|mandela|mendez|torture|coerci|interrog|preuve|evidence|enquet|investig|suspect|victim|violen|arme|weapon"
    r"|magistra|procureur|prosecut|parquet|securit|intelligen|\bpolice|militar|militair|religi|minister|ministr|\brisk|\brisqu"
    r"|سجن|سجين|سجون|ارهاب|إرهاب|تطرف|متطرف|جهاد|معتقل|محتجز|احتجاز|مانديلا|تعذيب|عنف"
)
# Words of titles and objectives that say nothing: everybody's, on any page of any site.
EVERYDAY = frozenset(
    fold(
        """
        activity adapter analyse appliquer articles assessment atelier attestation authority autorite
        autorites autrement behaviour between certificate choisir collect comment community compare comparer
        competence complete completed comprendre conduire connaitre contact content contenu courses decider
        decision decisions decrire definir describe different document documenter documents donnees elements
        entrainement erreurs establish etablir evaluation evaluer examine examiner examples exemple explain
        expliquer finance following formateur formateurs formation formulate formuler functional handing identifier
        identify information instead journal langage language lecture lessons limites managers message
        messages mesurer mesures methode modules monitor objectifs objectives observation observe ordinary
        organise organiser overview parcours partager parties personal personne personnel personnes pourquoi
        practical practice pratique pratiques preferences prepare preparer present presenter prevent protect
        protection proteger question questions recognise reconnaitre recueil reduire register registers
        registre relation remettre repondre reponse reponses request respect respond response resultat
        resumer session sharing signaler situations sources summarise summary support systeme training
        trainers transfer travail travailler understand understanding understood utiliser verification verifier
        without working workshop writing
        """
    ).split()
)


def subject_words() -> frozenset[str]:
    """The words of titles of courses and modules, and of objectives, in every language."""
    texts: list[str] = []
    for text in CourseText.objects.all():
        texts += [text.title, text.certificate_title, *text.titles.values(), *text.objectives]
    words = set(re.findall(r"[^\W\d_]{7,}", fold(" ".join(texts))))
    return frozenset(words - EVERYDAY)


class Found(list[str]):
    """What was found, each where it was."""

    def __init__(self, words: frozenset[str]) -> None:
        self.words = words

    def look(self, where: str, text: str) -> None:
        plain = fold(html.unescape(unquote(text)))
        named = {found.group() for found in STEMS.finditer(plain)}
        named |= self.words.intersection(re.findall(r"[^\W\d_]{7,}", plain))
        if named:
            self.append(f"{where}: {sorted(named)} in {text!r}")


# --- the walk -------------------------------------------------------------------------------------------------------

# Addresses that a page offers and that are no page of a learner's. The desks of managers and authors name institutions
# and pages; only what they send and save is looked at.
ELSEWHERE = ("/authoring/", "/static/", "/files/f/", "#main", "/fr/manage/", "/en/manage/", "/ar/manage/")
POSTED = {"slips", "login-code-slip"}
MAILS = ("lms/templates/account/email", "people/templates/people/mail", "lms/templates/wagtailadmin/notifications")


@pytest.fixture
def world(cast) -> World:
    """Awa in the real courses, as far as one can go: enrolled, an attempt, a certificate, a note, messages."""
    world = build_world()
    for course in Course.objects.filter(code__startswith="K"):
        _go_through(cast.awa, course)
    return world


def _go_through(user: User, course: Course) -> None:
    enrolment = enrol(user=user, course=course)
    for module in enrolment.outline.outline["modules"]:
        for entry in module["activities"]:
            key = uuid.UUID(entry["key"])
            if entry["kind"] == "lesson":
                complete_lesson(enrolment=enrolment, activity=key)
            else:
                done = build.outcome(enrolment, key, Verb.COMPLETED, 80)
                record_outcome(enrolment=enrolment, activity=key, statements=[done])
    for entry in enrolment.outline.outline["final"]:
        key = uuid.UUID(entry["key"])
        record_outcome(enrolment=enrolment, activity=key, statements=[build.outcome(enrolment, key, Verb.PASSED, 90)])


def test_no_channel_of_a_phone_names_a_subject(world, cast, client_for, mailoutbox) -> None:
    found = Found(subject_words())
    assert len(found.words) > 100 and {"radicalisation", "preservation"} <= found.words
    assert Credential.objects.filter(holder=cast.awa, course__code__startswith="K").exists()
    for where, text in (*app(client_for), *pages(world, cast, client_for), *files(world, client_for), *kinds()):
        found.look(where, text)
    for where, text in (*sent(cast, client_for), *mails()):
        found.look(where, text)
    assert not found, "\n".join(["", *dict.fromkeys(found)])


def app(client_for) -> Iterator[tuple[str, str]]:
    """What stands on the home screen, and who sends."""
    yield "manifest", client_for().get("/app.webmanifest").content.decode()
    yield "sender", f"{settings.DEFAULT_FROM_EMAIL} {settings.SERVER_EMAIL} {settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}"
    yield "name", f"{settings.APP_NAME} {settings.WAGTAIL_SITE_NAME}"


def _address(name: str, world: World) -> str:
    sample = SAMPLES.get(name)
    arguments = (sample.own or sample.other) if sample else None
    given = dict(arguments(world)) if arguments else {}
    return reverse(name, args=given.pop("args", None), kwargs=given or None)


def _addresses(world: World) -> Iterator[tuple[str, str]]:
    """Every page of a learner: (name, address) in the active language, of things that are Awa's."""
    for name, asked in URLS.items():
        if isinstance(asked, Capability) or name.startswith(("openid", "socialaccount")):
            continue
        yield name, _address(name, world)
    for activity in Activity.objects.filter(retired=False).select_related("course"):
        for name in ("activity", "report"):
            yield name, reverse(name, args=[activity.course.code, activity.ref])
    for course in Course.objects.all():
        for name in ("course", "course-print", "withdraw"):
            yield name, reverse(name, args=[course.code])
    for number in Credential.objects.values_list("number", flat=True):
        for name in ("certificate", "verify-number"):
            yield name, reverse(name, args=[number])
    for slug in Norm.objects.values_list("slug", flat=True):
        yield "norm", reverse("norm", args=[slug])


def pages(world: World, cast, client_for) -> Iterator[tuple[str, str]]:
    """Addresses, titles, and every address, name and choice that a page would put into the next address."""
    client = client_for(cast.awa)
    client.raise_request_exception = False
    seen: set[str] = set()
    for language in LANGUAGES:
        with override(language):
            known = list(dict.fromkeys(_addresses(world)))
        for name, address in known:
            yield f"address of {name}", address
            if name in ("account_logout", "clear") or address in seen:
                continue
            seen.add(address)
            page = client.get(address)
            if 300 <= page.status_code < 400:
                yield f"{name} leads to", page.headers["Location"]
                continue
            if page.status_code == 405 or page.streaming or "text/html" not in page.headers.get("Content-Type", ""):
                continue
            content = page.content.decode()
            title = re.search(r"<title>(.*?)</title>", content, re.S)
            assert title, address
            yield f"title of {name} {address}", title.group(1)
            assert not re.search(r'(property|name)="(og|twitter|description)', content), address
            for said in set(_said(content)):
                yield f"{name} {address} offers", said


def _said(content: str) -> Iterator[str]:
    for _sign, address in re.findall(r'(href|action|formaction|download)="([^"]*)"', content):
        if not any(part in address for part in ELSEWHERE) and "://" not in address:
            yield address
    for form in re.findall(r"<form(?![^>]*method=\"post\").*?</form>", content, re.S):
        yield from re.findall(r'<option value="([^"]*)"', form)
        yield from re.findall(r'<input[^>]*type="(?:radio|checkbox|hidden)"[^>]*value="([^"]*)"', form)


# --- files ----------------------------------------------------------------------------------------------------------


def files(world: World, client_for) -> Iterator[tuple[str, str]]:
    """Names under which something is saved, whoever fetches it, and from whichever address."""
    names: dict[str, str] = {}
    for role in (Role.ADMINISTRATOR, "trainee"):
        client = client_for(world.people[role])
        for name in URLS:
            if name.startswith(("openid", "socialaccount")) or name in ("account_logout", "clear"):
                continue
            address = _address(name, world)
            answers = [client.get(address)]
            if name in POSTED:
                answers.append(client.post(address, {"person": world.own["person"], "confirm": "1"}))
            for answer in answers:
                if answer.streaming:
                    list(answer)
                if "Content-Disposition" in answer.headers:
                    names[f"file from {name}"] = answer.headers["Content-Disposition"]
                if "text/calendar" in answer.headers.get("Content-Type", ""):
                    names[f"calendar from {name}"] = answer.content.decode()
    for wanted in (
        "certificate-pdf",
        "notebook-export",
        "manage-people-export",
        "audit-export",
        "slips",
        "my-workshop-calendar",
    ):
        assert f"file from {wanted}" in names, (wanted, names)
    yield from names.items()


# --- messages and e-mails -------------------------------------------------------------------------------------------


def kinds() -> Iterator[tuple[str, str]]:
    """Every kind of message in every language, with values as they are given."""
    context = {"code": "K1", "role": Role.INSTRUCTOR, "day": {"on": "2026-11-24"}, "number": "KAL-2026-0000"}
    assert len(notify.kinds()) > 8
    for language in LANGUAGES:
        with override(language):
            for kind in notify.kinds():
                message = Message(kind=kind, context=context)
                yield f"message {kind}", f"{notify.heading(message)} · {notify.sentence(message)}"


def sent(cast, client_for) -> Iterator[tuple[str, str]]:
    """What went to Awa's inbox on the way through the courses, and what goes out by e-mail."""
    for message in Message.objects.filter(recipient=cast.awa):
        yield f"inbox {message.kind}", f"{notify.heading(message)} {notify.sentence(message)} {message.url}"
        yield f"kept of {message.kind}", str(message.context)
    place = Institution.objects.get(code="mca")
    for language in LANGUAGES:
        User.objects.filter(pk=cast.awa.pk).update(language=language, email=f"awa-{language}@kalanso.test")
        awa = User.objects.get(pk=cast.awa.pk)
        awa.emailaddress_set.all().delete()
        with override(language):
            client_for().post(
                reverse("account_reset_password"), {"email": awa.email}, REMOTE_ADDR=f"192.0.2.{len(language)}"
            )
            for kind in notify.kinds():
                notify.notify(awa, kind, context={"code": "K1", "role": Role.INSTRUCTOR, "day": dt.date(2026, 11, 24)})
            Delivery.objects.update(due=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
            send_due()
            invited = invite(institution=place, email=f"new-{language}@kalanso.test", actor=cast.admin)
            send_invitation(invited=invited, link=settings.SITE_URL + reverse("join", args=[invited.code]))
    for letter in mail.outbox:
        headers = " ".join(f"{name}: {value}" for name, value in letter.message().items())
        yield f"e-mail {letter.subject}", f"{letter.subject} {letter.from_email} {headers}"
        for body in (letter.body, *(str(part[0]) for part in getattr(letter, "alternatives", []))):
            yield f"body of {letter.subject}", body


def mails() -> Iterator[tuple[str, str]]:
    """Every template of an e-mail, with a page and a course whose title is a subject."""
    page = SimpleNamespace(pk=1, title="Radicalisation", get_admin_display_title=lambda: "Radicalisation")
    context = {
        "page": page,
        "object": page,
        "revision": SimpleNamespace(page=page),
        "workflow": "Relecture",
        "username": "awa",
        "code": "K1",
        "link": "/fr/join/x/",
        "password_reset_url": "/fr/x/",
        "current_site": SimpleNamespace(domain="kalanso.test", name="Kalanso"),
        "expires": dt.datetime(2026, 11, 24, tzinfo=dt.UTC),
        "user": SimpleNamespace(username="awa", display_name="Awa Diarra"),
    }
    for folder in MAILS:
        templates = sorted((ROOT / folder).iterdir())
        assert templates, folder
        for template in templates:
            for language in LANGUAGES:
                with override(language):
                    name = str(template.relative_to(ROOT)).split("templates/", 1)[1]
                    yield f"template {name}", render_to_string(name, context)
