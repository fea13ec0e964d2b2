"""A site of the release before becomes one of this release, and nothing that was recorded is lost."""

from __future__ import annotations

from pathlib import Path

from tests.lms.curriculum.builder import small
from tests.lms.upkeep import installation

KEPT = (
    "SELECT id, verb, actor, registration, stored, body FROM records_statement ORDER BY id",
    "SELECT number, holder_id, holder_name, issued FROM certificates_credential ORDER BY number",
    "SELECT username, email, first_name, last_name, password FROM people_user ORDER BY username",
    "SELECT id, user_id, course_id, status, score, completed_at FROM courses_enrolment ORDER BY id",
)


def test_people_records_and_certificates_of_the_release_before_are_all_there_and_guarded(tmp_path):
    site = installation.of_release(
        tmp_path / "data", CURRICULUM_DIR=str(small().write(tmp_path / "folder")), DEMO_ACCOUNTS="no"
    )
    before = {question: site.sql(question) for question in KEPT}
    assert all(before.values())
    done = site.run("first_run")
    assert done.returncode == 0, done.stderr
    for question, rows in before.items():
        assert site.sql(question) == rows
    # The record agrees with what is folded from it, and its triggers are there, after every migration.
    checked = site.run("self_check", "--whole")
    assert checked.returncode == 0, checked.stderr
    guards = site.sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'records_%_no_%'")
    assert len(guards) == 4
    made = site.manage("backup")
    assert (Path(made["places"][0]) / made["name"]).stat().st_size > 10_000
