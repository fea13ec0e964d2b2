"""What a pathway's definition must be: checked in words before it is kept. Pure.

The text is YAML 1.1 as the curriculum's `pathways/<id>.yaml` holds it, without anchors, tags or a key written twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml
from django.utils.translation import gettext as _

MOST = 100_000  # characters
ROLES = frozenset(
    {
        *("system", "certified-trainer", "master-trainer", "reviewer"),
        *("programme-coordinator", "certification-panel"),
    }
)
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_COUNT = (1, 1000)
# For each type of requirement: what must stand there, and what may. (least, most) for a number, else what it is.
_REQUIREMENTS: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "courses-passed": ({"min_courses": _COUNT}, {"must_include": ("course-to-be-delivered",)}),
    "course-passed": ({"course": "course"}, {"min_score": (0, 100)}),
    "workshops-co-facilitated": ({"min_count": _COUNT}, {}),
    "workshops-delivered": ({"min_count": _COUNT}, {"within_months": (1, 600)}),
    "rubric-score": (
        {"rubric": "rubric"},
        {"min_total": (0, 1000), "min_per_criterion": (0, 10), "critical_min": (0, 10), "observers": (1, 10)},
    ),
    "stages-complete": ({"stages": "stages"}, {}),
    "refresher-completed": ({}, {"min_count": _COUNT, "within_months": (1, 600)}),
    "local-modules-published": ({}, {"min_count": _COUNT}),
    "certificate-renewed": ({}, {"min_count": _COUNT}),
    "trainees-mentored": ({"min_count": _COUNT}, {"outcome": ("certified",)}),
    "observer-agreement": ({"sessions": _COUNT}, {"with_master_trainers": (0, 10), "max_level_gap": (0, 10)}),
}


class Wrong(ValueError):
    """The definition cannot be kept; `sentences` say why, each with its place."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class _Once(yaml.SafeLoader):
    """Refuses a key that is written twice: the first of them would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = [self.construct_object(key, deep=True) for key, _value in node.value]
        for place, key in enumerate(seen):
            if key in seen[:place]:
                raise yaml.constructor.ConstructorError(None, None, f"“{key}” ×2", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def read(text: str, *, courses: Collection[str], rubrics: Collection[str]) -> dict[str, Any]:
    """The definition that a text holds. courses, rubrics: the slugs that there are. Raises Wrong."""
    if len(text) > MOST:
        raise Wrong([_("The text is too long.")])
    definition = _parsed(text)
    if found := list(_faults(definition, courses, rubrics)):
        raise Wrong(found[:20])
    return dict(definition)


def _parsed(text: str) -> Any:
    try:
        if any(
            getattr(event, "anchor", None) or getattr(event, "tag", None)
            for event in yaml.parse(text, Loader=yaml.SafeLoader)
        ):
            raise Wrong([_("Anchors and tags have no place here.")])
        definition = yaml.load(text, Loader=_Once)  # noqa: S506 - a SafeLoader
        json.dumps(definition, allow_nan=False)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        sentence = _("Line %(line)d cannot be read: %(problem)s") % {"line": line, "problem": error.problem or ""}
        raise Wrong([sentence]) from error
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        if isinstance(error, Wrong):
            raise
        raise Wrong([_("The text cannot be read: write numbers, words and lists only.")]) from error
    return definition


def _faults(top: Any, courses: Collection[str], rubrics: Collection[str]) -> Iterator[str]:
    if not isinstance(top, dict):
        yield _("The text must hold “id”, “title” and “stages”.")
        return
    if not _is_slug(top.get("id")):
        yield _at("id", _("small letters, digits and hyphens, 64 at most"))
    yield from _words(top, "", "title", needed=True)
    yield from _words(top, "", "purpose")
    yield from _words(top, "", "starting_up")
    yield from _number(top, "", "validity_months", (1, 600))
    yield from _word_lists(top, "", "principles")
    stages = top.get("stages")
    if not isinstance(stages, list) or not 1 <= len(stages) <= 30:
        yield _at("stages", _("a list of 1 to 30 stages"))
        return
    ids: list[Any] = []
    orders: list[Any] = []
    for number, stage in enumerate(stages, 1):
        place = f"stages[{number}]"
        if not isinstance(stage, dict):
            yield _at(place, _("“id”, “order”, “title”, “requirements” and “signed_off_by”"))
            continue
        yield from _stage(stage, place, ids, orders, courses, rubrics)
        ids.append(stage.get("id"))
        orders.append(stage.get("order"))


def _stage(
    stage: Mapping[str, Any],
    place: str,
    ids: list[Any],
    orders: list[Any],
    courses: Collection[str],
    rubrics: Collection[str],
) -> Iterator[str]:
    if not _is_slug(stage.get("id")) or stage.get("id") in ids:
        yield _at(f"{place}.id", _("small letters, digits and hyphens, as no other stage has them"))
    order = stage.get("order")
    if not isinstance(order, int) or isinstance(order, bool) or (orders and not _after(order, orders[-1])):
        yield _at(f"{place}.order", _("a whole number, larger than that of the stage before"))
    yield from _words(stage, place, "title", needed=True)
    yield from _words(stage, place, "description")
    yield from _words(stage, place, "on_lapse")
    yield from _number(stage, place, "validity_months", (1, 600))
    yield from _word_lists(stage, place, "evidence")
    signer = stage.get("signed_off_by")
    if not isinstance(signer, dict) or signer.get("role") not in ROLES:
        yield _at(f"{place}.signed_off_by.role", _one_of(ROLES))
    else:
        yield from _words(stage, place, "signed_off_by", needed=True)
    asked = stage.get("requirements")
    if not isinstance(asked, list) or not 1 <= len(asked) <= 20:
        yield _at(f"{place}.requirements", _("a list of 1 to 20 requirements"))
        return
    for number, one in enumerate(asked, 1):
        yield from _requirement(one, f"{place}.requirements[{number}]", ids, courses, rubrics)


def _after(order: int, last: Any) -> bool:
    return not isinstance(last, int) or order > last


def _requirement(
    asked: Any, place: str, ids: list[Any], courses: Collection[str], rubrics: Collection[str]
) -> Iterator[str]:
    kind = asked.get("type") if isinstance(asked, dict) else None
    if not isinstance(kind, str) or kind not in _REQUIREMENTS:
        yield _at(f"{place}.type", _one_of(_REQUIREMENTS))
        return
    needed, possible = _REQUIREMENTS[kind]
    for name in asked:
        if name not in {"type", *needed, *possible}:
            yield _at(
                f"{place}.{name}",
                _("nothing by this name; “%(type)s” knows: %(names)s")
                % {
                    "type": kind,
                    "names": ", ".join([*needed, *possible]) or "–",
                },
            )
    known = {"course": courses, "rubric": rubrics}
    for name, what in {**needed, **possible}.items():
        value, given = asked.get(name), name in asked
        if not given and name in possible:
            continue
        if what == "stages":
            if not isinstance(value, list) or not value or any(one not in ids for one in value):
                yield _at(f"{place}.{name}", _("ids of stages that come before"))
        elif isinstance(what, str):
            if not isinstance(value, str) or value not in known[what]:
                yield _at(f"{place}.{name}", _one_of(known[what]))
        elif isinstance(what[0], str):
            if value not in what:
                yield _at(f"{place}.{name}", _one_of(what))
        else:
            yield from _number(asked, place, name, what, needed=True)


def _is_slug(value: Any) -> bool:
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None


def _words(source: Mapping[str, Any], place: str, name: str, *, needed: bool = False) -> Iterator[str]:
    """{language: text}, French among them where it is needed."""
    value = source.get(name)
    if value is None and not needed:
        return
    texts = {key: text for key, text in value.items() if key != "role"} if isinstance(value, dict) else {}
    whole = all(isinstance(text, str) and text.strip() and len(text) <= 2000 for text in texts.values())
    if not texts or not whole or not all(isinstance(key, str) for key in texts) or (needed and "fr" not in texts):
        yield _at(f"{place}.{name}" if place else name, _("a text for each language, French at least"))


def _word_lists(source: Mapping[str, Any], place: str, name: str) -> Iterator[str]:
    value = source.get(name)
    if value is None:
        return
    where = f"{place}.{name}" if place else name
    if not isinstance(value, list):
        yield _at(where, _("a list of texts"))
        return
    for number, one in enumerate(value, 1):
        yield from _words({f"{name}[{number}]": one}, place, f"{name}[{number}]", needed=True)


def _number(
    source: Mapping[str, Any], place: str, name: str, limits: tuple[int, int], *, needed: bool = False
) -> Iterator[str]:
    value = source.get(name)
    if value is None and not needed:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not limits[0] <= value <= limits[1]:
        expected = _("a whole number from %(least)d to %(most)d") % {"least": limits[0], "most": limits[1]}
        yield _at(f"{place}.{name}" if place else name, expected)


def _at(place: str, expected: str) -> str:
    return _("%(place)s: here stands %(expected)s.") % {"place": place, "expected": expected}


def _one_of(values: Collection[str]) -> str:
    return _("one of %(values)s") % {"values": ", ".join(sorted(values)) or "–"}
