"""The page that verifies square codes without a network, in a browser whose network is switched off."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.e2e

PAGE = "/verify/offline/fr/"
# In the site's own processes: a person's certificate, its code, and the codes of a revoked and of a protected one.
MAKE = """
import json, django
django.setup()
from datetime import date, timedelta
from django.utils import timezone
from certificates import compact, services, status
from certificates.keys import current_key
from certificates.models import Credential
from certificates.numbers import new_number
from certificates.paper import square_code
from people.models import User
user = User.objects.get(username="%s")
today = timezone.localdate()
def made(expires, name=user.display_name):
    return Credential.objects.create(number=new_number(2026), kind="competence", holder=user, holder_name=name,
        title={"fr": "Tenir un registre", "en": "Keeping a register"}, issued=today - timedelta(days=500), expires=expires)
good, old, revoked = made(today), made(today - timedelta(days=1)), made(None, "Ɲaɲɛ Dɔlɔ")
codes = {"good": square_code(good, "fr"), "old": square_code(old, "fr"), "revoked": square_code(revoked, "fr")}
services.revoke(credential=revoked, reason="Fraude", actor=User.objects.get(username="admin"))
early = {"number": new_number(2026), "kind": "attendance", "holder": user, "holder_name": user.display_name,
    "title": {"fr": "Tenir un registre"}, "issued": today, "reserved_at": timezone.now() - timedelta(days=2)}
codes["reserved"] = square_code(Credential.objects.create(**early, status="reserved"), "fr")
early["number"], early["confirmed_at"] = new_number(2026), timezone.now()
codes["confirmed"] = square_code(Credential.objects.create(**early), "fr")
early["number"], early["reserved_at"] = new_number(2026), timezone.now() + timedelta(hours=1)
codes["later"] = square_code(Credential.objects.create(**early), "fr")  # than what the phone has learned
codes["hidden"] = good.number and f"https://x/verify/{good.number}#" + compact.write(
    compact.Compact(good.number, "competence", today, None, 7), current_key())
print(json.dumps(codes))
"""


@pytest.fixture
def codes(site) -> dict[str, str]:
    return json.loads(site.python("-c", MAKE % site.new_person()).splitlines()[-1])


def verdict(page, text: str) -> tuple[str, str]:
    page.locator("#given").fill(text)
    page.locator("#answer").evaluate("box => { delete box.dataset.look }")
    page.locator("[data-action=verify-code]").click()
    page.locator("#answer[data-look]").wait_for()
    return page.locator("#answer").get_attribute("data-look"), page.locator("#answer").inner_text()


def changed(code: str, place: int) -> str:
    symbol = "A" if code[place] != "A" else "B"
    return code[:place] + symbol + code[place + 1 :]


def test_without_a_network_codes_are_verified_after_a_restart(site, codes, browser_page, assert_accessible):
    page, watched = browser_page()
    page.goto(PAGE)
    page.locator("#kept").wait_for()
    page.context.set_offline(True)
    page.close()
    page = page.context.new_page()
    page.goto(PAGE)
    page.locator("#keys li").first.wait_for()
    assert "202" in page.locator("#dated").inner_text()

    look, said = verdict(page, codes["good"])
    assert look == "ok" and "Tenir un registre" in said and "KAL-" in said
    for place in (codes["good"].index("#") + 10, len(codes["good"]) - 10):
        assert verdict(page, changed(codes["good"], place))[0] in ("bad", "wait")
    number = codes["old"].split("/verify/")[1].split("#")[0]
    mixed = f"http://x/verify/{number}#" + codes["good"].split("#")[1]
    assert verdict(page, mixed)[0] == "bad"
    look, said = verdict(page, codes["revoked"])
    assert look == "bad" and "Ɲaɲɛ Dɔlɔ" in said and "Fraude" not in said
    assert verdict(page, codes["old"])[0] == "wait"
    for name, expected in (("reserved", "wait"), ("confirmed", "ok"), ("later", "wait")):
        look, said = verdict(page, codes[name])
        assert look == expected and codes[name].split("#K2.")[0].rpartition("/")[2] in said
    as_older = codes["reserved"].replace("#K2.", "#K1.")
    assert verdict(page, as_older)[0] == "bad"
    look, said = verdict(page, codes["hidden"])
    assert look == "ok" and "Tenir un registre" not in said
    assert verdict(page, number)[0] == "wait" and verdict(page, "bonjour")[0] == "wait"
    assert_accessible(page)

    # The address on paper, opened by the phone's own camera.
    page.goto(codes["good"].replace(codes["good"].split("/verify/")[0], site.url))
    page.locator("#answer[data-look=ok]").wait_for()
    assert not watched.problems


def test_revocations_are_learnt_with_the_next_network(site, codes, browser_page):
    page, _watched = browser_page()
    page.goto(PAGE)
    page.locator("#kept").wait_for()
    assert verdict(page, codes["good"])[0] == "ok"
    number = codes["good"].split("/verify/")[1].split("#")[0]
    site.sql("UPDATE certificates_credential SET status = 'revoked' WHERE number = ?", number)
    page.reload()
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    assert verdict(page, codes["good"])[0] == "bad"


def test_a_browser_that_lacks_the_algorithm_verifies_in_numbers(codes, browser_page):
    page, _watched = browser_page()
    page.add_init_script("crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))")
    page.goto(PAGE)
    page.locator("#keys li").first.wait_for()
    assert verdict(page, codes["good"])[0] == "ok"
    for place in range(len(codes["good"]) - 80, len(codes["good"]) - 2, 20):
        assert verdict(page, changed(codes["good"], place))[0] == "bad"


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_every_language_is_accessible(language, browser_page, assert_accessible):
    page, _watched = browser_page()
    page.goto(f"/verify/offline/{language}/")
    page.locator("#keys li").first.wait_for()
    assert page.locator("html").get_attribute("lang") == language
    assert_accessible(page)
