import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from operations import jobs
from operations.errors import Refused
from operations.models import Job
from tests.concurrency import ended

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def handlers(monkeypatch):
    """An empty registry: the jobs of the site's own rooms do not mix in."""
    monkeypatch.setattr(jobs, "_handlers", {})
    monkeypatch.setattr(jobs, "_periodic", {})
    monkeypatch.setattr(jobs, "_asked", {})
    Job.objects.all().delete()
    return jobs.register


def now_due(job):
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_job_is_done_with_its_arguments_progress_and_result(handlers, cast):
    def handler(work):
        work.progress(1, 4)
        work.progress(4, 4)
        return {"twice": work.arguments["number"] * 2}

    handlers("test.double", handler)
    job = jobs.ask("test.double", arguments={"number": 21}, asked_by=cast.awa)
    assert jobs.work(once=True) == 1
    job.refresh_from_db()
    assert (job.status, job.result, job.done, job.total) == (Job.Status.DONE, {"twice": 42}, 4, 4)
    assert (job.asked_by, job.tries, job.error, job.leased_until) == (cast.awa, 1, "", None)
    assert job.ended
    assert jobs.work(once=True) == 0


@pytest.mark.django_db
def test_the_same_work_is_asked_for_once_and_again_after_it_failed(handlers):
    handlers("test.once", lambda work: None)
    first = jobs.ask("test.once", key="a")
    assert jobs.ask("test.once", key="a").pk == first.pk
    assert jobs.ask("test.once", key="b").pk != first.pk
    Job.objects.filter(pk=first.pk).update(status=Job.Status.FAILED, tries=3, error="x")
    again = jobs.ask("test.once", key="a")
    assert (again.pk, again.status, again.tries, again.error) == (first.pk, Job.Status.WAITING, 0, "")


@pytest.mark.django_db
def test_nobody_can_ask_for_what_nobody_does(handlers):
    with pytest.raises(LookupError, match="Nobody"), transaction.atomic():
        jobs.ask("test.unknown")
    handlers("test.gone", lambda work: None)
    job = jobs.ask("test.gone")
    jobs._handlers.clear()
    jobs.work(once=True)
    job.refresh_from_db()
    assert (job.status, "test.gone" in job.error) == (Job.Status.FAILED, True)


@pytest.mark.django_db
def test_a_job_waits_for_its_time(handlers):
    handlers("test.later", lambda work: None)
    job = jobs.ask("test.later", run_after=timezone.now() + timedelta(hours=1))
    assert jobs.work(once=True) == 0
    now_due(job)
    assert jobs.work(once=True) == 1


@pytest.mark.django_db
def test_an_unexpected_error_is_tried_three_times_with_pauses_and_then_told(handlers, caplog):
    def handler(work):
        raise ZeroDivisionError("no facilitators")

    handlers("test.broken", handler)
    job = jobs.ask("test.broken")
    pauses = []
    for _try in range(3):
        assert jobs.work(once=True) == 1
        assert jobs.work(once=True) == 0
        job.refresh_from_db()
        pauses.append((job.run_after - timezone.now()).total_seconds())
        if job.status == Job.Status.WAITING:
            now_due(job)
    assert (job.status, job.tries) == (Job.Status.FAILED, 3)
    assert 5 < pauses[0] < 15 and 100 < pauses[1] < 130
    assert job.error == "The work stopped on an unexpected error: ZeroDivisionError: no facilitators"


@pytest.mark.django_db
def test_a_refusal_is_told_at_once(handlers):
    def handler(work):
        raise Refused("The file has no rows.")

    handlers("test.refused", handler)
    job = jobs.ask("test.refused")
    jobs.work(once=True)
    job.refresh_from_db()
    assert (job.status, job.error, job.tries) == (Job.Status.FAILED, "The file has no rows.", 1)


@pytest.mark.django_db
def test_work_that_meets_a_full_disk_waits_for_room_and_is_never_given_up(handlers):
    room = []

    def handler(work):
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")

    handlers("test.write", handler)
    job = jobs.ask("test.write")
    for _ in range(jobs.TRIES + 2):
        assert jobs.work(once=True) == 1
        job.refresh_from_db()
        assert job.status == Job.Status.WAITING and job.run_after > timezone.now()
        now_due(job)
    room.append("again")
    jobs.work(once=True)
    job.refresh_from_db()
    assert job.status == Job.Status.DONE


@pytest.mark.django_db
def test_a_result_that_is_not_json_fails_the_job_and_not_the_worker(handlers, caplog):
    handlers("test.object", lambda work: object())
    job = jobs.ask("test.object")
    jobs.work(once=True)
    job.refresh_from_db()
    assert "TypeError" in job.error


@pytest.mark.django_db
def test_a_dead_workers_job_is_taken_up_once_its_lease_has_run_out(handlers):
    handlers("test.long", lambda work: None)
    job = jobs.ask("test.long")
    dead = jobs.claim()
    assert jobs.claim() is None
    Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    second = jobs.claim()
    assert (second.id, second.tries) == (job.pk, 2)
    with pytest.raises(jobs.Lost):
        dead.beat()
    jobs.run(dead)  # comes back from a long sleep: what it says no longer counts
    job.refresh_from_db()
    assert job.status == Job.Status.RUNNING
    jobs.run(second)
    job.refresh_from_db()
    assert job.status == Job.Status.DONE


