"""Every question of the curriculum, and how to answer it: as a browser would post it."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.http import QueryDict

CURRICULUM = Path(__file__).resolve().parents[2] / "content" / "curriculum"


def _read() -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = [*CURRICULUM.glob("courses/*/exam.yaml"), *CURRICULUM.glob("courses/*/modules/*/questions.yaml")]
    return [question for file in sorted(files) for question in yaml.load(file.read_text("utf-8"), loader)]


QUESTIONS = _read()


def one_of(kind: str) -> dict[str, Any]:
    return next(question for question in QUESTIONS if question["type"] == kind)


def post(fields: dict[str, str | list[str]]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def gaps(text: str) -> list[str]:
    return [gap.split("|")[0] for gap in re.findall(r"\{\{(.*?)\}\}", text)]


def right_post(question: dict[str, Any], lang: str) -> QueryDict:
    """The fields of a fully right answer by a person who writes in `lang`."""
    name = question["id"]
    match question["type"]:
        case "single" | "multiple" | "truefalse":
            return post({name: [option["id"] for option in question["options"] if option["correct"]]})
        case "matching":
            return post({f"{name}.{pair['id']}": pair["right_id"] for pair in question["pairs"]})
        case "ordering":
            return post({f"{name}.{item['id']}": str(n) for n, item in enumerate(question["items"], 1)})
        case "cloze":
            return post({f"{name}.{n}": words for n, words in enumerate(gaps(question["text"][lang]), 1)})
        case "numeric":
            number = str(question["value"])
            return post({name: number.replace(".", ",") if lang == "fr" else number})
        case "short":
            return post({name: question["accepted"][lang][0]})
    raise AssertionError(question["type"])


def wrong_post(question: dict[str, Any]) -> QueryDict:
    """The fields of an answer with one mistake at least."""
    data, name = right_post(question, "fr"), question["id"]
    match question["type"]:
        case "single" | "truefalse":
            data[name] = next(option["id"] for option in question["options"] if not option["correct"])
        case "multiple":
            data.setlist(name, data.getlist(name)[1:])
        case "matching" | "ordering":
            first, second = list(data)[:2]
            data[first], data[second] = data[second], data[first]
        case "cloze":
            data[f"{name}.1"] = "xyzzy"
        case "numeric":
            data[name] = str(Decimal(str(question["value"])) + Decimal(str(question.get("tolerance", 0))) + 1)
        case "short":
            data[name] = "xyzzy"
    return data
