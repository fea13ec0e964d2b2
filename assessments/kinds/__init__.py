"""The eight kinds of question, one interface (`base.Kind`): parse, is_answered, grade, present, review.

Pure functions over a question's body as the curriculum's YAML holds it, with its prompt and explanation; no models, no
clock, no chance. A new kind is a class, a label here, and two templates (`question/<kind>.html`, `review/<kind>.html`).
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessments.kinds.base import Answer, Body, Grade, Kind, Part, Text, localise
from assessments.kinds.choice import Multiple, Single, TrueFalse
from assessments.kinds.placing import Matching, Ordering
from assessments.kinds.written import Cloze, Numeric, Short
from assessments.scoring import shown_score

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (Single(), Multiple(), TrueFalse(), Matching(), Ordering(), Cloze(), Numeric(), Short())
}

LABELS = {
    "single": _("one answer"),
    "multiple": _("several answers"),
    "truefalse": _("true or false"),
    "matching": _("matching"),
    "ordering": _("putting in order"),
    "cloze": _("text with gaps"),
    "numeric": _("a number"),
    "short": _("short answer"),
}


def parse(kind: str, body: Body, data: Mapping[str, Any], item_id: str) -> Answer | None:
    """The answer posted for the question `item_id` as what to store (JSON), or None. Never raises on hostile data."""
    return KINDS[kind].parse(body, data, item_id)


def is_answered(kind: str, answer: Answer | None) -> bool:
    """Whether a stored answer holds anything at all."""
    return KINDS[kind].is_answered(answer)


def grade(kind: str, body: Body, answer: Answer | None) -> Grade:
    """The exact score (0 to 1) of a stored answer. The same answer always gets the same score."""
    return KINDS[kind].grade(body, answer)


def present(
    kind: str, body: Body, lang: str, *, seed: int | str, item_id: str, answer: Answer | None = None
) -> dict[str, Any]:
    """What `assessments/_question.html` draws: no key, nor anything that hints at one (see `base.Kind`)."""
    asked = KINDS[kind].present(body, lang, seed=seed, item_id=item_id, answer=answer)
    return asked | {"label": LABELS[kind], "prompt": localise(body.get("prompt"), lang)}


def review(kind: str, body: Body, answer: Answer | None, lang: str, *, item_id: str) -> dict[str, Any]:
    """What `assessments/_review.html` draws, with the key: only after submission, and only where the policy says so."""
    shown = KINDS[kind].review(body, answer, lang)
    score = shown["grade"].score
    explanation = localise(body.get("explanation"), lang)
    return shown | {
        "name": item_id,
        "label": LABELS[kind],
        "prompt": localise(body.get("prompt"), lang),
        "explanation": explanation if explanation.text else None,
        "points": shown_score(score),
        "state": "right" if score == 1 else "part" if score > 0 else "wrong",
    }


def recall(kind: str, body: Body, answer: Answer | None, lang: str, *, seed: int | str, item_id: str) -> dict[str, Any]:
    """What `assessments/_recall.html` draws after submission, where the key stays closed: the answer as it was given,
    its points and the explanation; neither expected answers nor which part was right."""
    asked = present(kind, body, lang, seed=seed, item_id=item_id, answer=answer)
    if kind == "ordering" and "rows" in asked:
        places = [next((one["place"] for one in row["places"] if one["chosen"]), 0) for row in asked["rows"]]
        rows = [row | {"given": place} for row, place in zip(asked["rows"], places, strict=True)]
        asked["rows"] = sorted(rows, key=lambda row: (row["given"] == 0, row["given"]))
    if kind == "matching":
        asked["rows"] = [
            row | {"given": next((one["text"] for one in row["choices"] if one["chosen"]), None)}
            for row in asked["rows"]
        ]
    score = grade(kind, body, answer).score
    explanation = localise(body.get("explanation"), lang)
    return asked | {
        "explanation": explanation if explanation.text else None,
        "points": shown_score(score),
        "state": "right" if score == 1 else "part" if score > 0 else "wrong",
        "answered": is_answered(kind, answer),
    }


__all__ = [
    "KINDS",
    "LABELS",
    "Answer",
    "Body",
    "Grade",
    "Kind",
    "Part",
    "Text",
    "grade",
    "is_answered",
    "localise",
    "parse",
    "present",
    "recall",
    "review",
]
