"""Chromium for the browser tests: found, installed where that is allowed, or asked for in one line."""

from __future__ import annotations

import os
import shutil
import subprocess

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
HOW_TO_GET_ONE = (
    "The browser tests need Chromium or Chrome, and none was found.\n"
    "On Debian: sudo apt-get install -y chromium    (elsewhere: CHROMIUM=/path/to/chrome make test)"
)


def find() -> str | None:
    """The path of a Chromium or Chrome: CHROMIUM, or one of the usual names on the path."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def find_or_install() -> str | None:
    """As `find`; where there is none and this account may install Debian packages without being asked, installs it."""
    path = find()
    if path or os.environ.get("CHROMIUM") or not shutil.which("apt-get"):
        return path
    if os.geteuid() == 0:
        become: list[str] = []
    elif shutil.which("sudo") and _quiet(["sudo", "-n", "true"]):
        become = ["sudo", "-n"]
    else:
        return None
    apt = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    _quiet([*apt, "update"])
    _quiet([*apt, "install", "-y", "--no-install-recommends", "chromium"])
    return find()


def _quiet(command: list[str]) -> bool:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0
