"""Several things at once, and waiting for what others do."""

import threading
import time

from django.db import connections


def at_once(*works):
    """Run in threads with connections of their own; returns results or exceptions."""
    results, gate = [None] * len(works), threading.Barrier(len(works))

    def run(number, work):
        gate.wait()
        try:
            results[number] = work()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def ended(job, seconds=40):
    """The job once it has ended; fails where it has not by then."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        job.refresh_from_db()
        if job.ended:
            return job
        time.sleep(0.1)
    raise AssertionError(f"{job.arguments} has not ended: {job.status}, {job.tries} tries")
