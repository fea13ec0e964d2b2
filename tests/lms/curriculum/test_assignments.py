"""Written work in a curriculum folder: an optional file, read with its problems named, loaded, changed, given back."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from assessments.models import Assignment, AssignmentPage
from courses.models import Activity, ActivityText, LessonPage
from lms.curriculum.reader import read
from lms.curriculum.writer import render
from tests.lms.curriculum.builder import Folder, key, small
from tests.lms.curriculum.site import MODULE, command, load, page
from tests.lms.curriculum.test_dump import alone, there_and_back

pytestmark = pytest.mark.django_db
FILE = "courses/alpha/modules/01-first/assignments.yaml"
COURSE_FILE, MODULE_FILE = "courses/alpha/course.yaml", "courses/alpha/modules/01-first/module.yaml"
KEY = UUID(key("alpha", "01", "work"))
FINAL_KEY = UUID(key("alpha", "work"))


def words(folder: Folder, text: str) -> dict[str, str]:
    return {locale: f"{text} [{locale}]" for locale in folder.locales}


def with_work(**changed: object) -> Folder:
    """The small folder with written work in a module and after the modules."""
    folder = small()
    level = {"value": 1, **words(folder, "Low")}
    levels = [level, {"value": 2, **words(folder, "High")}]
    criterion = {"id": "c", "title": words(folder, "Facts"), "levels": {n: words(folder, f"L{n}") for n in (1, 2)}}
    folder.put(
        "rubrics/report.yaml",
        {
            "id": "report",
            "title": words(folder, "Report"),
            "levels": levels,
            "criteria": [criterion],
            "pass_rule": {"minimum_total": 2, **words(folder, "All of it")},
        },
    )
    entry = {
        "id": "report-of-facts",
        "key": str(KEY),
        "title": words(folder, "Report of facts"),
        "task": words(folder, "Write.\n\nThen read it again."),
        "rubric": "report",
        "answer": "either",
        "least_words": 50,
        "attempts": 2,
        "minutes": 45,
    } | changed
    folder.put(FILE, [entry])
    last = {name: entry[name] for name in ("title", "task", "rubric", "minutes")}
    folder.put(
        "courses/alpha/assignments.yaml",
        [last | {"id": "last", "key": str(FINAL_KEY), "answer": "file", "required": False}],
    )
    return folder


def problems(folder: Folder, tmp_path: Path) -> list[str]:
    found, wrong = read(folder.write(tmp_path / "folder"))
    assert (found is None) == bool(wrong)
    return [str(one) for one in wrong]


def test_it_becomes_pages_rules_and_steps(tmp_path: Path) -> None:
    load(with_work(), tmp_path)
    assert [child.slug for child in page(MODULE).get_children()] == ["01-one", "02-two", "practice", "report-of-facts"]
    for language in ("fr", "en"):
        found = page(KEY, language)
        assert isinstance(found, AssignmentPage)
        assert (found.title, found.live, found.rubric) == (f"Report of facts [{language}]", True, "report")
        html = ActivityText.objects.get(key=KEY, language=language).html
        assert html == f"<p>Write.</p>\n\n<p>Then read it again. [{language}]</p>"
    row = Assignment.objects.get(key=KEY)
    assert (row.course.code, row.answer, row.least_words, row.most_words) == ("A1", "either", 50, None)
    assert row.attempts_allowed == 2
    step = Activity.objects.get(key=KEY)
    assert (step.kind, step.rule, step.required, step.minutes) == ("assignment", "graded", True, 45)
    last = Activity.objects.get(key=FINAL_KEY)
    assert (last.module_key, last.required) == (None, False)


def test_it_comes_back_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone(monkeypatch)
    given, found = there_and_back(with_work(), tmp_path)
    assert found.courses == given.courses
    assert found.courses[0].modules[0].assignments[0].key == KEY
    assert render(found)[FILE] == render(given)[FILE]


def test_a_workshop_may_stand_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone(monkeypatch)
    folder = with_work()
    facts = {"title": words(folder, "Two days"), "minutes": 720, "required": True}
    for file, work, name in ((MODULE_FILE, "report-of-facts", "first"), (COURSE_FILE, "last", "second")):
        folder.change(file, "workshops", value=[facts | {"key": key("alpha", name, "workshop"), "before": work}])
    given, found = there_and_back(folder, tmp_path)
    assert found.courses == given.courses
    assert [child.specific.kind for child in page(MODULE).get_children()][-2:] == ["workshop", "assignment"]


def test_the_same_again_changes_nothing_and_an_edit_changes_one_page(tmp_path: Path) -> None:
    load(with_work(), tmp_path)
    again = load(with_work(), tmp_path)
    assert (again.changed, again.created, again.updated) == (False, 0, 0)
    edited = load(with_work(attempts=5), tmp_path)
    assert (edited.created, edited.updated) == (0, 2)
    assert Assignment.objects.get(key=KEY).attempts_allowed == 5


def test_what_left_the_folder_is_retired_and_comes_back(tmp_path: Path) -> None:
    load(with_work(), tmp_path)
    without = with_work()
    del without.files[FILE]
    load(without, tmp_path)
    assert Activity.objects.get(key=KEY).retired
    assert Assignment.objects.filter(key=KEY).exists()
    load(with_work(), tmp_path)
    assert not Activity.objects.get(key=KEY).retired


def test_authors_words_are_not_overwritten(tmp_path: Path) -> None:
    load(with_work(), tmp_path)
    found = page(KEY)
    found.task = "Autre chose"
    found.save_revision().publish()
    report = load(with_work(attempts=5), tmp_path)
    assert report.kept == 1
    assert page(KEY).task == "Autre chose"


def test_one_course_takes_the_rubrics_of_its_work_along(tmp_path: Path) -> None:
    folder, _wrong = read(with_work().write(tmp_path / "folder"))
    files = render(folder, only_course="alpha")
    assert "rubrics/report.yaml" in files
    for name, data in files.items():
        (tmp_path / "one" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "one" / name).write_bytes(data)
    again, wrong = read(tmp_path / "one")
    assert wrong == []
    assert again.courses[0] == replace(folder.courses[0])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"rubric": "nothing"}, "report-of-facts.rubric: “nothing” is not known in this folder."),
        ({"answer": "song"}, "report-of-facts.answer: “song” is not one of: either, essay, file."),
        ({"minutes": 0}, "report-of-facts.minutes: This must be a whole number from 1 to 1440."),
        ({"attempts": -1}, "report-of-facts.attempts: This must be a whole number from 1 to 20."),
        ({"required": "yes"}, "report-of-facts.required: This must be true or false."),
        ({"most_words": 10}, "report-of-facts.most_words: This is less than the least number of words."),
        ({"task": {"fr": "Écrire"}}, "report-of-facts.task.en: The text in “en” is missing."),
        ({"colour": "red"}, "report-of-facts.colour: This field is not known here."),
        ({"key": "x"}, "report-of-facts.key: This must be a UUID"),
        ({"key": key("alpha")}, "is used already in"),
        ({"id": "Not a slug"}, "Not a slug.id: “Not a slug” does not have the form expected here."),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(changed: dict[str, object], told: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANG", "C")
        found = [line for line in problems(with_work(**changed), tmp_path) if told in line]
    assert found
    assert found[0].startswith("courses/alpha/")


@pytest.mark.parametrize("content", ["- 1\n", "a: b\n", "[", "- {}\n"])
def test_a_file_that_is_no_list_of_work_is_refused(content: str, tmp_path: Path) -> None:
    folder = with_work()
    folder.files[FILE] = content
    assert problems(folder, tmp_path)


def test_a_rubric_without_a_rule_grades_nothing(tmp_path: Path) -> None:
    folder = with_work()
    folder.change("rubrics/report.yaml", "pass_rule", value=...)
    assert any("is not known in this folder" in line for line in problems(folder, tmp_path))


def test_a_key_of_another_kind_of_page_is_a_conflict(tmp_path: Path) -> None:
    taken = str(LessonPage.objects.filter(locale__language_code="fr").first().translation_key)
    folder = with_work(key=taken).write(tmp_path / "taken")
    err = io.StringIO()
    with pytest.raises(CommandError):
        call_command("load_curriculum", str(folder), stdout=io.StringIO(), stderr=err)
    assert f"{FILE}:2: key: This key stands for a page of another kind on this site" in err.getvalue()
    assert not Assignment.objects.exists()


def test_the_command_loads_it(tmp_path: Path) -> None:
    command("load_curriculum", with_work().write(tmp_path / "folder"))
    assert Assignment.objects.filter(key__in=[KEY, FINAL_KEY]).count() == 2
