"""Reading of questions: what every type has, what each type needs, and what a bank must offer."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from django.utils.translation import gettext as _

from content.folding import fold
from lms.curriculum.documents import Doc
from lms.curriculum.fields import NAME, SLUG, Fields, each
from lms.curriculum.model import BlueprintLine, Json, QuestionData

BLOOM = ("remember", "understand", "apply", "analyse", "evaluate", "create")
COMMON = ("id", "use", "type", "difficulty", "objective", "bloom", "prompt", "explanation", "source")
PARTS: dict[str, tuple[str, ...]] = {
    "single": ("options",),
    "multiple": ("options",),
    "truefalse": ("options",),
    "matching": ("pairs",),
    "ordering": ("items",),
    "cloze": ("text",),
    "numeric": ("value", "tolerance", "unit"),
    "short": ("accepted",),
}
ENOUGH = 2.5  # how many times the blueprint the exam bank must hold, per objective

_GAP = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def read_questions(
    doc: Doc,
    *,
    uses: Collection[str],
    objectives: int,
    sources: Collection[str],
    seen: dict[str, str],
    fields: Fields,
) -> tuple[QuestionData, ...]:
    """Read a list of questions; `seen` holds the ids of the whole folder and is added to."""
    if not isinstance(doc.data, list):
        fields.wrong("", _("This file must be a list of questions."))
        return ()
    return tuple(
        _question(question, uses, objectives, sources, seen)
        for question in each(doc, doc.data, "", fields.locales, fields.problems)
    )


def _question(
    fields: Fields, uses: Collection[str], objectives: int, sources: Collection[str], seen: dict[str, str]
) -> QuestionData:
    identifier = fields.text("id", form=SLUG, longest=64)
    fields.once("id", identifier, seen)
    use = fields.text("use", choices=uses)
    kind = fields.text("type", choices=PARTS)
    objective = fields.data.get("objective")
    if isinstance(objective, int) and not isinstance(objective, bool) and not 0 <= objective < objectives:
        reason = _("The course has no objective %(number)d: it has %(count)d, counted from 0.")
        fields.asked.add("objective")
        fields.wrong("objective", reason % {"number": objective, "count": objectives})
        objective = 0
    else:
        objective = fields.whole("objective", 0, 1000)
    if check := _CHECKS.get(kind):
        check(fields)
    body: Json = {name: fields.data[name] for name in PARTS.get(kind, ()) if fields.data.get(name) is not None}
    fields.asked.update(PARTS.get(kind, ()))
    return QuestionData(
        id=identifier,
        use=use,
        type=kind,
        difficulty=fields.whole("difficulty", 1, 3),
        objective=objective,
        bloom=fields.text("bloom", choices=BLOOM),
        prompt=fields.words("prompt"),
        explanation=fields.words("explanation"),
        source=fields.reference("source", sources),
        body=body,
        extra=fields.rest(),
    )


def _check_options(fields: Fields) -> None:
    kind = fields.data["type"]
    ids: dict[str, str] = {}
    right = count = 0
    for option in fields.items("options"):
        count += 1
        option.once("id", option.text("id", form=NAME, longest=64), ids)
        option.check_words(option.data, "", known=("id", "correct", "feedback"))
        right += option.truth("correct")
        option.words("feedback")
    if not isinstance(fields.data.get("options"), list):
        return
    if kind == "truefalse" and count != 2:
        fields.wrong("options", _("A question of this type has two options."))
    elif count < 2:
        fields.wrong("options", _("There must be two options at least."))
    if right == 0:
        fields.wrong("options", _("No option is correct."))
    elif right > 1 and kind != "multiple":
        fields.wrong("options", _("Only one option can be correct in a question of this type."))


def _check_pairs(fields: Fields) -> None:
    left: dict[str, str] = {}
    right: dict[str, str] = {}
    count = 0
    for pair in fields.items("pairs"):
        count += 1
        pair.once("id", pair.text("id", form=NAME, longest=64), left)
        pair.once("right_id", pair.text("right_id", form=NAME, longest=64), right)
        pair.words("left")
        pair.words("right")
        for name in pair.rest():
            pair.wrong(name, _("This field is not known here."))
    if isinstance(fields.data.get("pairs"), list) and count < 2:
        fields.wrong("pairs", _("There must be two pairs at least."))


def _check_items(fields: Fields) -> None:
    ids: dict[str, str] = {}
    count = 0
    for item in fields.items("items"):
        count += 1
        item.once("id", item.text("id", form=NAME, longest=64), ids)
        item.check_words(item.data, "", known=("id",))
    if isinstance(fields.data.get("items"), list) and count < 2:
        fields.wrong("items", _("There must be two items at least."))


def _check_cloze(fields: Fields) -> None:
    words = fields.words("text")
    text_data = fields.data.get("text")
    counts: dict[str, int] = {}
    for locale, text in words.items():
        gaps = _GAP.findall(text)
        counts[locale] = len(gaps)
        rest = _GAP.sub("", text)
        at = (text_data, locale)
        if "{{" in rest or "}}" in rest:
            fields.wrong(f"text.{locale}", _("A gap is not closed: write {{answer|variant}}."), at=at)
        elif not gaps:
            fields.wrong(f"text.{locale}", _("The text has no gap: write {{answer|variant}}."), at=at)
        elif not all(fold(answer) for gap in gaps for answer in gap.split("|")):
            fields.wrong(f"text.{locale}", _("A gap has an empty answer."), at=at)
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{locale}: {count}" for locale, count in counts.items())
        fields.wrong("text", _("The number of gaps differs between the languages (%(told)s).") % {"told": told})


def _check_numeric(fields: Fields) -> None:
    for name in ("value", "tolerance"):
        number = fields.data.get(name)
        if number is None:
            fields.wrong(name, _("This value is missing."))
        elif isinstance(number, bool) or not isinstance(number, int | float):
            fields.wrong(name, _("This must be a number."))
        elif name == "tolerance" and number < 0:
            fields.wrong(name, _("The tolerance cannot be negative."))
    fields.words("unit", required=False)


def _check_short(fields: Fields) -> None:
    accepted: Any = fields.data.get("accepted")
    if not isinstance(accepted, dict):
        fields.wrong("accepted", _("This must be a mapping with a list of answers for each language."))
        return
    for locale in {**dict.fromkeys(fields.locales), **accepted}:
        answers = accepted.get(locale)
        at = (accepted, locale)
        if locale not in fields.locales:
            reason = _("“%(name)s” is not a language of this folder.") % {"name": locale[:40]}
            fields.wrong(f"accepted.{locale}", reason, at=at)
        elif answers is None:
            reason = _("The answers in “%(locale)s” are missing.") % {"locale": locale}
            fields.wrong(f"accepted.{locale}", reason, at=at)
        elif not isinstance(answers, list) or not answers or not all(isinstance(a, str) and fold(a) for a in answers):
            fields.wrong(f"accepted.{locale}", _("This must be a list of answers, none of them empty."), at=at)


_CHECKS = {
    "single": _check_options,
    "multiple": _check_options,
    "truefalse": _check_options,
    "matching": _check_pairs,
    "ordering": _check_items,
    "cloze": _check_cloze,
    "numeric": _check_numeric,
    "short": _check_short,
}


def check_bank(blueprint: tuple[BlueprintLine, ...], exam: tuple[QuestionData, ...], fields: Fields) -> None:
    """Report the objectives that the exam bank does not serve; `fields` = the final assessment."""
    offered = Counter(question.objective for question in exam)
    lines = fields.data.get("blueprint")
    for position, line in enumerate(blueprint):
        if offered[line.objective] < ENOUGH * line.count:
            reason = _(
                "The exam bank holds %(held)d questions on objective %(objective)d; drawing %(count)d needs %(needed)d."
            )
            values = {
                "held": offered[line.objective],
                "objective": line.objective,
                "count": line.count,
                "needed": math.ceil(ENOUGH * line.count),
            }
            fields.wrong(f"blueprint.[{position}]", reason % values, at=(lines, position))


def signature(question: QuestionData) -> tuple[Any, ...]:
    """What makes two questions the same for the person who reads them: prompt and answers, whatever their ids."""
    locales = question.prompt.keys()
    words = sorted(fold(text) for text in _told(question.body, locales))
    return question.type, tuple(sorted(fold(text) for text in question.prompt.values())), tuple(words)


def _told(value: Any, locales: Collection[str]) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name in locales and isinstance(item, str):
                yield item
            elif name != "feedback":
                yield from _told(item, locales)
    elif isinstance(value, list):
        for item in value:
            yield from _told(item, locales)
