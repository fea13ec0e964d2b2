"""What `make run` prepares before it serves."""

from __future__ import annotations

import stat

import pytest
from django.core.management import CommandError, call_command

from lms import first_run
from people.models import User


@pytest.fixture
def nobody(db, settings, tmp_path, monkeypatch):
    """A local trial that nobody has started before."""
    User.objects.all().delete()
    settings.DATA_DIR = tmp_path
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def run(*steps: str, capsys) -> str:
    call_command("first_run", only=list(steps))
    return capsys.readouterr().out


def test_demonstration_accounts_are_made_once_with_one_password_only_the_owner_can_read(nobody, client, capsys):
    assert "6 made" in run("accounts", capsys=capsys)
    note = nobody / "first-run.txt"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    password = next(
        line.removeprefix("password: ") for line in note.read_text().splitlines() if line.startswith("password: ")
    )
    for username in ("admin", "trainee", "instructor", "manager", "author", "master"):
        assert client.login(username=username, password=password)
        assert username in note.read_text()
    assert client.login(username="author", password=password)
    assert client.get("/authoring/").status_code == 200
    assert "nothing to do" in run("accounts", capsys=capsys)


def test_they_are_not_made_again_when_their_note_is_gone(nobody, capsys):
    run("accounts", capsys=capsys)
    (nobody / "first-run.txt").unlink()
    assert "nothing to do" in run("accounts", capsys=capsys)
    assert not (nobody / "first-run.txt").exists()


def test_they_are_not_made_in_a_database_that_somebody_configured_unless_asked_for(nobody, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgres://kalanso@db/kalanso")
    assert "nothing to do" in run("accounts", capsys=capsys)
    assert not User.objects.exists()
    monkeypatch.setenv("DEMO_ACCOUNTS", "yes")
    assert "6 made" in run("accounts", capsys=capsys)


def test_they_can_be_refused(nobody, monkeypatch, capsys):
    monkeypatch.setenv("DEMO_ACCOUNTS", "no")
    assert "nothing to do" in run("accounts", capsys=capsys)


def test_static_files_are_collected_again_only_when_one_has_changed(settings, tmp_path, capsys):
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    assert "files" in run("static", capsys=capsys).split(": ")[1]
    assert "nothing to do" in run("static", capsys=capsys)
    (settings.STATIC_ROOT / "staticfiles.json").unlink()
    assert "nothing to do" not in run("static", capsys=capsys)


def test_a_step_that_fails_says_which_why_and_what_to_do(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path

    def broken() -> str:
        raise OSError("No space left on device")

    monkeypatch.setattr(first_run, "steps", lambda: [first_run.Step("x", "signing key", broken, "Is the disk full?")])
    with pytest.raises(CommandError) as caught:
        call_command("first_run")
    said = str(caught.value)
    assert "signing key failed" in said and "No space left on device" in said and "Is the disk full?" in said
    assert "broken" in (tmp_path / "first-run-error.txt").read_text()
