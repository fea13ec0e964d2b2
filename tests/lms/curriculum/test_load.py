"""A folder becomes rows and pages; the same folder again changes nothing; an edit changes what it is about."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from django.core.management import call_command
from wagtail.models import Page, Revision
from wagtail_localize.models import Translation, TranslationSource

from assessments.models import Question, Quiz, QuizPage
from content.models import FigureFile, KeptDocument, Term
from courses.models import (
    Activity,
    ActivityProgress,
    ActivityText,
    Course,
    CoursePage,
    CourseText,
    Guide,
    LessonPage,
    Note,
    OutlineVersion,
)
from courses.services import complete_lesson, enrol
from lms.curriculum import loader
from lms.curriculum.reader import read
from lms.models import LoadedFolder
from operations import audit
from operations.models import AuditEntry
from records.models import Statement
from tests.cast import Cast
from tests.lms.curriculum.builder import key, small
from tests.lms.curriculum.site import (
    COURSE,
    LESSON_ONE,
    LESSON_TWO,
    MODULE,
    ONE_EN,
    ONE_FR,
    command,
    everything,
    load,
    page,
)

pytestmark = pytest.mark.django_db
MODULE_FILE = "courses/alpha/modules/01-first/module.yaml"


def ids(key: UUID, language: str = "fr") -> list[tuple[str, str]]:
    return [(raw["type"], raw["id"]) for raw in page(key, language).body.raw_data]


def order(language: str = "fr") -> list[str]:
    return [child.slug for child in page(MODULE, language).get_children().filter(live=True)]


# --- the first time ---------------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_a_folder_becomes_courses_with_pages_in_every_language(tmp_path: Path) -> None:
    report = load(small(), tmp_path)
    course = Course.objects.get(key=COURSE)
    assert (course.code, course.slug, course.pass_mark, course.validity_months) == ("A1", "alpha", 70, 24)
    assert [before.code for before in Course.objects.get(code="B1").prerequisites.all()] == ["A1"]
    assert report.created == 2 * 2 * 6  # two courses, two languages: course, module, two lessons, two quizzes
    for language in ("fr", "en"):
        found = page(COURSE, language)
        assert (found.title, found.live, found.has_unpublished_changes) == (f"Course alpha [{language}]", True, False)
        assert found.get_parent().slug == language
        assert [child.slug for child in page(MODULE, language).get_children()] == ["01-one", "02-two", "practice"]
        assert [child.slug for child in found.get_children()] == ["01-first", "final"]
        lesson = page(LESSON_ONE, language)
        assert isinstance(lesson, LessonPage)
        assert [str(line.value) for line in lesson.objectives] == [f"First [{language}]", f"Second [{language}]"]
        assert [block.value.slug for block in lesson.sources] == ["law-one"]
        assert [block.value.slug for block in lesson.norms] == ["law-one-1"]
        assert lesson.minutes == 10
        assert Guide.objects.get(course=course, language=language).front == {"duration": "1 day", "group": "12"}
    assert ids(LESSON_ONE, "fr") == ids(LESSON_ONE, "en")
    assert ids(LESSON_ONE)[0] == ("heading", str(uuid5(LESSON_ONE, "heading:1")))
    assert FigureFile.objects.filter(figure__owner="alpha").count() == 2


def test_quizzes_have_keys_of_their_own_and_the_words_of_their_language(tmp_path: Path) -> None:
    load(small(), tmp_path)
    practice = Quiz.objects.get(key=uuid5(MODULE, "practice"))
    final = Quiz.objects.get(key=uuid5(COURSE, "final"))
    assert (practice.use, practice.module_key, practice.time_limit, practice.attempts_allowed) == (
        "practice",
        MODULE,
        None,
        None,
    )
    assert (final.use, final.time_limit, final.attempts_allowed) == ("exam", 20, 3)
    assert final.blueprint == [{"objective": 0, "count": 2}, {"objective": 1, "count": 1}]
    titles = {
        (found.quiz.use, found.locale.language_code): found.title
        for found in QuizPage.objects.filter(quiz__in=[practice, final]).select_related("locale")
    }
    assert titles == {
        ("practice", "fr"): "Entraînement",
        ("practice", "en"): "Practice",
        ("exam", "fr"): "Évaluation finale",
        ("exam", "en"): "Final assessment",
    }
    assert Question.objects.filter(course__key=COURSE).count() == 8 + 1 + 8


def test_learners_find_outline_and_texts(tmp_path: Path) -> None:
    load(small(), tmp_path)
    course = Course.objects.get(key=COURSE)
    outline = OutlineVersion.objects.get(course=course).outline
    assert [entry["rule"] for entry in outline["modules"][0]["activities"]] == ["declared", "declared", "handed-in"]
    assert [(entry["rule"], entry["minutes"]) for entry in outline["final"]] == [("passed", 20)]
    assert Activity.objects.filter(course=course, retired=False).count() == 4
    assert {text.language: text.title for text in CourseText.objects.filter(course=course)} == {
        "fr": "Course alpha [fr]",
        "en": "Course alpha [en]",
    }
    text = ActivityText.objects.get(key=LESSON_ONE, language="en")
    assert "A <strong>first</strong> paragraph [en]." in text.html
    assert text.revision == page(LESSON_ONE, "en").live_revision_id
    assert CourseText.objects.get(course=course, language="fr").facts[str(uuid5(MODULE, "practice"))]["questions"] == 8


def test_files_of_rooms_to_come_are_kept_and_it_is_said(tmp_path: Path) -> None:
    report = load(small(), tmp_path)
    kept = KeptDocument.objects.get(path="surveys/after.yaml")
    assert kept.kind == "surveys"
    assert kept.text.startswith("# Filled in after a course.\n")
    assert any("surveys" in note for note in report.notes)


def test_a_third_language_brings_its_locale_and_its_tree(tmp_path: Path) -> None:
    report = load(small(locales=("fr", "en", "bm")), tmp_path)
    found = page(LESSON_ONE, "bm")
    assert found.locale.language_code == "bm"
    assert found.title == "01-one [bm]"
    assert found.get_ancestors().filter(depth=2).get().slug == "bm"
    assert ids(LESSON_ONE, "bm") == ids(LESSON_ONE, "fr")
    assert "[bm]" in ActivityText.objects.get(key=LESSON_ONE, language="bm").html
    assert any("“bm”" in note or "« bm »" in note for note in report.notes)


def test_a_later_language_is_added_to_what_is_there(tmp_path: Path) -> None:
    load(small(), tmp_path)
    before = {page(LESSON_ONE, language).latest_revision_id for language in ("fr", "en")}
    report = load(small(locales=("fr", "en", "bm")), tmp_path)
    assert (report.created, report.updated) == (12, 0)
    assert {page(LESSON_ONE, language).latest_revision_id for language in ("fr", "en")} == before
    assert ids(LESSON_ONE, "bm") == ids(LESSON_ONE, "fr")


# --- again ------------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_the_same_folder_again_changes_nothing_at_all(tmp_path: Path, cast: Cast) -> None:
    load(small(), tmp_path)
    complete_lesson(enrolment=enrol(user=cast.awa, course=Course.objects.get(key=COURSE)), activity=LESSON_ONE)
    before = everything()
    report = load(small(), tmp_path)
    assert report.changed is False
    assert everything() == before


def test_the_real_folder_again_changes_nothing_at_all(settings) -> None:
    command("load_curriculum", settings.CURRICULUM_DIR)  # the database may come from code of yesterday
    curriculum, _problems = read(Path(settings.CURRICULUM_DIR))
    assert curriculum is not None
    before = everything()
    assert loader.load(curriculum).changed is False
    assert everything() == before


def test_a_folder_that_has_not_changed_is_not_even_read(
    tmp_path: Path, django_assert_max_num_queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = small().write(tmp_path / "in")
    assert command("load_curriculum", place)["changed"] is True
    monkeypatch.setattr("lms.management.commands.load_curriculum.read", None)
    with django_assert_max_num_queries(2):
        assert command("load_curriculum", place)["changed"] is False


def test_writing_all_texts_again_on_demand_makes_no_revision(tmp_path: Path) -> None:
    place = small().write(tmp_path / "in")
    command("load_curriculum", place)
    revisions = Revision.objects.count()
    ActivityText.objects.filter(key=LESSON_ONE).update(html="broken")
    assert command("load_curriculum", place, "--force")["updated"] == 0
    assert "broken" not in ActivityText.objects.get(key=LESSON_ONE, language="fr").html
    assert Revision.objects.count() == revisions


def test_an_edit_changes_exactly_its_page(tmp_path: Path, cast: Cast) -> None:
    load(small(), tmp_path)
    course = Course.objects.get(key=COURSE)
    enrolment = enrol(user=cast.awa, course=course)
    complete_lesson(enrolment=enrolment, activity=LESSON_ONE)
    progress = list(ActivityProgress.objects.filter(enrolment=enrolment).values())
    statements = Statement.objects.count()
    before = dict(Page.objects.values_list("pk", "latest_revision"))
    texts = dict(ActivityText.objects.values_list("pk", "revision"))
    report = load(small().edit(ONE_FR, "A **first** paragraph", "A corrected paragraph"), tmp_path)
    lesson = page(LESSON_ONE, "fr")
    assert (report.created, report.updated, report.kept) == (0, 1, 0)
    after = dict(Page.objects.values_list("pk", "latest_revision"))
    assert {pk for pk in after if after[pk] != before[pk]} == {lesson.pk}
    assert lesson.live_revision_id == lesson.latest_revision_id
    assert "A corrected paragraph" in ActivityText.objects.get(key=LESSON_ONE, language="fr").html
    changed = {pk for pk, revision in ActivityText.objects.values_list("pk", "revision") if texts[pk] != revision}
    assert changed == {ActivityText.objects.get(key=LESSON_ONE, language="fr").pk}
    assert list(ActivityProgress.objects.filter(enrolment=enrolment).values()) == progress
    assert Statement.objects.count() == statements
    assert OutlineVersion.objects.filter(course=course).count() == 1


def test_an_edit_of_facts_changes_the_row_and_the_outline(tmp_path: Path) -> None:
    load(small(), tmp_path)
    report = load(small().change("courses/alpha/course.yaml", "pass_mark", value=80), tmp_path)
    assert (report.changed, report.updated) == (True, 0)
    assert Course.objects.get(key=COURSE).pass_mark == 80
    versions = OutlineVersion.objects.filter(course__key=COURSE).order_by("number")
    assert [version.outline["pass_mark"] for version in versions] == [70, 80]


def test_an_edit_of_a_term_is_seen_in_the_lessons_that_name_it(tmp_path: Path) -> None:
    folder = small().edit(ONE_EN, "A **first** paragraph", "A register en")
    load(folder, tmp_path)
    text = ActivityText.objects.get(key=LESSON_ONE, language="en")
    assert [term["definition"] for term in text.facts["terms"]] == ["A book en."]
    load(folder.edit("glossary-a.yaml", "A book en.", "A bound book."), tmp_path)
    text.refresh_from_db()
    assert [term["definition"] for term in text.facts["terms"]] == ["A bound book."]


def test_a_new_term_reaches_the_lessons_that_name_it_and_no_other(tmp_path: Path) -> None:
    folder = small().edit("courses/beta/modules/01-first/01-one.fr.md", "A **first**", "A ledger, a first")
    load(folder, tmp_path)
    named, other = UUID(key("beta", "01", "01-one")), UUID(key("beta", "01", "02-two"))
    ActivityText.objects.filter(key=other).update(html="as it was")
    one = folder.data("glossary-a.yaml")[0]
    more = {name: text.replace("Register", "Ledger") for name, text in one.items()} | {"term_fr": "Ledger"}
    for name in [name for name in folder.files if name.startswith("courses/alpha/")]:
        del folder.files[name]  # the lesson may stand in a course that the folder does not hold
    folder.change("courses/beta/course.yaml", "prerequisites", value=[])
    load(folder.put("glossary-a.yaml", [one, more]), tmp_path)
    text = ActivityText.objects.get(key=named, language="fr")
    assert "Ledger" in [term["term"] for term in text.facts["terms"]]
    assert ActivityText.objects.get(key=other, language="fr").html == "as it was"


def test_an_edit_of_the_programme_is_a_change(tmp_path: Path) -> None:
    load(small(), tmp_path)
    report = load(small().edit("programme.yaml", "Train [fr]", "Former [fr]"), tmp_path)
    assert (report.changed, report.updated) == (True, 0)


def test_a_new_picture_is_shown_in_the_lessons_that_hold_it(tmp_path: Path) -> None:
    folder = small()
    load(folder, tmp_path)
    before = ActivityText.objects.get(key=LESSON_ONE, language="fr").html
    load(folder.edit("courses/alpha/figures/path.fr.svg", 'x2="10"', 'x2="20"'), tmp_path)
    digest = FigureFile.objects.get(figure__owner="alpha", language="fr").digest
    after = ActivityText.objects.get(key=LESSON_ONE, language="fr").html
    assert digest not in before
    assert digest in after


def test_a_term_that_its_file_no_longer_holds_goes_away(tmp_path: Path) -> None:
    folder = small()
    one = folder.data("glossary-a.yaml")[0]
    more = [{name: text.replace("Register", word) for name, text in one.items()} for word in ("Cell", "Key", "Gate")]
    folder.put("glossary-z.yaml", more)
    load(folder, tmp_path)
    assert Term.objects.filter(file="glossary-z.yaml").count() == 3
    load(folder.put("glossary-z.yaml", more[1:]), tmp_path)
    assert {term.term["en"] for term in Term.objects.filter(file="glossary-z.yaml")} == {"Key en", "Gate en"}


# --- identity ---------------------------------------------------------------------------------------------------------

BEFORE = ":::reflect\nWhat would you do?\n:::"
OTHER = ":::reflect\nWhose names does your register hold?\n:::"


def reflections() -> list[str]:
    assert ids(LESSON_ONE, "fr") == ids(LESSON_ONE, "en")
    return [identity for kind, identity in ids(LESSON_ONE) if kind == "reflect"]


def test_a_note_stays_with_its_question_when_another_comes_before_it(tmp_path: Path, cast: Cast) -> None:
    load(small(), tmp_path)
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
    load(small(), tmp_path)
    (first,) = reflections()
    load(small().edit(ONE_FR, BEFORE, OTHER).edit(ONE_EN, BEFORE, OTHER), tmp_path)
    (second,) = reflections()
    assert second != first
    third = OTHER.replace("Whose names does your register hold?", "Who reads it?")
    load(small().edit(ONE_FR, BEFORE, third).edit(ONE_EN, BEFORE, third), tmp_path)
    assert reflections()[0] not in (first, second)


def test_a_corrected_question_keeps_its_id(tmp_path: Path) -> None:
    load(small(), tmp_path)
    first = reflections()
    load(small().edit(ONE_FR, "What would you do?", "What would you do there?"), tmp_path)
    assert reflections() == first


def test_a_renamed_lesson_is_the_same_page(tmp_path: Path) -> None:
    load(small(), tmp_path)
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
    load(small(), tmp_path)
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
    load(small(), tmp_path)
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
    load(small(), tmp_path)
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
    load(small(), tmp_path)
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
    load(small(), tmp_path)
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
    load(small(), tmp_path)
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


def test_what_the_folder_lacks_is_left_alone_and_it_is_said(tmp_path: Path) -> None:
    before = set(CoursePage.objects.filter(live=True).values_list("pk", flat=True))
    report = load(small(), tmp_path)
    assert before <= set(CoursePage.objects.filter(live=True).values_list("pk", flat=True))
    if before:
        assert any("K1" in note for note in report.notes)


# --- authors ----------------------------------------------------------------------------------------------------------


def edit_on_the_site(key: UUID, cast: Cast, language: str = "fr") -> None:
    found = page(key, language)
    found.title = "Oumar's title"
    found.save_revision(user=cast.oumar).publish()


def test_an_author_s_words_are_not_overwritten_unless_told_so(tmp_path: Path, cast: Cast) -> None:
    load(small(), tmp_path)
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
    load(small(), tmp_path)
    found = page(LESSON_ONE)
    found.title = "Draft"
    found.save_revision(user=cast.oumar)
    report = load(small().edit(ONE_FR, "A **first** paragraph", "A corrected paragraph"), tmp_path)
    assert report.kept == 1
    assert page(LESSON_ONE).get_latest_revision_as_object().title == "Draft"


def test_a_page_that_an_author_took_down_stays_down(tmp_path: Path) -> None:
    load(small(), tmp_path)
    page(LESSON_ONE).unpublish()
    assert load(small().edit(ONE_FR, "A **first**", "A corrected"), tmp_path).kept == 1
    assert not page(LESSON_ONE).live


def test_words_that_came_back_to_the_folder_are_the_folder_s_again(tmp_path: Path, cast: Cast) -> None:
    load(small(), tmp_path)
    edit_on_the_site(LESSON_ONE, cast)
    taken_over = small().edit(ONE_FR, '"01-one [fr]"', '"Oumar\'s title"')
    assert load(taken_over, tmp_path).kept == 0
    report = load(taken_over.edit(ONE_FR, "A **first**", "A corrected"), tmp_path)
    assert (report.updated, report.kept) == (1, 0)


def test_an_author_s_page_keeps_its_place_among_those_of_the_folder(tmp_path: Path) -> None:
    load(small(), tmp_path)
    mine = LessonPage(title="Mine", slug="mine", locale=page(MODULE).locale, body=[], minutes=5)
    page(LESSON_ONE).add_sibling(instance=mine, pos="right")
    mine.save_revision().publish()
    load(small().change(MODULE_FILE, "lessons", value=["02-two", "01-one"]), tmp_path)
    assert order() == ["02-two", "01-one", "mine", "practice"]
    assert page(mine.translation_key).live


def test_publishing_the_source_at_the_desk_leaves_the_english_words(tmp_path: Path) -> None:
    load(small(), tmp_path)
    before = page(LESSON_ONE, "en").body.raw_data[1]["value"]
    source, _made = TranslationSource.update_or_create_from_instance(page(LESSON_ONE))
    translation = Translation.objects.get(source=source, target_locale=page(LESSON_ONE, "en").locale)
    translation.save_target(publish=True)
    after = page(LESSON_ONE, "en")
    assert after.title == "01-one [en]"
    assert after.body.raw_data[1]["value"] == before
    assert "[en]" in before


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_reports_as_it_goes_and_ends_with_json(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    call_command("load_curriculum", str(small().write(tmp_path / "in")), stdout=out, stderr=err)
    assert out.getvalue().strip().startswith('{"changed": true')
    assert "alpha" in err.getvalue()
    assert LoadedFolder.objects.first().summary["created"] == 24
    entry = AuditEntry.objects.get(code="lms.curriculum-loaded", object_id=str(LoadedFolder.objects.first().pk))
    assert "24" in audit.sentence(entry)


def test_checking_changes_nothing(tmp_path: Path) -> None:
    before = everything()
    assert command("load_curriculum", small().write(tmp_path / "in"), "--check")["problems"] == 0
    assert everything() == before
