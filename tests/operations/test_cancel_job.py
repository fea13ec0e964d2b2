import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from operations import jobs
from operations.errors import Refused
from operations.models import AuditEntry, Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def handlers(monkeypatch):
    monkeypatch.setattr(jobs, "_handlers", {})
    monkeypatch.setattr(jobs, "_periodic", {})
    Job.objects.all().delete()
    return jobs.register


def test_work_that_waits_is_cancelled_and_never_done(handlers, cast):
    done = []
    handlers("test.list", lambda work: done.append(1))
    job = jobs.ask("test.list", asked_by=cast.awa)
    jobs.cancel(job, by=cast.awa)
    assert jobs.work(once=True) == 0 and not done
    job.refresh_from_db()
    assert (job.status, bool(job.ended)) == (Job.Status.CANCELLED, True)
    entry = AuditEntry.objects.get(code="operations.job-cancelled")
    assert (entry.actor, entry.object_id) == (cast.awa, str(job.pk))


def test_work_under_way_stops_at_its_next_report_and_keeps_what_it_did(handlers, cast):
    done = []

    def handler(work):
        for number in range(1, 6):
            done.append(number)
            if number == 2:
                jobs.cancel(Job.objects.get(pk=work.id), by=cast.awa)
            work.beat()

    handlers("test.list", handler)
    job = jobs.ask("test.list", asked_by=cast.awa)
    jobs.work(once=True)
    job.refresh_from_db()
    assert done == [1, 2]
    assert (job.status, job.result, job.error, job.leased_until) == (Job.Status.CANCELLED, None, "", None)


@pytest.mark.django_db(transaction=True)
def test_work_in_one_transaction_hears_of_it_through_the_heartbeat_and_is_undone(handlers, cast, monkeypatch):
    """On SQLite a writer waits for that transaction to end: there, only what reads can be cancelled meanwhile."""
    monkeypatch.setattr(jobs, "HEARTBEAT", timedelta(seconds=0.1))
    seen = []

    def handler(work):
        jobs.cancel(Job.objects.get(pk=work.id), by=cast.awa)
        time.sleep(0.5)
        with transaction.atomic():
            seen.append("began")
            work.progress(1, 2)
            seen.append("went on")

    handlers("test.list", handler)
    job = jobs.ask("test.list", asked_by=cast.awa)
    jobs.work(once=True)
    job.refresh_from_db()
    assert (job.status, seen) == (Job.Status.CANCELLED, ["began"])


@pytest.mark.parametrize("status", [Job.Status.DONE, Job.Status.FAILED, Job.Status.CANCELLED])
def test_what_has_ended_is_not_cancelled(handlers, cast, status):
    handlers("test.list", lambda work: None)
    job = jobs.ask("test.list")
    Job.objects.filter(pk=job.pk).update(status=status, ended=timezone.now())
    with pytest.raises(Refused, match="ended already"):
        jobs.cancel(job, by=cast.awa)
    assert not AuditEntry.objects.filter(code="operations.job-cancelled").exists()


def test_asking_again_after_a_cancellation_sets_it_going_and_the_old_worker_is_not_heard(handlers, cast):
    handlers("test.list", lambda work: {"by": "whoever"})
    job = jobs.ask("test.list", key="a")
    old = jobs.claim()
    jobs.cancel(job, by=cast.awa)
    assert jobs.ask("test.list", key="a").pk == job.pk
    new = jobs.claim()
    assert (new.id, new.tries, new.claim != old.claim) == (job.pk, old.tries, True)
    jobs.run(old)
    job.refresh_from_db()
    assert job.status == Job.Status.RUNNING
    jobs.run(new)
    job.refresh_from_db()
    assert job.status == Job.Status.DONE
