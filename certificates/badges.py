"""A credential as an Open Badge 3.0 (https://www.imsglobal.org/spec/ob/v3p0): JSON with a Data Integrity proof, VC-JWT,
the issuer's did:web document and the signed revocation list.

Everything comes from the credential's own row and its course, and is signed when somebody asks. It names nobody: the
name as printed and the number stand in it as salted hashes, which who has the paper can compare; a protected holder's
name not even so. No score.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from certificates import status
from certificates.keys import PublicKey, SigningKey, current_key, published_keys
from certificates.models import Credential
from certificates.paper import is_hidden, languages_of
from certificates.pdf import WORDS
from certificates.proofs import OB_CONTEXT, VC_CONTEXT, Document, as_jwt, with_proof
from content.models import Norm
from courses.models import ActivityText, Course

NUMBER_TYPE = "ext:certificateNumber"
_KEPT_SECONDS = 3600
_MOST_NORMS = 12
_TYPES = {
    Credential.Kind.ATTENDANCE: "CertificateOfCompletion",
    Credential.Kind.COMPETENCE: "Certificate",
    Credential.Kind.TRAINER: "Certification",
}


# --- addresses ------------------------------------------------------------------------------------------------------


def issuer_id() -> str:
    """The issuer's did:web: the host of the site's public address."""
    return "did:web:" + quote(urlsplit(settings.SITE_URL).netloc, safe="")


def method_of(key: PublicKey) -> str:
    """The address of a public key, as proofs name it."""
    return f"{issuer_id()}#{key.name}"


def address_of(credential: Credential) -> str:
    """The stable address of the badge, which is also its identifier. It cannot be guessed."""
    return str(settings.SITE_URL) + reverse("badge", args=[credential.pk])


def _list_address(number: int, *, jwt: bool) -> str:
    return str(settings.SITE_URL) + reverse("badge-status-jwt" if jwt else "badge-status", args=[number])


# --- the badge ------------------------------------------------------------------------------------------------------


def is_available(credential: Credential) -> bool:
    """Whether there is a badge: not of what is reserved or erased. Of what is revoked there is, and its list says so."""
    return credential.status != Credential.Status.RESERVED and credential.erased is None


def badge_json(credential: Credential) -> str:
    """The signed JSON-LD. At most six queries; some 20 ms the first time within the hour. Raises SigningKeyError."""
    key = current_key()
    document = unsigned(credential, jwt=False)
    return _signed(
        document, key, lambda: _written(with_proof(document, key, method=method_of(key.public), created=_now()))
    )


def badge_jwt(credential: Credential) -> str:
    """The VC-JWT. At most six queries. Raises SigningKeyError."""
    key = current_key()
    return as_jwt(claims(unsigned(credential, jwt=True)), key, method=method_of(key.public))


def claims(document: Document) -> Document:
    """The claims of a VC-JWT (OB 3.0 §8.2.4): the credential, and what JWT has names of its own for."""
    registered = {
        "iss": document["issuer"] if isinstance(document["issuer"], str) else document["issuer"]["id"],
        "jti": document["id"],
        "sub": document["credentialSubject"]["id"],
        "nbf": _seconds(document["validFrom"]),
    }
    if "validUntil" in document:
        registered["exp"] = _seconds(document["validUntil"])
    return {**document, **registered}


def unsigned(credential: Credential, *, jwt: bool) -> Document:
    """The badge without its proof, in the first language of the paper. jwt: its revocation list is the one in JWT."""
    language = languages_of(credential)[0]
    title = credential.title.get(language) or next(filter(None, credential.title.values()), credential.number)
    issuer = credential.paper.get(language, {}).get("issuer") or settings.WAGTAIL_SITE_NAME
    number, place = status.place_of(status.index_of(credential))
    address = _list_address(number, jwt=jwt)
    document: Document = {
        "@context": [VC_CONTEXT, OB_CONTEXT],
        "id": address_of(credential),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": title,
        "issuer": {"id": issuer_id(), "type": ["Profile"], "name": issuer, "url": settings.SITE_URL},
        "validFrom": _moment(credential.issued),
    }
    if credential.expires is not None:  # the last day counts
        document["validUntil"] = _moment(credential.expires + timedelta(days=1), less=1)
    document["credentialSubject"] = {
        "id": f"urn:uuid:{uuid.uuid5(credential.pk, 'holder')}",
        "type": ["AchievementSubject"],
        "identifier": _identifiers(credential),
        "achievement": _achievement(credential, title, language),
    }
    document["credentialStatus"] = {
        "id": f"{address}#{place}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(place),
        "statusListCredential": address,
    }
    return document


def _identifiers(credential: Credential) -> list[Document]:
    salt = credential.pk.hex
    known = {NUMBER_TYPE: credential.number}
    if not is_hidden(credential):
        known["name"] = credential.holder_name
    return [
        {
            "type": "IdentityObject",
            "hashed": True,
            "identityHash": identity_hash(value, salt),
            "identityType": kind,
            "salt": salt,
        }
        for kind, value in sorted(known.items())
    ]


def identity_hash(value: str, salt: str) -> str:
    """As OB 3.0 writes it (IdentityHash): the salt follows the value."""
    return "sha256$" + hashlib.sha256((value + salt).encode()).hexdigest()


def _achievement(credential: Credential, title: str, language: str) -> Document:
    words = WORDS["en" if language == "en" else "fr"]
    course_title = credential.paper.get(language, {}).get("course_title", "")
    done = words[f"for_{credential.kind}"].format(course=words["quoted"].format(course_title))
    if not course_title:
        done = words[f"for_{credential.kind}_bare"]
    criteria = [done[:1].upper() + done[1:] + "."]
    objectives = [line for line in credential.objectives.get(language, []) if line]
    if objectives:
        heading = words["objectives_attendance" if credential.kind == Credential.Kind.ATTENDANCE else "objectives"]
        criteria += ["", f"{heading} :" if language != "en" else f"{heading}:", *(f"- {line}" for line in objectives)]
    achievement: Document = {
        "id": f"urn:uuid:{_achievement_id(credential, title)}",
        "type": ["Achievement"],
        "achievementType": _TYPES[Credential.Kind(credential.kind)],
        "name": title,
        "description": f"{words[credential.kind]}. {title}",
        "criteria": {"narrative": "\n".join(criteria)},
        "inLanguage": language,
    }
    if credential.course is not None:
        achievement["humanCode"] = credential.course.code
        if alignment := _alignment(credential.course, language):
            achievement["alignment"] = alignment
    return achievement


def _achievement_id(credential: Credential, title: str) -> uuid.UUID:
    """The same for all who have earned the same, on every installation."""
    about = credential.course.key if credential.course else uuid.NAMESPACE_URL
    return uuid.uuid5(about, f"{credential.kind} {credential.rule.get('version', '')} {title}")


def _alignment(course: Course, language: str) -> list[Document]:
    """The domain of the action programme, and the norms that lessons of the course rest on. Three queries."""
    with override(language):
        domain = {
            "type": ["Alignment"],
            "targetName": str(course.domain),
            "targetUrl": settings.SITE_URL + reverse("programme"),
            "targetFramework": str(settings.WAGTAIL_SITE_NAME),
        }
        facts = ActivityText.objects.filter(course=course, language=language).order_by("pk")
        rests = {norm["slug"] for row in facts.values_list("facts", flat=True) for norm in row.get("norms", [])}
        norms = Norm.objects.filter(pk__in=rests).exclude(source__url="").select_related("source").order_by("pk")
        return [domain] + [
            {
                "type": ["Alignment"],
                "targetName": str(norm),
                "targetUrl": norm.source.url,
                "targetFramework": norm.source.title,
            }
            for norm in norms[:_MOST_NORMS]
        ]


# --- the issuer and its list ----------------------------------------------------------------------------------------


def did_document() -> Document:
    """The issuer's did:web document: every key that was not withdrawn, so that what older ones signed still holds."""
    current_key()
    methods: list[Document] = [
        {
            "id": method_of(key),
            "type": "Multikey",
            "controller": issuer_id(),
            "publicKeyMultibase": key.multibase,
        }
        for key in published_keys()
        if not key.withdrawn
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": issuer_id(),
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def status_list(number: int, *, jwt: bool) -> str | None:
    """Revocation list `number` as a signed credential; None where there is none. Two queries."""
    if not 1 <= number <= status.lists():
        return None
    key = current_key()
    address = _list_address(number, jwt=jwt)
    hour = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    document: Document = {
        "@context": [VC_CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_id(),
        "validFrom": _utc(hour),
        "validUntil": _utc(hour + timedelta(days=7)),  # an older copy is refused, so that nobody un-revokes with one
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": status.encoded(number, status.revoked()),
        },
    }
    method = method_of(key.public)
    if jwt:
        return _signed(document, key, lambda: as_jwt(claims(document), key, method=method))
    return _signed(document, key, lambda: _written(with_proof(document, key, method=method, created=_now())))


def _signed(document: Document, key: SigningKey, sign: Callable[[], str]) -> str:
    """Signed once for each content and key, and kept for an hour: whoever asks often costs little."""
    content = hashlib.sha256(f"{key.public.name} {_written(document)}".encode()).hexdigest()
    found: str | None = cache.get_or_set(f"badge:{content}", sign, _KEPT_SECONDS)
    return found if found is not None else sign()


def _written(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


# --- time -----------------------------------------------------------------------------------------------------------


def _moment(day: date, *, less: int = 0) -> str:
    """The beginning of a day of the site's calendar, less so many seconds."""
    start = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
    return _utc(start - timedelta(seconds=less))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _now() -> str:
    return _utc(timezone.now())


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
