"""Workshops as steps of a course in a curriculum folder: read, loaded, written; what is wrong is said."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from django.conf import settings as site
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses import publication
from courses.models import Activity, Course, OutlineVersion
from courses.services import enrol
from lms.curriculum import conflicts, loader
from lms.curriculum.model import Curriculum
from lms.curriculum.reader import read
from lms.curriculum.writer import render, write
from tests.lms.curriculum.builder import Folder, key, small
from tests.lms.curriculum.site import COURSE, LESSON_ONE, MODULE, command, everything, load, page
from workshops.models import WorkshopPage

pytestmark = pytest.mark.django_db

COURSE_FILE = "courses/alpha/course.yaml"
MODULE_FILE = "courses/alpha/modules/01-first/module.yaml"
IN_MODULE = UUID(key("alpha", "01", "workshop"))
IN_COURSE = UUID(key("alpha", "workshop"))


def entry(identity: UUID, **more: Any) -> dict[str, Any]:
    return {
        "key": str(identity),
        "title": {"fr": "Deux jours [fr]", "en": "Two days [en]"},
        "minutes": 720,
        "required": True,
    } | more


def blended() -> Folder:
    """A workshop between the lessons of a module, and one before the final assessment of the course."""
    summary = {"fr": "On s’exerce.", "en": "We practise."}
    folder = small()
    folder.change(MODULE_FILE, "workshops", value=[entry(IN_MODULE, before="02-two", summary=summary)])
    folder.change(COURSE_FILE, "workshops", value=[entry(IN_COURSE, required=False, before="final_assessment")])
    return folder


def of(place: Path) -> Curriculum:
    curriculum, problems = read(place)
    assert problems == []
    assert curriculum is not None
    return replace(curriculum, digest="")


def outline() -> list[list[tuple[str, bool]]]:
    """(kind, required) of the steps of each module, then of those that finish the course."""
    found = OutlineVersion.objects.filter(course__key=COURSE).order_by("-number").first().outline
    parts = [*(module["activities"] for module in found["modules"]), found["final"]]
    return [[(step["kind"], step["required"]) for step in part] for part in parts]


# --- there and back ---------------------------------------------------------------------------------------------------


def test_it_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    curriculum = of(blended().write(tmp_path / "in"))
    (alpha, beta) = curriculum.courses
    (mine,) = alpha.modules[0].workshops
    assert (mine.key, mine.minutes, mine.required, mine.before) == (IN_MODULE, 720, True, "02-two")
    assert mine.summary["en"] == "We practise."
    assert (alpha.workshops[0].summary, alpha.workshops[0].required) == ({}, False)
    assert beta.workshops == ()
    write(curriculum, tmp_path / "out")
    assert of(tmp_path / "out") == curriculum
    assert render(of(tmp_path / "out")) == render(curriculum)


def test_a_folder_without_workshops_is_written_without_them(tmp_path: Path) -> None:
    files = render(of(small().write(tmp_path)))
    assert not any(b"workshops" in data for name, data in files.items() if name.endswith(".yaml"))


@pytest.mark.postgres
def test_it_is_loaded_in_every_language_and_comes_back(tmp_path: Path) -> None:
    load(blended(), tmp_path)
    for language in ("fr", "en"):
        found = page(IN_MODULE, language)
        assert isinstance(found, WorkshopPage)
        assert (found.title, found.minutes, found.required, found.live) == (
            {"fr": "Deux jours [fr]", "en": "Two days [en]"}[language],
            720,
            True,
            True,
        )
        assert found.get_parent().translation_key == MODULE
        assert page(IN_COURSE, language).get_parent().translation_key == COURSE
    assert outline() == [
        [("lesson", True), ("workshop", True), ("lesson", True), ("quiz", True)],
        [("workshop", False), ("quiz", True)],
    ]
    assert Course.objects.get(key=COURSE).texts.get(language="en").facts[str(IN_MODULE)]["summary"] == "We practise."
    command("dump_curriculum", tmp_path / "out", "--course", "alpha")
    assert of(tmp_path / "out").courses == of(tmp_path / "folder-0").courses[:1]


def test_the_same_folder_again_changes_nothing(tmp_path: Path) -> None:
    load(blended(), tmp_path)
    before = everything()
    report = load(blended(), tmp_path)
    assert (report.changed, report.kept) == (False, 0)
    assert everything() == before


def test_an_edit_in_the_file_changes_the_page_and_it_moves_and_goes_with_it(tmp_path: Path, cast) -> None:
    load(blended(), tmp_path)
    enrol(user=cast.awa, course=Course.objects.get(key=COURSE))
    folder = blended()
    folder.change(MODULE_FILE, "workshops", 0, "before", value=...)
    folder.change(MODULE_FILE, "workshops", 0, "minutes", value=360)
    folder.change(COURSE_FILE, "workshops", 0, "before", value=...)
    load(folder, tmp_path)
    assert page(IN_MODULE).minutes == 360
    assert outline()[0][-1] == ("workshop", True)
    assert outline()[1][-1] == ("workshop", False)
    report = load(small(), tmp_path)
    assert report.retired == 4
    assert not page(IN_MODULE).live
    assert Activity.objects.get(key=IN_MODULE).retired
    load(blended(), tmp_path)
    assert page(IN_MODULE).live


def test_what_an_author_added_is_written_and_can_be_loaded_again(tmp_path: Path) -> None:
    load(small(), tmp_path)
    places: list[tuple[Any, str]] = [
        (page(LESSON_ONE), "left"),
        (page(LESSON_ONE), "right"),
        (page(uuid5(MODULE, "practice")), "left"),
        (page(uuid5(MODULE, "practice")), "right"),
        (page(uuid5(COURSE, "final")), "left"),
        (page(uuid5(COURSE, "final")), "right"),
    ]
    for number, (sibling, side) in enumerate(places):
        mine = WorkshopPage(title=f"W{number}", slug=f"w{number}", locale=sibling.locale, minutes=60, summary=" ")
        sibling.refresh_from_db()
        sibling.add_sibling(instance=mine, pos=side)
        mine.save_revision().publish()
    publication.publish(Course.objects.get(key=COURSE))
    command("dump_curriculum", tmp_path / "out", "--course", "alpha")
    (course,) = of(tmp_path / "out").courses
    assert [(one.title["fr"], one.before) for one in course.modules[0].workshops] == [
        ("W0", "01-one"),
        ("W1", "02-two"),
        ("W2", "practice"),
        ("W3", ""),
    ]
    assert [(one.title["fr"], one.before) for one in course.workshops] == [("W4", "final_assessment"), ("W5", "")]
    assert course.workshops[0].title["en"] == "W4"  # no English page yet: the site's own words
    before = outline()
    curriculum, problems = read(tmp_path / "out")
    assert problems == []
    report = loader.load(curriculum)
    assert report.kept == 0
    assert outline() == before
    assert WorkshopPage.objects.filter(locale__language_code="en").count() == 6


def test_a_workshop_that_is_not_published_is_left_out(tmp_path: Path) -> None:
    load(blended(), tmp_path)
    page(IN_MODULE).unpublish()
    command("dump_curriculum", tmp_path / "out", "--course", "alpha")
    (course,) = of(tmp_path / "out").courses
    assert course.modules[0].workshops == ()
    assert len(course.workshops) == 1


# --- what is wrong ----------------------------------------------------------------------------------------------------


def wrong(folder: Folder, tmp_path: Path) -> list[tuple[str, str]]:
    curriculum, problems = read(folder.write(tmp_path))
    assert curriculum is None
    assert all(problem.line for problem in problems)
    assert all(problem.reason.endswith(".") for problem in problems)
    return [(problem.file, problem.field) for problem in problems]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("key", "not-a-uuid", "key"),
        ("key", ..., "key"),
        ("key", str(LESSON_ONE), "key"),
        ("key", str(uuid5(MODULE, "practice")), "key"),
        ("key", str(uuid5(COURSE, "final")), "key"),
        ("title", ..., "title"),
        ("title", "Deux jours", "title"),
        ("title", {"fr": "Deux jours"}, "title.en"),
        ("title", {"fr": "x" * 251, "en": "y"}, "title.fr"),
        ("title", {"fr": "x", "en": "y", "bm": "z"}, "title.bm"),
        ("summary", "On s’exerce.", "summary"),
        ("summary", {"fr": "On s’exerce.", "en": " "}, "summary.en"),
        ("minutes", 0, "minutes"),
        ("minutes", "two days", "minutes"),
        ("minutes", True, "minutes"),
        ("minutes", 10**9, "minutes"),
        ("required", "yes", "required"),
        ("required", ..., "required"),
        ("before", "09-nowhere", "before"),
        ("before", "final_assessment", "before"),
        ("before", 3, "before"),
    ],
)
def test_each_value_that_is_wrong_is_said_with_its_place(field: str, value: Any, told: str, tmp_path: Path) -> None:
    folder = blended().change(MODULE_FILE, "workshops", 0, field, value=value)
    found = wrong(folder, tmp_path)
    lines = {place for place, _name in found}
    assert lines <= {MODULE_FILE, COURSE_FILE, "courses/alpha/modules/01-first/01-one.fr.md"}
    if told != "key" or value in (..., "not-a-uuid"):
        assert found == [(MODULE_FILE, f"workshops.[0].{told}")]


@pytest.mark.parametrize("value", ["two days", {"key": str(IN_MODULE)}, 3, [3], [[]], ["x"]])
@pytest.mark.parametrize("file", [MODULE_FILE, COURSE_FILE])
def test_what_is_no_list_of_workshops_is_said(file: str, value: Any, tmp_path: Path) -> None:
    (found,) = wrong(small().change(file, "workshops", value=value), tmp_path)
    assert found[0] == file
    assert found[1].startswith("workshops")


def test_in_a_course_it_stands_before_the_final_assessment_or_last(tmp_path: Path) -> None:
    folder = blended().change(COURSE_FILE, "workshops", 0, "before", value="01-one")
    assert wrong(folder, tmp_path) == [(COURSE_FILE, "workshops.[0].before")]


def test_practice_that_is_not_there_is_nothing_to_stand_before(tmp_path: Path) -> None:
    folder = blended().change(MODULE_FILE, "workshops", 0, "before", value="practice")
    questions = "courses/alpha/modules/01-first/questions.yaml"
    folder.put(questions, [one for one in folder.data(questions) if one["use"] == "prepost"])
    assert wrong(folder, tmp_path) == [(MODULE_FILE, "workshops.[0].before")]


def test_what_the_format_does_not_list_is_kept(tmp_path: Path) -> None:
    folder = blended().change(MODULE_FILE, "workshops", 0, "room", value="with a projector")
    load(folder, tmp_path)
    command("dump_curriculum", tmp_path / "out", "--course", "alpha")
    assert of(tmp_path / "out").courses[0].modules[0].workshops[0].extra == {"room": "with a projector"}


def test_a_key_of_another_page_of_this_site_is_a_conflict(tmp_path: Path) -> None:
    load(small(), tmp_path)
    folder = small().change("courses/beta/course.yaml", "workshops", value=[entry(LESSON_ONE)])
    for name in [name for name in folder.files if name.startswith("courses/alpha/modules/01-first/01-one")]:
        folder.edit(name, str(LESSON_ONE), str(uuid5(LESSON_ONE, "new")))
    place = folder.write(tmp_path / "other")
    curriculum, problems = read(place)
    assert problems == []
    (found, *_rest) = conflicts.find(curriculum, place)
    assert found.file == "courses/beta/course.yaml"
    assert found.field == "key"


_words = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip())
)
_workshops = st.lists(
    st.builds(
        lambda fr, en, summary, minutes, required, before: (
            {"key": str(uuid4()), "title": {"fr": fr, "en": en}, "minutes": minutes, "required": required}
            | ({"summary": {"fr": summary, "en": summary}} if summary else {})
            | ({"before": before} if before else {})
        ),
        _words,
        _words,
        st.none() | _words,
        st.integers(1, 30000),
        st.booleans(),
        st.sampled_from(["", "01-one", "02-two", "practice"]),
    ),
    max_size=4,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_workshops)
def test_any_workshops_are_written_and_read_as_they_were(workshops: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as place:
        folder = small().change(MODULE_FILE, "workshops", value=copy.deepcopy(workshops))
        curriculum = of(folder.write(Path(place) / "in"))
        assert len(curriculum.courses[0].modules[0].workshops) == len(workshops)
        write(curriculum, Path(place) / "out")
        assert of(Path(place) / "out") == curriculum


def test_the_real_curriculum_holds_no_workshop_yet() -> None:
    curriculum = of(Path(site.BASE_DIR) / "content" / "curriculum")
    assert not any(course.workshops or any(m.workshops for m in course.modules) for course in curriculum.courses)
