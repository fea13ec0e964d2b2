"""Authors write down an assignment at their desk; the translation desk keeps words apart from facts."""

from __future__ import annotations

import pytest
from wagtail.models import Locale
from wagtail_localize.models import Translation, TranslationSource

from assessments.models import Assignment, AssignmentPage
from assessments.rubrics import choices
from courses.models import Activity, ActivityText, ModulePage
from people.models import User
from tests.assessments.written import RUBRIC, make_written
from tests.courses.build import make_course

pytestmark = pytest.mark.django_db


def module_of(course) -> ModulePage:
    return (
        ModulePage.objects.filter(locale__language_code="fr", slug="m1")
        .descendant_of(course.pages.get(locale__language_code="fr"))
        .get()
    )


def sent(**more: str) -> dict[str, str]:
    """What the desk's form sends."""
    return {
        "title": "Devoir",
        "slug": "devoir",
        "task": "Rédigez.",
        "rubric": RUBRIC,
        "answer": "essay",
        "least_words": "100",
        "most_words": "300",
        "attempts_allowed": "",
        "minutes": "45",
        "required": "on",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
    } | more


@pytest.fixture
def desk(cast, client_for):
    return client_for(User.objects.get(pk=cast.admin.pk))


def test_an_author_finds_written_work_among_the_pages_of_a_module(cast, client_for):
    course = make_course("W5", lessons=(1,))
    add = f"/authoring/pages/add/assessments/assignmentpage/{module_of(course).pk}/"
    page = client_for(User.objects.get(pk=cast.oumar.pk)).get(add)
    assert page.status_code == 200
    text = page.content.decode()
    assert all(f'value="{slug}"' in text for slug, _title in choices())


def test_a_page_is_added_and_published_and_becomes_a_step_with_its_rules(desk, django_capture_on_commit_callbacks):
    course = make_course("W5", lessons=(1,))
    add = f"/authoring/pages/add/assessments/assignmentpage/{module_of(course).pk}/"
    answer = desk.post(add, sent())
    assert answer.status_code == 302, answer.context["form"].errors
    page = AssignmentPage.objects.get(slug="devoir")
    assert not Assignment.objects.exists()  # nobody publishes their own work
    with django_capture_on_commit_callbacks(execute=True):
        page.get_latest_revision().publish()
    row = Assignment.objects.get(key=page.translation_key)
    assert (row.course, row.rubric, row.least_words, row.most_words) == (course, RUBRIC, 100, 300)
    assert row.attempts_allowed is None
    step = Activity.objects.get(key=page.translation_key)
    assert (step.kind, step.rule, step.minutes) == ("assignment", "graded", 45)
    assert ActivityText.objects.get(key=page.translation_key, language="fr").html == "<p>Rédigez.</p>"


@pytest.mark.parametrize(
    "wrong",
    [
        {"rubric": "nothing"},
        {"rubric": ""},
        {"least_words": "400"},
        {"most_words": "20000"},
        {"attempts_allowed": "0"},
        {"answer": "song"},
        {"task": ""},
    ],
)
def test_what_does_not_fit_together_is_refused(desk, wrong):
    add = f"/authoring/pages/add/assessments/assignmentpage/{module_of(make_course('W5', lessons=(1,))).pk}/"
    answer = desk.post(add, sent(**wrong, **{"action-publish": "1"}))  # drafts may be unfinished
    assert answer.status_code == 200
    assert next(iter(wrong)) in answer.context["form"].errors or "most_words" in answer.context["form"].errors
    assert not AssignmentPage.objects.exists()


def test_a_draft_changes_no_rules(cast):
    _course, assignment = make_written(attempts_allowed=2)
    page = AssignmentPage.objects.get(translation_key=assignment.key, locale__language_code="fr")
    page.attempts_allowed = 9
    page.save_revision()
    assignment.refresh_from_db()
    assert assignment.attempts_allowed == 2


def test_other_languages_translate_words_and_take_over_facts(cast):
    _course, assignment = make_written()
    pages = AssignmentPage.objects.filter(translation_key=assignment.key)
    french, english = (pages.get(locale__language_code=code) for code in ("fr", "en"))
    french.minutes, french.most_words = 90, 700
    french.save_revision().publish()
    source, _made = TranslationSource.update_or_create_from_instance(french)
    paths = set(source.stringsegment_set.values_list("context__path", flat=True))
    assert {"title", "task"} <= paths
    assert not paths & {"rubric", "answer"}
    translation = Translation.objects.create(source=source, target_locale=Locale.objects.get(language_code="en"))
    translation.save_target(publish=True)
    english.refresh_from_db()
    assert (english.minutes, english.most_words, english.rubric) == (90, 700, RUBRIC)
    assert Assignment.objects.get(key=assignment.key).most_words == 700
