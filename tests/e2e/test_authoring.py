"""The authoring desk under its own policy: a lesson is edited, previewed, reviewed and published, then translated; learners
see it at once and lose nothing. Nothing is refused by the policy, no script fails, nobody else is asked."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

CODE = "K6"
FRENCH, ENGLISH = "Cette phrase est nouvelle.", "This sentence is new."
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 200"><title>Deux pas</title>'
    '<desc>1. Lire 2. Écrire</desc><rect width="640" height="200" fill="#eee"/></svg>'
)


@pytest.fixture
def desk(browser_page, sign_in):
    """`desk("oumar")` is a page in the browser of an author, on a desk's screen, signed in."""

    def open_(username: str) -> Page:
        page, _ = browser_page(width=1280, height=900)
        page.set_default_timeout(20_000)
        sign_in(page, username)
        return page

    return open_


def edit(page: Page, identity: int) -> None:
    page.goto(f"/authoring/pages/{identity}/edit/", wait_until="networkidle")


def pages_of_first_lesson(site) -> tuple[str, dict[str, int]]:
    """Ref of the first lesson, and its page in each language."""
    rows = site.sql(
        "SELECT substr(a.key, 1, 8), l.language_code, p.id FROM courses_activity a "
        "JOIN courses_course c ON c.id = a.course_id JOIN wagtailcore_page p ON p.translation_key = a.key "
        "JOIN wagtailcore_locale l ON l.id = p.locale_id "
        "WHERE c.code = ? AND a.kind = 'lesson' ORDER BY a.position LIMIT 2",
        CODE,
    )
    return rows[0][0], {language: page for _ref, language, page in rows}


def add_sentence(page: Page) -> None:
    """At the end of the first paragraph, seen in the preview beside it, and sent to the reviewers."""
    paragraph = page.locator("textarea[name^=body-][name$=-value]").first
    paragraph.fill(f"{paragraph.input_value()} {FRENCH}")
    page.locator("[data-side-panel-toggle=preview]").click()
    expect(page.frame_locator("iframe[src*='/edit/preview/']").locator("body")).to_contain_text(FRENCH)
    page.locator("[data-side-panel-toggle=preview]").click()
    page.locator("footer .w-dropdown__toggle").first.click()
    with page.expect_navigation():
        page.locator("button[name=action-submit]").click()
    expect(page.locator(".messages .success")).to_be_visible()


def approve(page: Page) -> None:
    page.locator("footer .w-dropdown__toggle").first.click()
    with page.expect_navigation():
        page.locator("[data-workflow-action-name=approve]").first.click()
    expect(page.locator(".messages .success")).to_be_visible()


def sync_translations(page: Page) -> None:
    page.locator(".w-slim-header .w-dropdown__toggle").first.click()
    page.locator("a[href*='/localize/update/']").first.click()
    with page.expect_navigation():
        page.locator("main form [type=submit]").first.click()
    expect(page.locator(".messages .success")).to_be_visible()


