"""An upgrade ends with the new version, or with the old one and its data: real repositories, real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from operations import maintenance
from tests import template
from tests.lms.curriculum.builder import small
from tests.lms.upkeep import installation
from tests.lms.upkeep.installation import Installation

MIGRATION = """
import os, time
from django.conf import settings
from django.db import migrations
def change(apps, schema):
    {body}
class Migration(migrations.Migration):
    dependencies = [("operations", "{last}")]
    operations = [
        migrations.RunSQL("CREATE TABLE operations_newer (id integer)"), migrations.RunPython(change),
    ]
"""
REAL = 'settings.DATA_DIR.name == "data" and "trial" not in str(settings.DATA_DIR)'


def git(where: Path, *arguments: str) -> str:
    named = ["-c", "user.name=Test", "-c", "user.email=test@kalanso.test"]
    return subprocess.check_output(["git", *named, "-C", str(where), *arguments], text=True).strip()


@dataclass
class Checkout:
    """A site installed from a repository, and that repository."""

    code: Path
    upstream: Path
    site: Installation

    def publish(self, body: str) -> str:
        """A version to come, with a migration that makes a table and then does `body`."""
        folder = self.upstream / "operations" / "migrations"
        last = sorted(path.stem for path in folder.glob("0*.py"))[-1]
        (folder / "0099_newer.py").write_text(MIGRATION.format(body=body, last=last))
        git(self.upstream, "add", "--all")
        git(self.upstream, "commit", "-q", "-m", "newer")
        return git(self.upstream, "rev-parse", "HEAD")

    def upgrade(self, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "tools/upgrade.py"],
            cwd=self.code,
            env={**self.site.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, **more: str) -> tuple[int, str]:
        process = self.upgrade(**more)
        said, _ = process.communicate(timeout=400)
        return process.returncode, said

    @property
    def commit(self) -> str:
        return git(self.code, "rev-parse", "HEAD")

    def has_new_table(self) -> bool:
        return bool(self.site.sql("SELECT 1 FROM sqlite_master WHERE name = 'operations_newer'"))


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """The code as it lies here, as a repository with one commit."""
    upstream = tmp_path_factory.mktemp("published") / "upstream"
    names = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=template.ROOT, text=True
    )
    for name in filter(None, names.split("\0")):
        if (template.ROOT / name).is_file() and not name.startswith(("tests/", "content/curriculum/", ".venv")):
            (upstream / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(template.ROOT / name, upstream / name)
    git(upstream, "init", "-q", "-b", "main")
    git(upstream, "add", "--all")
    git(upstream, "commit", "-q", "-m", "first")
    return upstream


@pytest.fixture
def checkout(published, tmp_path) -> Checkout:
    upstream, code = tmp_path / "upstream", tmp_path / "code"
    git(tmp_path, "clone", "-q", str(published), str(upstream))
    git(tmp_path, "clone", "-q", str(upstream), str(code))
    # The packages are those of this machine: no version here changes the list of them.
    (code / ".venv").symlink_to(Path(sys.executable).parent.parent)
    curriculum = small().write(tmp_path / "folder")
    site = installation.make(tmp_path / "data", CURRICULUM_DIR=str(curriculum), PORT="1", DEMO_ACCOUNTS="no")
    return Checkout(code, upstream, site)


def test_the_new_version_is_installed_and_the_data_migrated(checkout):
    new = checkout.publish("pass")
    code, said = checkout.finish()
    assert code == 0, said
    assert checkout.commit == new and checkout.has_new_table() and "Awa" in checkout.site.names()
    assert not maintenance.is_on(checkout.site.data) and maintenance.exchanged(checkout.site.data)
    assert len(list((checkout.site.data / "backups").iterdir())) == 1
    guards = checkout.site.sql("SELECT count(*) FROM sqlite_master WHERE type='trigger' AND name LIKE 'records_%_no_%'")
    assert guards == [(4,)]
    assert "Nothing to do" in checkout.finish()[1]
    # Somebody changed the code on this machine: it is not overwritten.
    checkout.publish("pass  # again")
    (checkout.code / "README.md").write_text("changed here")
    code, said = checkout.finish()
    assert code == 1 and "changed on this machine" in said and checkout.commit == new


def test_a_version_that_does_not_work_is_found_out_beside_and_nothing_pauses(checkout):
    old = checkout.commit
    checkout.publish("raise RuntimeError('this migration fails')")
    code, said = checkout.finish()
    assert code == 1 and "this migration fails" in said, said
    assert checkout.commit == old and not checkout.has_new_table()
    assert not maintenance.exchanged(checkout.site.data) and not maintenance.is_on(checkout.site.data)


def test_what_fails_only_on_the_real_data_is_put_back(checkout):
    old = checkout.commit
    checkout.publish(f"assert not ({REAL}), 'only here'")
    code, said = checkout.finish()
    assert code == 1 and "only here" in said and "are back" in said, said
    assert checkout.commit == old and not checkout.has_new_table() and "Awa" in checkout.site.names()
    assert not (checkout.code / "operations" / "migrations" / "0099_newer.py").exists()
    assert not maintenance.is_on(checkout.site.data)


def test_an_upgrade_that_is_killed_in_the_middle_is_put_back_by_the_next_start(checkout):
    old = checkout.commit
    checkout.publish(f"time.sleep(120) if {REAL} else None")
    upgrading = checkout.upgrade()
    until = time.monotonic() + 300
    while not maintenance.unfinished(checkout.site.data):
        assert time.monotonic() < until and upgrading.poll() is None
        time.sleep(0.1)
    time.sleep(5)
    os.killpg(upgrading.pid, signal.SIGKILL)
    upgrading.communicate()
    assert maintenance.is_on(checkout.site.data), "nobody works on data that are half migrated"
    assert checkout.commit != old
    code, said = checkout.finish()
    assert code == 1 and "was interrupted" in said, said
    assert checkout.commit == old and not checkout.has_new_table() and "Awa" in checkout.site.names()
    assert not maintenance.is_on(checkout.site.data)


@pytest.mark.parametrize("content", [b"", b"no tar", os.urandom(2_000)])
def test_a_file_that_is_no_release_is_refused(checkout, tmp_path, content):
    (tmp_path / "release.tar").write_bytes(content)
    code, said = checkout.finish(FILE=str(tmp_path / "release.tar"))
    assert code == 1 and "no release file" in said and "Traceback" not in said


def test_an_upgrade_from_a_file_needs_no_network(checkout, tmp_path):
    import hashlib  # noqa: PLC0415
    import tarfile  # noqa: PLC0415

    new = checkout.publish("pass")
    work = tmp_path / "release"
    work.mkdir()
    git(checkout.upstream, "bundle", "create", "-q", str(work / "kalanso.bundle"), "HEAD")
    digest = hashlib.sha256((work / "kalanso.bundle").read_bytes()).hexdigest()
    (work / "SHA256SUMS").write_text(f"{digest}  kalanso.bundle\n")
    with tarfile.open(tmp_path / "release.tar", "w") as tar:
        for path in work.iterdir():
            tar.add(path, path.name)
    git(checkout.code, "remote", "set-url", "origin", "https://nowhere.invalid/kalanso")
    code, said = checkout.finish(FILE=str(tmp_path / "release.tar"))
    assert code == 0, said
    assert checkout.commit == new and checkout.has_new_table()
