#!/usr/bin/env python3
"""`make test`: everything that is checked before a change is good; `make lint`: the part that takes seconds.

Arguments after `--` go to pytest. Every check runs, whatever the ones before it said; the last line is pytest's.
Where a PostgreSQL server answers (TEST_DATABASE_URL, or 127.0.0.1:5432 with the user postgres and no password), the
tests marked `postgres` run there too; where Redis answers too, so do those of Celery and of the shared cache.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import environment

LOCAL_POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"


_LAYERS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_steps(python):
    """(name, command) of each fast check."""
    run = [python, "-m"]
    return [
        ("format", [*run, "ruff", "format", "--check", "--quiet", "."]),
        ("lint", [*run, "ruff", "check", "--quiet", "."]),
        ("layers", [python, "-c", _LAYERS, "--no-logo"]),
        ("migrations", [python, "manage.py", "makemigrations", "--check", "--dry-run", "-v", "1"]),
        ("types", [*run, "mypy"]),
    ]


def postgresql(python):
    """The address of a server that answers, or nothing."""
    url = os.environ.get("TEST_DATABASE_URL") or LOCAL_POSTGRESQL
    code = "import psycopg, sys; psycopg.connect(sys.argv[1], connect_timeout=3).close()"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return url if subprocess.call([python, "-c", code, url], **quiet) == 0 else ""


def redis(python):
    """Whether a Redis server answers (TEST_REDIS_URL, or the usual address): else its tests are left out."""
    url = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/0"
    code = "import redis, sys; redis.Redis.from_url(sys.argv[1], socket_connect_timeout=3).ping()"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.call([python, "-c", code, url], **quiet) == 0


def check(name, command, **more):
    """Run one check; say how long it took; return whether it passed."""
    started = time.monotonic()
    done = subprocess.call(command, cwd=environment.ROOT, stdin=subprocess.DEVNULL, **more)
    environment.step(name, time.monotonic() - started, "ok" if done == 0 else "FAILED")
    return done == 0


def lint(python):
    """Run the fast checks side by side, tell in their order what each said; return the names of those that failed."""

    def run(step):
        name, command = step
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=environment.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return name, time.monotonic() - started, done

    failed = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name, seconds, done in pool.map(run, lint_steps(python)):
            sys.stdout.buffer.write(done.stdout)
            sys.stdout.flush()
            environment.step(name, seconds, "ok" if done.returncode == 0 else "FAILED")
            if done.returncode:
                failed.append(name)
    return failed


def main(arguments):
    environment.need_python([os.path.abspath(__file__), *arguments])
    only_lint = "--lint" in arguments
    more = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    python = environment.prepare("dev")
    os.environ.update(DJANGO_SETTINGS_MODULE="tests.settings")
    url = os.environ.pop("TEST_DATABASE_URL", "")

    if not only_lint:
        import browser  # noqa: PLC0415  needs the newer Python that was just made sure of

        found = browser.find_or_install()
        if not found:
            raise environment.Missing(browser.HOW_TO_GET_ONE)
        os.environ["CHROMIUM"] = found

    # The tests start a hundred processes, which would each compile every module again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    failed = lint(python)
    if only_lint:
        if failed:
            environment.say("\nFailed: " + ", ".join(failed))
        return 1 if failed else 0

    if url:
        os.environ["TEST_DATABASE_URL"] = url
    server = postgresql(python)
    os.environ.pop("TEST_DATABASE_URL", None)
    if not redis(python):
        environment.say("            no Redis server answers: without Celery (TEST_REDIS_URL names a server)")
    # One more than there are cores: while a worker waits for a server, a browser or a child, another one works.
    pytest = [python, "-m", "pytest", "-q", "-n", str(min(4, (os.cpu_count() or 1) + 1))]
    if server:
        passed = check(
            "tests on PostgreSQL",
            [*pytest, "-m", "postgres and not e2e", *more],
            env={**os.environ, "TEST_DATABASE_URL": server},
        )
        if not passed:
            failed.append("tests on PostgreSQL")
    else:
        environment.say("            no PostgreSQL server answers: SQLite only (TEST_DATABASE_URL names a server)")
    done = subprocess.call(
        [*pytest, "--durations=10", "--durations-min=3", *more],
        cwd=environment.ROOT,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "KALANSO_FAILED_CHECKS": ", ".join(failed)},
    )
    return done or (1 if failed else 0)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except environment.Missing as missing:
        sys.stderr.write(f"\n{missing}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
    sys.exit(1)