def test_a_lesson_is_edited_reviewed_published_and_translated(site, browser_page, sign_in, desk):
    ref, pages = pages_of_first_lesson(site)
    learner, _ = browser_page(width=360)
    sign_in(learner, site.new_person())
    learner.goto(f"/fr/c/{CODE}/")
    learner.locator("[data-action=enrol]").click()
    learner.goto(f"/fr/c/{CODE}/{ref}/")
    with learner.expect_navigation():
        learner.locator("[data-action=complete]").click()

    author = desk("oumar")
    author.locator(".menu summary").click()
    author.locator(".menu a[href='/authoring/']").click()
    edit(author, pages["fr"])
    assert author.locator("button[name=action-publish]").count() == 0  # somebody else reviews it
    add_sentence(author)
    learner.goto(f"/fr/c/{CODE}/{ref}/")
    expect(learner.locator("main")).not_to_contain_text(FRENCH)

    reviewer = desk("admin")
    reviewer.goto("/authoring/", wait_until="networkidle")
    reviewer.locator(f"a[href*='/authoring/pages/{pages['fr']}/edit/']").first.click()
    reviewer.wait_for_load_state("networkidle")
    approve(reviewer)
    learner.reload()
    expect(learner.locator("main .text")).to_contain_text(FRENCH)
    expect(learner.locator(".lesson-end .line.ok")).to_be_visible()  # still finished
    learner.goto(f"/en/c/{CODE}/{ref}/")
    expect(learner.locator("main")).not_to_contain_text(FRENCH)  # the English lesson stays as it was

    edit(author, pages["fr"])
    sync_translations(author)
    edit(author, pages["en"])
    assert not author.get_by_text("Convertir en alias").filter(visible=True).count()
    to_translate = author.get_by_role("button", name="Traduire", exact=True)
    expect(to_translate).to_have_count(1)  # only what has changed
    to_translate.click()
    author.locator("main textarea").fill(f"Translated anew. {ENGLISH}")
    with author.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        author.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(to_translate).to_have_count(0)
    preview = author.locator("a[href*='/localize/translate/'][href$='/preview/']").get_attribute("href")
    author.goto(preview or "", wait_until="networkidle")
    expect(author.locator("main")).to_contain_text(ENGLISH)
    expect(author.locator("main")).not_to_contain_text(FRENCH)

    edit(reviewer, pages["en"])
    reviewer.get_by_text("Publier dans").click()
    expect(reviewer.locator(".messages .success")).to_be_visible()
    learner.reload()
    expect(learner.locator("main .text")).to_contain_text(ENGLISH)
    expect(learner.locator(".lesson-end .line.ok")).to_be_visible()


def test_an_author_uploads_a_picture_and_a_figure(desk):
    author = desk("oumar")
    picture = BytesIO()
    Image.new("RGB", (320, 200), "#2a3a86").save(picture, "PNG")
    author.goto("/authoring/images/add/", wait_until="networkidle")
    author.locator("main input[name=title]").fill("Un registre")
    author.locator("main input[name=file]").set_input_files(
        {"name": "registre.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    author.locator("main form [type=submit]").first.click()
    expect(author.locator(".messages .success")).to_be_visible()
    shown = author.locator("main img[src^='/files/']").first
    expect(shown).to_be_visible()
    author.wait_for_function("it => it.naturalWidth > 0", arg=shown.element_handle())

    author.goto("/authoring/snippets/content/figure/add/", wait_until="networkidle")
    author.locator("input[name=name]").fill("deux-pas")
    author.locator("input[name=owner]").fill("mandela-rules")
    author.locator("input[name=file_fr]").set_input_files(
        {"name": "deux-pas.svg", "mimeType": "image/svg+xml", "buffer": SVG.encode()}
    )
    author.locator("main form [type=submit]").first.click()
    expect(author.locator(".messages .success")).to_be_visible()

    # What a figure may not hold is said at its field, and nothing is kept.
    author.goto("/authoring/snippets/content/figure/add/", wait_until="networkidle")
    author.locator("input[name=name]").fill("mauvais")
    author.locator("input[name=owner]").fill("mandela-rules")
    author.locator("input[name=file_fr]").set_input_files(
        {"name": "a.svg", "mimeType": "image/svg+xml", "buffer": SVG.replace("<rect", "<script/><rect").encode()}
    )
    author.locator("main form [type=submit]").first.click()
    expect(author.locator("main .error-message").first).to_contain_text("script")


def test_an_author_does_not_get_to_the_desk_of_certificates(desk):
    author, administrator = desk("oumar"), desk("admin")
    address = "/authoring/snippets/certificates/credential/"
    for page, sees in ((author, False), (administrator, True)):
        page.goto("/authoring/", wait_until="networkidle")
        assert bool(page.locator(f"nav a[href='{address}']").count()) is sees
        answer = page.goto(address, wait_until="networkidle")
        assert answer and answer.status == (200 if sees else 403)


def test_learners_and_strangers_do_not_get_to_the_desk(browser_page, sign_in):
    page, _ = browser_page(width=1280)
    page.goto("/authoring/")
    assert re.search(r"/accounts/login/\?next=/authoring/$", page.url)
    sign_in(page, "awa")
    assert page.locator("a[href^='/authoring/']").count() == 0
    answer = page.goto("/authoring/")
    assert answer and answer.status == 403
    assert page.locator("main h1").count() == 1
