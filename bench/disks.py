"""Disks, database servers and services of one's own, to be filled, broken and killed. Needs root and Linux for disks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.sites import free_port
from tools import serve


def _do(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done


@dataclass
class Disk:
    """A small ext4 file system in a file. `at` is where it is mounted."""

    image: Path
    at: Path

    def mount(self, image: Path | None = None) -> None:
        _do("mount", "-o", "loop,errors=remount-ro", str(image or self.image), str(self.at))

    def unmount(self) -> None:
        # A process that has just been killed may still hold it for an instant.
        for _ in range(100):
            if _do("umount", str(self.at), check=False).returncode == 0 or not os.path.ismount(self.at):
                return
            time.sleep(0.1)
        _do("umount", "-l", str(self.at))

    def fill(self) -> int:
        """Until nothing more goes on it; gives the bytes that it took."""
        with (self.at / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        return (self.at / "filler").stat().st_size

    def free(self) -> None:
        (self.at / "filler").unlink()

    def abort(self) -> None:
        """What the kernel does when the disk fails under it: from now on it can only be read (ext4(5), “abort”)."""
        _do("mount", "-o", "remount,abort", str(self.at))

    def repair(self) -> None:
        """As a machine does when it starts: unmount, check, mount."""
        self.unmount()
        _do("e2fsck", "-p", str(self.image), check=False)  # 1: it has corrected something
        self.mount()


@contextmanager
def disk(megabytes: int) -> Iterator[Disk]:
    """An empty one, mounted; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="kalanso-disk-"))
    made = Disk(folder / "image", folder / "at")
    made.at.mkdir()
    try:
        with made.image.open("wb") as file:
            file.truncate(megabytes * 2**20)
        _do("mkfs.ext4", "-q", "-F", "-m", "0", str(made.image))
        made.mount()
        made.at.chmod(0o755)
        folder.chmod(0o755)
        yield made
    finally:
        made.unmount()
        shutil.rmtree(folder, ignore_errors=True)


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


@dataclass
class Cluster:
    """A PostgreSQL server of one's own."""

    data: Path
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        found = shutil.which(program) or str(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))[-1])
        change = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        # Its output goes to a file: the server inherits it and would keep a pipe open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run([*change, found, *arguments], cwd="/", stdout=said, stderr=said, check=False)
            said.seek(0)
            if check and done.returncode:
                raise RuntimeError(f"{program}: {said.read()[-2000:]}")
        return subprocess.CompletedProcess([], done.returncode, "", "")

    def make(self) -> None:
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("max_wal_size = 64MB\nmin_wal_size = 32MB\nunix_socket_directories = ''\n")

    def start(self) -> None:
        log = str(self.data / "server.log")
        options = f"-p {self.port} -h 127.0.0.1"
        self._run("pg_ctl", "-D", str(self.data), "-l", log, "-o", options, "-w", "start")

    def kill(self) -> None:
        """At once, as when it crashes: what was committed is found again from its log."""
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop", check=False)

    def runs(self) -> bool:
        return self._run("pg_ctl", "-D", str(self.data), "status", check=False).returncode == 0


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """One that runs, in this folder; stopped at the end."""
    made = Cluster(folder / "pg")
    made.data.mkdir()
    if os.geteuid() == 0:
        shutil.chown(made.data, "postgres", "postgres")
    made.make()
    made.start()
    try:
        yield made
    finally:
        made.kill()


# --- services -------------------------------------------------------------------------------------------------------


@dataclass
class Service:
    """A server of one's own that can be killed and started again at the same port."""

    command: list[str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=serve.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.command[0]} did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def redis() -> Iterator[Service]:
    port = free_port()
    made = Service(["redis-server", "--port", str(port), "--save", "", "--bind", "127.0.0.1"], port)
    made.start()
    try:
        yield made
    finally:
        made.kill()


@contextmanager
def bucket() -> Iterator[Service]:
    """A service that speaks S3 (moto)."""
    port = free_port()
    made = Service([sys.executable, "-m", "moto.server", "-p", str(port)], port)
    made.start()
    try:
        yield made
    finally:
        made.kill()
