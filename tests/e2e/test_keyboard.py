"""The whole path with the keyboard alone, on a phone's width: home, catalogue, login, course, lessons with a note, practice,
final assessment, certificate, verification. At every stop the focus is visible and nothing lies over it."""

from __future__ import annotations

import re
import sys

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cast import PASSWORD
from tests.e2e.answers import GAP, asked, key_of

_MOST_STOPS = 150

# What is wrong with where the focus is now, in words, or nothing.
_LOOK = """() => {
  const it = document.activeElement;
  if (!it || it === document.body || it === document.documentElement || it.tagName === "IFRAME") return "";
  const name = `${it.tagName} ${it.name || it.id || ""} “${(it.innerText || it.value || "").trim().slice(0, 40)}”`;
  const ringed = it.closest(".choice") && it.matches("input")
    ? getComputedStyle(it.nextElementSibling, "::before") : getComputedStyle(it);
  if (!it.matches(":focus-visible")) return `the focus does not show on ${name}`;
  if (ringed.outlineStyle === "none" || parseFloat(ringed.outlineWidth) < 2) return `no ring around ${name}`;
  const box = it.getClientRects()[0];
  if (!box || box.width < 1 || box.height < 1) return `${name} takes the focus and is not there to see`;
  if (box.bottom < 1 || box.top > innerHeight - 1 || box.right < 1 || box.left > innerWidth - 1)
    return `${name} has the focus outside of the screen`;
  for (const bar of document.querySelectorAll(".test-bar")) {
    const above = bar.getBoundingClientRect();
    if (!bar.contains(it) && getComputedStyle(bar).position === "sticky" && box.top < above.bottom - 1 && box.bottom > above.top + 1)
      return `${name} is under the bar`;
  }
  const x = Math.min(Math.max((box.left + box.right) / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max((Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2, 0), innerHeight - 1);
  const over = document.elementFromPoint(x, y);
  if (over && over !== it && !it.contains(over) && !over.contains(it)) return `${over.tagName} lies over ${name}`;
  return "";
}"""


