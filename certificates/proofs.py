"""Proofs on JSON: W3C Data Integrity with `eddsa-rdfc-2022`, and VC-JWT with EdDSA. Pure: keys and documents come in.

Nothing is fetched: the JSON-LD contexts lie in the packages (`CONTEXTS`), and any other address is refused. What W3C
publishes comes with PyLD. 1EdTech's terms of use do not plainly allow its context to be passed on, so ours names only
the terms that we use, with the identifiers that https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json gives them;
a test compares both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pyld import jsonld
from pyld.documentloader.frozen import BUNDLED_CONTEXTS, FrozenDocumentLoader

from certificates.keys import SigningKey, base58, from_base58

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
OB_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CRYPTOSUITE = "eddsa-rdfc-2022"
CONTEXTS = {
    VC_CONTEXT: BUNDLED_CONTEXTS[VC_CONTEXT],
    OB_CONTEXT: Path(__file__).parent / "contexts" / "open-badges-3.0.3.json",
}
_LOADER = FrozenDocumentLoader(CONTEXTS)

Document = dict[str, Any]
Verifies = Callable[[bytes, bytes], bool]  # signature, data


class NotCanonical(ValueError):
    """A document that JSON-LD cannot read with our contexts alone."""


def with_proof(document: Document, key: SigningKey, *, method: str, created: str) -> Document:
    """The document with a Data Integrity proof (https://www.w3.org/TR/vc-di-eddsa/ §3.2).

    method: the address of the public key (did:web:…#name). created: ISO, UTC. Takes some 10 ms.
    """
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    signature = key.sign(_hash_data(document, proof))
    return {**document, "proof": {**proof, "proofValue": "z" + base58(signature)}}


def proof_holds(document: Document, verifies: Verifies) -> bool:
    """Whether the proof was made over this document with the key. Raises NotCanonical.

    The proof covers what JSON-LD reads. A member that no context knows is not covered: see `members`.
    """
    document = dict(document)
    proof = dict(document.pop("proof"))
    written = proof.pop("proofValue")
    try:
        signature = from_base58(written[1:], 64) if written[:1] == "z" else b""
    except ValueError:
        return False
    return verifies(signature, _hash_data(document, proof))


def members(document: object, path: str = "") -> Iterator[str]:
    """The path of every member, without the places in lists: credentialSubject.achievement.name."""
    if isinstance(document, Mapping):
        for name, value in document.items():
            here = f"{path}.{name}" if path else str(name)
            yield here
            yield from members(value, here)
    elif isinstance(document, list):
        for value in document:
            yield from members(value, path)


def as_jwt(claims: Document, key: SigningKey, *, method: str) -> str:
    """The claims as a compact JWS (OB 3.0 §8.2)."""
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": method})


def jwt_holds(token: str, raw_public: bytes) -> bool:
    """Whether a compact JWS was made with this Ed25519 key. Its dates are not looked at."""
    try:
        jwt.PyJWS().decode(token, Ed25519PublicKey.from_public_bytes(raw_public), algorithms=["EdDSA"])
    except jwt.InvalidTokenError:
        return False
    return True


def _hash_data(document: Document, proof: Document) -> bytes:
    config = {"@context": document.get("@context"), **proof}
    return hashlib.sha256(_canonical(config)).digest() + hashlib.sha256(_canonical(document)).digest()


def _canonical(document: Document) -> bytes:
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _LOADER}
    try:
        return str(jsonld.normalize(document, options)).encode()
    except (jsonld.JsonLdError, TypeError, ValueError, AttributeError, KeyError) as error:
        raise NotCanonical(str(error)) from error
