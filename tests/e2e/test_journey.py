"""The whole path of a trainee, by the interface alone: find, enrol, read, practise, pass, certificate, verified by a stranger."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.answers import answer, asked

_NAMES = {"fr": "J’ai terminé cette leçon", "en": "I have finished this lesson"}


def find_and_enrol(page: Page, language: str, words: str, code: str) -> None:
    page.goto(f"/{language}/")
    page.locator(f'a[href="/{language}/catalogue/"]').first.click()
    page.locator("input[name=q]").fill(words)
    page.locator("input[name=q]").press("Enter")
    page.locator(f'main a[href="/{language}/c/{code}/"]').first.click()
    page.locator("[data-action=enrol]").click()
    expect(page.locator("[data-action=continue]")).to_be_visible()


def finish_lesson(page: Page) -> None:
    with page.expect_navigation():
        page.locator("[data-action=complete]").click()


def practise(page: Page, site, language: str) -> None:
    """Check the first answer on its own, then hand in everything."""
    page.locator("[data-action=start-attempt]").click()
    page.wait_for_url("**/attempts/**")
    questions = asked(page)
    assert questions
    answer(page, site, questions[0], language)
    page.locator(f'[data-question="{questions[0]}"] [data-action=check-answer]').click()
    expect(page.locator(f'[data-question="{questions[0]}"] .answer')).to_be_visible()
    for slug in asked(page):
        answer(page, site, slug, language)
    page.locator("[data-action=submit-attempt]").click()
    expect(page.locator(".score")).to_be_visible()


def sit_final(page: Page, site, language: str, *, right: bool = True) -> None:
    page.locator("[data-action=start-attempt]").click()
    page.wait_for_url("**/attempts/**")
    while page.locator("[data-action=save-answers]").count():
        (slug,) = asked(page)
        answer(page, site, slug, language, right=right)
        with page.expect_navigation():
            page.locator("[data-action=save-answers]").click()
    page.locator("[data-action=submit-attempt]").click()
    expect(page.locator(".score")).to_be_visible()


def walk_course(page: Page, site, language: str, code: str, *, switch_to: str | None = None) -> str:
    """From the course page of an enrolled person to the result of the final assessment; the language it ends in."""
    steps = 0
    while True:
        page.goto(f"/{language}/c/{code}/")
        following = page.locator("[data-action=continue]")
        if not following.count():
            return language
        with page.expect_navigation():
            following.first.click()
        if page.locator("[data-action=complete]").count():
            finish_lesson(page)
        elif "/c/" in page.url and page.locator("[data-action=start-attempt]").count():
            final = page.locator("main .why").count() > 0
            if final:
                sit_final(page, site, language)
                return language
            practise(page, site, language)
        steps += 1
        assert steps < 40, f"the course never ends: {page.url}"
        if switch_to and steps == 5:
            page.goto(f"/{language}/c/{code}/")
            before = page.locator(".ticks").first.get_attribute("aria-label")
            page.locator(f'.foot a[hreflang="{switch_to}"], .foot a[lang="{switch_to}"]').first.click()
            page.wait_for_url(f"**/{switch_to}/c/{code}/")
            after = page.locator(".ticks").first.get_attribute("aria-label")
            assert re.findall(r"\d+", before or "") == re.findall(r"\d+", after or ""), "progress is kept"
            language = switch_to


def open_certificate_and_verify(page: Page, stranger: Page, language: str, site) -> None:
    page.locator("[data-action=open-certificate]").first.click()
    with page.expect_download() as download:
        page.locator('main a[href*="/pdf/"]').first.click()
    file = download.value
    content = file.path().read_bytes()
    assert content.startswith(b"%PDF-")
    number = re.search(r"KAL-\d{4}(-[0-9A-Z]{4}){3}-[0-9A-Z]{2}", page.content())
    assert number
    assert number.group() in file.suggested_filename
    stranger.goto(f"/verify/{number.group()}")
    assert re.search(r"/(fr|en|ar)/verify/", stranger.url)
    expect(stranger.locator(".verdict.ok")).to_be_visible()
    assert "%" not in stranger.locator("main").inner_text()  # no score
    stranger.goto(f"/{language}/verify/")
    stranger.locator("main input[name=n]").fill(number.group().lower().replace("-", " "))
    stranger.locator("main input[name=n]").press("Enter")
    expect(stranger.locator(".verdict.ok")).to_be_visible()
    stranger.locator("details:has(input[type=file]) summary").click()
    stranger.locator("input[type=file]").set_input_files(file.path())
    stranger.locator("form:has(input[type=file]) button").click()
    expect(stranger.locator("main")).to_contain_text(number.group())


@pytest.mark.parametrize(
    ("code", "words", "language", "switch_to", "javascript"),
    [
        ("K1", "radicalisation", "fr", None, True),
        ("K3", "mandela", "fr", None, False),
        ("K4", "evidence", "en", "fr", True),
    ],
    ids=["french", "french-without-javascript", "english-then-french"],
)
def test_a_trainee_gets_from_the_home_page_to_a_verified_certificate(
    site, browser_page, sign_in, code, words, language, switch_to, javascript
):
    page, _ = browser_page(width=360, java_script_enabled=javascript, locale=language)
    sign_in(page, site.new_person(language))
    find_and_enrol(page, language, words, code)
    language = walk_course(page, site, language, code, switch_to=switch_to)
    expect(page.locator("[data-action=open-certificate]").first).to_be_visible()
    stranger, _ = browser_page(width=360, java_script_enabled=javascript)
    open_certificate_and_verify(page, stranger, language, site)


def test_the_record_folds_to_the_same_rows_after_these_journeys(site):
    site.manage("rebuild_progress", "--check")  # exits 1 on any difference
