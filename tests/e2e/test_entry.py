"""The ways in and out, in a real browser: screens that everybody can use, passkeys, and what a shared device keeps."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD

PICTURES = os.environ.get("PICTURES")  # a folder: every screen is kept there, to be looked at


def _look(page: Page, check, name: str) -> None:
    check(page, (320, 360, 1280))
    if PICTURES:
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


def _confirm(page: Page) -> None:
    if "/accounts/reauthenticate/" in page.url:
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main form button").first.click()


def test_a_manager_makes_slips_codes_and_invitations(browser_page, sign_in, assert_accessible):
    page, _ = browser_page(width=1280, locale="en-GB")
    sign_in(page, "mariam")
    for name, address in (
        ("slips", "slips"),
        ("codes", "codes"),
        ("invitations", "invitations"),
        ("invite", "invitations/new"),
    ):
        page.goto(f"/en/manage/{address}/")
        _look(page, assert_accessible, f"desk-{name}")
    page.locator("[data-action=invite]").click()
    expect(page.locator("[role=alert]")).to_be_focused()
    _look(page, assert_accessible, "desk-invite-refused")
    page.locator("select[name=institution]").select_option(index=1)
    page.locator("[data-action=invite]").click()
    link = page.locator("p.breaks").inner_text()
    _look(page, assert_accessible, "desk-invitation")
    key = page.context.request.get("/en/manage/people/").text()
    page.goto("/en/manage/people/?words=awa")
    if match := re.search(r"/en/manage/people/([0-9a-f-]{36})/", page.content() + key):
        page.goto(f"/en/manage/people/{match[1]}/code/")
        _look(page, assert_accessible, "desk-recovery")
    stranger, _ = browser_page(width=360, locale="en-GB")
    stranger.goto(link)
    _look(stranger, assert_accessible, "join")
    stranger.locator("[data-action=join]").click()
    expect(stranger.locator("input[name=invitation]")).not_to_have_value("")
    _look(stranger, assert_accessible, "signup")
    stranger.goto("/en/join/0000-0000-0000/")
    _look(stranger, assert_accessible, "join-refused")


def test_a_code_from_the_console_is_used_and_read_about(site, browser_page, sign_in, assert_accessible):
    username = site.new_person("en")
    said = site.manage("recovery_code", username)
    code = re.search(r"Code:\s+(\S+)", said)[1]
    page, _ = browser_page(width=360, locale="en-GB")
    page.goto(f"/en/enter/{code}/")
    expect(page.locator("input[name=login]")).to_have_value(username)
    _look(page, assert_accessible, "enter")
    page.locator("input[name=code]").fill("wrong")
    page.locator("[data-action=enter]").click()
    _look(page, assert_accessible, "enter-refused")
    page.locator("input[name=code]").fill(code)
    page.locator("[data-action=enter]").click()
    _look(page, assert_accessible, "enter-password")
    for field in ("password1", "password2"):
        page.locator(f"input[name={field}]").fill("Nouveau-mot-2026")
    page.locator("[data-action=choose-password]").click()
    page.wait_for_url("**/account/codes/")
    _look(page, assert_accessible, "told")
    page.locator("[data-action=acknowledge]").click()
    page.wait_for_url("**/learn/")
    for name in ("account/codes", "account/sessions", "account"):
        page.goto(f"/en/{name}/")
        _look(page, assert_accessible, name.replace("/", "-"))


def test_an_app_is_set_up_and_used_without_scripts(site, browser_page, sign_in, assert_accessible):
    username = site.new_person("en")
    page, _ = browser_page(width=360, locale="en-GB", java_script_enabled=False)
    sign_in(page, username)
    page.goto("/en/account/")
    page.goto("/accounts/second-step/")
    page.locator("[data-action=set-up-app]").click()
    _confirm(page)
    secret = page.locator("span.code").inner_text()
    digits = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    page.locator("input[name=code]").fill(digits)
    page.locator("[data-action=activate]").click()
    spare = page.locator("ul.codes li").all_inner_texts()
    assert len(spare) == 10
    page.context.clear_cookies()
    page.goto("/en/")
    sign_in(page, username)
    page.locator("input[name=code]").fill(spare.pop())
    page.locator("[data-action=second-step]").click()
    page.wait_for_url("**/learn/")
    # The same pages, with scripts, for axe.
    seen, _ = browser_page(width=360, locale="en-GB")
    seen.goto("/en/")
    sign_in(seen, username)
    _look(seen, assert_accessible, "second-step")
    seen.locator("input[name=code]").fill("000000")
    seen.locator("[data-action=second-step]").click()
    seen.locator(".error, [role=alert]").first.wait_for()
    _look(seen, assert_accessible, "second-step-refused")
    seen.locator("input[name=code]").fill(spare.pop())
    seen.locator("[data-action=second-step]").click()
    seen.wait_for_url("**/learn/")
    for name in (
        "",
        "totp/deactivate/",
        "recovery-codes/",
        "recovery-codes/generate/",
        "webauthn/",
        "webauthn/add/",
        "reauthenticate/",
    ):
        seen.goto(f"/accounts/second-step/{name}")
        if name.startswith("totp"):
            _look(seen, assert_accessible, "reauthenticate")
        _confirm(seen)
        _look(seen, assert_accessible, f"second-{name.replace('/', '-')}")


@pytest.fixture
def secure(site, new_context):
    """A page on localhost, which browsers trust as they trust https, with a passkey device; and its problems."""
    context = new_context(base_url=site.url.replace("127.0.0.1", "localhost"), locale="en-GB")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    assert not problems, problems


def test_a_passkey_is_made_and_opens_the_account_alone(site, secure, sign_in, assert_accessible):
    username = site.new_person("en")
    secure.goto("/en/")
    sign_in(secure, username)
    secure.goto("/accounts/second-step/webauthn/add/")
    _confirm(secure)
    _look(secure, assert_accessible, "passkey-add")
    secure.locator("[data-passkey-button]").click()
    secure.wait_for_url("**/recovery-codes/")
    secure.goto("/accounts/second-step/webauthn/")
    _look(secure, assert_accessible, "passkeys")
    secure.goto("/accounts/logout/")
    secure.locator("main form button").click()
    secure.goto("/accounts/login/")
    _look(secure, assert_accessible, "login")
    secure.locator("[data-passkey-button]").click()
    secure.wait_for_url("**/learn/")
    assert secure.locator("header").inner_text()
    # As the second step after a password.
    secure.goto("/accounts/logout/")
    secure.locator("main form button").click()
    sign_in(secure, username)
    secure.locator("[data-passkey=use] [data-passkey-button]").click()
    secure.wait_for_url("**/learn/")


def test_without_a_secure_context_no_passkey_is_offered(site, new_context):
    page = new_context().new_page()
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page.goto("/accounts/login/")
    expect(page.locator("[data-passkey-button]")).to_be_hidden()


def test_a_shared_device_keeps_nothing_and_the_back_button_shows_nothing(site, secure, sign_in):
    secure.goto("/accounts/login/")
    secure.locator("input[name=login]").fill("awa")
    secure.locator("input[name=password]").fill(PASSWORD)
    secure.locator("input[name=shared]").check()
    secure.locator("[data-action=sign-in]").click()
    secure.wait_for_url("**/learn/")
    secure.evaluate("localStorage.setItem('left', 'behind')")
    secure.goto("/en/account/")
    assert "Diarra" in secure.content()
    secure.goto("/accounts/logout/")
    secure.locator("main form button").click()
    secure.wait_for_url("**/signed-out/")
    assert secure.evaluate("localStorage.length") == 0
    assert not [cookie for cookie in secure.context.cookies() if cookie["name"] == "sessionid" and cookie["value"]]
    for _ in range(3):
        secure.go_back()
        assert "Diarra" not in secure.content()
    secure.goto("/en/account/")
    assert "/accounts/login/" in secure.url
