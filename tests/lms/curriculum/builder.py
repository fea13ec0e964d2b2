"""A small valid curriculum folder, made in memory, changed by tests, and written where they want it.

folder = small()                       # two courses: alpha (A1), and beta (B1), which requires alpha
folder.edit("courses/alpha/course.yaml", "pass_mark: 70", "pass_mark: 170")
folder.write(tmp_path)
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import yaml

NAMESPACE = uuid.UUID("5a7a1c3e-2f5b-4f52-9f4c-6f3a7f1d0b11")
LESSON = """\
---
key: {key}
title: "{name} [{locale}]"
minutes: 10
objectives: ["First [{locale}]", "Second [{locale}]"]
sources: [law-one]
audio: false
as_of: 2025
checked: 2026-11
review_by: 2027-11
norms: [law-one-1]
---

## What it says [{locale}]

A **first** paragraph [{locale}].

- one
- two

| Who | What | Hours |
|---|---|--:|
| Guard | Register | 1 |
| Clerk | | 2 |

![The path, {locale}](figures/path.{locale}.svg)

:::case The missing paper [{locale}]
A fictional case.

In two paragraphs.
:::

:::reflect
What would you do?
:::

:::practice
Try it.
:::

:::warning
Beware.
:::

:::warning Take care [{locale}]
Beware again.
:::

:::key
- A paper first.
:::
"""
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 320" role="img" aria-labelledby="t">
<title id="t">Path ({locale})</title>
<defs><marker id="a"><path d="M0 0L10 5L0 10z"/></marker></defs>
<rect width="640" height="320" fill="#ffffff"/><line x1="0" y1="0" x2="10" y2="10" marker-end="url(#a)"/>
</svg>
"""


