#!/usr/bin/env python3
"""`make upgrade`: the newest version, or nothing.

With a network: from where the checkout came from (TO names a tag or commit). Without: FILE names the file that
`make release` made on another machine. What can go wrong is tried first, beside the running site, on a copy of its data:
the new packages, the migrations, a start. Only then the site pauses, and whatever fails now puts the old code and the
old data back. If this programme itself is killed, the next `make upgrade` or `make run` does so.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import environment

ROOT = Path(environment.ROOT)
sys.path.insert(0, str(ROOT))
WORK = ROOT / ".upgrade"
CODE, VENV, VENV_BEFORE = WORK / "code", ROOT / ".venv", WORK / "venv-before"
PATIENCE = 120
DATABASE = "kalanso.sqlite3"
SUMS = "SHA256SUMS"


def say(line: str) -> None:
    environment.say("  " + line)


# --- git ------------------------------------------------------------------------------------------------------------


def git(*arguments: str, where: Path = ROOT) -> str:
    """What git says; Missing with its words where it refuses."""
    done = subprocess.run(["git", "-C", str(where), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise environment.Missing(f"git {arguments[0]} refused: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


def target(file: str, to: str) -> str:
    """The commit to go to, fetched."""
    if git("status", "--porcelain", "--untracked-files=no"):
        raise environment.Missing(
            "Files of the programme were changed on this machine (git status names them).\n"
            "Put them aside or undo the changes, then type make upgrade again."
        )
    if file:
        git("fetch", "--quiet", str(unpack(Path(file)) / "kalanso.bundle"), "HEAD")
        return git("rev-parse", "FETCH_HEAD")
    git("fetch", "--quiet", "--tags", "origin")
    if to:
        return git("rev-parse", f"{to}^{{commit}}")
    try:
        return git("rev-parse", "@{upstream}")
    except environment.Missing:
        return git("rev-parse", "origin/HEAD")


def unpack(file: Path) -> Path:
    """Unpack a release file and compare its checksums; Missing where it is none, or damaged."""
    into = WORK / "file"
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    try:
        with tarfile.open(file) as tar:
            for member in tar:
                source = tar.extractfile(member) if member.isreg() else None
                if source is None or "/" in member.name.removeprefix("wheels/") or ".." in member.name:
                    raise ValueError(member.name)
                (into / member.name).parent.mkdir(exist_ok=True)
                with (into / member.name).open("xb") as written:
                    shutil.copyfileobj(source, written)
        sums = dict(line.split("  ")[::-1] for line in (into / SUMS).read_text(encoding="utf-8").splitlines())
        found = {str(path.relative_to(into)): digest(path) for path in into.rglob("*") if path.is_file()}
        del found[SUMS]
        if found != sums:
            raise ValueError("checksums")
    except (OSError, ValueError, EOFError, tarfile.TarError) as error:
        raise environment.Missing(
            f"{file} is no release file, or it is damaged ({error}).\nCopy it again. Nothing was changed."
        ) from None
    return into


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- beside ---------------------------------------------------------------------------------------------------------


def manage(*arguments: str, code: Path = ROOT, python: Path | None = None, **more: str) -> str:
    """Run a command of a version; its last line. Missing with its words where it fails."""
    done = subprocess.run(
        [str(python or VENV / "bin" / "python"), "manage.py", *arguments],
        cwd=code,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "lms.settings", **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise environment.Missing(f"{arguments[0]}: {(done.stderr or done.stdout).strip()[-1500:]}")
    return (done.stdout.strip().splitlines() or [""])[-1]


def same_packages() -> bool:
    return (ROOT / "requirements.txt").read_bytes() == (CODE / "requirements.txt").read_bytes()


def prepare(commit: str, wheels: str) -> Path:
    """The new code beside, with its packages; returns its Python."""
    remove_code()
    git("worktree", "add", "--quiet", "--force", "--detach", str(CODE), commit)
    if same_packages():
        say("packages: unchanged")
        return VENV / "bin" / "python"
    say("packages: fetching the new ones")
    code = "import sys; sys.path.insert(0, 'tools'); import environment; environment.prepare('run')"
    more = {"WHEELS": wheels} if wheels else {}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CODE, env={**os.environ, **more}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise environment.Missing(f"The new packages could not be installed:\n{done.stderr.strip()[-1500:]}")
    return CODE / ".venv" / "bin" / "python"


def remove_code() -> None:
    if CODE.exists():
        shutil.rmtree(CODE)
    git("worktree", "prune")


def rehearse(python: Path) -> None:
    """The new version on a copy of the data: migrate, check, start. Missing with what failed."""
    trial = WORK / "trial"
    shutil.rmtree(trial, ignore_errors=True)
    try:
        archive = json.loads(manage("backup", "--plain", str(trial / "archive")))
        manage(
            "restore",
            str(trial / "archive" / archive["name"]),
            *("--into", str(trial / "data")),
            code=CODE,
            python=python,
        )
        if os.environ.get("DATABASE_URL"):
            return  # the copy of a PostgreSQL database was dropped when it had been checked
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        more = {"DATA_DIR": str(trial / "data"), "WEB_WORKERS": "1", "DEMO_ACCOUNTS": "no"}
        import serve  # noqa: PLC0415  needs the newer Python that was made sure of

        log = trial / "start.txt"
        with log.open("wb") as written:
            web = subprocess.Popen(
                [str(python), "tools/web.py", "--port", str(port), "--workers", "1"],
                cwd=CODE,
                env={**os.environ, "DJANGO_SETTINGS_MODULE": "lms.settings", **more},
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,
            )
        try:
            if not comes_back(lambda: serve.answers("127.0.0.1", port), lambda: web.poll() is not None):
                raise environment.Missing(f"The new version did not start:\n{log.read_text('utf-8')[-1500:]}")
        finally:
            serve.stop([web])
    finally:
        shutil.rmtree(trial, ignore_errors=True)


def comes_back(there, gone=lambda: False) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not gone():
        if there():
            return True
        time.sleep(0.2)
    return False


# --- the exchange ---------------------------------------------------------------------------------------------------


def exchange(data: Path, old: str, new: str) -> None:
    """New code, new packages, migrated data; whatever fails, the old ones are back before Missing is raised."""
    from operations import maintenance  # noqa: PLC0415  newer Python

    before = data / f"before-upgrade-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
    try:
        with maintenance.begun(data):
            say("the site now answers with the maintenance page")
            before.mkdir(mode=0o700)
            keep(data, before)
            what = {"what": "upgrade", "from": old, "to": new, "before": str(before), "venv": not same_packages()}
            maintenance.write_down(data, what)
            try:
                git("reset", "--quiet", "--hard", new)
                if what["venv"]:
                    VENV.rename(VENV_BEFORE)
                    (CODE / ".venv").rename(VENV)
                say("migrating and preparing")
                manage("first_run")
                manage("self_check")
            except BaseException as error:
                say("that failed: putting the old version and the old data back")
                put_back(data)
                if isinstance(error, environment.Missing):
                    raise environment.Missing(f"{error}\nThe old version and the old data are back.") from None
                raise
            maintenance.finished(data)
    except maintenance.Busy:
        raise environment.Missing("Another restore or upgrade is under way. Wait until it has ended.") from None


def keep(data: Path, before: Path) -> None:
    """The database as it is now, when nobody works in it."""
    from operations import maintenance  # noqa: PLC0415

    if os.environ.get("DATABASE_URL"):
        manage("backup", "--plain", str(before))
        return
    if not maintenance.alone(data / DATABASE, 60):
        raise environment.Missing("Somebody still works in the database. Wait until the long job has ended, try again.")
    shutil.copy2(data / DATABASE, before / DATABASE)
    with (before / DATABASE).open("rb") as file:
        os.fsync(file.fileno())


def put_back(data: Path) -> None:
    """What was written down, undone. Can be killed and called again at any point."""
    from operations import maintenance  # noqa: PLC0415

    todo = maintenance.unfinished(data)
    if todo.get("what") != "upgrade":
        return
    before = Path(todo["before"])
    git("reset", "--quiet", "--hard", todo["from"])
    if todo["venv"] and VENV_BEFORE.exists():
        if VENV.exists():
            shutil.rmtree(VENV)
        VENV_BEFORE.rename(VENV)
    if (before / DATABASE).exists():
        part = data / (DATABASE + ".part")
        shutil.copy2(before / DATABASE, part)
        for ending in ("-wal", "-shm"):
            (data / (DATABASE + ending)).unlink(missing_ok=True)
        part.replace(data / DATABASE)
    elif dumps := sorted(before.glob("kalanso-*.tar.gz")):
        os.rename(data / "upkeep" / "unfinished.json", before / "unfinished.json")  # restore writes its own
        manage("restore", str(dumps[-1]))
    maintenance.finished(data)
    say(f"The data of before the upgrade are also in {before}; remove it when nobody needs it.")


def recover(data: Path) -> bool:
    """Put an upgrade back that was interrupted; whether there was one. Called by every start."""
    from operations import maintenance  # noqa: PLC0415

    if maintenance.unfinished(data).get("what") != "upgrade":
        return False
    try:
        with maintenance.begun(data):
            say("an upgrade was interrupted: putting the old version and the old data back")
            put_back(data)
    except maintenance.Busy:
        raise environment.Missing("An upgrade is under way. Wait until it has ended.") from None
    return True


# --- all of it ------------------------------------------------------------------------------------------------------


def main() -> int:
    environment.need_python([os.path.abspath(__file__)])
    import run  # noqa: PLC0415
    import serve  # noqa: PLC0415

    # A terminal that is closed must not leave half an upgrade: it is put back like any other failure.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    data = Path(run.data_dir())
    os.environ["DATA_DIR"] = str(data)
    if recover(data):
        return 1
    if not (data / DATABASE).exists() and not os.environ.get("DATABASE_URL"):
        raise environment.Missing(f"There is no site yet in {data}: make run makes one.")
    WORK.mkdir(exist_ok=True)
    file = os.environ.get("FILE", "")
    old, new = git("rev-parse", "HEAD"), target(file, os.environ.get("TO", ""))
    if old == new:
        say(f"This is the newest version ({old[:7]}). Nothing to do.")
        return 0
    if subprocess.call(["git", "-C", str(ROOT), "merge-base", "--is-ancestor", old, new]):
        raise environment.Missing(
            f"{new[:7]} is not newer than {old[:7]}.\nTo go back: git reset --hard {new[:7]}, then make restore FILE=…"
        )
    host, port = run.address()
    running = serve.answers(host, port)
    started = time.monotonic()
    say(f"from {old[:7]} to {new[:7]}")
    say("backup: " + json.loads(manage("backup"))["name"])
    python = prepare(new, str(WORK / "file" / "wheels") if file else "")
    say("trying the new version on a copy of the data")
    rehearse(python)
    paused = time.monotonic()
    exchange(data, old, new)
    if running and not comes_back(lambda: serve.answers(host, port)):
        raise environment.Missing(
            f"The new version is installed, but {host}:{port} does not answer. Start the site: make run"
        )
    shutil.rmtree(WORK, ignore_errors=True)
    git("worktree", "prune")
    environment.step(
        "upgraded", time.monotonic() - started, f"of which the site paused {time.monotonic() - paused:.0f} s"
    )
    if not running:
        say(
            f"Nothing answered at {host}:{port} before. A site that runs elsewhere starts again by itself; else: make run"
        )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except environment.Missing as missing:
        sys.stderr.write(f"\n{missing}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
    sys.exit(1)
