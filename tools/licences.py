#!/usr/bin/env python3
"""`make licences`: the licence of every package that the site runs with; fails where one does not fit the AGPL.

Reads what the packages say of themselves; nothing is asked of the network.
"""

import os
import re
import sys

import environment

# What may be combined with software under the AGPL, version 3 or later. Apache-2.0 and MPL-2.0 are compatible with version 3.
_FITS = (
    *(
        "MIT",
        "MIT-CMU",
        "MIT-0",
        "BSD-2",
        "BSD-3",
        "BSD License",
        "0BSD",
        "ISC",
        "Apache",
        "PSF",
        "Python-2.0",
        "Unlicense",
        "Zlib",
        "CC0",
        "HPND",
    ),
    *(
        "LGPL",
        "GPL-3",
        "GPL-2.0-or-later",
        "AGPL-3",
        "MPL-2.0",
        "Mozilla Public License 2.0",
        "Public Domain",
        "OFL-1.1",
    ),
)


# Packages whose metadata say nothing: what the licence file that they bring says.
_IN_A_FILE = {"pyrage": "MIT"}


def _say_of(metadata):
    """(expression, licence field, classifiers) in the order in which they are to be believed."""
    yield metadata.get("License-Expression") or ""
    classifiers = metadata.get_all("Classifier") or []
    yield " OR ".join(c.split(" :: ")[-1] for c in classifiers if c.startswith("License :: ") and c.count(" :: ") > 1)
    yield (
        (metadata.get("License") or "").strip().splitlines()[0][:60] if (metadata.get("License") or "").strip() else ""
    )


def licence_of(metadata):
    """What a package says of its licence, or nothing."""
    return next((said for said in _say_of(metadata) if said), _IN_A_FILE.get(metadata.get("Name") or "", ""))


def fits(licence):
    """Whether software under it may be combined with ours: every part of an “and”, one part of an “or”."""
    alternatives = re.split(r"\s+or\s+", licence, flags=re.IGNORECASE) if licence else []
    return any(
        all(_known(part) for part in re.split(r"\s+and\s+|;|,", one, flags=re.IGNORECASE)) for one in alternatives
    )


def _known(part):
    part = part.strip(" ()").lower()
    words = {"mit license": "mit", "the mit license": "mit", "gnu lesser": "lgpl", "python software": "psf"}
    part = next((short for long, short in words.items() if part.startswith(long)), part)
    if part.startswith(("gnu affero general public license v3", "gnu general public license v3")):
        return True
    if part.startswith(("3-clause bsd", "2-clause bsd", "new bsd", "modified bsd", "the bsd")):
        return True
    return any(re.match(re.escape(known.lower()) + r"(?![a-z])", part) for known in _FITS)


def locked(path):
    """Names of the packages of a lock file."""
    with open(path, encoding="utf-8") as file:
        return sorted(set(re.findall(r"^([A-Za-z0-9._-]+)==", file.read(), re.MULTILINE)))


def main():
    from importlib.metadata import PackageNotFoundError, metadata  # noqa: PLC0415  needs the newer Python

    wrong = []
    for name in locked(os.path.join(environment.ROOT, environment.GROUPS["run"])):
        try:
            found = metadata(name)
        except PackageNotFoundError:
            wrong.append(f"{name}: not installed")
            continue
        said = licence_of(found)
        environment.say(f"{name:<32}{found['Version']:<16}{said or '?'}")
        if not fits(said):
            wrong.append(f"{name}: {said or 'says nothing of its licence'}")
    if wrong:
        environment.say("\nTo be looked at: do these fit the AGPL?\n  " + "\n  ".join(wrong))
        return 1
    environment.say("\nAll of them fit the AGPL.")
    return 0


if __name__ == "__main__":
    try:
        environment.need_python([os.path.abspath(__file__)])
        python = environment.prepare("dev")
    except environment.Missing as missing:
        sys.stderr.write(f"\n{missing}\n")
        sys.exit(1)
    if os.path.realpath(sys.prefix) != os.path.realpath(environment.VENV):
        os.execv(python, [python, os.path.abspath(__file__)])
    sys.exit(main())
