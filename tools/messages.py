#!/usr/bin/env python3
"""`make messages`: collect what the interface says into locale/ (for developers; needs Debian's gettext)."""

import os
import subprocess
import sys

import environment

if __name__ == "__main__":
    try:
        environment.need_python([os.path.abspath(__file__)])
        python = environment.prepare("dev")
    except environment.Missing as missing:
        sys.stderr.write(f"\n{missing}\n")
        sys.exit(1)
    sys.exit(subprocess.call([python, "manage.py", "messages"], cwd=environment.ROOT))
