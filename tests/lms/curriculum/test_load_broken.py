"""A broken folder changes nothing, and all that is wrong with it is said at once: file, line, field, reason."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from lms.curriculum import conflicts, loader
from lms.curriculum.reader import read
from tests.lms.curriculum.builder import Folder, key, small
from tests.lms.curriculum.site import COURSE, LESSON_ONE, everything, load

pytestmark = pytest.mark.django_db
ALPHA = "courses/alpha/course.yaml"
MODULE = "courses/alpha/modules/01-first/module.yaml"
QUESTIONS = "courses/alpha/modules/01-first/questions.yaml"
ONE = "courses/alpha/modules/01-first/01-one.fr.md"
LINE = re.compile(r"[^\s:]+(?::\d+)?: (?:[^:]+: )?\S.+")


def refused(place: Path, *options: str) -> list[str]:
    """The lines that the command says of a folder that it does not take."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError):
        call_command("load_curriculum", str(place), *options, stdout=out, stderr=err)
    assert out.getvalue() == ""
    return err.getvalue().strip().splitlines()


BROKEN: dict[str, tuple[Callable[[Folder], object], str]] = {
    "a mark above 100": (lambda f: f.edit(ALPHA, "pass_mark: 70", "pass_mark: 170"), f"{ALPHA}:"),
    "no key": (lambda f: f.change(ALPHA, "key", value=...), f"{ALPHA}:"),
    "a key twice": (lambda f: f.change(MODULE, "key", value=key("alpha")), ": key: "),
    "a language missing": (lambda f: f.change(ALPHA, "title", "en", value=...), f"{ALPHA}:"),
    "an unknown source": (lambda f: f.edit(ONE, "[law-one]", "[law-nine]"), f"{ONE}:6: sources"),
    "an unknown block": (lambda f: f.edit(ONE, ":::reflect", ":::ponder"), f"{ONE}:"),
    "an open block": (lambda f: f.edit(ONE, "- A paper first.\n:::", "- A paper first."), f"{ONE}:"),
    "another structure": (lambda f: f.edit(ONE, ":::reflect\nWhat would you do?\n:::\n\n", ""), "01-one."),
    "no such figure": (lambda f: f.edit(ONE, "figures/path.fr.svg", "figures/road.fr.svg"), f"{ONE}:"),
    "no such lesson": (lambda f: f.change(MODULE, "lessons", value=["01-one", "02-two", "03-three"]), f"{MODULE}:"),
    "a lesson in one language": (lambda f: f.files.pop(ONE.replace(".fr.", ".en.")), "01-one.en.md"),
    "YAML that is none": (lambda f: f.files.update({ALPHA: "title: [one"}), f"{ALPHA}:"),
    "a file that is no text": (lambda f: f.files.update({ONE: b"\xff\xfe"}), ONE),
    "a question with no right answer": (
        lambda f: f.edit(QUESTIONS, "correct: true", "correct: false"),
        f"{QUESTIONS}:",
    ),
    "an exam without enough questions": (
        lambda f: f.change(ALPHA, "final_assessment", "blueprint", 0, "count", value=90),
        f"{ALPHA}:",
    ),
    "courses that require each other": (
        lambda f: f.change(ALPHA, "prerequisites", value=["beta"]),
        ": prerequisites: ",
    ),
    "a picture that acts": (
        lambda f: f.edit("courses/alpha/figures/path.fr.svg", "<rect", "<script>alert(1)</script><rect"),
        "path.fr.svg",
    ),
    "a file out of place": (lambda f: f.files.update({"courses/alpha/notes.txt": "x"}), "courses/alpha/notes.txt"),
    "a broken survey": (lambda f: f.files.update({"surveys/after.yaml": "a: 1\na: 2\n"}), "surveys/after.yaml:2"),
    "no programme": (lambda f: f.files.pop("programme.yaml"), "programme.yaml"),
    "a title that is too long": (lambda f: f.edit(ONE, '"01-one [fr]"', f'"{"x" * 300}"'), f"{ONE}:"),
    "a heading that is too long": (lambda f: f.edit(ONE, "## What it says", f"## {'x ' * 200}"), f"{ONE}:"),
    "a case title that is too long": (lambda f: f.edit(ONE, ":::case The", f":::case {'x ' * 150}The"), f"{ONE}:"),
    "an alternative that is too long": (lambda f: f.edit(ONE, "![The path", f"![{'x ' * 300}"), f"{ONE}:"),
    "an objective that is too long": (lambda f: f.edit(ONE, '"First [fr]"', f'"{"x" * 600}"'), f"{ONE}:"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_folder_is_refused_with_its_file_and_reason(name: str, tmp_path: Path) -> None:
    breaking, expected = BROKEN[name]
    folder = small()
    breaking(folder)
    said = refused(folder.write(tmp_path / "in"))
    assert any(expected in line for line in said), said
    assert all(LINE.fullmatch(line) for line in said), said


def test_nothing_changes_and_everything_is_said_in_one_run(tmp_path: Path) -> None:
    load(small(), tmp_path)
    before = everything()
    folder = small().edit(ONE, "A **first** paragraph", "A corrected paragraph")  # a good change among the bad ones
    for name in ("a mark above 100", "an unknown source", "a broken survey", "a picture that acts"):
        BROKEN[name][0](folder)
    place = folder.write(tmp_path / "in")
    said = refused(place)
    for part in (f"{ALPHA}:", "sources", "surveys/after.yaml:2", "path.fr.svg"):
        assert any(part in line for line in said), (part, said)
    assert refused(place, "--check") == said
    assert refused(place, "--force", "--overwrite") == said
    assert everything() == before


@pytest.mark.parametrize("place", ["nowhere", "file", "empty", "secret"])
def test_what_is_no_folder_is_refused(place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    if place == "file":
        path.write_text("x")
    elif place != "nowhere":
        path.mkdir()
    if place == "secret":
        (path / "programme.yaml").symlink_to("/etc/passwd")
    assert refused(path)


def test_what_is_no_regular_file_is_named_and_not_opened(tmp_path: Path) -> None:
    place = small().write(tmp_path / "in")
    (place / ALPHA).unlink()
    os.mkfifo(place / ALPHA)
    assert any(ALPHA in line for line in refused(place))


# --- what is right in itself, but not on this site --------------------------------------------------------------------


def conflicting(folder: Folder, tmp_path: Path) -> list[str]:
    """What the command says of a folder that reads well; nothing changes."""
    place = folder.write(tmp_path / "conflict")
    curriculum, problems = read(place)
    assert problems == []
    assert curriculum is not None
    before = everything()
    said = refused(place)
    assert said == [str(problem) for problem in conflicts.find(curriculum, place)]
    assert everything() == before
    return said


def test_a_code_of_another_course_is_refused(tmp_path: Path) -> None:
    load(small(), tmp_path)
    folder = small().edit(ALPHA, str(COURSE), key("elsewhere"))
    said = conflicting(folder, tmp_path)
    assert any(re.match(rf"{ALPHA}:\d+: code: .*A1.*alpha", line) for line in said)
    assert any(re.match(rf"{ALPHA}:\d+: slug: .*alpha.*A1", line) for line in said)


def test_a_key_of_a_page_of_another_kind_is_refused(tmp_path: Path) -> None:
    load(small(), tmp_path)
    folder = small().edit(MODULE, key("alpha", "01"), key("alpha", "new"))
    for language in ("fr", "en"):
        folder.edit(
            f"courses/alpha/modules/01-first/02-two.{language}.md", key("alpha", "01", "02-two"), key("alpha", "01")
        )
    said = conflicting(folder, tmp_path)
    assert re.match(r"courses/alpha/modules/01-first/02-two\.fr\.md:2: key: ", said[0])


def test_a_lesson_of_another_course_is_refused(tmp_path: Path) -> None:
    load(small(), tmp_path)
    folder = small()
    for language in ("fr", "en"):
        name = f"modules/01-first/01-one.{language}.md"
        one, other = (str(folder.files[f"courses/{course}/{name}"]) for course in ("alpha", "beta"))
        folder.files[f"courses/alpha/{name}"], folder.files[f"courses/beta/{name}"] = (
            one.replace(key("alpha", "01", "01-one"), key("beta", "01", "01-one")),
            other.replace(key("beta", "01", "01-one"), key("alpha", "01", "01-one")),
        )
    said = conflicting(folder, tmp_path)
    assert [line.split(": ")[0] for line in said] == [
        "courses/alpha/modules/01-first/01-one.fr.md:2",
        "courses/beta/modules/01-first/01-one.fr.md:2",
    ]


def test_a_question_id_that_stands_for_another_question_is_refused(tmp_path: Path) -> None:
    load(small(), tmp_path)
    folder = small()
    one, other = folder.data(QUESTIONS), folder.data(QUESTIONS.replace("alpha", "beta"))
    one[0]["id"], other[0]["id"] = other[0]["id"], one[0]["id"]
    one[1]["id"], one[2]["id"] = one[2]["id"], one[1]["id"]
    folder.put(QUESTIONS, one).put(QUESTIONS.replace("alpha", "beta"), other)
    said = conflicting(folder, tmp_path)
    assert len(said) == 4
    assert all(re.match(r"courses/\w+/modules/01-first/questions\.yaml:\d+: id: ", line) for line in said)


def test_keys_that_begin_alike_in_a_course_are_refused(tmp_path: Path) -> None:
    load(small(), tmp_path)
    folder = small()
    alike = f"{str(LESSON_ONE)[:8]}-0000-4000-8000-000000000000"
    for language in ("fr", "en"):
        folder.edit(f"courses/alpha/modules/01-first/02-two.{language}.md", key("alpha", "01", "02-two"), alike)
    (said,) = conflicting(folder, tmp_path)
    assert ":2: key: " in said


def test_a_load_that_breaks_in_the_middle_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything()
    real, calls = loader.publication.publish, []

    def publish(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 2:
            raise RuntimeError("the power is gone")
        return real(*arguments, **options)

    monkeypatch.setattr(loader.publication, "publish", publish)
    with pytest.raises(RuntimeError):
        load(small(), tmp_path)
    assert everything() == before
