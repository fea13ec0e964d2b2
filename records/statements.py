"""Making and checking xAPI 1.0.3 statements. Nothing here touches the database.

A statement names a person only by a record key, and carries no free text: what a person writes stays in rows that can
be erased, and the statement refers to them.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from operations import clock
from records.verbs import Verb

# A constant of the software, the same on every installation: never derived from a host name, which changes.
SOFTWARE = "urn:uuid:e0853c37-68dc-4b79-b597-4347afc9a717"
HOME_PAGE = SOFTWARE + "#record"
RULE = SOFTWARE + "#rule"  # context extension: the rule that decided (name, version, inputs)
CLOCK = SOFTWARE + "#clock-in-doubt"  # context extension: what the clock showed, when it could not be believed
REASON = SOFTWARE + "#reason"  # context extension: a code that says why

MAX_DEPTH = 20
MAX_IRI = 255


class StatementError(ValueError):
    """A statement that cannot be recorded; the message is a whole sentence."""


# --- making ---------------------------------------------------------------------------------------------------------


class Valid(dict[str, Any]):
    """A statement that `build` has checked, and `record` need not check again. Nobody changes one: `dict(statement)` or
    `statement | {…}` gives a plain one, which is checked."""


def build(
    *,
    actor: UUID,
    verb: Verb | str,
    activity: UUID | str,
    registration: UUID | None,
    when: datetime,
    id: UUID | None = None,
    score: Decimal | int | None = None,
    success: bool | None = None,
    completion: bool | None = None,
    duration: int | Decimal | None = None,
    response: str | None = None,
    revision: int | str | None = None,
    parent: UUID | str | None = None,
    rule: Mapping[str, Any] | None = None,
    extensions: Mapping[str, Any] | None = None,
    result_extensions: Mapping[str, Any] | None = None,
    language: str | None = None,
) -> Valid:
    """A valid statement, ready for `records.services.record`.

    actor: a record key (`records.services.key_for`). activity, parent: the key of an activity or course, or an IRI.
    registration: the enrolment's id. when: with a time zone. score: percent, 0 to 100, kept exactly as
    result.score (raw, min 0, max 100, scaled = percent / 100). duration: seconds. response: codes of the chosen
    answers or a reference to an erasable row, never free text. revision: the page revision that was read.
    rule: {"name", "version", "inputs"} of the rule that decided. extensions: of the context, by IRI.
    While the clock is in doubt, a further extension (`CLOCK`) says so and what it showed.

    Raises StatementError.
    """
    if when.tzinfo is None:
        raise StatementError("The time of a statement needs a time zone.")
    statement: dict[str, Any] = {
        "id": str(id or uuid.uuid4()),
        "actor": agent(actor),
        "verb": {"id": str(verb), **({"display": verb.display} if isinstance(verb, Verb) else {})},
        "object": {"objectType": "Activity", "id": iri(activity)},
        "timestamp": when.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
    result: dict[str, Any] = {}
    if score is not None:
        percent = Decimal(score)
        result["score"] = {"scaled": percent / 100, "raw": percent, "min": 0, "max": 100}
    if success is not None:
        result["success"] = success
    if completion is not None:
        result["completion"] = completion
    if duration is not None:
        result["duration"] = f"PT{duration}S"
    if response is not None:
        result["response"] = response
    if result_extensions:
        result["extensions"] = dict(result_extensions)
    if result:
        statement["result"] = result
    context: dict[str, Any] = {}
    if registration is not None:
        context["registration"] = str(registration)
    if revision is not None:
        context["revision"] = str(revision)
    if parent is not None:
        context["contextActivities"] = {"parent": [{"objectType": "Activity", "id": iri(parent)}]}
    if language is not None:
        context["language"] = language
    shown = {CLOCK: timezone.now().isoformat()} if clock.doubt() else {}
    if rule is not None or extensions or shown:
        context["extensions"] = {**(extensions or {}), **shown, **({RULE: dict(rule)} if rule is not None else {})}
    if context:
        statement["context"] = context
    validate(statement)
    return Valid(statement)


def agent(key: UUID) -> dict[str, Any]:
    """The agent behind a record key."""
    return {"objectType": "Agent", "account": {"homePage": HOME_PAGE, "name": str(key)}}


def iri(activity: UUID | str) -> str:
    """The IRI of an activity or course: `urn:uuid:<key>`; an IRI stays as it is."""
    return f"urn:uuid:{activity}" if isinstance(activity, UUID) else activity


# --- reading --------------------------------------------------------------------------------------------------------


def key_of(activity: str) -> UUID | None:
    """The key behind an activity's IRI, or None where it is not one of ours."""
    try:
        return UUID(activity.removeprefix("urn:uuid:")) if activity.startswith("urn:uuid:") else None
    except ValueError:
        return None