class Folder:
    """Files by path, as text or bytes."""

    def __init__(self, files: dict[str, str | bytes], locales: tuple[str, ...]) -> None:
        self.files = files
        self.locales = locales

    def edit(self, name: str, old: str, new: str, *, count: int = 1) -> Folder:
        """Replace the first `count` places of `old` in a file; the text must be there."""
        text = self.files[name]
        assert isinstance(text, str)
        assert old in text, f"{old!r} is not in {name}"
        self.files[name] = text.replace(old, new, count)
        return self

    def data(self, name: str) -> Any:
        """Give what a YAML file says."""
        return yaml.safe_load(self.files[name])

    def put(self, name: str, data: Any) -> Folder:
        """Write data into a YAML file."""
        self.files[name] = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
        return self

    def change(self, name: str, *path: Any, value: Any) -> Folder:
        """Set a value of a YAML file; `...` as the value removes it."""
        data = target = self.data(name)
        for part in path[:-1]:
            target = target[part]
        if value is ...:
            del target[path[-1]]
        else:
            target[path[-1]] = value
        return self.put(name, data)

    def write(self, folder: Path) -> Path:
        """Write all files below a folder and give it."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder


def key(*parts: str) -> str:
    """The key of a course, module or lesson of the small folder."""
    return str(uuid.uuid5(NAMESPACE, "/".join(parts)))


def small(*, locales: tuple[str, ...] = ("fr", "en")) -> Folder:
    """Two courses of one module and two lessons each, every kind of question, and one document of each sort."""
    folder = Folder({}, locales)

    def words(text: str) -> dict[str, str]:
        return {locale: f"{text} [{locale}]" for locale in locales}

    folder.put(
        "programme.yaml",
        {
            "source": "law-one",
            "as_of": "2017",
            "checked": "2026-11",
            "review_by": "2027-11",
            "domains": [{"id": "d1", "number": 1, **words("Awareness")}],
            "priorities": [{"id": "p1", "number": 1, **words("Capacity")}],
            "matrix": [{"id": "m-p1-d1", "priority": "p1", "domain": "d1", "marked": True, **words("Cell")}],
            "activities": [{"id": "a-1", "priority": "p1", "domain": "d1", **words("Train")}],
            "trainings": [
                {
                    "id": "t-1",
                    "status": "held",
                    "date": "2016-12-07/2016-12-09",
                    "place": words("Town"),
                    "audience": ["guards", "detainees"],
                    "organisations": ["prisons"],
                    **words("Training"),
                }
            ],
            "actors": [{"id": "prisons", "kind": "national", **words("Prisons")}],
            "legal_framework": [
                {"id": "law-1", "date": "2008-07-23", "status": "later", "source": "law-one", **words("Law")}
            ],
            "audiences": [{"slug": "guards", **words("Guards")}, {"slug": "judges", **words("Judges")}],
            "beneficiaries": [{"slug": "detainees", **words("Detainees")}],
            "facts": [{"id": "f-1", "as_of": "2016-2017", "value": 3.5, "unit": "%", **words("Share")}],
        },
    )
    law = {"title": "A law", "author_or_publisher": "A state", "year": 2015, "kind": "law"}
    paper = {"title": "A paper", "author_or_publisher": "An author", "year": 2020, "kind": "paper"}
    folder.put("sources-a.yaml", [{"id": "law-one", **law, "url": "https://example.org/law", "checked": "2026-11"}])
    folder.put("sources-b.yaml", [{"id": "paper-one", **paper}])
    folder.put("norms.yaml", [{"id": "law-one-1", "source": "law-one", "number": 1, "label": words("Article 1")}])
    term = {f"term_{locale}": f"Register {locale}" for locale in locales}
    definition = {f"definition_{locale}": f"A book {locale}." for locale in locales}
    folder.put("glossary-a.yaml", [{**term, **definition, "source": "law-one"}])
    folder.put(
        "surveys/after.yaml", {"id": "after", "title": words("After"), "items": [{"id": "i1", **words("Good?")}]}
    )
    folder.files["surveys/after.yaml"] = "# Filled in after a course.\n" + str(folder.files["surveys/after.yaml"])
    folder.put("rubrics/report.yaml", {"id": "report", "title": words("Report"), "levels": {1: words("Low")}})
    folder.put("pathways/trainer.yaml", {"id": "trainer", "title": words("Trainer"), "source": "paper-one"})
    folder.put("calibration/index.yaml", {"title": words("Exercises"), "course": "alpha"})
    for locale in locales:
        folder.files[f"calibration/case.{locale}.md"] = f"---\ndoc: case\nlang: {locale}\n---\n\n[p-1] Text.\n"
    folder.files["FORMAT.md"] = "# The format\n"
    _course(folder, "alpha", "A1", [], words)
    _course(folder, "beta", "B1", ["alpha"], words)
    return folder


def _course(folder: Folder, slug: str, code: str, prerequisites: list[str], words: Any) -> None:
    base = f"courses/{slug}"
    folder.put(
        f"{base}/course.yaml",
        {
            "slug": slug,
            "key": key(slug),
            "code": code,
            "owner": "prisons",
            "tier": "staff",
            "visibility": "public-page",
            "title": words(f"Course {slug}"),
            "summary": words("Summary"),
            "objectives": [words("Objective 0"), words("Objective 1")],
            "audiences": ["guards"],
            "domain": "d1",
            "priorities": ["p1"],
            "minutes": 20,
            "level": "foundation",
            "prerequisites": prerequisites,
            "pass_mark": 70,
            "certificate": {"title": words("Certificate"), "validity_months": 24},
            "modules": ["01-first"],
            "final_assessment": {
                "blueprint": [{"objective": 0, "count": 2}, {"objective": 1, "count": 1}],
                "time_limit_minutes": 20,
                "attempts_allowed": 3,
                "shuffle": True,
            },
        },
    )
    module = f"{base}/modules/01-first"
    lessons = ["01-one", "02-two"]
    folder.put(
        f"{module}/module.yaml",
        {"key": key(slug, "01"), "title": words("Module"), "summary": words("Module summary"), "lessons": lessons},
    )
    for name in lessons:
        for locale in folder.locales:
            folder.files[f"{module}/{name}.{locale}.md"] = LESSON.format(
                key=key(slug, "01", name), name=name, locale=locale
            )
    for locale in folder.locales:
        folder.files[f"{base}/figures/path.{locale}.svg"] = SVG.format(locale=locale)
        folder.files[f"{base}/facilitator-guide.{locale}.md"] = (
            f'---\ntitle: "Guide [{locale}]"\nduration: "1 day"\ngroup: "12"\n---\n\n## Aim\n\nTo practise.\n'
        )
    kinds = list(BODIES)
    folder.put(
        f"{module}/questions.yaml",
        [question(folder, f"{slug}-1{number}", kind, "practice", number % 2) for number, kind in enumerate(kinds)]
        + [question(folder, f"{slug}-19", "single", "prepost", 0)],
    )
    folder.put(
        f"{base}/exam.yaml",
        [question(folder, f"{slug}-9{number}", "single", "exam", 0) for number in range(5)]
        + [question(folder, f"{slug}-8{number}", "truefalse", "exam", 1) for number in range(3)],
    )


def question(folder: Folder, identifier: str, kind: str, use: str, objective: int) -> dict[str, Any]:
    """A valid question of a kind."""

    def words(text: str) -> dict[str, str]:
        return {locale: f"{text} {identifier} [{locale}]" for locale in folder.locales}

    body = json.loads(json.dumps(BODIES[kind]))
    return {
        "id": identifier,
        "use": use,
        "type": kind,
        "difficulty": 1,
        "objective": objective,
        "bloom": "apply",
        "prompt": words("Prompt"),
        **_spread(body, folder.locales),
        "explanation": words("Explanation"),
        "source": "law-one",
    }


def _spread(value: Any, locales: tuple[str, ...]) -> Any:
    """Turn {"*": text} into a text per locale, inside the mapping that holds it."""
    if isinstance(value, list):
        return [_spread(item, locales) for item in value]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for name, item in value.items():
        if name == "*":
            result |= {locale: f"{item} {locale}" if isinstance(item, str) else list(item) for locale in locales}
        else:
            result[name] = _spread(item, locales)
    return result


def _option(identifier: str, correct: bool) -> dict[str, Any]:
    return {"id": identifier, "*": f"Option {identifier}", "correct": correct, "feedback": {"*": "Because"}}


BODIES: dict[str, dict[str, Any]] = {
    "single": {"options": [_option("a", False), _option("b", True), _option("c", False)]},
    "multiple": {"options": [_option("a", True), _option("b", True), _option("c", False)]},
    "truefalse": {"options": [_option("t", True), _option("f", False)]},
    "matching": {
        "pairs": [
            {"id": "g8", "left": {"*": "One"}, "right_id": "z6", "right": {"*": "First"}},
            {"id": "h9", "left": {"*": "Two"}, "right_id": "v4", "right": {"*": "Second"}},
        ]
    },
    "ordering": {"items": [{"id": "x7", "*": "Before"}, {"id": "t2", "*": "After"}]},
    "cloze": {"text": {"*": "A {{paper|document}} and a {{book}}."}},
    "numeric": {"value": 15, "tolerance": 0.5, "unit": {"*": "days"}},
    "short": {"accepted": {"*": ["Istanbul", "the Istanbul"]}},
}
