"""Check a badge (JSON or JWT) or the text of a square code against our keys and the register, and say what is wrong.

For our own badges, on the site that issued them. Anybody else uses a verifier of Open Badges.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
from django.utils.translation import gettext as _

from certificates import badges, compact
from certificates.keys import PublicKey, key_named, published_keys
from certificates.models import Credential
from certificates.numbers import normalise
from certificates.proofs import CRYPTOSUITE, Document, NotCanonical, jwt_holds, members, proof_holds

LARGEST = 200_000  # bytes; a badge has some 5,000
# Members that a badge may have and another not, beside those of the credential as it is registered.
_OPTIONAL = {
    "validUntil",
    "proof",
    *(f"credentialSubject.achievement.{name}" for name in ("humanCode", "alignment")),
    *(
        f"credentialSubject.achievement.alignment.{name}"
        for name in ("type", "targetName", "targetUrl", "targetFramework")
    ),
    *(
        f"proof.{name}"
        for name in ("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue")
    ),
}
_CODE = re.compile(r"K[12]\.[\w-]+\.[\w-]+", re.ASCII)
_NUMBER = re.compile(r"KAL-[0-9A-Z-]+", re.IGNORECASE | re.ASCII)


@dataclass
class Finding:
    """`problems`: whole sentences, empty when everything holds. `form`: json, jwt or code. `key`: the name of the key."""

    form: str
    problems: list[str] = field(default_factory=list)
    credential: Credential | None = None
    key: str = ""
    signed_at: str = ""


def form_of(content: bytes) -> str:
    """json, jwt, code, or pdf for everything else."""
    start = content[:2000].lstrip()
    if start.startswith(b"{"):
        return "json"
    if _CODE.search(start.decode("ascii", errors="ignore")):
        return "code"
    return "jwt" if re.fullmatch(rb"[\w-]+\.[\w-]+\.[\w-]*\s*", content) else "pdf"


def check_badge(content: bytes) -> Finding:
    """What is wrong with a badge or the text of a square code; never raises for what a stranger may send."""
    checks = {"json": _check_json, "jwt": _check_jwt, "code": _check_code}
    found = Finding(form_of(content))
    if found.form not in checks or len(content) > LARGEST:
        found.problems.append(_("This file is no badge."))
        return found
    try:
        checks[found.form](content.decode(), found)
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        found.problems.append(_("This file is damaged, or is no badge of ours."))
    if found.credential is not None and found.credential.standing != Credential.Standing.VALID:
        found.problems.append(
            _("The certificate is %(standing)s.") % {"standing": found.credential.get_standing_display()}
        )
    return found


def _check_json(text: str, found: Finding) -> None:
    document = json.loads(text)
    proof = document.get("proof")
    if not isinstance(proof, dict):
        found.problems.append(_("This badge carries no signature."))
        return
    for name, expected in (
        ("type", "DataIntegrityProof"),
        ("cryptosuite", CRYPTOSUITE),
        ("proofPurpose", "assertionMethod"),
    ):
        if proof.get(name) != expected:
            found.problems.append(
                _("In its signature, %(name)s is not %(expected)s.") % {"name": name, "expected": expected}
            )
    found.signed_at = str(proof.get("created", ""))
    expected_badge = _registered(document, found, in_jwt=False)
    key = _key(str(proof["verificationMethod"]), found)
    if key is not None:
        _check_period(key, found)
        try:
            holds = proof_holds(document, key.verifies)
        except NotCanonical:
            holds = False
        given = {name: value for name, value in document.items() if name != "proof"}
        _check_content(given, expected_badge, holds, found)
    if expected_badge is not None:
        unsigned = set(members(document)) - set(members(expected_badge)) - _OPTIONAL
        if unsigned:
            found.problems.append(
                _("Added, and covered by no signature: %(names)s.") % {"names": ", ".join(sorted(unsigned))}
            )


def _check_jwt(text: str, found: Finding) -> None:
    token = text.strip()
    header = jwt.get_unverified_header(token)
    given = jwt.decode(token, options={"verify_signature": False})
    if header.get("alg") != "EdDSA":
        found.problems.append(
            _("In its signature, %(name)s is not %(expected)s.") % {"name": "alg", "expected": "EdDSA"}
        )
    expected_badge = _registered(given, found, in_jwt=True)
    key = _key(str(header.get("kid", "")), found)
    if key is not None:
        expected_claims = badges.claims(expected_badge) if expected_badge is not None else None
        _check_content(given, expected_claims, jwt_holds(token, key.raw), found)


def _check_code(text: str, found: Finding) -> None:
    number = normalise(match[0]) if (match := _NUMBER.search(text)) else None
    code = _CODE.search(text)
    if number is None or code is None:
        found.problems.append(_("The number is missing before the code, or is not one of ours."))
        return
    found.credential = Credential.objects.filter(number=number).first()
    if found.credential is None:
        found.problems.append(_("No certificate with this number is registered here."))
    try:
        _said, key = compact.read(number, code[0], published_keys())
    except ValueError:
        found.problems.append(
            _("The signature does not fit: number, name, title or dates were changed, or the text is not complete.")
        )
        return
    found.key = key.name
    _check_withdrawn(key, found)


def _registered(document: Document, found: Finding, *, in_jwt: bool) -> Document | None:
    """The badge as it would be made today; None, with a problem, where it is not registered here."""
    if (document["issuer"].get("id")) != badges.issuer_id():
        found.problems.append(_("Its issuer is not this site."))
    address = str(document["id"])
    try:
        pk = uuid.UUID(address.rpartition("/")[2])
        found.credential = Credential.objects.select_related("holder", "course__domain").filter(pk=pk).first()
    except ValueError:
        pass
    if found.credential is None:
        found.problems.append(_("No certificate with this identifier is registered here."))
        return None
    return badges.unsigned(found.credential, jwt=in_jwt)


def _key(method: str, found: Finding) -> PublicKey | None:
    issuer, _hash, name = method.partition("#")
    key = key_named(name) if issuer == badges.issuer_id() else None
    if key is None:
        found.problems.append(_("The key that signed it is not one of ours: %(name)s.") % {"name": method or "?"})
        return None
    found.key = key.name
    _check_withdrawn(key, found)
    return key


def _check_withdrawn(key: PublicKey, found: Finding) -> None:
    if key.withdrawn:
        found.problems.append(
            _("The key that signed it was given up on %(day)s: nothing that it signed counts.")
            % {"day": key.withdrawn[:10]}
        )


def _check_period(key: PublicKey, found: Finding) -> None:
    if found.signed_at < key.since or (key.until and found.signed_at > key.until):
        found.problems.append(_("The time of its signature is not one at which that key was in use."))


def _check_content(given: Document, expected: Document | None, holds: bool, found: Finding) -> None:
    if holds:
        return
    changed = sorted(set(_differences(given, expected))) if expected is not None else []
    if changed:
        found.problems.append(_("Changed after it was signed: %(names)s.") % {"names": ", ".join(changed)})
    else:
        found.problems.append(_("The signature does not fit this content: one of the two was changed."))


def _differences(given: Any, expected: Any, path: str = "") -> Iterator[str]:
    """The paths at which two documents differ."""
    if isinstance(given, dict) and isinstance(expected, dict):
        for name in {*given, *expected}:
            here = f"{path}.{name}" if path else str(name)
            if name not in given or name not in expected:
                yield here
            else:
                yield from _differences(given[name], expected[name], here)
    elif isinstance(given, list) and isinstance(expected, list) and len(given) == len(expected):
        for one, other in zip(given, expected, strict=True):
            yield from _differences(one, other, path)
    elif given != expected:
        yield path
