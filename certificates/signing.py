"""The electronic signature on certificates: PAdES baseline B-B (ETSI EN 319 142-1), made and checked without network.

The key lies in a directory of its own (mode 700), made at first run:

    current/key.pem, current/chain.pem   the private key (mode 600) and its certificates, the signer's first
    trusted/<fingerprint>.pem            every signer's certificate ever used here, so that older papers stay checkable

A service with a key from a recognised authority names its two files in the settings, or puts them in place of those in
`current/`. No time stamp is asked for, so that signing works without internet; the time in the signature is ours.
"""

import asyncio
import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext as _
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1, translate_pyca_cryptography_key_to_asn1
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfSigningSession
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pyhanko_certvalidator.util import get_pyca_cryptography_hash

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

FIELD = "Signature"
VALIDITY = timedelta(days=3653)
# A machine without a clock battery may start in 1970. A certificate made then must still hold today, so that none
# begins later than this day, nor is counted from an earlier one.
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_ATTRIBUTES = 2000  # bytes: times, digests, names of algorithms and of the issuer, with room to spare
_LEFTOVER_SECONDS = 3600
_KEY_USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


class SigningKeyError(Exception):
    """The signing key cannot be used; the message says why and what to do, in a sentence for the operator."""


@dataclass(frozen=True)
class Signer:
    """A key with its certificates (the signer's own first), and all certificates whose signatures we recognise."""

    key: PrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = field(repr=False)
    trust: tuple[x509.Certificate, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """The signer's name as its certificate gives it."""
        return _common_name(self.chain[0])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the signer's certificate, in hexadecimal."""
        return self.chain[0].fingerprint(hashes.SHA256()).hex()

    @property
    def valid_until(self) -> datetime:
        """The end of the certificate's validity, so that an operator can be warned in time."""
        return self.chain[0].not_valid_after_utc


@dataclass(frozen=True)
class SignatureReport:
    """What a check found. `valid` is all of it; `problems` says in sentences what is wrong, empty when valid.

    `intact`: the bytes are those that were signed. `covers_whole`: nothing was added afterwards. `trusted`: the
    signer's certificate is one of ours, or was issued under one of ours, and holds today.
    """

    signed: bool = False
    intact: bool = False
    covers_whole: bool = False
    trusted: bool = False
    signer: str = ""
    signed_at: datetime | None = None
    problems: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        return self.signed and self.intact and self.covers_whole and self.trusted and not self.problems


def ensure_signer(
    directory: Path,
    *,
    organisation: str,
    country: str = "ML",
    key_file: Path | None = None,
    chain_file: Path | None = None,
    passphrase: str = "",
) -> Signer:
    """Return the signer, making a key and a self-signed certificate (RSA 3072, ten years) when there is none.

    `directory` is created with mode 700. With `key_file` and `chain_file` (PEM; the signer's certificate first, then
    the authorities') the operator's own key is used instead; `passphrase` opens it, and also protects a key made here.
    Several processes may call this at once: one key is made, all return it. Raises SigningKeyError.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = passphrase.encode() or None
    if key_file or chain_file:
        if not (key_file and chain_file):
            raise SigningKeyError(_("The signing key and its certificates must both be named in the settings."))
    else:
        current = directory / "current"
        if not current.exists():
            _make(directory, current, organisation=organisation, country=country, secret=secret)
        _remove_leftovers(directory)
        key_file, chain_file = current / "key.pem", current / "chain.pem"
    key, chain = _load(key_file, chain_file, secret)
    _remember(directory, chain[0])
    return Signer(key=key, chain=chain, trust=trusted_certificates(directory))


def trusted_certificates(directory: Path) -> tuple[x509.Certificate, ...]:
    """Return the certificates of all signers ever used here, the current one among them."""
    files = sorted((directory / "trusted").glob("*.pem"))
    return tuple(x509.load_pem_x509_certificate(file.read_bytes()) for file in files)


def sign(pdf: bytes, signer: Signer, *, reason: str, location: str, when: datetime) -> bytes:
    """Return the PDF with a certifying signature (PAdES B-B) that allows no change afterwards.

    `when` (with a time zone, else ValueError) is the time that the signature states. `reason` and `location` are
    readable by anyone who has the file.
    """
    if when.tzinfo is None:
        raise ValueError("The time of signing needs a time zone.")
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason=reason or None,
        location=location or None,
    )
    spec = SigFieldSpec(sig_field_name=FIELD, readable_field_name=reason or FIELD)
    pdf_signer = _SignerAt(metadata, _pyhanko_signer(signer), new_field_spec=spec)
    pdf_signer.when = when
    writer, room = IncrementalPdfFileWriter(BytesIO(pdf)), _room(signer)
    signed = _apart(lambda: pdf_signer.sign_pdf(writer, output=BytesIO(), bytes_reserved=room))
    return bytes(signed.getvalue())


def check(pdf: bytes, trust: Signer | Iterable[x509.Certificate]) -> SignatureReport:
    """Check the signature of any file a stranger may send; never raises, never touches the network.

    `trust` is a signer (with its predecessors) or the certificates to recognise.
    """
    certificates = trust.trust if isinstance(trust, Signer) else tuple(trust)
    try:
        signatures = PdfFileReader(BytesIO(pdf)).embedded_signatures
        if not signatures:
            return SignatureReport(problems=(_("This file carries no signature."),))
        if len(signatures) > 1:
            return SignatureReport(signed=True, problems=(_("This file carries more than one signature."),))
        context = ValidationContext(
            trust_roots=[translate_pyca_cryptography_cert_to_asn1(c) for c in certificates], allow_fetching=False
        )
        status = _apart(lambda: validate_pdf_signature(signatures[0], context, key_usage_settings=_KEY_USAGE))
    except Exception:  # whatever a damaged or hostile file makes the parser raise, the answer is the same
        return SignatureReport(problems=(_("This file is damaged or is not a signed PDF."),))

    intact = bool(status.intact and status.valid)
    covers_whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and bool(status.docmdp_ok)
    trusted = bool(status.trusted)
    problems = []
    if not intact:
        problems.append(_("The content of this file was changed after it was signed."))
    if not covers_whole:
        problems.append(_("Something was added to this file after it was signed."))
    if intact and not trusted:
        problems.append(_("The signer of this file is not known here, or its certificate no longer holds."))
    if not problems and not status.bottom_line:
        problems.append(_("The signature of this file does not follow the rules."))
    return SignatureReport(
        signed=True,
        intact=intact,
        covers_whole=covers_whole,
        trusted=trusted,
        signer=str(status.signing_cert.subject.native.get("common_name", "")),
        signed_at=status.signer_reported_dt,
        problems=tuple(problems),
    )


def _room(signer: Signer) -> int:
    """The digits to keep free in the file for a signature: certificates, the signature itself, what is signed beside the
    content. pyHanko would find out by signing something else first, which doubles the work."""
    certificates = sum(len(one.public_bytes(serialization.Encoding.DER)) for one in signer.chain)
    return 2 * (certificates + signer.key.key_size // 8 + _ATTRIBUTES)


def _apart(work: Callable[[], Any]) -> Any:
    """Do the work where no event loop runs: pyHanko starts one of its own, which a thread with a running one refuses."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(work).result()


class _KeySigner(SimpleSigner):
    """pyHanko's signer, using the key as it is loaded: reading an RSA key checks it, 60 ms each time."""

    key: PrivateKey

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        digest = get_pyca_cryptography_hash(digest_algorithm)
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), digest)
        return self.key.sign(data, ec.ECDSA(digest))


