"""`make bench`: what each screen costs, beside a plain view and a bare Wagtail page measured in the same run.

CPU milliseconds are those of the whole server tree (granian, its workers, and with --postgres the server's processes for
this database), read from /proc before and after: wall time is noise where others work on the machine. The worker's time is
not counted in, for it is nobody's request.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench import report, sites
from bench.client import Ask, Browser, send_all

ROUNDS = 82  # requests of the rows that can be sent once; two of them are for counting
COUNTED = 2
USERS = (1, 8)
PEOPLE = {1_000: 200, 50_000: 10_000}
PLAIN, BARE = "plain view", "bare Wagtail page"
AIMS = {"lesson": 0.5, "course": 0.75, "my learning": 0.75, "answer": 1.0, "submission": 1.5}  # × a bare Wagtail page
ORDER = (
    "login",
    "catalogue",
    "course",
    "lesson",
    "start of attempt",
    "answer",
    "submission",
    "result",
    "my learning",
    "certificate",
    "verification",
    "manager’s list of people",
    "submission that completes the course",  # last: it gives the worker papers to print
)


@dataclass
class Cost:
    """Of one row with so many users at once."""

    cpu: float  # ms a request
    rate: float  # requests a second
    p95: float  # ms
    size: int  # bytes


def measure(running: sites.Running, asks: Sequence[Ask], users: int) -> Cost:
    """Send these requests and say what one of them cost."""
    before = running.cpu()
    answers, seconds = send_all(running.port, asks, users)
    spent = running.cpu() - before
    times = sorted(answer.seconds for answer in answers)
    return Cost(
        1000 * spent / len(asks),
        len(asks) / seconds,
        1000 * times[int(0.95 * (len(times) - 1))],
        round(statistics.median(answer.size for answer in answers)),
    )


def warm(running: sites.Running, paths: Sequence[Ask]) -> None:
    """What each web process does once: two browsers, since each is tied to one of them."""
    for _browser in range(6):
        browser = Browser(running.port)
        for ask in paths:
            browser.send(ask)


def one_size(enrolments: int, server: str, only: Sequence[str]) -> dict[str, object]:
    """Everything for one filled site."""
    with sites.site(PEOPLE[enrolments], enrolments, server) as running:
        said = sites.python(running.env, "-m", "bench.prepare", str(ROUNDS))
        asks = {
            name: [Ask(**one) for one in found]
            for name, found in json.loads(said.splitlines()[-1]).items()
            if not only or name in only
        }
        counted = {name: [vars(one) for one in found[:COUNTED]] for name, found in asks.items()}
        queries = json.loads(sites.python(running.env, "-m", "bench.count", given=json.dumps(counted)).splitlines()[-1])
        costs: dict[str, list[Cost]] = {name: [] for name in (PLAIN, BARE, *asks)}
        with sites.started(running), sites.bare(server) as beside:
            warm(running, [found[0] for found in asks.values() if found[0].form is None])
            warm(beside, [Ask("/plain/"), Ask("/lesson/")] * 5)
            for turn, users in enumerate(USERS):
                yardsticks: dict[str, list[Cost]] = {PLAIN: [], BARE: []}

                def beside_it(users: int = users, kept: dict[str, list[Cost]] = yardsticks) -> None:
                    kept[PLAIN].append(measure(beside, [Ask("/plain/")] * 400, users))
                    kept[BARE].append(measure(beside, [Ask("/lesson/")] * 160, users))

                beside_it()
                for name in sorted(asks, key=ORDER.index):
                    share = asks[name][COUNTED:]
                    half = len(share) // len(USERS)
                    costs[name].append(measure(running, share[turn * half : (turn + 1) * half], users))
                beside_it()
                for name, found in yardsticks.items():
                    costs[name].append(found[0] if found[0].cpu < found[1].cpu else found[1])
            memory = running.memory()
        if "Traceback" in running.log:
            raise RuntimeError(f"The site said:\n{running.log[-5000:]}")
        return {"costs": costs, "queries": queries, "memory": memory, "start": running.seconds_to_first_page}


def shown(found: dict, enrolments: int, engine: str) -> str:
    """A size's table."""
    costs, queries = found["costs"], found["queries"]
    plain, bare = costs[PLAIN][0].cpu, costs[BARE][0].cpu
    rows = []
    for name in (PLAIN, BARE, *sorted(queries, key=ORDER.index)):
        one, eight = costs[name]
        ratio = one.cpu / bare
        aim = AIMS.get(name)
        verdict = "" if aim is None else f"≤ {aim}: {'yes' if ratio <= aim else 'NO'}"
        rows.append(
            [
                name,
                f"{one.cpu:.1f}",
                f"{one.cpu / plain:.1f}",
                f"{ratio:.2f}",
                verdict,
                f"{one.rate:.0f}",
                f"{one.p95:.0f}",
                f"{eight.cpu:.1f}",
                f"{eight.rate:.0f}",
                f"{eight.p95:.0f}",
                str(queries.get(name, "")),
                f"{one.size / 1000:.1f}",
            ]
        )
    head = [
        "one request",
        "CPU ms",
        "× plain",
        "× Wagtail",
        "aim",
        "req/s",
        "p95 ms",
        "8 users: CPU ms",
        "req/s",
        "p95 ms",
        "SQL",
        "KB",
    ]
    return (
        f"### {enrolments:,} enrolments, {engine}\n\n{report.table(head, rows)}\n\n"
        f"Memory (PSS) of web processes and worker together after it: {found['memory'] / 2**20:.0f} MB (aim ≤ 350). "
        f"Start to first page: {found['start']:.1f} s (aim ≤ 4).\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, choices=list(PEOPLE), default=list(PEOPLE))
    parser.add_argument("--postgres", default="", metavar="URL", help="measure on this server instead of SQLite")
    parser.add_argument("--only", nargs="+", default=[], choices=ORDER, help="these rows")
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/measurements.md alone")
    given = parser.parse_args()
    load, started = os.getloadavg()[0], time.monotonic()
    engine = "PostgreSQL" if given.postgres else "SQLite"
    parts = []
    for size in given.sizes:
        parts.append(shown(one_size(size, given.postgres, given.only), size, engine))
        print(parts[-1], flush=True)
    if not given.dry:
        command = "make bench" if not given.postgres else "make bench BENCH=--postgres=URL"
        head = (
            f"## What a request costs: {engine}\n\n`{command}`. {report.circumstances(load)} It took "
            f"{(time.monotonic() - started) / 60:.0f} minutes. CPU is that of the whole server tree, database included; "
            "“plain” is a Django view that draws a template without a query, “Wagtail” a page of a bare site, both "
            "read by a stranger behind the same server in the same run. SQL counts statements, session and person included.\n\n"
        )
        report.write(f"COST {engine}", head + "\n".join(parts))


if __name__ == "__main__":
    main()
