"""The processes of a running site, and the one that watches over them.

Used by tools/run.py, and by the browser tests so that they meet the very server that people meet.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# Read by tools/run.py under the machine's Python as well: only the standard library.
ROOT = Path(__file__).resolve().parent.parent
STOPPING_SECONDS = 12
NOT_PREPARED = 3  # exit code of tools/web.py
RESTART = 4  # the same: operations.maintenance


class PortTaken(Exception):
    """Nothing can listen at that address; the message says why and what to do."""


def check_port(host: str, port: int) -> None:
    """Raise PortTaken if nothing new can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as test:
            # As servers do: an address left a moment ago by a server that has ended is free.
            test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            test.bind(address)
    except OSError as error:
        if error.errno == 98:
            reason = (
                f"Port {port} is in use on {host}: another program listens there, perhaps Kalanso itself.\n"
                f"Stop it, or choose another port: PORT={port + 1 if port < 65535 else 8000} make run"
            )
        elif error.errno == 13:
            reason = (
                f"This account may not listen on port {port}: ports below 1024 are for the system.\n"
                "Choose another one: PORT=8000 make run"
            )
        else:
            reason = f"Nothing can listen at {host}, port {port}: {error.strerror or error}.\nCheck HOST and PORT."
        raise PortTaken(reason) from None


def web_command(python: str, *, host: str, port: int, worker: bool = True) -> list[str]:
    """Prepares the site and serves it; with `worker`, does its background jobs as well.

    As many web processes as cores, four at most (WEB_WORKERS says otherwise).
    """
    workers = os.environ.get("WEB_WORKERS") or min(4, os.cpu_count() or 1)
    command = [python, "tools/web.py", "--host", host, "--port", str(port), "--workers", str(workers)]
    return [*command, "--worker"] if worker else command


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """Nothing is left behind if the process that started this one is killed outright (prctl, PR_SET_PDEATHSIG)."""
    if _LIBC:
        _LIBC.prctl(1, signal.SIGTERM)


def start(command: list[str], **more) -> subprocess.Popen:
    """Start one of them in a session of its own, so that Ctrl-C reaches only the process that watches."""
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=end_with_parent, **more
    )


def stop(processes: list[subprocess.Popen], seconds: float = STOPPING_SECONDS) -> None:
    """Ask all to end, and after a while make them."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + seconds
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, until - time.monotonic()))
        # The whole group: a web server killed outright leaves its workers behind, and they keep the port.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(host: str, port: int) -> bool:
    """Whether the site says that it is ready. A refusal of the name or a redirect to https is an answer too."""
    reach = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    connection = http.client.HTTPConnection(reach, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status in {200, 301, 400}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def watch(web: list[str], *, host: str, port: int, when_ready: Callable[[], None]) -> int:
    """Start the web server; when it answers, call `when_ready`; stay until told to stop.

    Returns the exit code: 0 when told to stop (Ctrl-C, SIGTERM), 1 when it ended by itself.
    """
    told = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: told.append(number))
    process = start(web)
    ready = False
    try:
        while not told:
            if process.poll() is not None:
                if process.returncode != RESTART:
                    if ready or process.returncode != NOT_PREPARED:
                        _say(
                            f"\nStopped: the web server ended by itself ({_ending(process.returncode)}); see its lines above."
                        )
                    return 1
                _say("\nStarting again, with other data …")
                stop([process])
                process, ready = start(web), False
            if not ready and answers(host, port):
                ready = True
                when_ready()
            time.sleep(0.3 if ready else 0.1)
        _say("\nStopping …")
        return 0
    finally:
        # A server that is still starting has nothing in hand, and hears only when it has started.
        stop([process], STOPPING_SECONDS if ready else 1)
        if told:
            _say("Stopped.")


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _say(line: str) -> None:
    print(line, flush=True)
