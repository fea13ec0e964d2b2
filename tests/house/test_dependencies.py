"""What the site runs with: licences that fit, and known faults from a file where there is no network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest

from tests.house.sources import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from tools import audit, licences


@pytest.mark.parametrize(
    "licence",
    ["MIT", "BSD-3-Clause", "Apache-2.0 AND MIT", "LGPL-3.0-only", "Proprietary OR MIT", "MPL-2.0", "PSF-2.0"],
)
def test_licences_that_fit(licence):
    assert licences.fits(licence)


@pytest.mark.parametrize(
    "licence",
    [
        "",
        "GPL-2.0-only",
        "BSD-4-Clause",
        "Proprietary",
        "Apache-2.0 AND Proprietary",
        "SSPL-1.0",
        "CC-BY-NC-4.0",
        "MITRE",
    ],
)
def test_licences_that_do_not_or_say_nothing(licence):
    assert not licences.fits(licence)


def test_every_package_has_a_licence_that_fits():
    done = subprocess.run([sys.executable, "tools/licences.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-1500:]


def run_audit(path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OSV": str(path)}
    return subprocess.run(
        [sys.executable, "tools/audit.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_faults_are_found_in_the_file_of_the_database(tmp_path):
    version = audit.locked(str(ROOT / "requirements.txt"))["django"]
    fault = {
        "id": "PYSEC-1",
        "summary": "A fault",
        "affected": [{"package": {"name": "Django"}, "versions": [version]}],
    }
    other = {"id": "PYSEC-2", "affected": [{"package": {"name": "django"}, "versions": ["1.0"]}]}
    gone = {**fault, "id": "PYSEC-3", "withdrawn": "2026-01-01T00:00:00Z"}
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for entry in (fault, other, gone):
            archive.writestr(f"{entry['id']}.json", json.dumps(entry))
    done = run_audit(path)
    assert (done.returncode, done.stdout.count("PYSEC")) == (1, 1) and f"django {version}  PYSEC-1" in done.stdout


def test_a_file_that_is_none_is_no_good_news(tmp_path):
    (tmp_path / "all.zip").write_text("nothing")
    assert run_audit(tmp_path / "all.zip").returncode == audit.NOT_ASKED
