"""Background work through Celery: wakes the sweeper of the rows, and carries nothing itself."""

from __future__ import annotations

from celery import shared_task

from operations import jobs


@shared_task
def sweep() -> None:
    """Do one job that is due, and ask to look again if there was one: so a worker told to stop ends the job in hand."""
    if jobs.work_one():
        sweep.apply_async(expires=10)
