#!/usr/bin/env python3
"""`make backup`, `make restore FILE=…`: a command of the site, with its packages and its data folder.

Written for any Python 3, so that an old one is told what is missing (see environment.py).
"""

import os
import subprocess
import sys

import environment


def main(name):
    environment.need_python([os.path.abspath(__file__), name])
    import run  # noqa: PLC0415  needs the newer Python that was just made sure of

    command = [name]
    if name == "restore":
        if not os.environ.get("FILE"):
            raise environment.Missing("Name the archive: make restore FILE=…/kalanso-….tar.gz")
        command.append(os.path.abspath(os.path.expanduser(os.environ["FILE"])))
        if os.environ.get("KEY"):
            command += ["--key", os.path.abspath(os.path.expanduser(os.environ["KEY"]))]
    os.environ.update(DATA_DIR=run.data_dir(), DJANGO_SETTINGS_MODULE="lms.settings")
    python = environment.prepare("run")
    return subprocess.call([python, "manage.py", *command], cwd=environment.ROOT)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except environment.Missing as missing:
        sys.stderr.write(f"\n{missing}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
    sys.exit(1)