def percent_of(statement: Mapping[str, Any]) -> Decimal | None:
    """The score in percent (scaled × 100), to two decimals; None without a score or where it is below zero."""
    scaled = statement.get("result", {}).get("score", {}).get("scaled")
    if scaled is None:
        return None
    percent = (Decimal(str(scaled)) * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return percent if percent >= 0 else None


def seconds_of(statement: Mapping[str, Any]) -> int:
    """The whole seconds of result.duration; 0 without one. Years and months count as 365 and 30 days."""
    match = _DURATION.fullmatch(statement.get("result", {}).get("duration", ""))
    if match is None:
        return 0
    weights = (604800, 31536000, 2592000, 86400, 3600, 60, 1)
    return int(sum(Decimal(amount) * weight for amount, weight in zip(match.groups(), weights, strict=True) if amount))


def rule_of(statement: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The rule that decided, as given to `build`."""
    rule: Mapping[str, Any] | None = statement.get("context", {}).get("extensions", {}).get(RULE)
    return rule


def voids(statement: Mapping[str, Any]) -> UUID | None:
    """The id of the statement that a voiding statement voids; None for any other statement."""
    return UUID(statement["object"]["id"]) if statement["verb"]["id"] == Verb.VOIDED else None


# --- checking -------------------------------------------------------------------------------------------------------

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_N = r"(\d+(?:\.\d+)?)"
_DURATION = re.compile(rf"P(?=.)(?:{_N}W|(?:{_N}Y)?(?:{_N}M)?(?:{_N}D)?(?:T(?=\d)(?:{_N}H)?(?:{_N}M)?(?:{_N}S)?)?)")
_VERSION = re.compile(r"1\.0(?:\.\d+)?")
_INTERACTIONS = {
    "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing", "likert", "numeric",
    "other",
}  # fmt: skip
_COMPONENTS = ("choices", "scale", "source", "target", "steps")


def validate(statement: Any) -> None:
    """Refuse, with a StatementError, what is not a complete statement of our record.

    xAPI 1.0.3 Data §2, and stricter: the actor is a record key and nothing else; no attachments, groups or
    sub-statements. `id` is required, `timestamp` is optional here (the server gives it).
    """
    _plain(statement, 0)
    _keys(
        statement,
        "statement",
        required=("id", "actor", "verb", "object"),
        optional=("result", "context", "timestamp", "stored", "authority", "version"),
    )
    _uuid(statement["id"], "id")
    _agent(statement["actor"], "actor")
    _verb(statement["verb"])
    is_activity = _object(statement["object"], statement["verb"]["id"])
    if "result" in statement:
        _result(statement["result"])
    if "context" in statement:
        _context(statement["context"], is_activity)
    for name in ("timestamp", "stored"):
        if name in statement:
            moment(statement[name])
    if "version" in statement and not _matches(_VERSION, statement["version"]):
        raise StatementError("The version of a statement is 1.0.x.")


def moment(text: Any) -> datetime:
    """The time that an RFC 3339 timestamp names. Raises StatementError, also where the zone is missing."""
    if not _matches(_TIME, text) or text.endswith("-00:00"):
        raise StatementError(f"The time {_short(text)} is not RFC 3339 with a time zone.")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise StatementError(f"The time {_short(text)} does not exist.") from None


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else type(value).__name__
    return "“" + (text if len(text) <= 60 else text[:59] + "…") + "”"


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _plain(value: Any, depth: int) -> None:
    """Only what JSON and both databases can hold: finite numbers, no NUL, no lone surrogates, not too deep."""
    if isinstance(value, str):
        if "\0" in value:
            raise StatementError("A statement holds no NUL character.")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise StatementError("A statement holds no half of a surrogate pair.") from None
    elif isinstance(value, dict):
        if depth >= MAX_DEPTH:
            raise StatementError(f"A statement is not nested deeper than {MAX_DEPTH} levels.")
        for name, item in value.items():
            if not isinstance(name, str):
                raise StatementError("The names in a statement are text.")
            # Most are short ASCII texts: they need no call.
            if not (name.isascii() and "\0" not in name):
                _plain(name, depth)
            if not (type(item) is str and item.isascii() and "\0" not in item):
                _plain(item, depth + 1)
    elif isinstance(value, list):
        if depth >= MAX_DEPTH:
            raise StatementError(f"A statement is not nested deeper than {MAX_DEPTH} levels.")
        for item in value:
            _plain(item, depth + 1)
    elif isinstance(value, float | Decimal):
        if not (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)):
            raise StatementError("The numbers in a statement are finite.")
        if (
            isinstance(value, Decimal)
            and value
            and not (-100 <= value.adjusted() <= 100 and len(value.as_tuple().digits) <= 100)
        ):
            raise StatementError("A number in the statement has more than 100 digits.")
    elif isinstance(value, int):
        if not isinstance(value, bool) and abs(value) >= 10**100:
            raise StatementError("A number in the statement has more than 100 digits.")
    elif value is not None:
        raise StatementError(f"A statement holds JSON values only, not {type(value).__name__}.")


def _keys(value: Any, what: str, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> None:
    if not isinstance(value, dict):
        raise StatementError(f"The {what} is not an object.")
    for name in required:
        if name not in value:
            raise StatementError(f"The {what} lacks “{name}”.")
    for name in value:
        if name not in required and name not in optional:
            raise StatementError(f"The {what} has an unknown key {_short(name)}.")


def _uuid(value: Any, what: str) -> None:
    if not _matches(_UUID, value):
        raise StatementError(f"The {what} {_short(value)} is not a UUID.")


def _iri(value: Any, what: str) -> None:
    if not _matches(_IRI, value):
        raise StatementError(f"The {what} {_short(value)} is not an IRI.")
    if len(value) > MAX_IRI:
        raise StatementError(f"The {what} {_short(value)} is longer than {MAX_IRI} characters.")


def _agent(value: Any, what: str) -> None:
    if isinstance(value, dict):
        for name in ("name", "mbox", "mbox_sha1sum", "openid"):
            if name in value:
                raise StatementError(f"The {what} carries “{name}”: the record knows people by their record key only.")
    _keys(value, what, required=("account",), optional=("objectType",))
    if value.get("objectType", "Agent") != "Agent":
        raise StatementError(f"The {what} is not an agent.")
    _keys(value["account"], f"account of the {what}", required=("homePage", "name"))
    if value["account"]["homePage"] != HOME_PAGE:
        raise StatementError(f"The account of the {what} is not one of this record: its home page is {HOME_PAGE}.")
    _uuid(value["account"]["name"], f"account name of the {what}")


def _verb(value: Any) -> None:
    _keys(value, "verb", required=("id",), optional=("display",))
    _iri(value["id"], "verb")
    if "display" in value:
        _language_map(value["display"], "display of the verb")


def _object(value: Any, verb: str) -> bool:
    """Whether the object is an activity; the other possibility is a reference to a statement."""
    if not isinstance(value, dict):
        raise StatementError("The object is not an object.")
    kind = value.get("objectType", "Activity")
    if kind == "StatementRef":
        _keys(value, "object", required=("objectType", "id"))
        _uuid(value["id"], "id of the object")
        return False
    if verb == Verb.VOIDED:
        raise StatementError("A voiding statement refers to the statement that it voids.")
    if kind != "Activity":
        raise StatementError("The object of a statement is an activity or a reference to a statement.")
    _activity(value, "object")
    return True


def _activity(value: Any, what: str) -> None:
    _keys(value, what, required=("id",), optional=("objectType", "definition"))
    if value.get("objectType", "Activity") != "Activity":
        raise StatementError(f"The {what} is not an activity.")
    _iri(value["id"], f"id of the {what}")
    if "definition" in value:
        _definition(value["definition"], f"definition of the {what}")


def _definition(value: Any, what: str) -> None:
    checks: dict[str, Callable[[Any, str], None]] = {
        "name": _language_map,
        "description": _language_map,
        "type": _iri,
        "moreInfo": _iri,
        "extensions": _extensions,
        "interactionType": _interaction,
        "correctResponsesPattern": _texts,
        **dict.fromkeys(_COMPONENTS, _components),
    }
    _keys(value, what, optional=tuple(checks))
    for name, item in value.items():
        checks[name](item, f"{name} of the {what}")
    if "interactionType" not in value and any(name in value for name in ("correctResponsesPattern", *_COMPONENTS)):
        raise StatementError(f"The {what} describes an interaction but lacks “interactionType”.")


def _interaction(value: Any, what: str) -> None:
    if not isinstance(value, str) or value not in _INTERACTIONS:
        raise StatementError(f"The {what} is not one of the interaction types.")


def _texts(value: Any, what: str) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise StatementError(f"The {what} is not a list of texts.")


def _components(value: Any, what: str) -> None:
    if not isinstance(value, list):
        raise StatementError(f"The {what} is not a list.")
    seen = set()
    for item in value:
        _keys(item, what, required=("id",), optional=("description",))
        if not isinstance(item["id"], str) or item["id"] in seen:
            raise StatementError(f"The ids in the {what} are texts, each there once.")
        seen.add(item["id"])
        if "description" in item:
            _language_map(item["description"], f"description in the {what}")


def _language_map(value: Any, what: str) -> None:
    if not isinstance(value, dict):
        raise StatementError(f"The {what} is not a language map.")
    for language, text in value.items():
        if not _matches(_LANGUAGE, language) or not isinstance(text, str):
            raise StatementError(f"The {what} is not a language map.")


def _extensions(value: Any, what: str) -> None:
    if not isinstance(value, dict):
        raise StatementError(f"The {what} are not an object.")
    for name in value:
        _iri(name, f"name in the {what}")


def _number(value: Any, what: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise StatementError(f"The {what} is not a number.")
    return Decimal(str(value))


def _result(value: Any) -> None:
    _keys(value, "result", optional=("score", "success", "completion", "response", "duration", "extensions"))
    if "score" in value:
        _score(value["score"])
    for name in ("success", "completion"):
        if name in value and not isinstance(value[name], bool):
            raise StatementError(f"The {name} of the result is true or false.")
    if "response" in value and not isinstance(value["response"], str):
        raise StatementError("The response of the result is not a text.")
    if "duration" in value and not _matches(_DURATION, value["duration"]):
        raise StatementError(f"The duration {_short(value['duration'])} is not an ISO 8601 duration.")
    if "extensions" in value:
        _extensions(value["extensions"], "extensions of the result")


def _score(value: Any) -> None:
    _keys(value, "score", optional=("scaled", "raw", "min", "max"))
    score = {name: _number(number, f"{name} score") for name, number in value.items()}
    if "scaled" in score and not -1 <= score["scaled"] <= 1:
        raise StatementError("The scaled score is not between -1 and 1.")
    if "min" in score and "max" in score and score["min"] >= score["max"]:
        raise StatementError("The lowest score is not below the highest.")
    if "raw" in score and not score.get("min", score["raw"]) <= score["raw"] <= score.get("max", score["raw"]):
        raise StatementError("The score is outside its range.")


def _context(value: Any, is_activity: bool) -> None:
    _keys(
        value,
        "context",
        optional=(
            "registration", "instructor", "contextActivities", "revision", "platform", "language", "statement",
            "extensions",
        ),
    )  # fmt: skip
    if "registration" in value:
        _uuid(value["registration"], "registration")
    if "instructor" in value:
        _agent(value["instructor"], "instructor")
    for name in ("revision", "platform"):
        if name in value:
            if not is_activity:
                raise StatementError(f"The context has a {name} only where the object is an activity.")
            if not isinstance(value[name], str):
                raise StatementError(f"The {name} of the context is not a text.")
    if "language" in value and not _matches(_LANGUAGE, value["language"]):
        raise StatementError("The language of the context is not a language tag.")
    if "statement" in value:
        _keys(value["statement"], "statement of the context", required=("objectType", "id"))
        if value["statement"]["objectType"] != "StatementRef":
            raise StatementError("The statement of the context is not a reference.")
        _uuid(value["statement"]["id"], "id of the statement of the context")
    if "contextActivities" in value:
        _keys(value["contextActivities"], "contextActivities", optional=("parent", "grouping", "category", "other"))
        for name, activities in value["contextActivities"].items():
            for activity in activities if isinstance(activities, list) else [activities]:
                _activity(activity, f"{name} activity of the context")
    if "extensions" in value:
        _extensions(value["extensions"], "extensions of the context")
