#!/usr/bin/env python3
"""`make release`: one file from which a site without network is upgraded: the code, and every package for this Python.

The file fits machines with the same version of Python and the same kind of processor as this one.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import environment


def main():
    environment.need_python([os.path.abspath(__file__)])
    root = Path(environment.ROOT)
    python = environment.prepare("run")
    commit = subprocess.check_output(["git", "-C", str(root), "rev-parse", "--short", "HEAD"], text=True).strip()
    release = root / f"kalanso-{commit}.tar"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        subprocess.check_call(["git", "-C", str(root), "bundle", "create", "-q", str(work / "kalanso.bundle"), "HEAD"])
        subprocess.check_call(
            [
                python,
                "-m",
                "pip",
                "download",
                "-q",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "-r",
                str(root / "requirements.txt"),
                "-d",
                str(work / "wheels"),
            ]
        )
        files = sorted(path for path in work.rglob("*") if path.is_file())
        sums = work / "SHA256SUMS"
        sums.write_text("".join(f"{digest(path)}  {path.relative_to(work)}\n" for path in files), encoding="utf-8")
        with tarfile.open(release, "w") as tar:
            for path in [sums, *files]:
                tar.add(path, str(path.relative_to(work)), recursive=False)
    environment.say(f"{release}\n  SHA-256 {digest(release)}")
    return 0


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except environment.Missing as missing:
        sys.stderr.write(f"\n{missing}\n")
    except subprocess.CalledProcessError as failed:
        sys.stderr.write(f"\n{failed.cmd[0]} failed; its lines above say why.\n")
    sys.exit(1)