class Keyboard:
    """A person without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stops = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def to(self, target: Locator) -> None:
        """Tab, forwards or backwards, until `target` (or, of several, one of them) has the focus."""
        expect(target.first).to_be_attached()
        many = target.element_handles()
        for _stop in range(_MOST_STOPS):
            where = self.page.evaluate(
                """many => {
                  const it = document.activeElement;
                  if (many.includes(it)) return "here";
                  if (!it || it === document.body) return "Tab";
                  return it.compareDocumentPosition(many[0]) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab";
                }""",
                many,
            )
            if where == "here":
                return
            self.press(where)
            self.stops += 1
            problem = self.page.evaluate(_LOOK)
            assert not problem, f"{self.page.url}: {problem}"
        raise AssertionError(f"{self.page.url}: {target} is never reached")

    def follow(self, target: Locator, key: str = "Enter") -> None:
        """Go there and press; another page comes."""
        self.to(target)
        with self.page.expect_navigation():
            self.press(key)

    def skip(self) -> None:
        """The first stop of every page leads past the head of the page."""
        self.to(self.page.locator(".skip"))
        self.press("Enter")
        assert self.page.evaluate("location.hash") == "#main"

    def choose(self, select: Locator, value: str) -> None:
        """Walk through the choices of a list with the arrows."""
        self.to(select)
        wanted, now = select.evaluate(
            "(it, value) => [[...it.options].findIndex(one => one.value === value), it.selectedIndex]", value
        )
        self.press(*["ArrowDown" if wanted > now else "ArrowUp"] * abs(wanted - now))
        expect(select).to_have_value(value)

    def answer(self, site, slug: str, language: str) -> None:
        """Answer a question rightly."""
        kind, body = key_of(site, slug)
        question = self.page.locator(f'[data-question="{slug}"]')
        if kind in {"single", "truefalse"}:
            wanted = next(option["id"] for option in body["options"] if option["correct"])
            radios = question.locator("input[type=radio]")
            self.to(radios)
            values = radios.evaluate_all("all => all.map(one => one.value)")
            now = self.page.evaluate("document.activeElement.value")
            if now == wanted:
                self.press("Space")
            else:
                self.press(*["ArrowDown"] * ((values.index(wanted) - values.index(now)) % len(values)))
            expect(question.locator(f'input[value="{wanted}"]')).to_be_checked()
        elif kind == "multiple":
            for option in body["options"]:
                if option["correct"]:
                    self.to(question.locator(f'input[value="{option["id"]}"]'))
                    self.press("Space")
        elif kind == "matching":
            for pair in body["pairs"]:
                self.choose(question.locator(f'select[name="{slug}.{pair["id"]}"]'), pair["right_id"])
        elif kind == "ordering":
            self.order(question, slug, [item["id"] for item in body["items"]])
        elif kind == "cloze":
            for number, gap in enumerate(GAP.findall(body["text"][language]), start=1):
                self.to(question.locator(f'input[name="{slug}.{number}"]'))
                self.page.keyboard.type(gap.split("|")[0])
        else:
            self.to(question.locator("input[type=text]"))
            right = str(body["value"]).replace(".", ",") if kind == "numeric" else body["accepted"][language][0]
            self.page.keyboard.type(right)

    def order(self, question: Locator, slug: str, items: list[str]) -> None:
        """Bring the lines into order with their own buttons; the focus stays on the button that is pressed."""
        rows = question.locator("ol.order > li")
        for place, item in enumerate(items):
            row = rows.filter(has=self.page.locator(f'select[name="{slug}.{item}"]'))
            at = row.evaluate("it => [...it.parentNode.children].indexOf(it)")
            if at > place:
                self.to(row.locator("button").first)
                self.press(*["Enter"] * (at - place))
        for place, item in enumerate(items, start=1):
            expect(question.locator(f'select[name="{slug}.{item}"]')).to_have_value(str(place))


def read_lesson(keys: Keyboard, page: Page, words: str) -> bool:
    """Write a note where the lesson asks for one, then say that it is finished. Gives whether there was one."""
    note = page.locator("textarea[name=words]")
    asks = note.count() > 0 and bool(words)
    if asks:
        keys.to(note.first)
        page.keyboard.type(words)
        keys.follow(page.locator("form:has(textarea[name=words]) button").first)
        expect(note.first).to_have_value(words)
        expect(page.locator(".reflect .line.ok").first).to_be_visible()
    keys.follow(page.locator("[data-action=complete]"))
    return asks


def practise(keys: Keyboard, page: Page, site, language: str) -> None:
    keys.follow(page.locator("[data-action=start-attempt]"))
    first = asked(page)[0]
    keys.answer(site, first, language)
    keys.follow(page.locator(f'[data-question="{first}"] [data-action=check-answer]'))
    for slug in asked(page):
        keys.answer(site, slug, language)
    keys.follow(page.locator("[data-action=submit-attempt]"))
    expect(page.locator(".score")).to_be_visible()


def sit_final(keys: Keyboard, page: Page, site, language: str) -> None:
    keys.follow(page.locator("[data-action=start-attempt]"))
    while page.locator("[data-action=save-answers]").count():
        (slug,) = asked(page)
        keys.answer(site, slug, language)
        keys.follow(page.locator("[data-action=save-answers]"))
    keys.follow(page.locator("[data-action=submit-attempt]"), "Space")
    expect(page.locator(".score")).to_be_visible()


@pytest.mark.parametrize("language", ["fr"])
def test_the_whole_path_goes_with_the_keyboard_alone(site, browser_page, language):
    page, _ = browser_page(width=360, height=640)
    keys = Keyboard(page)
    username = site.new_person(language)

    page.goto(f"/{language}/")
    keys.follow(page.locator(f'main a[href="/{language}/catalogue/"]'))
    keys.skip()
    keys.to(page.locator("input[name=q]"))
    page.keyboard.type("formateur")
    with page.expect_navigation():
        keys.press("Enter")
    keys.follow(page.locator(f'main a[href="/{language}/c/K5/"]'))
    keys.follow(page.locator("[data-action=enrol]"))
    keys.to(page.locator("input[name=login]"))
    page.keyboard.type(username)
    keys.to(page.locator("input[name=password]"))
    page.keyboard.type(PASSWORD)
    keys.follow(page.locator("[data-action=sign-in]"))
    assert page.url.endswith(f"/{language}/c/K5/")
    keys.follow(page.locator("[data-action=enrol]"))

    noted = 0
    for _step in range(40):
        keys.skip()
        keys.follow(page.locator("[data-action=continue]"))
        if page.locator("[data-action=complete]").count():
            noted += read_lesson(keys, page, "" if noted else "Écrire ce que j’ai vu, sans nom.")
        elif page.locator("main .why").count():
            sit_final(keys, page, site, language)
            break
        else:
            practise(keys, page, site, language)
        page.goto(f"/{language}/c/K5/")
    assert noted == 1

    keys.follow(page.locator("[data-action=open-certificate]").first)
    if not re.search(r"/certificates/KAL-", page.url):
        keys.follow(page.locator("main [data-action=open-certificate]").first)
    keys.to(page.locator("[data-action=download-certificate]").first)
    with page.expect_download() as download:
        keys.press("Enter")
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    folded = page.locator(f'main details:has(a[href^="/{language}/verify/"])')
    keys.to(folded.locator("summary"))
    keys.press("Space")
    keys.follow(folded.locator("a"))
    expect(page.locator(".verdict.ok")).to_be_visible()

    keys.to(page.locator(".menu summary"))
    keys.press("Enter")
    keys.follow(page.locator(".menu form button"))
    assert page.locator(".menu").count() == 0
    sys.stdout.write(f"{keys.stops} stops of the Tab key\n")
