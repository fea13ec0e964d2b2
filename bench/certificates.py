"""Part of `make bench`: two hundred certificates of a workshop, from the closing of attendance to the last signed PDF and
badge, in one worker; beside it the same two hundred pages set by typst alone, in the same run.

CPU seconds are those of the worker and of all it starts, read from /proc; wall time stands beside them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

import django

if __name__ == "__main__" and "--inside" in sys.argv:
    django.setup()

from bench import report
from bench.processes import cpu_seconds, tree
from bench.sites import environment, python

PEOPLE, AIM_SECONDS = 200, 60


def spent() -> float:
    """CPU seconds of this process and of all that it has started."""
    return cpu_seconds(tree(os.getpid()))


class Watch:
    """Seconds of CPU and of the clock on the wall."""

    def __enter__(self) -> Watch:
        self._cpu, self._wall = spent(), time.monotonic()
        return self

    def __exit__(self, *raised: object) -> None:
        self.cpu, self.wall = spent() - self._cpu, time.monotonic() - self._wall


def inside() -> dict[str, Any]:
    """In the site's own environment: fill a workshop, close it, let the worker work."""
    import typst  # noqa: PLC0415 - what is measured beside us

    from certificates import pdf  # noqa: PLC0415
    from certificates.models import Credential, Rendering  # noqa: PLC0415
    from certificates.paper import content_of, square_code  # noqa: PLC0415
    from operations import jobs  # noqa: PLC0415
    from workshops.services import close_attendance  # noqa: PLC0415

    workshop = fill()
    jobs.work(once=True)  # what the site asks for by itself
    with Watch() as whole:
        close_attendance(workshop=workshop, actor=None)
        jobs.work(once=True)
    rows = list(Credential.objects.filter(workshop=workshop).select_related("holder"))
    papers = Rendering.objects.filter(credential__in=rows).count()
    assert len(rows) == papers == PEOPLE, (len(rows), papers)
    contents = [content_of(row, "fr", code=square_code(row, "fr")) for row in rows]
    data = [json.dumps({"papers": [pdf._data(content)]}, ensure_ascii=False) for content in contents]
    with Watch() as bare:
        compiler = typst.Compiler(pdf.TEMPLATE, root=pdf.TEMPLATE.parent, ignore_system_fonts=True)
        moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        for one in data:
            compiler.compile(sys_inputs={"data": one}, format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=moment)
    return {"cpu": whole.cpu, "wall": whole.wall, "bare": bare.cpu, "bare_wall": bare.wall}


def fill() -> Any:
    """A workshop of two days of a course, whose two hundred people came always; half of them have an account."""
    from courses.models import Course  # noqa: PLC0415
    from lms.populate import PREFIX  # noqa: PLC0415
    from people.models import Institution, User  # noqa: PLC0415
    from workshops.models import HeadCount, Mark, Presence, Registration  # noqa: PLC0415
    from workshops.services import add_session, plan_workshop  # noqa: PLC0415

    day, now = dt.date.today(), dt.datetime.now(dt.UTC)
    workshop = plan_workshop(
        organiser=Institution.objects.order_by("path").first(),
        course=Course.objects.get(code="K3"),
        title="Atelier",
        place="Bamako",
        starts=day - dt.timedelta(days=1),
        ends=day,
        capacity=PEOPLE,
    )
    sessions = [
        add_session(workshop=workshop, day=day - dt.timedelta(days=ago), starts=begins, ends=ends)
        for ago in (1, 0)
        for begins, ends in ((dt.time(8), dt.time(12)), (dt.time(13), dt.time(17)))
    ]
    accounts = User.objects.bulk_create(
        User(username=f"{PREFIX}certificate-{number}", first_name="Awa", last_name=f"Diarra {number}", language="fr")
        for number in range(PEOPLE // 2)
    )
    people = Registration.objects.bulk_create(
        Registration(
            workshop=workshop,
            number=number,
            user=accounts[number - 1] if number <= len(accounts) else None,
            name=f"Awa Diarra {number}",
            state=Registration.State.ACCEPTED,
            origin=Registration.Origin.LIST,
        )
        for number in range(1, PEOPLE + 1)
    )
    marks = Mark.objects.bulk_create(
        Mark(session=session, registration=row, status="present", source="sheet", made=now, stored=now)
        for session in sessions
        for row in people
    )
    Presence.objects.bulk_create(
        Presence(session=mark.session, registration=mark.registration, status=mark.status, mark=mark) for mark in marks
    )
    HeadCount.objects.bulk_create(
        HeadCount(session=session, people=PEOPLE, made=now, stored=now) for session in sessions
    )
    return workshop


def shown(found: dict[str, Any]) -> str:
    rows = [
        [
            f"{PEOPLE} certificates: rows, evidence, messages, signed PDF, signed badge",
            f"{found['cpu']:.1f}",
            f"{PEOPLE / found['cpu']:.1f}",
            f"{found['wall']:.1f}",
            f"≤ {AIM_SECONDS} s: {'yes' if found['wall'] <= AIM_SECONDS else 'NO'}",
        ],
        [
            f"the same {PEOPLE} pages, typst alone in one process, unsigned",
            f"{found['bare']:.1f}",
            f"{PEOPLE / found['bare']:.1f}",
            f"{found['bare_wall']:.1f}",
            "",
        ],
    ]
    head = ["", "CPU s", "per CPU second", "wall s", "aim"]
    return (
        f"{report.table(head, rows)}\n\nA certificate, with everything around it, costs "
        f"{found['cpu'] / found['bare']:.1f} times the bare page.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/measurements.md alone")
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(inside()))
        return
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="kalanso-bench-") as folder:
        env = environment(Path(folder))
        python(env, "manage.py", "first_run")
        found = json.loads(python(env, "-m", "bench.certificates", "--inside").splitlines()[-1])
    text = shown(found)
    print(text)
    if not given.dry:
        head = (
            "## What certificates cost\n\n`python -m bench.certificates`, part of `make bench`. "
            f"{report.circumstances(load)} One worker; SQLite.\n\n"
        )
        report.write("CERTIFICATES", head + text)


if __name__ == "__main__":
    main()
