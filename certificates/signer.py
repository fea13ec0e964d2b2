"""This installation's signer: the key that the settings name, or the one made at first run."""

from __future__ import annotations

import secrets
import shutil
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from django.conf import settings
from django.utils.translation import gettext as _

from certificates.signing import Signer, SigningKeyError, ensure_signer, trusted_certificates


def own_signer() -> Signer:
    """The signer. Read once by each process, and again when one of its files changes. Raises SigningKeyError."""
    directory = settings.SIGNING_DIR
    key = settings.SIGNING_KEY_FILE or directory / "current" / "key.pem"
    chain = settings.SIGNING_CHAIN_FILE or directory / "current" / "chain.pem"
    return _read(directory, settings.SIGNING_KEY_FILE, settings.SIGNING_CHAIN_FILE, (_changed(key), _changed(chain)))


def rotate() -> Signer:
    """Put a new key in use, and return its signer; the old one's private half is removed, its certificate stays
    recognised. Raises SigningKeyError, also where the settings name the operator's own key, which is theirs to replace.
    """
    if settings.SIGNING_KEY_FILE or settings.SIGNING_CHAIN_FILE:
        raise SigningKeyError(_("The settings name a signing key of your own: put new files in place of those."))
    own_signer()  # its certificate is among those recognised from now on, whatever happens next
    current = settings.SIGNING_DIR / "current"
    old = settings.SIGNING_DIR / f".new-{secrets.token_hex(8)}"  # a name that leftovers have, should we be stopped here
    current.rename(old)
    fresh = own_signer()
    shutil.rmtree(old)
    return fresh


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
