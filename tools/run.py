#!/usr/bin/env python3
"""`make run`: prepare everything that is missing, then serve until told to stop.

HOST (127.0.0.1), PORT (8000) and DATA_DIR (data) come from the environment; README.md lists the other settings.
Written for any Python 3, so that an old one is told what is missing (see environment.py).
"""

import os
import sys
import time
from pathlib import Path

import environment


def data_dir():
    """The folder for all that is kept, absolute and writable; Missing otherwise."""
    folder = os.path.abspath(os.path.expanduser(os.environ.get("DATA_DIR") or os.path.join(environment.ROOT, "data")))
    probe = os.path.join(folder, f".writable-{os.getpid()}")
    try:
        os.makedirs(folder, 0o700, exist_ok=True)  # who learns what is nobody else's business
        with open(probe, "w", encoding="ascii"):
            pass
        os.remove(probe)
    except OSError as error:
        raise environment.Missing(
            f"The data folder {folder} cannot be written: {error.strerror}.\n"
            "Give it to this account, or choose another one: DATA_DIR=~/kalanso-data make run"
        ) from None
    return folder


def address():
    """HOST and PORT; Missing if PORT is no port."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise environment.Missing(f"PORT must be a number from 1 to 65535; it is “{port}”.")
    return host, int(port)


def main():
    environment.need_python([os.path.abspath(__file__)])
    import serve  # noqa: PLC0415  needs the newer Python that was just made sure of
    import upgrade  # noqa: PLC0415

    started = time.monotonic()
    host, port = address()
    try:
        serve.check_port(host, port)
    except serve.PortTaken as taken:
        raise environment.Missing(str(taken)) from None
    folder = data_dir()
    shown = f"[{host}]" if ":" in host else host
    os.environ.update(DATA_DIR=folder, DJANGO_SETTINGS_MODULE="lms.settings")
    os.environ.setdefault("SITE_URL", "http://{}:{}".format("127.0.0.1" if shown == "0.0.0.0" else shown, port))
    upgrade.recover(Path(folder))
    python = environment.prepare("run")

    def when_ready():
        environment.step("ready", time.monotonic() - started, "all in all")
        environment.say("\n  Kalanso is at {}/\n  Data: {}".format(os.environ["SITE_URL"], folder))
        note = os.path.join(folder, "first-run.txt")
        if os.path.exists(note):
            environment.say(f"  Demonstration accounts and their password: {note}")
            if os.path.getmtime(note) >= began:
                with open(note, encoding="utf-8") as file:
                    environment.say("\n" + "".join("  " + line for line in file))
        environment.say("  Ctrl-C stops everything.\n")

    return serve.watch(
        serve.web_command(python, host=host, port=port),
        host=host,
        port=port,
        when_ready=when_ready,
    )


if __name__ == "__main__":
    began = time.time()
    try:
        sys.exit(main())
    except environment.Missing as missing:
        sys.stderr.write(f"\n{missing}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
    sys.exit(1)
