"""What a folder says is loaded again: what keeps its identity, what goes, and what authors did in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from django.db import transaction
from django.utils.translation import override
from wagtail.models import Page, Revision
from wagtail_localize.models import Translation, TranslationSource

from content.models import FigureFile
from courses.models import (
    Activity,
    ActivityProgress,
    ActivityText,
    Course,
    LessonPage,
    Note,
    OutlineVersion,
)
from courses.services import complete_lesson, enrol
from tests.cast import Cast
from tests.lms.curriculum.builder import key, small
from tests.lms.curriculum.site import (
    COURSE,
    LESSON_ONE,
    LESSON_TWO,
    MODULE,
    ONE_EN,
    ONE_FR,
    everything,
    load,
    page,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded")]
MODULE_FILE = "courses/alpha/modules/01-first/module.yaml"


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The small folder, loaded once for all tests of this module: each is rolled back to where this left the site."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override("en"), TemporaryDirectory() as place:
            load(small(), Path(place))
        yield
        transaction.set_rollback(True)


def ids(key: UUID, language: str = "fr") -> list[tuple[str, str]]:
    return [(raw["type"], raw["id"]) for raw in page(key, language).body.raw_data]


def order(language: str = "fr") -> list[str]:
    return [child.slug for child in page(MODULE, language).get_children().filter(live=True)]


# --- identity ---------------------------------------------------------------------------------------------------------

BEFORE = ":::reflect\nWhat would you do?\n:::"
OTHER = ":::reflect\nWhose names does your register hold?\n:::"


def reflections() -> list[str]:
    assert ids(LESSON_ONE, "fr") == ids(LESSON_ONE, "en")
    return [identity for kind, identity in ids(LESSON_ONE) if kind == "reflect"]


def test_a_note_stays_with_its_question_when_another_comes_before_it(tmp_path: Path, cast: Cast) -> None:
    (first,) = reflections()
    note = Note.objects.create(
        user=cast.awa,
        course=Course.objects.get(key=COURSE),
        activity=LESSON_ONE,
        block=first,
        question="What would you do?",
        text="Write it down.",
        language="fr",
    )
    folder = small().edit(ONE_FR, BEFORE, f"{OTHER}\n\n{BEFORE}").edit(ONE_EN, BEFORE, f"{OTHER}\n\n{BEFORE}")
    load(folder, tmp_path)
    new, old = reflections()
    assert old == note.block
    assert new != note.block


def test_an_id_is_never_given_to_a_second_question(tmp_path: Path) -> None:
    (first,) = reflections()
    load(small().edit(ONE_FR, BEFORE, OTHER).edit(ONE_EN, BEFORE, OTHER), tmp_path)
    (second,) = reflections()
    assert second != first
    third = OTHER.replace("Whose names does your register hold?", "Who reads it?")
    load(small().edit(ONE_FR, BEFORE, third).edit(ONE_EN, BEFORE, third), tmp_path)
    assert reflections()[0] not in (first, second)


def test_a_corrected_question_keeps_its_id(tmp_path: Path) -> None:
    first = reflections()
    load(small().edit(ONE_FR, "What would you do?", "What would you do there?"), tmp_path)
    assert reflections() == first


def test_a_renamed_lesson_is_the_same_page(tmp_path: Path) -> None:
    before = page(LESSON_ONE, "en")
    folder = small()
    for language in ("fr", "en"):
        old = f"courses/alpha/modules/01-first/01-one.{language}.md"
        folder.files[old.replace("01-one", "01-uno")] = folder.files.pop(old)
    folder.change(MODULE_FILE, "lessons", value=["01-uno", "02-two"])
    report = load(folder, tmp_path)
    after = page(LESSON_ONE, "en")
    assert (after.pk, after.slug, after.url_path) == (before.pk, "01-uno", "/en/alpha/01-first/01-uno/")
    assert (report.created, report.updated, report.retired) == (0, 2, 0)
    assert order() == ["01-uno", "02-two", "practice"]


def test_a_renamed_course_and_module_are_the_same_pages(tmp_path: Path) -> None:
    before = page(LESSON_ONE).pk
    folder = small()
    for name in [name for name in folder.files if name.startswith("courses/alpha/")]:
        new = name.replace("courses/alpha/", "courses/omega/").replace("01-first", "01-start")
        folder.files[new] = folder.files.pop(name)
    folder.change("courses/omega/course.yaml", "slug", value="omega")
    folder.change("courses/omega/course.yaml", "modules", value=["01-start"])
    folder.change("courses/beta/course.yaml", "prerequisites", value=["omega"])
    report = load(folder, tmp_path)
    assert (report.created, report.retired) == (0, 0)
    assert Course.objects.get(key=COURSE).slug == "omega"
    assert (page(LESSON_ONE).pk, page(LESSON_ONE).url_path) == (before, "/fr/omega/01-start/01-one/")
    assert FigureFile.objects.filter(figure__owner="omega").count() == 2
    assert "<img" in ActivityText.objects.get(key=LESSON_ONE, language="fr").html


@pytest.mark.postgres
def test_two_lessons_and_two_courses_can_swap_their_names(tmp_path: Path) -> None:
    folder = small()
    for language in ("fr", "en"):
        one, two = (f"courses/alpha/modules/01-first/{stem}.{language}.md" for stem in ("01-one", "02-two"))
        folder.files[one], folder.files[two] = folder.files[two], folder.files[one]
    folder.change("courses/alpha/course.yaml", "code", value="B1")
    folder.change("courses/beta/course.yaml", "code", value="A1")
    load(folder, tmp_path)
    assert (page(LESSON_ONE).slug, page(LESSON_TWO).slug) == ("02-two", "01-one")
    assert (page(LESSON_ONE, "en").url_path, order("en")) == (
        "/en/alpha/01-first/02-two/",
        ["01-one", "02-two", "practice"],
    )
    assert Course.objects.get(key=COURSE).code == "B1"


@pytest.mark.postgres
def test_a_new_order_is_the_order_in_every_language(tmp_path: Path) -> None:
    revisions = Revision.objects.count()
    report = load(small().change(MODULE_FILE, "lessons", value=["02-two", "01-one"]), tmp_path)
    assert (report.changed, report.updated) == (True, 0)
    assert Revision.objects.count() == revisions
    assert order("fr") == order("en") == ["02-two", "01-one", "practice"]
    outline = OutlineVersion.objects.filter(course__key=COURSE).latest("number").outline
    keys = [entry["key"] for entry in outline["modules"][0]["activities"]]
    assert keys[:2] == [str(LESSON_TWO), str(LESSON_ONE)]
    assert Page.find_problems() == ([], [], [], [], [])


def test_a_lesson_can_go_to_another_module(tmp_path: Path) -> None:
    before = page(LESSON_TWO).pk
    folder = small()
    base = "courses/alpha/modules"
    folder.put(
        f"{base}/00-before/module.yaml",
        {
            "key": key("alpha", "00"),
            "title": {"fr": "Avant", "en": "Before"},
            "summary": {"fr": "Avant", "en": "Before"},
            "lessons": ["01-two"],
        },
    )
    folder.put(f"{base}/00-before/questions.yaml", [])
    for language in ("fr", "en"):
        folder.files[f"{base}/00-before/01-two.{language}.md"] = folder.files.pop(
            f"{base}/01-first/02-two.{language}.md"
        )
    folder.change(MODULE_FILE, "lessons", value=["01-one"])
    folder.change("courses/alpha/course.yaml", "modules", value=["00-before", "01-first"])
    report = load(folder, tmp_path)
    for language in ("fr", "en"):
        assert page(LESSON_TWO, language).url_path == f"/{language}/alpha/00-before/01-two/"
        assert [child.slug for child in page(COURSE, language).get_children()] == ["00-before", "01-first", "final"]
    assert page(LESSON_TWO).pk == before
    assert (report.moved, report.retired) == (2, 0)
    assert Page.find_problems() == ([], [], [], [], [])


# --- what the folder no longer holds ----------------------------------------------------------------------------------


def without_two() -> tuple[str, ...]:
    return tuple(f"courses/alpha/modules/01-first/02-two.{language}.md" for language in ("fr", "en"))


def test_a_removed_lesson_is_retired_and_takes_nothing_from_anybody(tmp_path: Path, cast: Cast) -> None:
    enrolment = enrol(user=cast.awa, course=Course.objects.get(key=COURSE))
    complete_lesson(enrolment=enrolment, activity=LESSON_TWO)
    folder = small()
    for name in without_two():
        del folder.files[name]
    folder.change(MODULE_FILE, "lessons", value=["01-one"])
    report = load(folder, tmp_path)
    assert report.retired == 2
    assert not page(LESSON_TWO, "fr").live
    assert not page(LESSON_TWO, "en").live
    assert Activity.objects.get(key=LESSON_TWO).retired
    assert ActivityProgress.objects.filter(enrolment=enrolment, activity=LESSON_TWO).exists()
    assert ActivityText.objects.filter(key=LESSON_TWO).exists()
    before = everything()
    assert load(folder, tmp_path).changed is False
    assert everything() == before


def test_a_lesson_with_the_name_of_a_removed_one_is_another_page(tmp_path: Path) -> None:
    folder, new = small(), key("alpha", "new")
    for name in without_two():
        folder.edit(name, str(LESSON_TWO), new)
    load(folder, tmp_path)
    assert page(UUID(new)).slug == "02-two"
    assert not page(LESSON_TWO).live
    load(small(), tmp_path)
    assert (page(LESSON_TWO).live, page(LESSON_TWO).slug, page(UUID(new)).live) == (True, "02-two", False)
    assert not Activity.objects.get(key=LESSON_TWO).retired
    assert Page.find_problems() == ([], [], [], [], [])


# --- authors ----------------------------------------------------------------------------------------------------------


def edit_on_the_site(key: UUID, cast: Cast, language: str = "fr") -> None:
    found = page(key, language)
    found.title = "Oumar's title"
    found.save_revision(user=cast.oumar).publish()


def test_an_author_s_words_are_not_overwritten_unless_told_so(tmp_path: Path, cast: Cast) -> None:
    edit_on_the_site(LESSON_ONE, cast)
    assert load(small(), tmp_path).changed is False
    folder = small().edit(ONE_FR, "A **first** paragraph", "A corrected paragraph")
    report = load(folder, tmp_path)
    assert (report.updated, report.kept) == (0, 1)
    assert any(ONE_FR in note and "Oumar's title" in note for note in report.notes)
    assert page(LESSON_ONE).title == "Oumar's title"
    assert load(folder, tmp_path).kept == 1  # said each time
    report = load(folder, tmp_path, overwrite=True)
    assert (report.updated, report.kept) == (1, 0)
    assert page(LESSON_ONE).title == "01-one [fr]"


def test_a_draft_of_an_author_is_not_published_by_the_loader(tmp_path: Path, cast: Cast) -> None:
    found = page(LESSON_ONE)
    found.title = "Draft"
    found.save_revision(user=cast.oumar)
    report = load(small().edit(ONE_FR, "A **first** paragraph", "A corrected paragraph"), tmp_path)
    assert report.kept == 1
    assert page(LESSON_ONE).get_latest_revision_as_object().title == "Draft"


def test_a_page_that_an_author_took_down_stays_down(tmp_path: Path) -> None:
    page(LESSON_ONE).unpublish()
    assert load(small().edit(ONE_FR, "A **first**", "A corrected"), tmp_path).kept == 1
    assert not page(LESSON_ONE).live


def test_words_that_came_back_to_the_folder_are_the_folder_s_again(tmp_path: Path, cast: Cast) -> None:
    edit_on_the_site(LESSON_ONE, cast)
    taken_over = small().edit(ONE_FR, '"01-one [fr]"', '"Oumar\'s title"')
    assert load(taken_over, tmp_path).kept == 0
    report = load(taken_over.edit(ONE_FR, "A **first**", "A corrected"), tmp_path)
    assert (report.updated, report.kept) == (1, 0)


def test_an_author_s_page_keeps_its_place_among_those_of_the_folder(tmp_path: Path) -> None:
    mine = LessonPage(title="Mine", slug="mine", locale=page(MODULE).locale, body=[], minutes=5)
    page(LESSON_ONE).add_sibling(instance=mine, pos="right")
    mine.save_revision().publish()
    load(small().change(MODULE_FILE, "lessons", value=["02-two", "01-one"]), tmp_path)
    assert order() == ["02-two", "01-one", "mine", "practice"]
    assert page(mine.translation_key).live


def test_publishing_the_source_at_the_desk_leaves_the_english_words() -> None:
    before = page(LESSON_ONE, "en").body.raw_data[1]["value"]
    source, _made = TranslationSource.update_or_create_from_instance(page(LESSON_ONE))
    translation = Translation.objects.get(source=source, target_locale=page(LESSON_ONE, "en").locale)
    translation.save_target(publish=True)
    after = page(LESSON_ONE, "en")
    assert after.title == "01-one [en]"
    assert after.body.raw_data[1]["value"] == before
    assert "[en]" in before