class _SignerAt(PdfSigner):
    """pyHanko's signer, stating the time we give instead of the machine's."""

    when: datetime

    def init_signing_session(self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.when
        return session


def _make(directory: Path, current: Path, *, organisation: str, country: str, secret: bytes | None) -> None:
    # Both files come into being together: a directory is filled beside, then renamed. Renaming onto a directory that
    # another process has put there meanwhile fails, and its key is the one that counts.
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    certificate = _self_signed(key, organisation, country)
    encryption = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    fresh = directory / f".new-{secrets.token_hex(8)}"
    fresh.mkdir(mode=0o700)
    try:
        key_pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        _write(fresh / "key.pem", key_pem)
        _write(fresh / "chain.pem", certificate.public_bytes(serialization.Encoding.PEM))
        fresh.rename(current)
        _sync_directory(directory)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise SigningKeyError(
                _("The signing key could not be written to %(directory)s: %(reason)s.")
                % {"directory": directory, "reason": error.strerror}
            ) from error


def _self_signed(key: rsa.RSAPrivateKey, organisation: str, country: str) -> x509.Certificate:
    # 64 is what X.520 allows for both names; cryptography counts bytes.
    short = organisation.strip().encode()[:64].decode(errors="ignore").strip() or "Kalanso"
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, short),
            x509.NameAttribute(NameOID.COMMON_NAME, short),
        ]
    )
    usage = dict.fromkeys(
        [
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FIRST_DAY)
        .not_valid_after(max(datetime.now(UTC), _FIRST_DAY) + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _load(key_file: Path, chain_file: Path, secret: bytes | None) -> tuple[PrivateKey, tuple[x509.Certificate, ...]]:
    try:
        key_pem, chain_pem = key_file.read_bytes(), chain_file.read_bytes()
    except OSError as error:
        raise SigningKeyError(
            _("The file %(file)s cannot be read: %(reason)s. Put both files back, or move the directory away.")
            % {"file": error.filename, "reason": error.strerror}
        ) from error
    try:
        chain = tuple(x509.load_pem_x509_certificates(chain_pem))
    except ValueError as error:
        raise SigningKeyError(
            _("The file %(file)s holds no certificate in PEM form.") % {"file": chain_file}
        ) from error
    try:
        key = _private_key(key_pem, secret)
    except (TypeError, ValueError) as error:
        raise SigningKeyError(
            _(
                "The signing key %(file)s cannot be opened. Check that it is in PEM form and that the passphrase is right."
            )
            % {"file": key_file}
        ) from error
    if not isinstance(key, PrivateKey):
        raise SigningKeyError(_("The signing key must be of the RSA or elliptic-curve kind."))
    if key.public_key() != chain[0].public_key():
        raise SigningKeyError(
            _("The signing key does not belong to the first certificate of %(file)s.") % {"file": chain_file}
        )
    try:
        usage = chain[0].extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    if usage and not (usage.digital_signature or usage.content_commitment):
        raise SigningKeyError(_("The first certificate of %(file)s is not meant for signing.") % {"file": chain_file})
    return key, chain


def _private_key(pem: bytes, secret: bytes | None) -> object:
    try:
        return serialization.load_pem_private_key(pem, secret)
    except TypeError:
        # A passphrase was given for a key that has none: say nothing, the key is readable.
        return serialization.load_pem_private_key(pem, None)


def _remember(directory: Path, certificate: x509.Certificate) -> None:
    trusted = directory / "trusted"
    file = trusted / f"{certificate.fingerprint(hashes.SHA256()).hex()[:32]}.pem"
    if file.exists():
        return
    trusted.mkdir(mode=0o700, exist_ok=True)
    fresh = trusted / f".new-{secrets.token_hex(8)}"
    _write(fresh, certificate.public_bytes(serialization.Encoding.PEM))
    fresh.replace(file)


def _remove_leftovers(directory: Path) -> None:
    # What a process killed in the middle of making a key has left behind.
    for leftover in directory.glob(".new-*"):
        try:
            old = time.time() - leftover.stat().st_mtime > _LEFTOVER_SECONDS
        except FileNotFoundError:
            continue
        if old:
            shutil.rmtree(leftover, ignore_errors=True)


def _write(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pyhanko_signer(signer: Signer) -> _KeySigner:
    chain = [translate_pyca_cryptography_cert_to_asn1(c) for c in signer.chain]
    made = _KeySigner(
        signing_cert=chain[0],
        signing_key=translate_pyca_cryptography_key_to_asn1(signer.key),
        cert_registry=SimpleCertificateStore.from_certs(chain),
    )
    made.key = signer.key
    return made


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()
