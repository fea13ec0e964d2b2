"""Every kind of page, in every state that it has: axe finds nothing at 320 px and 1280 px, and nothing scrolls sideways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from content.converters import norm_ref

_WIDTHS = (320, 1280)
_OPEN_ALL = "document.querySelectorAll('main details').forEach(part => { part.open = true })"


@dataclass(frozen=True)
class Screen:
    """A page to look at: who looks, its path (with a language before it unless it begins with /accounts/ or /authoring/), what it
    answers. `state` names an address of `tests.e2e.states` instead. Folded parts are opened."""

    who: str | None
    path: str
    status: int = 200
    state: bool = False

    @property
    def name(self) -> str:
        return self.path if self.who is None else f"{self.path} ({self.who})"


VISITOR = [
    Screen(None, "/"),
    Screen(None, "/catalogue/"),
    Screen(None, "/catalogue/?q=zzzz"),
    Screen(None, "/catalogue/?language=fr&duration=long&q=prison"),
    Screen(None, "/c/K2/"),
    Screen(None, "/nowhere/", 404),
    Screen(None, "/verify/"),
    Screen(None, "verification, valid", state=True),
    Screen(None, "verification, expired", state=True),
    Screen(None, "verification, revoked", state=True),
    Screen(None, "verification, unknown", 404, state=True),
    Screen(None, "verification, mistyped", 404, state=True),
    Screen(None, f"/verify/{'W' * 60}/", 404),
    Screen(None, "/accounts/login/"),
]
REFERENCE = [
    Screen(None, "/programme/"),
    Screen(None, "/glossary/"),
    Screen(None, "/sources/"),
    Screen(None, "/norms/"),
    Screen(None, f"/norms/{norm_ref('mandela-1')}/"),
    Screen(None, "/about/"),
    Screen(None, "/help/"),
    Screen(None, "/privacy/"),
    Screen(None, "/accessibility/"),
    Screen("admin", "/style/"),
]
LEARNER = [
    Screen("new", "/"),
    Screen("new", "/learn/"),
    Screen("new", "/certificates/"),
    Screen("new", "/notebook/"),
    Screen("new", "/c/K1/"),
    Screen("new", "/c/K2/"),
    Screen("asking", "/c/K1/"),
    Screen("asking", "lesson with a table", state=True),
    Screen("asking", "lesson with a figure", state=True),
    Screen("asking", "lesson with a case", state=True),
    Screen("asking", "lesson with a reflection", state=True),
    Screen("asking", "lesson with a glossary", state=True),
    Screen("asking", "final, shut", state=True),
    Screen("begun", "/learn/"),
    Screen("begun", "/c/K1/"),
    Screen("begun", "/c/K1/withdraw/"),
    Screen("begun", "/c/K1/print/"),
    Screen("begun", "lesson with a note", state=True),
    Screen("begun", "report", state=True),
    Screen("begun", "/notebook/"),
    Screen("begun", "note, edit", state=True),
    Screen("begun", "note, delete", state=True),
    Screen("done", "/learn/"),
    Screen("done", "/c/K1/"),
    Screen("done", "/certificates/"),
    Screen("done", "certificate, valid", state=True),
    Screen("done", "certificate, expired", state=True),
    Screen("done", "certificate, revoked", state=True),
    Screen("done", "certificate, no paper", 403, state=True),
]
BLENDED = [
    Screen("blended", "/c/K7/"),
    *(Screen(who, "workshop, step", state=True) for who in ("blended", "attended")),
]
AFTERWARDS = [
    *(
        Screen("issa", f"workshop over, {name}", state=True)
        for name in (
            *("", "report/", "outcomes/", "outcomes/new/", "allowances/", "pages"),
            *("certificates/", "certificates/register/", "certificate"),
        )
    ),
    Screen("issa", "/teach/grading/"),
    Screen("fanta", "workshop over, observe", state=True),
    Screen("fanta", "observation", state=True),
    Screen("fanta", "/teach/candidates/"),
    Screen("admin", "/teach/trainers/"),
    Screen("admin", "/teach/cascade/"),
]
ROAD = [
    Screen("new", "/certification/"),
    Screen("blended", "/certification/"),
    Screen(None, "/trainers/"),
]
QUIZZES = [
    Screen("begun", "practice, intro", state=True),
    Screen("begun", "practice, intro after a result", state=True),
    Screen("asking", "practice, asking", state=True),
    Screen("begun", "practice, after a check", state=True),
    Screen("begun", "practice, result", state=True),
    Screen("begun", "final, intro", state=True),
    *(
        Screen("begun", f"final, {kind}", state=True)
        for kind in ("single", "multiple", "truefalse", "numeric", "short", "matching", "ordering", "cloze")
    ),
    Screen("begun", "final, confirm", state=True),
    Screen("done", "final, passed", state=True),
    Screen("unfortunate", "final, not yet", state=True),
    Screen("unfortunate", "final, not yet, keys open", state=True),
    Screen("unfortunate", "final, used up", state=True),
]
TEACHING = [
    Screen("issa", "/teach/"),
    Screen("issa", "/teach/?state=away"),
    Screen("issa", "/teach/new/"),
    *(
        Screen("issa", f"group, {name}", state=True)
        for name in (
            *("grid", "members", "member", "extra", "announcements", "withdraw", "questions", "question"),
            *("settings", "register", "courses/new", "archive"),
        )
    ),
    Screen("mariam", "group, grid", state=True),
    Screen("admin", "group, grid", state=True),
]
GROUPED = [
    Screen("grouped", "/learn/"),
    *(Screen("grouped", f"group, {name}", state=True) for name in ("its page", "leave", "ask", "lesson")),
    Screen("new", "group, join", state=True),
]
ACCOUNT = [
    Screen(None, "/accounts/signup/"),
    Screen(None, "/accounts/password/reset/"),
    Screen(None, "/accounts/password/reset/done/"),
    Screen(None, "password, new", state=True),
    Screen(None, "/accounts/password/reset/key/1-none/"),
    Screen(None, "/accounts/password/reset/key/done/"),
    Screen("begun", "/account/"),
    Screen("awa", "/accounts/password/change/"),
    Screen("awa", "/accounts/logout/"),
    Screen("awa", "/accounts/reauthenticate/"),
    Screen("awa", "/authoring/", 403),
]
DARK = [
    *(screen for screen in VISITOR if screen.path in {"/", "/catalogue/", "verification, revoked", "/accounts/login/"}),
    Screen("admin", "/style/"),
    *(screen for screen in LEARNER if screen.path in {"/learn/", "lesson with a note", "certificate, valid"}),
    *(screen for screen in QUIZZES if screen.path in {"final, multiple", "practice, after a check", "final, used up"}),
    *(screen for screen in QUIZZES if screen.path in {"final, passed", "final, not yet, keys open"}),
    *(screen for screen in ACCOUNT if screen.path == "/accounts/signup/"),
]
GROUPS = {
    "visitor": VISITOR,
    "reference": REFERENCE,
    "learner": LEARNER,
    "blended": BLENDED,
    "afterwards": AFTERWARDS,
    "road": ROAD,
    "quizzes": QUIZZES,
    "teaching": TEACHING,
    "grouped": GROUPED,
    "account": ACCOUNT,
}


@pytest.fixture
def look(site, states, browser_page, assert_accessible):
    """`look(screens, language)` opens them one after the other in one browser and reports on all of them at once."""

    def go(screens: Iterable[Screen], language: str, widths: tuple[int, ...] = _WIDTHS, **options: str) -> None:
        page, _ = browser_page(width=1280, locale=language, **options)
        found, now = [], object()
        for screen in screens:
            if screen.who != now:
                states.become(page.context, now := screen.who, site.url)
            path = states.addresses[screen.path] if screen.state else screen.path
            if path.startswith(("/accounts/", "/authoring/")):
                page.context.add_cookies([{"name": "language", "value": language, "url": site.url}])
            else:
                path = f"/{language}{path}"
            answer = page.goto(path)
            try:
                assert answer and answer.status == screen.status, f"{screen.name}: {answer and answer.status}"
                assert page.locator("html").get_attribute("lang") == language
                assert page.locator("h1").count() == 1
                page.evaluate(_OPEN_ALL)
                assert_accessible(page, widths)
            except AssertionError as error:
                found.append(f"{screen.name}: {str(error).partition(chr(10) + 'assert ')[0]}")
        if found:
            pytest.fail("\n".join(found), pytrace=False)

    return go


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_kind_of_page_is_accessible(look, language, group):
    # English is the same page in fewer words: what fits in French at both widths needs the narrow one alone.
    look(GROUPS[group], language, _WIDTHS if language == "fr" else _WIDTHS[:1])


@pytest.mark.parametrize("group", ["visitor", "learner", "blended", "road", "quizzes", "grouped"])
def test_what_learners_and_strangers_see_is_accessible_in_arabic(look, group):
    look(GROUPS[group], "ar")


@pytest.mark.parametrize("language", ["fr"])
def test_pages_are_accessible_in_the_dark(look, language):
    look(DARK, language, color_scheme="dark")


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_open_menu_is_accessible(site, states, browser_page, assert_accessible, language):
    page, _ = browser_page(width=320, locale=language)
    states.become(page.context, "begun", site.url)
    page.goto(f"/{language}/learn/")
    page.locator(".menu summary").click()
    assert page.locator(".menu-panel form button").is_visible()
    assert_accessible(page)


def sign_in_wrongly(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill("nobody")
    page.locator("input[name=password]").fill("nothing")
    page.locator("[data-action=sign-in]").click()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_refused_forms_are_accessible(site, states, browser_page, assert_accessible, language):
    page, _ = browser_page(width=1280, locale=language)
    page.goto(f"/{language}/")
    sign_in_wrongly(page)
    page.locator("[role=alert]").first.wait_for()
    assert_accessible(page)
    page.goto("/accounts/signup/")
    page.locator("main button").click()
    page.locator(".error").first.wait_for()
    assert_accessible(page)
    page.goto(f"/{language}/verify/")
    page.locator("details:has(input[type=file]) summary").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 nothing"}
    )
    page.locator("form:has(input[type=file]) button").click()
    page.locator("[role=alert]").first.wait_for()
    assert_accessible(page)
    states.become(page.context, "begun", site.url)
    page.goto(f"/{language}{states.addresses['report']}")
    page.locator("main button").last.click()
    page.locator(".error").first.wait_for()
    assert_accessible(page)
    # A reflection that is too long comes back whole, with the reason.
    page.goto(f"/{language}{states.addresses['lesson with a note']}")
    note = page.locator("textarea[name=words]").first
    note.evaluate("it => it.removeAttribute('maxlength')")
    note.fill("Trop long. " * 1000)
    page.locator("form:has(textarea[name=words]) button").first.click()
    page.locator("[role=alert]").first.wait_for()
    assert len(page.locator("textarea[name=words]").input_value()) > 10_000
    assert_accessible(page)
    page.goto("/accounts/password/change/")
    page.locator("main form button").first.click()
    page.locator(".error").first.wait_for()
    assert_accessible(page)
    # A form that comes too late: its token is no longer the browser's.
    page.goto(f"/{language}/account/")
    page.context.add_cookies([{"name": "csrftoken", "value": "x" * 32, "url": site.url}])
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.locator("main button").first.click()
    assert answer.value.status == 403
    assert_accessible(page)
