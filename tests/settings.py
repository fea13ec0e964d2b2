"""The settings under which tests run: the real ones, with everything that is kept put in a folder of this process."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

if "KALANSO_TEST_DATA" in os.environ:  # a child process that works for the tests: the folder is its parent's
    _folder = Path(os.environ["KALANSO_TEST_DATA"])
else:
    _folder = Path(tempfile.mkdtemp(prefix="kalanso-test-"))
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)

# An operator's own environment must not reach the tests: nothing of what may be set is.
_example = (Path(__file__).resolve().parent.parent / ".env.example").read_text(encoding="utf-8")
for _name in re.findall(r"^#?([A-Z0-9_]+)=", _example, re.MULTILINE):
    os.environ.pop(_name, None)
if url := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
os.environ.update(
    DATA_DIR=str(_folder),
    SECRET_KEY="for tests only, never for people",
    MANIFEST_STATIC="0",
    ALLOWED_HOSTS="localhost,127.0.0.1,testserver",
    # Playwright's synchronous interface runs an event loop in the test's thread; the tests' own queries are not async.
    DJANGO_ALLOW_ASYNC_UNSAFE="1",
)

from lms.settings import *  # noqa: E402, F403

# No test cuts the power: nothing waits for the disk.
_options: Any = DATABASES["default"].setdefault("OPTIONS", {})  # noqa: F405
if "init_command" in _options:
    _options["init_command"] = _options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
else:
    _options.setdefault("options", "-c synchronous_commit=off")
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
WHITENOISE_AUTOREFRESH = True  # nothing is collected
