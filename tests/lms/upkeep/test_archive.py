"""What comes out of an archive is what went in, or nothing."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lms.upkeep import archive
from operations.errors import Refused

CONTENT = {
    "kalanso.sqlite3": os.urandom(70_000),
    "files/été.svg": b"<svg/>",
    "files/empty": b"",
    "secret-key": b"x" * 64,
}


@pytest.fixture
def packed(tmp_path) -> Path:
    source = tmp_path / "source"
    for name, content in CONTENT.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    members = [(name, source / name) for name in CONTENT]
    archive.pack(tmp_path / "a.tar.gz", [*members, ("files/gone", source / "gone")], {"version": "1"})
    return tmp_path / "a.tar.gz"


def test_everything_comes_back_readable_by_its_owner_only(packed, tmp_path):
    (tmp_path / "out").mkdir()
    manifest = archive.unpack(packed, tmp_path / "out")
    assert manifest["version"] == "1" and set(manifest["files"]) == set(CONTENT)
    for name, content in CONTENT.items():
        assert (tmp_path / "out" / name).read_bytes() == content
        assert (tmp_path / "out" / name).stat().st_mode & 0o77 == 0
    assert packed.stat().st_mode & 0o77 == 0


@given(where=some.integers(0, 10**9), bit=some.integers(0, 7))
def test_one_wrong_bit_anywhere_is_found_or_harmless(packed, tmp_path_factory, where, bit):
    broken = bytearray(packed.read_bytes())
    broken[where % len(broken)] ^= 1 << bit
    folder = tmp_path_factory.mktemp("bit")
    (folder / "broken").write_bytes(broken)
    (folder / "out").mkdir()
    try:
        archive.unpack(folder / "broken", folder / "out")
    except Refused:
        return
    assert all((folder / "out" / name).read_bytes() == content for name, content in CONTENT.items())


@given(kept=some.integers(0, 10**9))
def test_an_archive_that_was_cut_off_is_refused(packed, tmp_path_factory, kept):
    folder = tmp_path_factory.mktemp("cut")
    whole = packed.read_bytes()
    (folder / "cut").write_bytes(whole[: kept % (len(whole) - 600)])
    (folder / "out").mkdir()
    with pytest.raises(archive.Damaged):
        archive.unpack(folder / "cut", folder / "out")


def forged(path: Path, member: tarfile.TarInfo, body: bytes = b"") -> Path:
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(member, io.BytesIO(body))
        manifest = json.dumps({"format": 1, "files": {}}).encode()
        info = tarfile.TarInfo(archive.MANIFEST)
        info.size = len(manifest)
        tar.addfile(info, io.BytesIO(manifest))
    return path


@pytest.mark.parametrize("name", ["../out-of-it", "files/../../out-of-it", "/tmp/out-of-it", "stranger"])
def test_nothing_is_written_outside_of_the_folder_nor_what_the_manifest_does_not_name(tmp_path, name):
    (tmp_path / "out").mkdir()
    with pytest.raises(archive.Damaged):
        archive.unpack(forged(tmp_path / "f", tarfile.TarInfo(name)), tmp_path / "out")
    assert not (tmp_path / "out-of-it").exists() and not Path("/tmp/out-of-it").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    member = tarfile.TarInfo("files/link")
    member.type, member.linkname = kind, "/etc/passwd"
    (tmp_path / "out").mkdir()
    with pytest.raises(archive.Damaged):
        archive.unpack(forged(tmp_path / "f", member), tmp_path / "out")


def test_a_kind_of_archive_to_come_is_refused_with_what_to_do(tmp_path):
    with tarfile.open(tmp_path / "f", "w:gz") as tar:
        info = tarfile.TarInfo(archive.MANIFEST)
        body = json.dumps({"format": 2, "files": {}}).encode()
        info.size = len(body)
        tar.addfile(info, io.BytesIO(body))
    (tmp_path / "out").mkdir()
    with pytest.raises(Refused) as caught:
        archive.unpack(tmp_path / "f", tmp_path / "out")
    assert "version" in caught.value.next_step


# --- encryption -----------------------------------------------------------------------------------------------------


def key_file(folder: Path, name: str) -> tuple[Path, str]:
    pair = pyrage.x25519.Identity.generate()
    path = folder / name
    path.write_text(f"# a comment\n{pair}\n")
    return path, str(pair.to_public())


def test_what_is_encrypted_opens_with_its_key_and_no_other(packed, tmp_path):
    key, public = key_file(tmp_path, "key")
    other, _public = key_file(tmp_path, "other")
    archive.encrypt(packed, tmp_path / "a.age", public)
    assert archive.is_encrypted(tmp_path / "a.age") and not archive.is_encrypted(packed)
    assert CONTENT["secret-key"] not in (tmp_path / "a.age").read_bytes()
    archive.decrypt(tmp_path / "a.age", tmp_path / "plain", key)
    assert (tmp_path / "plain").read_bytes() == packed.read_bytes()
    for wrong in (other, None, packed, tmp_path / "nothing"):
        with pytest.raises(Refused):
            archive.decrypt(tmp_path / "a.age", tmp_path / f"plain-{wrong and wrong.name}", wrong)


def test_an_encrypted_archive_that_was_changed_is_refused(packed, tmp_path):
    key, public = key_file(tmp_path, "key")
    archive.encrypt(packed, tmp_path / "a.age", public)
    broken = bytearray((tmp_path / "a.age").read_bytes())
    broken[len(broken) // 2] ^= 1
    (tmp_path / "a.age").write_bytes(broken)
    with pytest.raises(Refused):
        archive.decrypt(tmp_path / "a.age", tmp_path / "plain", key)


@pytest.mark.parametrize("wrong", ["", "age1nothing", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA"])
def test_what_is_no_public_key_is_said_to_be_none(wrong):
    with pytest.raises(Refused) as caught:
        archive.check_recipient(wrong)
    assert "age1" in caught.value.next_step


def test_another_file_is_said_to_be_no_backup(tmp_path):
    (tmp_path / "x").write_text("a letter")
    with pytest.raises(Refused):
        archive.is_encrypted(tmp_path / "x")


# --- full disk ------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 200 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_said_in_words(packed, tmp_path, small_disk):
    (tmp_path / "large").write_bytes(os.urandom(400_000))
    _key, public = key_file(tmp_path, "key")
    with pytest.raises(Refused) as caught:
        archive.pack(small_disk / "a", [("large", tmp_path / "large")], {})
    assert str(small_disk) in caught.value.sentence and caught.value.next_step
    (small_disk / "a").unlink()
    with pytest.raises(Refused):
        archive.encrypt(tmp_path / "large", small_disk / "a", public)
    (small_disk / "a").unlink()
    archive.pack(tmp_path / "b", [("large", tmp_path / "large")], {})
    with pytest.raises(Refused):
        archive.unpack(tmp_path / "b", small_disk)
