"""A folder becomes rows and pages; the same folder again changes nothing; an edit changes what it is about."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from django.core.management import call_command
from wagtail.models import Page, Revision

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


def test_what_the_folder_lacks_is_left_alone_and_it_is_said(tmp_path: Path) -> None:
    before = set(CoursePage.objects.filter(live=True).values_list("pk", flat=True))
    report = load(small(), tmp_path)
    assert before <= set(CoursePage.objects.filter(live=True).values_list("pk", flat=True))
    if before:
        assert any("K1" in note for note in report.notes)


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
