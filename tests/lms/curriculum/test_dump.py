"""The curriculum of a site as a folder: what was loaded comes back, and what authors changed since."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from courses.models import LessonPage
from lms.curriculum import dumper
from lms.curriculum.model import Curriculum
from lms.curriculum.reader import read
from tests.cast import Cast
from tests.lms.curriculum.builder import Folder, small
from tests.lms.curriculum.site import LESSON_ONE, LESSON_TWO, MODULE, command, load, page

pytestmark = pytest.mark.django_db


def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """See only the courses and entries of the small folder in what is written."""
    listed = dumper._Dump.listed
    monkeypatch.setattr(
        dumper._Dump, "listed", lambda self: [pair for pair in listed(self) if pair[0].slug in ("alpha", "beta")]
    )


def of(place: Path) -> Curriculum:
    curriculum, problems = read(place)
    assert problems == []
    assert curriculum is not None
    return replace(curriculum, digest="")


def there_and_back(folder: Folder, tmp_path: Path) -> tuple[Curriculum, Curriculum]:
    """What the folder says, and what the site says after it was loaded; of the courses only."""
    load(folder, tmp_path)
    command("dump_curriculum", tmp_path / "out")
    return of(tmp_path / "folder-0"), of(tmp_path / "out")


@pytest.mark.postgres
def test_the_real_curriculum_comes_back_as_it_was(tmp_path: Path, settings) -> None:
    summary = command("dump_curriculum", tmp_path / "out")
    assert len(summary["courses"]) == 7
    assert of(tmp_path / "out") == of(Path(settings.CURRICULUM_DIR))


def test_a_written_folder_loads_without_a_change(tmp_path: Path) -> None:
    command("dump_curriculum", tmp_path / "out")
    summary = command("load_curriculum", tmp_path / "out", "--overwrite")
    assert (summary["created"], summary["updated"], summary["kept"]) == (0, 0, 0)


@pytest.mark.parametrize("locales", [("fr", "en"), ("fr", "en", "bm")])
def test_courses_come_back_with_every_kind_of_block_and_question(
    locales: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone(monkeypatch)
    given, found = there_and_back(small(locales=locales), tmp_path)
    assert found.locales == given.locales == locales
    assert found.courses == given.courses
    for name, entries in given.programme.sections.items():
        kept = {entry.id for entry in entries}
        assert [entry for entry in found.programme.sections[name] if entry.id in kept] == list(entries)
    assert found.programme.extra == given.programme.extra
    assert {entry.id: entry for entry in given.norms}.items() <= {entry.id: entry for entry in found.norms}.items()


def test_keys_that_no_model_knows_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone(monkeypatch)
    folder = small()
    course, module = "courses/alpha/course.yaml", "courses/alpha/modules/01-first/module.yaml"
    folder.change(course, "audiences", value=["judges", "guards"])
    folder.change(course, "credits", value={"fr": "Merci", "en": "Thanks"})
    folder.change(course, "final_assessment", "remark", value="slowly")
    folder.change(course, "certificate", "level", value=2)
    folder.change(module, "colour", value="blue")
    folder.change("sources-a.yaml", 0, "shelf", value=["a", 1])
    folder.change("courses/alpha/exam.yaml", 0, "reviewed", value=True)
    for language in ("fr", "en"):
        folder.edit(f"courses/alpha/modules/01-first/01-one.{language}.md", "audio: false", "audio: true\ntone: warm")
    given, found = there_and_back(folder, tmp_path)
    assert found.courses == given.courses
    assert next(source.extra for source in found.sources if source.id == "law-one") == {"shelf": ["a", 1]}


def test_an_author_s_words_are_written(tmp_path: Path, cast: Cast) -> None:
    load(small(), tmp_path)
    lesson = page(LESSON_ONE, "en")
    lesson.title = "A better title"
    raw = list(lesson.body.raw_data)
    raw[1] = {**raw[1], "value": "Better   words.\r\n\r\n\r\nIn two paragraphs."}
    lesson.body = raw
    lesson.save_revision(user=cast.oumar).publish()
    command("dump_curriculum", tmp_path / "out", "--course", "alpha")
    text = (tmp_path / "out/courses/alpha/modules/01-first/01-one.en.md").read_text()
    assert "title: A better title" in text
    assert "\n\nBetter   words.\n\nIn two paragraphs.\n\n" in text


def test_a_new_lesson_of_an_author_gets_a_name_and_its_missing_words_are_told(tmp_path: Path) -> None:
    load(small(), tmp_path)
    mine = LessonPage(
        title="Mine",
        slug="mine",
        locale=page(MODULE).locale,
        minutes=5,
        body=[{"type": "text", "value": "My words."}],
        objectives=[{"type": "line", "value": "To see."}],
        sources=[{"type": "source", "value": "law-one"}],
    )
    page(LESSON_ONE).add_sibling(instance=mine, pos="right")
    mine.save_revision().publish()
    err = io.StringIO()
    call_command("dump_curriculum", str(tmp_path / "out"), "--course", "alpha", stdout=io.StringIO(), stderr=err)
    assert "Mine" in err.getvalue()
    (course,) = of(tmp_path / "out").courses
    assert [lesson.name for lesson in course.modules[0].lessons] == ["01-one", "02-mine", "02-two"]
    assert course.modules[0].lessons[1].words["en"].title == "Mine"


def test_what_is_not_published_is_left_out(tmp_path: Path) -> None:
    load(small(), tmp_path)
    page(LESSON_TWO).unpublish()
    draft = page(LESSON_ONE)
    draft.title = "Draft"
    draft.save_revision()
    command("dump_curriculum", tmp_path / "out", "--course", "alpha")
    (course,) = of(tmp_path / "out").courses
    assert [lesson.words["fr"].title for lesson in course.modules[0].lessons] == ["01-one [fr]"]


def test_one_course_comes_with_those_it_requires(tmp_path: Path) -> None:
    load(small(), tmp_path)
    assert command("dump_curriculum", tmp_path / "out", "--course", "beta")["courses"] == ["alpha", "beta"]
    assert of(tmp_path / "out").documents == ()


def test_a_folder_that_holds_something_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="out"):
        command("dump_curriculum", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_an_unknown_course_is_told_with_those_there_are(tmp_path: Path) -> None:
    load(small(), tmp_path)
    with pytest.raises(CommandError, match="alpha"):
        command("dump_curriculum", tmp_path / "out", "--course", "gamma")
    assert not (tmp_path / "out").exists()


def test_words_that_the_format_cannot_hold_are_told_and_nothing_is_written(tmp_path: Path) -> None:
    load(small(), tmp_path)
    lesson = page(LESSON_ONE)
    raw = list(lesson.body.raw_data)
    raw[1] = {**raw[1], "value": "Words.\n\n## A heading in a text"}
    lesson.body = raw
    lesson.save_revision().publish()
    with pytest.raises(CommandError):
        command("dump_curriculum", tmp_path / "out", "--course", "alpha")
    assert not (tmp_path / "out").exists()
