"""What `make run` prepares before it serves."""

from __future__ import annotations

import shutil
import stat

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation.reloader import translation_file_changed

from courses.models import ActivityText, CoursePage
from lms import first_run
from lms.curriculum.loader import code_digest
from people.models import User
from tests.lms.curriculum.builder import small
from tests.lms.curriculum.site import LESSON_ONE


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


@pytest.fixture
def words(settings, tmp_path):
    """Catalogues of this test; afterwards nothing of them is remembered."""
    folder = tmp_path / "locale"
    shutil.copytree(settings.LOCALE_PATHS[0], folder)
    settings.LOCALE_PATHS = [folder]
    yield folder
    translation_file_changed(sender=None, file_path=folder / "django.mo")


def test_new_words_of_the_interface_come_into_the_texts_of_all_courses_at_the_next_start(
    db, settings, words, tmp_path, capsys
):
    settings.CURRICULUM_DIR = small().write(tmp_path / "folder")
    # Of the courses that are no part of this folder, one is enough.
    CoursePage.objects.exclude(course__code="K1").update(live=False)
    run("curriculum", capsys=capsys)
    assert "nothing to do" in run("catalogues", "curriculum", capsys=capsys)
    other = ActivityText.objects.filter(course__code="K1", language="fr", html__contains=">À retenir<").first()
    assert other is not None

    catalogue = words / "fr" / "LC_MESSAGES" / "django.po"
    text = catalogue.read_text(encoding="utf-8")
    assert 'msgstr "À retenir"' in text
    catalogue.write_text(text.replace('msgstr "À retenir"', 'msgstr "À garder en tête"'), encoding="utf-8")
    said = run("catalogues", "curriculum", capsys=capsys)
    assert "1 compiled" in said and "rendered again" in said
    for key in (LESSON_ONE, other.key):
        html = ActivityText.objects.get(key=key, language="fr").html
        assert ">À garder en tête<" in html and "À retenir" not in html
    assert "nothing to do" in run("curriculum", capsys=capsys)


def test_a_changed_template_of_a_block_lets_everything_be_rendered_again(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    template = tmp_path / "content" / "templates" / "content" / "blocks" / "key.html"
    template.parent.mkdir(parents=True)
    template.write_text("<section>")
    before = code_digest()
    template.write_text("<aside>")
    assert code_digest() != before


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
