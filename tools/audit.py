#!/usr/bin/env python3
"""`make audit`: known faults of the locked packages.

With a network, pip-audit asks the package index. Without one, OSV=all.zip names the file that the Open Source
Vulnerabilities database publishes for PyPI, fetched elsewhere and brought along
(https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip).
Ends with 0 when nothing is known, 1 when something is, 2 when nothing could be asked: that is no good news.
"""

import json
import os
import re
import subprocess
import sys
import time
import zipfile

import environment

NOT_ASKED = 2


def locked(path):
    """{name: version} of a lock file."""
    with open(path, encoding="utf-8") as file:
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", file.read(), re.MULTILINE))


def from_file(path, packages):
    """(package, version, what is known) of each fault that the file tells of these versions."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            fault = json.loads(archive.read(name))
            if fault.get("withdrawn"):
                continue
            for affected in fault.get("affected", []):
                package = re.sub(r"[-_.]+", "-", affected.get("package", {}).get("name", "")).lower()
                # For PyPI the database names every version, beside the ranges.
                if packages.get(package) in affected.get("versions", []):
                    yield package, packages[package], f"{fault['id']}: {fault.get('summary') or 'no summary'}"


def from_index(path, python):
    """The same from pip-audit, and how many packages the index knew something about."""
    command = [python, "-m", "pip_audit", "-r", path, "--disable-pip", "--no-deps", "--progress-spinner=off", "-f=json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        rows = json.loads(done.stdout)["dependencies"]
    except ValueError:
        environment.say("pip-audit said: " + "\n".join(done.stderr.strip().splitlines()[-2:]))
        return [], 0
    found = [
        (row["name"], row["version"], f"{fault['id']}: {' '.join(fault.get('description', '').split())[:150]}")
        for row in rows
        for fault in row.get("vulns", [])
    ]
    return found, sum("skip_reason" not in row for row in rows)


def main(python):
    path = os.path.join(environment.ROOT, environment.GROUPS["run"])
    packages = locked(path)
    if source := os.environ.get("OSV"):
        try:
            found, known = list(from_file(source, packages)), len(packages)
            age = (time.time() - os.path.getmtime(source)) / 86400
        except (OSError, zipfile.BadZipFile, ValueError) as error:
            environment.say(f"{source} cannot be read as the file of the database: {error}")
            return NOT_ASKED
        environment.say(f"Asked the file {source}, {age:.0f} days old.")
    else:
        found, known = from_index(path, python)
    for package, version, what in found:
        environment.say(f"{package} {version}  {what}")
    if known < len(packages):
        environment.say(
            f"NOT AUDITED: {len(packages) - known} of {len(packages)} packages. The index that this machine uses does "
            "not answer for them, or there is no network.\nWith the database in a file: make audit OSV=all.zip "
            "(tools/audit.py says where it is)"
        )
        return 1 if found else NOT_ASKED
    environment.say(f"{len(packages)} packages, {len(found)} known faults.")
    return 1 if found else 0


if __name__ == "__main__":
    try:
        environment.need_python([os.path.abspath(__file__)])
        sys.exit(main(environment.prepare("dev")))
    except environment.Missing as missing:
        sys.stderr.write(f"\n{missing}\n")
        sys.exit(1)
