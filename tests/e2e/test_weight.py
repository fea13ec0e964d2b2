"""What a phone on prepaid data pays for. Pictures and audio are counted apart; the figures are printed (`pytest -rP`)."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

FIRST_VIEW = 25 * 1024  # 37 KB are promised
SECOND_VIEW = 12 * 1024
_PICTURES = re.compile(r"/files/|\.(?:jpg|png|webp|mp3|ogg|opus)$")


@dataclass
class Weight:
    """What came over the wire for one view: text (pages, styles, scripts, icons) and pictures."""

    text: int
    pictures: int
    requests: int
    answers: list[tuple[str, int]]

    def __str__(self) -> str:
        words = f"{self.text / 1024:5.1f} KB in {self.requests} requests"
        return words + (f", pictures {self.pictures / 1024:.1f} KB" if self.pictures else "")


def weigh(page, watched, address: str) -> Weight:
    watched.forget()
    page.goto(address, wait_until="networkidle")
    # What the browser's own cache answers weighs nothing and asks nobody.
    answers = [(url, size) for url, size in watched.requests if size and not url.startswith("data:")]
    pictures = [size for url, size in answers if _PICTURES.search(url)]
    return Weight(
        text=sum(size for _, size in answers) - sum(pictures),
        pictures=sum(pictures),
        requests=len(answers) - len(pictures),
        answers=answers,
    )


def heaviest_lessons(site) -> list[tuple[str, str]]:
    """(code, ref) of the heaviest lesson of each course, in French."""
    rows = site.sql(
        "SELECT code, substr(key, 1, 8) FROM (SELECT c.code, t.key, row_number() OVER (PARTITION BY c.code "
        "ORDER BY length(CAST(t.html AS blob)) + length(CAST(t.facts AS blob)) DESC) AS place "
        "FROM courses_activitytext t JOIN courses_course c ON c.id = t.course_id "
        "WHERE t.language = 'fr' AND t.html <> '') WHERE place = 1 ORDER BY code"
    )
    assert len(rows) >= 7
    return rows


def test_the_heaviest_lesson_of_each_course_is_light_at_first_and_lighter_then(site, states, browser_page):
    pairs = heaviest_lessons(site)
    problems = []
    for code, ref in pairs:
        page, watched = browser_page(width=360)
        states.become(page.context, "reader", site.url)
        address = f"/fr/c/{code}/{ref}/"
        first = weigh(page, watched, address)
        assert page.url.endswith(address), page.url
        scripts = page.locator("script").count()
        second = weigh(page, watched, address)
        sys.stdout.write(f"{code} {ref}: first view {first}; again {second}\n")
        for true, words in [
            (first.text <= FIRST_VIEW, f"{first} at first"),
            (first.requests <= 6, f"{first.requests} requests at first: {first.answers}"),
            (second.text <= SECOND_VIEW, f"{second} again"),
            (second.requests <= 2, f"{second.requests} requests again: {second.answers}"),
            (not scripts, f"{scripts} scripts on the page"),
        ]:
            if not true:
                problems.append(f"{code} {ref}: {words}")
        page.context.close()
    assert not problems, "\n".join(problems)


def test_other_pages_are_light_too(site, states, browser_page):
    screens = [
        ("/", None),
        ("/catalogue/", None),
        ("/c/K1/", None),
        ("/c/K1/", "begun"),
        ("/learn/", "begun"),
        ("final, multiple", "begun"),
        ("practice, asking", "asking"),
        ("final, passed", "done"),
        ("verification, valid", None),
        ("/glossary/", None),
        ("/programme/", None),
    ]
    problems = []
    for name, who in screens:
        page, watched = browser_page(width=360)
        states.become(page.context, who, site.url)
        address = f"/fr{states.addresses.get(name, name)}"
        first, second = weigh(page, watched, address), weigh(page, watched, address)
        sys.stdout.write(f"{name} ({who or 'visitor'}): first view {first}; again {second}\n")
        if first.text > FIRST_VIEW or first.requests > 6 or second.text > SECOND_VIEW or second.requests > 2:
            problems.append(f"{name}: {first.answers}, again {second.answers}")
        page.context.close()
    assert not problems, "\n".join(problems)
