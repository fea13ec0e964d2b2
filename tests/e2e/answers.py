"""Answering real questions in the browser, rightly or wrongly, from the keys that the site's database holds."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page

GAP = re.compile(r"\{\{(.+?)\}\}")


def key_of(site: Any, slug: str) -> tuple[str, dict[str, Any]]:
    """Kind and body of a question, as the site holds them."""
    query = (
        "SELECT q.kind, v.body FROM assessments_question q "
        "JOIN assessments_questionversion v ON v.id = q.current_id WHERE q.slug = ?"
    )
    ((kind, body),) = site.sql(query, slug)
    return kind, json.loads(body)


def asked(page: Page) -> list[str]:
    """The stable ids of the questions on the page that can still be answered."""
    return [
        question.get_attribute("data-question") or ""
        for question in page.locator("[data-question]").all()
        if question.locator("input:enabled, select:enabled").count()
    ]


def answer(page: Page, site: Any, slug: str, language: str, *, right: bool = True) -> None:
    """Fill in one question as a person does."""
    kind, body = key_of(site, slug)
    question = page.locator(f'[data-question="{slug}"]')
    if kind in {"single", "truefalse"}:
        choice = next(option["id"] for option in body["options"] if bool(option["correct"]) is right)
        question.locator(f'input[value="{choice}"]').check()
    elif kind == "multiple":
        for option in body["options"]:
            question.locator(f'input[value="{option["id"]}"]').set_checked(bool(option["correct"]) is right)
    elif kind == "matching":
        answers = [pair["right_id"] for pair in body["pairs"]]
        for pair, chosen in zip(body["pairs"], answers if right else answers[1:] + answers[:1], strict=True):
            question.locator(f'select[name="{slug}.{pair["id"]}"]').select_option(chosen)
    elif kind == "ordering":
        items = body["items"] if right else body["items"][1:] + body["items"][:1]
        for place, item in enumerate(items, start=1):
            question.locator(f'select[name="{slug}.{item["id"]}"]').select_option(str(place))
    elif kind == "cloze":
        for number, gap in enumerate(GAP.findall(body["text"][language]), start=1):
            question.locator(f'input[name="{slug}.{number}"]').fill(gap.split("|")[0] if right else "xx")
    elif kind == "numeric":
        question.locator("input[type=text]").fill(str(body["value"]).replace(".", ",") if right else "987654")
    else:
        question.locator("input[type=text]").fill(body["accepted"][language][0] if right else "xx")
