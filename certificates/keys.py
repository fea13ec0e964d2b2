"""The keys that sign badges and square codes: Ed25519, made at first run, changed by `manage.py rotate_signing_key`.

They lie beside the key of the PDFs, in the folder of the settings (`SIGNING_DIR`, mode 700, part of every backup):

    ed25519/current.pem           the private key in use (mode 600)
    ed25519/public/<name>.json    every public key ever used here, with its dates; never removed

A key that is replaced loses its private half and stays published, so that what it signed can still be verified. One
that fell into other hands is withdrawn: it stays listed, and nothing that it signed counts any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils.translation import gettext as _

from certificates.signing import SigningKeyError

_MULTICODEC_ED25519 = b"\xed\x01"  # what stands before such a key in a Multikey (multicodec table, varint of 0xed)


@dataclass(frozen=True)
class PublicKey:
    """A key that signs, or signed, badges. `name` is the first 8 hexadecimal digits of its SHA-256.

    since, until: when it came into use and when another one took its place (ISO, UTC; "" while in use). withdrawn:
    when it was given up because others may hold it ("" if not).
    """

    name: str
    x: str  # the 32 bytes, base64url
    since: str
    until: str = ""
    withdrawn: str = ""

    @property
    def raw(self) -> bytes:
        return from_base64url(self.x)

    @property
    def multibase(self) -> str:
        """As a DID document and W3C's Multikey write it: z6Mk…"""
        return "z" + base58(_MULTICODEC_ED25519 + self.raw)

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether this key made the signature; a withdrawn one is asked about separately."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """The private key in use and what is published of it."""

    private: Ed25519PrivateKey = field(repr=False)
    public: PublicKey

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


def current_key() -> SigningKey:
    """The key that signs today, made now if there is none; read again when its file changes. Raises SigningKeyError."""
    file = _folder() / "current.pem"
    if not file.exists():
        _put_in_use(_fresh(), replacing=False)
    return _read(file, file.stat().st_mtime_ns)


def published_keys() -> list[PublicKey]:
    """Every key ever used here, the newest first; none before the first signature."""
    files = (_folder() / "public").glob("*.json")
    keys = [PublicKey(**json.loads(file.read_text(encoding="ascii"))) for file in files]
    return sorted(keys, key=lambda key: (key.since, key.name), reverse=True)


def key_named(name: str) -> PublicKey | None:
    """A key by its name, also one no longer in use or withdrawn."""
    return next((key for key in published_keys() if key.name == name), None)


def rotate(*, withdraw: bool = False) -> PublicKey:
    """Put a new key in use and return it. With `withdraw`, nothing that the old one signed counts any more.

    Raises SigningKeyError.
    """
    before = current_key().public
    fresh = _fresh()
    if withdraw:  # first of all, so that whoever is stopped here has said so
        _publish(replace(before, withdrawn=_now()))
    _put_in_use(fresh, replacing=True)
    now = _now()
    _publish(replace(before, until=now, withdrawn=now if withdraw else ""))
    return _public_of(fresh)


def base64url(data: bytes) -> str:
    """Without the equals signs at its end, as JOSE writes it."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Raises ValueError for what is not base64url, or not in its one canonical form."""
    data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if base64url(data) != text:
        raise ValueError("Not base64url.")
    return data


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    """Base58 with Bitcoin's alphabet (W3C Controlled Identifiers §2.4), without the multibase prefix."""
    number, written = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        written = _BASE58[digit] + written
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + written


def from_base58(text: str, length: int) -> bytes:
    """`length` bytes; raises ValueError for any other text."""
    number = 0
    for symbol in text:
        number = number * 58 + _BASE58.index(symbol)
    try:
        data = number.to_bytes(length)
    except OverflowError as error:
        raise ValueError("Too long.") from error
    if base58(data) != text:
        raise ValueError("Not base58 of this length.")
    return data


def _folder() -> Path:
    return Path(settings.SIGNING_DIR) / "ed25519"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fresh() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def _public_of(key: Ed25519PrivateKey) -> PublicKey:
    raw = key.public_key().public_bytes_raw()
    return PublicKey(name=hashlib.sha256(raw).hexdigest()[:8], x=base64url(raw), since=_now())


def _put_in_use(key: Ed25519PrivateKey, *, replacing: bool) -> None:
    # Published before anything is signed, so that a signature never names a key that nobody can find. Where several
    # processes make the first key at once, linking lets one win, and whoever reads it (`_read`) publishes it.
    folder = _folder()
    secret = settings.SIGNING_PASSPHRASE.encode()
    encryption = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    try:
        for place in (folder.parent, folder, folder / "public"):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = _write(folder, pem)
        if replacing:
            _publish(_public_of(key))
            written.replace(folder / "current.pem")
            return
        with contextlib.suppress(FileExistsError):
            os.link(written, folder / "current.pem")
        written.unlink()
    except OSError as error:
        raise SigningKeyError(
            _("The signing key could not be written to %(directory)s: %(reason)s.")
            % {"directory": folder, "reason": error.strerror}
        ) from error


def _publish(key: PublicKey) -> None:
    public = _folder() / "public"
    _write(public, json.dumps(asdict(key)).encode("ascii")).replace(public / f"{key.name}.json")


def _write(folder: Path, content: bytes) -> Path:
    file = folder / f".new-{secrets.token_hex(8)}"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    return file


@lru_cache(maxsize=4)
def _read(file: Path, changed: int) -> SigningKey:
    secret = settings.SIGNING_PASSPHRASE.encode() or None
    try:
        pem = file.read_bytes()
        try:
            key = serialization.load_pem_private_key(pem, secret)
        except TypeError:  # a passphrase was given for a key that has none
            key = serialization.load_pem_private_key(pem, None)
    except (OSError, TypeError, ValueError) as error:
        raise SigningKeyError(
            _(
                "The signing key %(file)s cannot be opened. Check that it is in PEM form and that the passphrase is right."
            )
            % {"file": file}
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(_("The key %(file)s is not of the kind Ed25519.") % {"file": file})
    own = _public_of(key)
    known = key_named(own.name)
    if known is None:  # made this moment, or only the private half came back from somewhere
        _publish(own)
    return SigningKey(private=key, public=known or own)
