"""What the cascade of trainers costs, at 300 trainers and 20,000 participants and at ten times that: `make bench-cascade`.

Each size is a database of its own, filled in bulk (`bench.cascade_fill`) and thrown away. Seconds are of CPU, the database
included, the better of two: wall time is noise where others work on the machine. Ratios are to the least that can be read in
the same run: the registrations themselves, with nothing done to them.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from bench import report, sites

SIZES = ((300, 20_000), (3_000, 200_000))
AIM = 1.0  # seconds, at the smaller size


def one_size(trainers: int, people: int) -> dict[str, float]:
    """The figures of one size."""
    with tempfile.TemporaryDirectory() as folder:
        env = sites.environment(Path(folder)) | {"DEMO_ACCOUNTS": "no"}
        python = ("manage.py", "first_run", "--only", "catalogues", "database", "signing", "static")
        sites.python(env, *python)
        said = sites.python(env, "-m", "bench.cascade_fill", str(trainers), str(people))
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="the smaller size only; print, and write nothing")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    found = [(*size, one_size(*size)) for size in (SIZES[:1] if given.small else SIZES)]
    first = found[0][2]
    rows = []
    for trainers, people, one in found:
        for name, key in (
            ("worked out anew", "seconds"),
            ("as it is kept", "prepared"),
            ("screen", "screen"),
            ("register of trainers", "register"),
        ):
            rows.append(
                [
                    f"{trainers:,} trainers, {people:,} participants: {name}",
                    f"{1000 * one[key]:.0f}",
                    f"{one[key] / one['floor']:.1f}",
                    f"{one[key] / first[key]:.1f}",
                    str(one["queries" if key == "seconds" else f"{key}_queries"]),
                    f"{one.get(f'{key}_size', 0) / 1000:.0f}" if f"{key}_size" in one else "",
                ]
            )
    head = ["what", "CPU ms", "× registrations read", "× smaller size", "SQL", "KB"]
    verdict = "yes" if first["seconds"] < AIM else "NO"
    text = (
        f"## The cascade of trainers: SQLite\n\n`make bench-cascade`. {report.circumstances(load)} Six generations, four "
        "half-days and two tests of ten questions for each participant. It is worked out anew once a fact has changed, by a "
        "background job when attendance is closed; screen and register read what is kept.\n\n"
        f"{report.table(head, rows)}\n\nWorked out anew in less than {AIM:.0f} s of CPU at the smaller size: {verdict}.\n"
    )
    print(text, flush=True)
    if not given.small:
        report.write("CASCADE", text)


if __name__ == "__main__":
    main()
