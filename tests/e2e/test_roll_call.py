"""The list is called in a room: with network by the page, without network on a phone that was switched off in between."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tools import browser as browser_tools

WORD = "baobab-7"
PICTURES = os.environ.get("PICTURES")


@pytest.fixture(scope="module")
def room(site) -> dict:
    return json.loads(site.python("-m", "tests.e2e.room").splitlines()[-1])


def look(page: Page, check, name: str) -> None:
    check(page, (320, 1280))
    if PICTURES:
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


def press(page: Page, name: str, status: str) -> None:
    page.locator(".roll li", has_text=name).locator(f"label:has(input[value={status}])").click()


def marks(site, session: str) -> dict[str, str]:
    rows = site.sql(
        "SELECT r.name, p.status FROM workshops_presence p JOIN workshops_registration r ON r.id = p.registration_id "
        "WHERE p.session_id = ?",
        session.replace("-", ""),
    )
    return dict(rows)


def test_the_list_is_called_with_network(site, room, browser_page, sign_in, assert_accessible):
    page, _ = browser_page(width=360)
    sign_in(page, "issa")
    page.goto(f"/fr/teach/workshops/{room['workshop']}/attendance/")
    look(page, assert_accessible, "attendance-empty")
    page.locator("main [data-action=check-in]").first.click()
    look(page, assert_accessible, "count")
    page.locator("#people").fill("4")
    page.locator("main form .btn").click()
    expect(page.locator(".roll li")).to_have_count(4)
    press(page, "Awa", "present")
    press(page, "Boubacar", "absent")
    look(page, assert_accessible, "call")
    page.locator("[data-action=check-in]").click()
    expect(page.locator("[role=status]").first).to_be_visible()
    assert marks(site, room["sessions"][0]) == {"Awa Diarra": "present", "Boubacar Maïga": "absent"}
    page.goto(f"/fr/teach/workshops/{room['workshop']}/attendance/")
    look(page, assert_accessible, "attendance")
    page.locator("tbody a").nth(2).click()
    page.locator("input[value=present]").check(force=True)
    page.locator("[name=reason]").fill("Arrivé après l'appel")
    look(page, assert_accessible, "correct")
    page.locator("main form .btn").first.click()
    page.wait_for_url("**/attendance/")
    assert marks(site, room["sessions"][0])["Boubacar Maïga"] == "present"


def test_the_list_is_called_without_network_on_a_phone_that_was_restarted(
    site, room, browser: Browser, sign_in, tmp_path, assert_accessible
):
    """Only the browser's own store lives on: the process ends in between, the network is off from the second start."""
    session = room["sessions"][1]

    def phone(offline: bool):
        context = browser.browser_type.launch_persistent_context(
            str(tmp_path / "phone"),
            executable_path=browser_tools.find(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            locale="fr-FR",
            base_url=site.url,
            viewport={"width": 360, "height": 740},
        )
        context.set_default_timeout(15_000)
        context.set_offline(offline)
        return context, context.pages[0]

    context, page = phone(offline=False)
    sign_in(page, "issa")
    page.goto(f"/fr/teach/workshops/{room['workshop']}/attendance/")
    page.locator("[data-action=keep-list]").click()
    page.locator("#new-word").fill(WORD)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.locator("[data-part=choose] button").click()
    expect(page.locator("[data-part=list]")).to_be_visible()
    page.wait_for_function("caches.match('/fr/teach/phone/').then(it => !!it)")
    context.close()

    context, page = phone(offline=True)
    page.goto(f"/fr/teach/phone/#{room['workshop']}")
    page.locator("#word").fill("not the word")
    page.locator("[data-part=open] button").click()
    expect(page.locator("[data-state]")).to_have_class("line bad")
    assert "Awa" not in page.content()
    page.locator("#word").fill(WORD)
    page.locator("[data-part=open] button").click()
    page.locator("[data-sessions] a").nth(1).click()
    page.locator("#heads").fill("5")
    page.locator("[data-heads] button").click()
    press(page, "Awa", "present")
    press(page, "Ramata", "excused")
    page.locator("[data-roll] summary").click()
    page.locator("#a-name").fill("Kadiatou Dembélé")
    page.locator("[data-arrival] button").click()
    expect(page.locator(".roll li")).to_have_count(5)
    expect(page.locator("#phone [data-waiting]")).to_contain_text("5")
    look(page, assert_accessible, "phone")
    assert marks(site, session) == {}
    context.close()

    context, page = phone(offline=True)  # switched off once more: what was recorded is still there
    page.goto(f"/fr/teach/phone/#{room['workshop']}")
    page.locator("#word").fill(WORD)
    page.locator("[data-part=open] button").click()
    expect(page.locator("#phone [data-waiting]")).to_contain_text("5")
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-send]")).to_be_hidden()
    assert marks(site, session) == {"Awa Diarra": "present", "Ramata Touré": "excused", "Kadiatou Dembélé": "present"}
    context.close()