@pytest.mark.django_db
def test_a_job_that_takes_its_workers_down_is_given_up_and_the_next_is_done(handlers):
    handlers("test.poison", lambda work: None)
    poison, sound = jobs.ask("test.poison"), jobs.ask("test.poison")
    for _worker in range(3):
        assert jobs.claim().id == poison.pk
        Job.objects.filter(pk=poison.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert jobs.work(once=True) == 1
    poison.refresh_from_db()
    sound.refresh_from_db()
    assert (poison.status, sound.status) == (Job.Status.FAILED, Job.Status.DONE)
    assert poison.error == "The work was interrupted 3 times and was given up."


@pytest.mark.django_db
def test_looking_at_an_empty_queue_costs_one_read(handlers, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert jobs.claim() is None


@pytest.mark.django_db
def test_periodic_work_is_asked_for_once_an_interval(handlers, at):
    handlers("test.hourly", lambda work: None)
    jobs.periodic("test.hourly", every=timedelta(hours=1))
    at("2026-11-24T10:15:00Z")
    assert [jobs.work(once=True) for _ in range(2)] == [1, 0]
    jobs._asked.clear()  # another worker
    assert jobs.work(once=True) == 0
    at("2026-11-24T15:00:00Z")
    assert [jobs.work(once=True) for _ in range(2)] == [1, 0]


@pytest.mark.django_db
def test_periodic_work_that_went_well_leaves_its_rows_for_a_day_only(handlers, at):
    handlers("test.hourly", lambda work: None)
    jobs.periodic("test.hourly", every=timedelta(hours=1))
    for moment in ("2026-11-22T10:15:00Z", "2026-11-24T10:15:00Z"):
        at(moment)
        jobs.work(once=True)
    jobs.tidy_periodic()
    assert Job.objects.count() == 1


@pytest.fixture
def at(monkeypatch):
    return lambda text: monkeypatch.setattr(jobs.timezone, "now", lambda: datetime.fromisoformat(text))


@pytest.mark.django_db(transaction=True)
def test_work_that_was_asked_for_in_a_change_that_failed_is_not_done(handlers):
    handlers("test.undone", lambda work: None)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.ask("test.undone")
        raise ZeroDivisionError
    assert jobs.work(once=True) == 0


@pytest.mark.django_db(transaction=True)
def test_several_workers_do_each_job_once(handlers):
    done = []
    handlers("test.many", lambda work: done.append(work.arguments["number"]))
    for number in range(30):
        jobs.ask("test.many", arguments={"number": number})

    def worker():
        jobs.work(once=True)
        connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs.work(once=True)
    assert sorted(done) == list(range(30))


@pytest.mark.django_db(transaction=True)
def test_a_long_job_keeps_its_lease_and_shows_its_progress(handlers, monkeypatch):
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=1))
    monkeypatch.setattr(jobs, "HEARTBEAT", timedelta(seconds=0.2))

    seen = []

    def handler(work):
        work.progress(3, 10)
        time.sleep(1.5)
        row = Job.objects.get(pk=work.id)
        seen.append((row.done, row.leased_until > timezone.now(), jobs.claim()))

    handlers("test.slow", handler)
    jobs.ask("test.slow")
    jobs.work(once=True)
    assert seen == [(3, True, None)]


@pytest.mark.django_db(transaction=True)
def test_a_worker_stops_after_the_job_in_hand(handlers):
    stop = threading.Event()
    handlers("test.last", lambda work: stop.set())
    first, second = jobs.ask("test.last"), jobs.ask("test.last")
    assert jobs.work(stop=stop) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (Job.Status.DONE, Job.Status.WAITING)


# --- real processes -------------------------------------------------------------------------------------------------

WORKER = textwrap.dedent(
    """
    import sys, time
    from datetime import timedelta
    import django
    django.setup()
    from django.core.management import call_command
    from operations import jobs
    jobs.LEASE, jobs.HEARTBEAT, jobs.POLL = timedelta(seconds=1.5), timedelta(seconds=0.4), 0.1
    jobs._periodic.clear()
    def handler(job):
        print(job.arguments["name"], job.tries, flush=True)
        time.sleep(job.arguments["seconds"] if job.tries == 1 else 0)
        return {"tries": job.tries}
    jobs.register("test.sleep", handler)
    call_command("work")
    print("stopped", flush=True)
    """
)


@pytest.fixture
def worker():
    processes = []

    def start():
        environment = {
            **os.environ,
            "KALANSO_TEST_DATA": str(settings.DATA_DIR),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        if connection.vendor == "postgresql":
            values = connection.settings_dict
            environment["TEST_DATABASE_URL"] = (
                f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"
            )
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.django_db(transaction=True)
def test_a_job_survives_kill_9_and_a_worker_told_to_stop_ends_the_job_in_hand(handlers, worker):
    handlers("test.sleep", lambda work: None)
    first, second = (jobs.ask("test.sleep", arguments={"name": name, "seconds": 60}) for name in ("a", "b"))
    killed = worker()
    assert killed.stdout.readline() == "a 1\n"
    killed.kill()
    killed.wait()
    Job.objects.filter(pk=second.pk).update(arguments={"name": "b", "seconds": 1})

    sound = worker()
    assert {sound.stdout.readline() for _ in range(2)} == {"a 2\n", "b 1\n"}
    assert ended(first).result == {"tries": 2}
    assert ended(second).result == {"tries": 1}

    third = jobs.ask("test.sleep", arguments={"name": "c", "seconds": 1.5})
    fourth = jobs.ask("test.sleep", arguments={"name": "d", "seconds": 0})
    assert sound.stdout.readline() == "c 1\n"
    sound.send_signal(signal.SIGTERM)
    assert sound.wait(timeout=20) == 0
    assert sound.stdout.read() == "stopped\n"
    third.refresh_from_db()
    fourth.refresh_from_db()
    assert (third.status, fourth.status) == (Job.Status.DONE, Job.Status.WAITING)
