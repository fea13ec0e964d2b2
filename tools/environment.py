"""The virtual environment: made, filled from the locked requirements, and left alone when nothing has changed.

Read by whatever Python the machine has, so that an old one can be told what is missing: nothing newer than Python 3.7
may be needed to import this file. Only the standard library is used.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)
GROUPS = {"run": "requirements.txt", "dev": "requirements-dev.txt"}


class Missing(Exception):
    """Something the machine lacks, and what to do about it, in words."""


def say(line=""):
    """One line for the person at the terminal, at once."""
    print(line, flush=True)


def step(name, seconds, what=""):
    """The line that every finished step leaves."""
    say("{:>7.1f} s  {}{}".format(seconds, name, ": " + what if what else ""))


def need_python(arguments):
    """Go on under a Python that is new enough: this one, or another of the machine; Missing if there is none."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(13, OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other and subprocess.call([other, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            os.execv(other, [other, *arguments])
    raise Missing(
        f"Python 3.11 or newer is needed; this is Python {sys.version_info[0]}.{sys.version_info[1]} ({sys.executable}).\n"
        "On Debian 12, Ubuntu 24.04 or newer: sudo apt install python3 python3-venv\n"
        "Where another Python is installed, name it: make run PYTHON=/path/to/python3.11"
    )


def _need_modules():
    for module, package in (("sqlite3", "libsqlite3-dev"), ("ssl", "libssl-dev"), ("ctypes", "libffi-dev")):
        try:
            __import__(module)
        except ImportError:
            raise Missing(
                f"This Python ({sys.executable}) was built without its module “{module}”.\n"
                f"Use Debian's Python (make run PYTHON=/usr/bin/python3), or install {package} and build it again."
            ) from None


def _works(python):
    try:
        return subprocess.call([python, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def _call(command, **more):
    """Run quietly; return (whether it worked, what it printed)."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **more,
    )
    return done.returncode == 0, done.stdout


def _make_venv(uv):
    version = "{}.{}".format(*sys.version_info[:2])
    try:
        import ensurepip  # noqa: F401, PLC0415  Debian keeps it in a package of its own
        import venv  # noqa: F401, PLC0415
    except ImportError:
        if not uv:
            raise Missing(
                "Python's virtual environments are missing on this machine.\n"
                f"On Debian or Ubuntu: sudo apt install python{version}-venv"
            ) from None
        worked, output = _call([uv, "venv", "--clear", "--python", sys.executable, VENV])
    else:
        worked, output = _call([sys.executable, "-m", "venv", "--clear", VENV])
    if not worked:
        raise Missing(
            f"The virtual environment {VENV} could not be made:\n{output.strip()[-2000:]}\n"
            f"Is the disk full, or the folder not yours? If ensurepip is named: sudo apt install python{version}-venv"
        )


def _index(python):
    """For uv, the package index that pip was told to use: uv reads neither pip's file nor its variables."""
    environment = dict(os.environ)
    if not any(name in environment for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        index = environment.get("PIP_INDEX_URL")
        if not index:
            worked, output = _call([python, "-m", "pip", "config", "get", "global.index-url"])
            index = output.strip().splitlines()[-1] if worked and output.strip() else ""
        if index:
            environment["UV_DEFAULT_INDEX"] = index
    if environment.get("PIP_CERT") and "SSL_CERT_FILE" not in environment:
        environment["SSL_CERT_FILE"] = environment["PIP_CERT"]
    return environment


def _fill_from(wheels, requirements):
    """Install the locked requirements from a folder, without a network."""
    worked, output = _call(
        [
            VENV_PYTHON,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-index",
            "--find-links",
            wheels,
            "--require-hashes",
            "-r",
            requirements,
        ]
    )
    if not worked:
        raise Missing(
            f"The packages could not be installed from {wheels}:\n{output.strip()[-1500:]}\n"
            "The folder must hold all of them, for this Python and this kind of processor."
        )
    return "pip, from " + wheels


def _fill(requirements, uv):
    """Install the locked requirements, with uv (5 s) or else with pip (a minute); return which of the two did it."""
    wheels = os.environ.get("WHEELS")
    if wheels:
        return _fill_from(os.path.abspath(wheels), requirements)
    output = ""
    if not uv:
        fetched, output = _call(
            [
                VENV_PYTHON,
                "-m",
                "pip",
                "install",
                "-q",
                "--retries",
                "1",
                "--require-hashes",
                "-r",
                os.path.join(ROOT, "tools", "uv.txt"),
            ]
        )
        uv = os.path.join(VENV, "bin", "uv") if fetched else None
    if uv:
        worked, output = _call(
            [uv, "pip", "install", "-q", "--python", VENV_PYTHON, "--require-hashes", "-r", requirements],
            env=_index(VENV_PYTHON),
        )
        if worked:
            return "uv"
    worked, by_pip = _call(
        [VENV_PYTHON, "-m", "pip", "install", "-q", "--retries", "2", "--require-hashes", "-r", requirements]
    )
    if worked:
        return "pip"
    raise Missing(
        f"The packages of {os.path.basename(requirements)} could not be installed:\n{output.strip()[-1500:]}\n{by_pip.strip()[-1500:]}\n"
        "They come from the Python package index: is there a network? Behind a proxy set HTTPS_PROXY; where there is a "
        "mirror, set PIP_INDEX_URL. Then start again: what was fetched is kept."
    )


def _stamp(group):
    return os.path.join(VENV, ".installed-" + group)


def _state(group):
    digest = hashlib.sha256()
    with open(os.path.join(ROOT, GROUPS[group]), "rb") as file:
        digest.update(file.read())
    return digest.hexdigest()


def _installed(group):
    """The development group contains the other one."""
    for candidate in {group, "dev"}:
        try:
            with open(_stamp(candidate), encoding="ascii") as file:
                if file.read().strip() == _state(candidate):
                    return True
        except OSError:
            continue
    return False


def prepare(group):
    """Have a virtual environment with the locked packages of a group ("run" or "dev"); return its Python.

    Costs nothing when the lock file has not changed since. Raises Missing.
    """
    _need_modules()
    started = time.monotonic()
    if _works(VENV_PYTHON) and _installed(group):
        return VENV_PYTHON
    uv = shutil.which("uv")
    fresh = not _works(VENV_PYTHON)
    if fresh:
        say("           making the virtual environment and fetching the packages …")
        _make_venv(uv)
    else:
        say("           the list of packages has changed: fetching them …")
    by = _fill(os.path.join(ROOT, GROUPS[group]), uv)
    with open(_stamp(group), "w", encoding="ascii") as file:
        file.write(_state(group))
    step("packages", time.monotonic() - started, "installed with " + by)
    return VENV_PYTHON
