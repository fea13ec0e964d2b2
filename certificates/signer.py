"""This installation's signer: the key that the settings name, or the one made at first run."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cryptography import x509
from django.conf import settings

from certificates.signing import Signer, ensure_signer, trusted_certificates


def own_signer() -> Signer:
    """The signer. Read once by each process, and again when one of its files changes. Raises SigningKeyError."""
    directory = settings.SIGNING_DIR
    key = settings.SIGNING_KEY_FILE or directory / "current" / "key.pem"
    chain = settings.SIGNING_CHAIN_FILE or directory / "current" / "chain.pem"
    return _read(directory, settings.SIGNING_KEY_FILE, settings.SIGNING_CHAIN_FILE, (_changed(key), _changed(chain)))


def recognised() -> tuple[x509.Certificate, ...]:
    """The certificates of all signers ever used here; none before the first signature."""
    return trusted_certificates(settings.SIGNING_DIR)


def _changed(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0


@lru_cache(maxsize=4)
def _read(directory: Path, key: Path | None, chain: Path | None, changed: tuple[int, int]) -> Signer:
    return ensure_signer(
        directory,
        organisation=settings.WAGTAIL_SITE_NAME,
        key_file=key,
        chain_file=chain,
        passphrase=settings.SIGNING_PASSPHRASE,
    )
