"""Celery's workers do the same rows as the local worker: real processes, a real Redis."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from contextlib import suppress

import pytest
from django.core.cache.backends.redis import RedisCache
from django.db import connection

from operations import jobs
from operations.models import Job
from tests.concurrency import ended
from tests.lms.backends.processes import ROOT, ask_settings, child_environment

WORKER = textwrap.dedent(
    """
    import os, sys, time
    from datetime import timedelta
    from lms.celery import app
    import django
    django.setup()
    from operations import jobs
    jobs.LEASE, jobs.HEARTBEAT = timedelta(seconds=2), timedelta(seconds=0.5)
    jobs._periodic.clear()
    def handler(job):
        print(job.arguments["name"], job.tries, os.getpid(), flush=True)
        time.sleep(job.arguments["seconds"] if job.tries == 1 else 0)
        return {"tries": job.tries}
    jobs.register("test.sleep", handler)
    app.conf.worker_redirect_stdouts = False
    app.conf.broker_url = sys.argv[1]
    app.conf.broker_transport_options = {"global_keyprefix": sys.argv[2]}
    app.conf.beat_schedule["sweep"]["schedule"] = 0.3
    app.worker_main(["worker", "-B", "-s", sys.argv[3], "-c", "2", "-l", "error", "--without-gossip", "--without-mingle"])
    """
)


@pytest.fixture
def asking(monkeypatch):
    Job.objects.all().delete()
    monkeypatch.setitem(jobs._handlers, "test.sleep", lambda work: None)
    return lambda name, seconds=0.0: jobs.ask("test.sleep", arguments={"name": name, "seconds": seconds})


@pytest.fixture
def celery(redis_url, tmp_path):
    """Starts a worker with its beat, in a group of its own."""
    processes = []

    def start():
        arguments = [redis_url, f"kalanso-test-{uuid.uuid4()}-", str(tmp_path / f"beat-{len(processes)}")]
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, *arguments],
            cwd=ROOT,
            env=child_environment(),
            stdout=subprocess.PIPE,
            bufsize=0,  # what was read ahead, select would not see
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def next_line(process) -> list[str]:
    """Name, try and process of the next job that began. What Celery itself prints is left out."""
    until = time.monotonic() + 40
    while select.select([process.stdout], [], [], max(0, until - time.monotonic()))[0]:
        line = process.stdout.readline()
        if len(words := line.decode().split()) == 3 and words[1].isdigit() and words[2].isdigit():
            return words
    raise AssertionError("no job began")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="Celery is for installations with PostgreSQL")
def test_rows_are_done_survive_kill_9_and_a_worker_told_to_stop_ends_the_job_in_hand(asking, celery):
    first, others = asking("a", 60), [asking(name) for name in "bcd"]
    worker = celery()
    begun = [next_line(worker) for _ in range(4)]
    assert sorted(name for name, _try, _process in begun) == ["a", "b", "c", "d"]
    assert {ended(job).status for job in others} == {Job.Status.DONE}

    # The process that has the long job dies; another one of the pool takes it up when the lease has run out.
    os.kill(int(next(process for name, _try, process in begun if name == "a")), signal.SIGKILL)
    assert next_line(worker)[:2] == ["a", "2"]
    assert ended(first).result == {"tries": 2}

    # All of it dies at once, as in a power cut: a new installation of it goes on.
    second = asking("e", 60)
    assert next_line(worker)[:2] == ["e", "1"]
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    sound = celery()
    assert next_line(sound)[:2] == ["e", "2"]
    assert ended(second).tries == 2

    third = asking("f", 2)
    assert next_line(sound)[:2] == ["f", "1"]
    sound.send_signal(signal.SIGTERM)
    assert sound.wait(timeout=30) == 0
    third.refresh_from_db()
    assert third.status == Job.Status.DONE


def test_the_broker_comes_from_the_environment_and_is_not_needed_by_the_site(tmp_path):
    code = "import sys, django; django.setup(); from lms import wsgi; print('celery' in sys.modules, 'boto3' in sys.modules)"
    done = ask_settings(code, tmp_path, MANIFEST_STATIC="0")
    assert done.stdout.split() == ["False", "False"], done.stderr[-2000:]
    code = "from lms.celery import app; print(app.conf.broker_url, sorted(t for t in app.tasks if 'oper' in t), app.finalize())"
    code = code.replace("print(", "app.loader.import_default_modules(); print(")
    done = ask_settings(code, tmp_path, CELERY_BROKER_URL="redis://broker.example/3", MANIFEST_STATIC="0")
    assert done.stdout.split()[:2] == ["redis://broker.example/3", "['operations.tasks.sweep']"], done.stderr[-2000:]


def test_the_cache_in_redis_is_shared_by_processes(redis_url, tmp_path):
    name = f"test-{uuid.uuid4()}"
    here = RedisCache(redis_url, {})
    here.set(name, "ɓɛ", 60)
    code = f"from django.core.cache import cache; print(cache.get({name!r})); cache.set({name!r}, 'ŋ', 60)"
    done = ask_settings(code, tmp_path, REDIS_URL=redis_url, PYTHONUTF8="1")
    assert done.stdout.strip() == "ɓɛ", done.stderr[-2000:]
    assert here.get(name) == "ŋ"
    here.delete(name)
