"""The site stands, as a person at a browser meets it."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_home_page_is_accessible_and_speaks_its_language(browser_page, assert_accessible, language):
    page, _ = browser_page()
    answer = page.goto(f"/{language}/")
    assert answer and answer.status == 200
    html = page.locator("html")
    assert html.get_attribute("lang") == language
    assert html.get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    assert_accessible(page)


def test_a_first_look_at_the_home_page_is_light(browser_page):
    page, watched = browser_page()
    page.goto("/fr/", wait_until="networkidle")
    assert watched.count <= 6, watched.requests
    assert watched.bytes <= 37 * 1024, watched.requests


def test_awa_signs_in_with_the_form(browser_page, sign_in, assert_accessible):
    page, _ = browser_page()
    page.goto("/accounts/login/")
    assert_accessible(page)
    sign_in(page, "awa")
    answer = page.goto("/accounts/login/")  # nothing to do here any more
    assert answer and "/accounts/login" not in page.url


def test_a_page_that_does_not_exist_says_so_kindly(browser_page, assert_accessible):
    page, _ = browser_page()
    answer = page.goto("/fr/nowhere/")
    assert answer and answer.status == 404
    assert page.locator("h1").count() == 1
    assert_accessible(page)
