"""One file that holds everything: a compressed tar, its last member a manifest with the checksum of all others.

Encrypted with age (https://age-encryption.org/v1) where there is a public key, so that the file can be opened with the
age program as well, without this code. Nothing here knows the database.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import pyrage
from django.utils.translation import gettext as _

from operations.errors import Refused

FORMAT = 1
MANIFEST = "manifest.json"
AGE = b"age-encryption.org/v1\n"
_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20


class Damaged(Refused):
    """What was read is not what was written."""


def pack(target: Path, members: Iterable[tuple[str, Path]], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write the archive and return its manifest.

    members: (name inside, file); one that has gone meanwhile is left out. facts: what else the manifest says.
    Raises Refused where the disk is full.
    """
    files: dict[str, Any] = {}
    with writing(target.parent), target.open("xb") as raw:
        os.fchmod(raw.fileno(), 0o600)
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3, format=tarfile.PAX_FORMAT) as tar:
            for name, path in members:
                if (found := _add(tar, name, path)) is not None:
                    files[name] = found
            manifest = {**facts, "format": FORMAT, "files": files}
            body = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            info = tarfile.TarInfo(MANIFEST)
            info.size, info.mode = len(body), 0o600
            tar.addfile(info, BytesIO(body))
        raw.flush()
        os.fsync(raw.fileno())
    return manifest


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, Any] | None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        facts = os.fstat(file.fileno())
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = facts.st_size, int(facts.st_mtime), 0o600
        read = _Digested(file)
        tar.addfile(info, cast("IO[bytes]", read))
        return {"bytes": facts.st_size, "sha256": read.digest.hexdigest()}


class _Digested:
    """A file that is digested while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        self.digest.update(piece)
        return piece


def unpack(file: Path, into: Path) -> dict[str, Any]:
    """Write what the archive holds into an empty folder; return the manifest once every checksum is right.

    Raises Damaged, also where it holds anything but plain files below that folder.
    """
    found: dict[str, Any] = {}
    with writing(into):
        try:
            with tarfile.open(file, "r:gz") as tar:
                for member in tar:
                    found[member.name] = _write(tar, member, into)
                    if member.name == MANIFEST:
                        break
            manifest: dict[str, Any] = json.loads((into / MANIFEST).read_text(encoding="utf-8"))
        except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
            raise _damaged() from error
        except OSError as error:
            if error.errno is None or isinstance(error, FileNotFoundError):  # gzip's own complaint; no manifest
                raise _damaged() from error
            raise
    del found[MANIFEST]
    if manifest.get("format") != FORMAT:
        raise Refused(
            _("This archive is of a kind that this version does not know."),
            _("Restore it with the version of the site that made it, or a newer one."),
        )
    if found != manifest.get("files"):
        raise _damaged()
    return manifest


def _damaged() -> Damaged:
    return Damaged(
        _("The archive is damaged: what is in it is not what was written."),
        _("Take the copy at the second place, or the archive of the day before. Nothing was changed."),
    )


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> dict[str, Any]:
    parts = PurePosixPath(member.name).parts
    source = tar.extractfile(member) if member.isreg() else None
    if source is None or not parts or ".." in parts or parts[0] == "/":
        raise _damaged()
    path = into.joinpath(*parts)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    read = _Digested(source)
    with path.open("xb") as target:
        os.fchmod(target.fileno(), 0o600)
        shutil.copyfileobj(read, target, _PIECE)
    return {"bytes": path.stat().st_size, "sha256": read.digest.hexdigest()}


# --- encryption -----------------------------------------------------------------------------------------------------


def check_recipient(key: str) -> pyrage.x25519.Recipient:
    """The public key as the library wants it. Raises Refused."""
    try:
        return pyrage.x25519.Recipient.from_str(key.strip())
    except pyrage.RecipientError:
        raise Refused(
            _("BACKUP_PUBLIC_KEY is no public key."),
            _("It begins with “age1”. “manage.py backup_key” makes a pair of keys."),
        ) from None


def encrypt(source: Path, target: Path, public_key: str) -> None:
    """Write the encrypted file. Raises Refused for a wrong key or a full disk."""
    recipient = check_recipient(public_key)
    with writing(target.parent), source.open("rb") as plain, target.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        with _own_errors(file) as written:
            pyrage.encrypt_io(plain, written, [recipient])
        file.flush()
        os.fsync(file.fileno())


def is_encrypted(file: Path) -> bool:
    """By its first bytes. Raises Damaged where it is no archive at all."""
    with file.open("rb") as opened:
        beginning = opened.read(len(AGE))
    if beginning != AGE and not beginning.startswith(_GZIP):
        raise Damaged(
            _("This file is no backup of the site."), _("Backups are named kalanso-….tar.gz or kalanso-….tar.gz.age.")
        )
    return beginning == AGE


def decrypt(source: Path, target: Path, key_file: Path | None) -> None:
    """Write the plain archive. Raises Refused without the key, with another one, and for a damaged file."""
    if key_file is None:
        raise Refused(
            _("This archive is encrypted."),
            _("Name the file of the private key: make restore FILE=… KEY=…"),
        )
    try:
        lines = key_file.read_text(encoding="ascii").split()
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except (OSError, ValueError, pyrage.IdentityError):
        keys = []
    if not keys:
        raise Refused(
            _("No private key is in the file %(file)s.") % {"file": key_file},
            _("It has a line that begins with AGE-SECRET-KEY-."),
        )
    try:
        with writing(target.parent), source.open("rb") as file, target.open("xb") as plain:
            os.fchmod(plain.fileno(), 0o600)
            with _own_errors(plain) as written:
                pyrage.decrypt_io(file, written, keys)
    except (pyrage.DecryptError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # else it is what the library thinks of the file
            raise
        raise Refused(
            _("This key does not open the archive, or the archive is damaged."),
            _("Take the key whose public half was set when the archive was made, or another archive."),
        ) from error


class _Writer:
    """A file that remembers why it could not be written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.flush = file, file.flush
        self.error: OSError | None = None

    def write(self, piece: bytes) -> int:
        try:
            return self.file.write(piece)
        except OSError as error:
            self.error = error
            raise


@contextmanager
def _own_errors(file: IO[bytes]) -> Iterator[_Writer]:
    """The library turns a full disk into an error of its own: give back the one that the disk gave."""
    writer = _Writer(file)
    try:
        yield writer
    except Exception:
        if writer.error is not None:
            raise writer.error from None
        raise


# --- files ----------------------------------------------------------------------------------------------------------


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Say it in words when the disk is full, read-only, or the folder not ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Refused(
                _("The disk is full: %(place)s") % {"place": place},
                _("Make room, or choose a folder on another disk. Nothing was changed."),
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise Refused(
                _("The folder cannot be written: %(place)s") % {"place": place},
                _("Give it to the account that runs the site, or choose another one."),
            ) from error
        raise


def digest_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
