"""Three hundred people log in, read, and take the final assessment within ten minutes: no error page, no lost answer.

Every person is one browser that does what a person does, at a person's pace: the login page and the form, the course, two
lessons, the beginning of the assessment, each of twenty questions opened and answered, the page that asks once more, and the
result. People arrive over the first half of the time. Afterwards the database is read: every answer that the site
acknowledged must be there, as it was given, and every assessment handed in once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from bench import report, sites
from bench.client import PASSWORD, Answer, Ask, Browser

PEOPLE, MINUTES = 300, 10.0
ENROLMENTS = 1_000
READING = 0.2  # of the time that a person has is spent on lessons, the rest on questions


@dataclass
class Seen:
    """What all browsers have met together."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)  # {attempt: {position: answer}}
    finished: list[float] = field(default_factory=list)


class Person:
    """One browser and its person."""

    def __init__(self, port: int, plan: dict[str, Any], seen: Seen, pace: float, chance: random.Random) -> None:
        self.browser, self.plan, self.seen, self.pace, self.chance = Browser(port), plan, seen, pace, chance
        self.session = ""

    def ask(self, kind: str, path: str, expect: int, form: dict[str, Any] | None = None) -> Answer:
        answer = self.browser.send(Ask(path, self.session, form, expect))
        self.seen.times[kind].append(answer.seconds)
        if answer.status != expect:
            self.seen.wrong.append(f"{kind}: {path} answered {answer.status} {answer.location}")
            raise RuntimeError(kind)
        for cookie in answer.cookies:
            if cookie.startswith("sessionid="):
                self.session = cookie.partition("=")[2].partition(";")[0]
        return answer

    def think(self, share: float) -> None:
        time.sleep(self.pace * share * self.chance.uniform(0.5, 1.5))

    def live(self) -> None:
        plan = self.plan
        self.ask("login page", "/accounts/login/", 200)
        self.ask("login", "/accounts/login/", 302, {"login": plan["username"], "password": PASSWORD})
        self.ask("my learning", "/fr/learn/", 200)
        self.ask("course", plan["course"], 200)
        for lesson in plan["lessons"]:
            self.ask("lesson", lesson, 200)
            self.think(READING / len(plan["lessons"]))
        self.ask("assessment, before", plan["final"], 200)
        begun = self.ask("start", f"{plan['final']}start/", 303, {"attempts": "0"})
        attempt = begun.location.rstrip("/").rpartition("/")[2]
        kept = self.seen.acknowledged.setdefault(attempt, {})
        for number in range(1, plan["questions"] + 1):
            page = self.ask("question", f"/fr/attempts/{attempt}/?q={number}", 200)
            slug = slug_of(page)
            self.think((1 - READING) / plan["questions"])
            given = plan["answers"][slug]
            answer = self.ask(
                "answer", f"/fr/attempts/{attempt}/answer/", 303, {"q": str(number), "go": "next", **given["form"]}
            )
            if "/result/" in answer.location or ("/submit/" not in answer.location and "?q=" not in answer.location):
                self.seen.wrong.append(f"answer {number} led to {answer.location}")
            kept[str(number)] = given["stored"]
        self.ask("confirm", f"/fr/attempts/{attempt}/submit/", 200)
        self.ask("submission", f"/fr/attempts/{attempt}/submit/", 303, {})
        self.ask("result", f"/fr/attempts/{attempt}/result/", 200)


def slug_of(page: Answer) -> str:
    """The id of the question on the page."""
    return page.text.partition('data-question="')[2].partition('"')[0]


def run(running: sites.Running, plans: list[dict[str, Any]], minutes: float) -> Seen:
    """Let all of them live, each in a thread of its own; arrivals over the first half."""
    seen = Seen()
    whole = minutes * 60
    started = time.monotonic()

    def live(number: int, plan: dict[str, Any]) -> None:
        chance = random.Random(number)
        time.sleep(max(0.0, started + 0.5 * whole * number / len(plans) - time.monotonic()))
        try:
            Person(running.port, plan, seen, 0.36 * whole, chance).live()
            seen.finished.append(time.monotonic() - started)
        except Exception as error:
            seen.wrong.append(f"{plan['username']}: {type(error).__name__} {error}")

    threads = [threading.Thread(target=live, args=item) for item in enumerate(plans)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def shown(seen: Seen, checked: dict[str, int], running: sites.Running, engine: str, cpu: float, memory: int) -> str:
    rows = []
    everything: list[float] = []
    for kind, times in seen.times.items():
        everything += times
        rows.append([kind, *_row(times)])
    rows.append(["all", *_row(everything)])
    whole = max(seen.finished, default=0.0)
    wrong = Counter(line.partition(":")[0] for line in seen.wrong)
    said = "none" if not seen.wrong else f"{dict(wrong)}, first: {seen.wrong[:3]}"
    return (
        f"{report.table(['request', 'count', 'median ms', 'p95 ms', 'p99 ms', 'longest ms'], rows)}\n\n"
        f"{len(seen.finished)} people finished in {whole / 60:.1f} minutes on {engine}. Errors: {said}. Answers acknowledged: "
        f"{checked['acknowledged']}; found afterwards as given: {checked['found']}; lost: {checked['lost']}. Handed in: "
        f"{checked['submitted']} of {checked['attempts']}, recorded once each: {checked['recorded']}. "
        f"Server CPU {cpu:.0f} s in all ({100 * cpu / whole if whole else 0:.0f} % of one core); memory (PSS) of web "
        f"processes and worker at the end {memory / 2**20:.0f} MB.\n"
    )


def _row(times: list[float]) -> list[str]:
    ordered = sorted(times)

    def at(share: float) -> str:
        return f"{1000 * ordered[int(share * (len(ordered) - 1))]:.0f}"

    return [str(len(ordered)), at(0.5), at(0.95), at(0.99), at(1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--postgres", default="", metavar="URL", help="on this server instead of SQLite")
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/measurements.md alone")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    engine = "PostgreSQL" if given.postgres else "SQLite"
    with sites.site(200, ENROLMENTS, given.postgres) as running:
        with sites.started(running):  # first: starting loads the curriculum, which sets the rules of assessments
            said = sites.python(running.env, "-m", "bench.people", "make", str(given.people))
            plans = json.loads(said.splitlines()[-1])
            before = running.cpu()
            seen = run(running, plans, given.minutes)
            spent, memory = running.cpu() - before, running.memory()
        said = sites.python(running.env, "-m", "bench.people", "check", given=json.dumps(seen.acknowledged))
        checked = json.loads(said.splitlines()[-1])
        text = shown(seen, checked, running, engine, spent, memory)
        log = running.log
    print(text)
    if "Traceback" in log:
        print(log[-5000:])
    if not given.dry:
        options = [f"--minutes {given.minutes:g}"] if given.minutes != MINUTES else []
        options += ["--postgres URL"] if given.postgres else []
        command = "make load" + (f' LOAD="{" ".join(options)}"' if options else "")
        report.write(
            f"LOAD {engine}",
            f"## {given.people} people at once: {engine}\n\n`{command}`. {report.circumstances(load)} "
            f"The browsers ran on the same cores as the site.\n\n{text}",
        )
    if seen.wrong or checked["lost"] or "Traceback" in log or len(seen.finished) < given.people:
        raise SystemExit("Something went wrong: see above.")


if __name__ == "__main__":
    main()
