"""Reading a lesson: who may, what it shows, what it weighs."""

from __future__ import annotations

import gzip

import pytest

from content.models import ErrorReport
from courses import services
from courses.models import ActivityProgress, ActivityText
from tests.courses import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return build.make_course()


def address(course, number: int = 0, language: str = "fr") -> str:
    return f"/{language}/c/{course.code}/{build.lesson_keys(course)[number].hex[:8]}/"


def test_strangers_read_the_open_tier_and_sign_in_for_the_rest(client, course):
    answer = client.get(address(course))
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={address(course)}"
    free = build.make_course("T2", tier="open")
    page = client.get(address(free))
    assert page.status_code == 200
    assert 'data-action="complete"' not in page.content.decode()
    assert not ActivityProgress.objects.exists()


def test_people_who_are_not_enrolled_are_told_how(client_for, cast, course):
    answer = client_for(cast.seydou).get(address(course), follow=True)
    assert answer.redirect_chain == [("/fr/c/T1/", 302)]
    assert 'data-action="enrol"' in answer.content.decode()
    assert 'class="note warn"' in answer.content.decode()


def test_authors_and_administrators_read_without_being_enrolled(client_for, cast, course):
    assert client_for(cast.oumar).get(address(course)).status_code == 200
    assert client_for(cast.admin).get(address(course)).status_code == 200
    assert not ActivityProgress.objects.exists()


def test_whoever_left_reads_no_more(client_for, cast, course):
    enrolment = services.enrol(user=cast.awa, course=course)
    assert client_for(cast.awa).get(address(course)).status_code == 200
    services.withdraw(enrolment=enrolment)
    assert client_for(cast.awa).get(address(course))["Location"] == "/fr/c/T1/"


def test_foreign_refs_and_wrong_methods_find_nothing(client_for, cast, course):
    other = build.make_course("T2")
    services.enrol(user=cast.awa, course=course)
    browser = client_for(cast.awa)
    ref = build.lesson_keys(other)[0].hex[:8]
    for path in (f"/fr/c/T1/{ref}/", "/fr/c/T1/deadbeef/", "/fr/c/NOPE/", "/fr/c/T1/DEADBEEF/", "/fr/c/T1/../T1/x/"):
        assert browser.get(path).status_code == 404, path
    assert browser.post(address(course)).status_code == 405
    assert browser.delete("/fr/c/T1/").status_code == 405


def test_the_first_reading_is_recorded_once(client_for, cast, course):
    enrolment = services.enrol(user=cast.awa, course=course)
    browser = client_for(cast.awa)
    for _time in range(3):
        browser.get(address(course))
    progress = ActivityProgress.objects.get(enrolment=enrolment)
    assert progress.status == "started"


def test_a_lesson_has_its_blocks_its_place_and_its_foot(client_for, cast, course):
    services.enrol(user=cast.awa, course=course)
    page = client_for(cast.awa).get(address(course, 2, "en")).content.decode()
    for words in (
        "<title>T1 · Lesson 3</title>",
        "Module 2, lesson 3 of 4",
        "Keeping a register T1",
        "In your registry",
        'class="block key"',
        "Facts as of 2017",
        "November\u00a02026" if "November\u00a02026" in page else "November 2026",
        "This lesson is finished when you say so.",
        "An error? A danger?",
        'hreflang="fr"',
    ):
        assert words in page, words
    assert 'aria-current="page"' in page
    assert "<script" not in page
    assert " style=" not in page


def test_the_title_and_the_address_never_name_the_subject(client_for, cast, course):
    services.enrol(user=cast.awa, course=course)
    page = client_for(cast.awa).get(address(course)).content.decode()
    title = page.split("<title>")[1].split("</title>")[0]
    assert "registre" not in title.lower()


def test_a_language_without_this_lesson_shows_it_in_the_sites_and_says_so(client_for, cast):
    course = build.make_course("T3", languages=["fr"])
    services.enrol(user=cast.awa, course=course)
    english = client_for(cast.awa).get(address(course, 0, "en")).content.decode()
    assert "This lesson is not written in your language yet" in english
    assert '<h1 lang="fr">' in english
    arabic = client_for(cast.awa).get(address(course, 0, "ar")).content.decode()
    assert '<h1 lang="fr" dir="ltr">' in arabic
    assert client_for(cast.awa).get(address(course, 0, "fr")).status_code == 200


def test_progress_is_kept_through_a_change_of_language(client_for, cast, course):
    enrolment = services.enrol(user=cast.awa, course=course)
    browser = client_for(cast.awa)
    browser.post(address(course, 0, "fr") + "complete/")
    page = browser.get(address(course, 0, "en")).content.decode()
    assert "You have finished this lesson." in page
    browser.post(address(course, 1, "en") + "complete/")
    assert len(build.finished(enrolment)) == 2


def test_a_lesson_is_light(client_for, cast, course):
    services.enrol(user=cast.awa, course=course)
    answer = client_for(cast.awa).get(address(course))
    assert len(gzip.compress(answer.content)) < 12_000
    assert answer["Cache-Control"] == "no-store"


def test_what_authors_write_cannot_carry_a_script(client_for, cast):
    body = {
        "fr": "## <script>alert(1)</script>\n\n<img src=x onerror=alert(2)> [x](javascript:alert(3))\n\n"
        ":::reflect\n<script>alert(4)</script> ?\n:::\n"
    }
    course = build.make_course(
        "T4", languages=["fr"], body=body, lessons=(1,), title={"fr": '<script>alert(5)</script>" onload="x'}
    )
    services.enrol(user=cast.awa, course=course)
    browser = client_for(cast.awa)
    text = ActivityText.objects.get(course=course)
    block = text.facts["reflections"][0]["id"]
    browser.post(address(course) + "note/", {"block": block, "words": "</textarea><script>alert(6)</script>"})
    for path in (
        address(course),
        "/fr/c/T4/",
        "/fr/c/T4/print/",
        "/fr/learn/",
        "/fr/notebook/",
        "/fr/catalogue/?q=alert",
    ):
        page = browser.get(path).content.decode()
        assert "<script" not in page, path
        assert "<img src=x" not in page, path
        assert 'href="javascript' not in page, path


def test_the_whole_course_prints_without_forms_and_not_for_the_restricted_tier(client_for, cast, client, course):
    services.enrol(user=cast.awa, course=course)
    page = client_for(cast.awa).get("/fr/c/T1/print/").content.decode()
    assert page.count("<article") == 4
    assert "<textarea" not in page
    assert "<!--reflection" not in page
    assert client.get("/fr/c/T1/print/").status_code == 302
    assert client_for(cast.seydou).get("/fr/c/T1/print/")["Location"] == "/fr/c/T1/"
    secret = build.make_course("T5", tier="restricted")
    services.enrol(user=cast.awa, course=secret, origin="assigned")
    assert client_for(cast.awa).get("/fr/c/T5/print/")["Location"] == "/fr/c/T5/"


def test_a_report_reaches_the_owner_of_the_course(client_for, cast, course):
    services.enrol(user=cast.awa, course=course)
    browser = client_for(cast.awa)
    path = address(course) + "report/"
    assert browser.get(path).status_code == 200
    answer = browser.post(path, {"kind": "danger", "text": "Une adresse est celle d'une personne réelle."})
    assert (answer.status_code, answer["Location"]) == (303, address(course))
    report = ErrorReport.objects.get()
    assert (report.owner, report.kind, report.reporter) == ("dnapes", "danger", cast.awa)
    assert report.page_key == build.lesson_keys(course)[0]


@pytest.mark.parametrize(
    "data", [{}, {"kind": "praise", "text": "x"}, {"kind": "error", "text": " "}, {"kind": "error", "text": "x" * 4001}]
)
def test_a_report_that_cannot_be_used_says_why_and_keeps_the_words(client_for, cast, course, data):
    services.enrol(user=cast.awa, course=course)
    answer = client_for(cast.awa).post(address(course) + "report/", data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not ErrorReport.objects.exists()


def test_a_flood_of_reports_is_slowed_politely(client, course):
    free = build.make_course("T6", tier="open")
    path = address(free) + "report/"
    statuses = [client.post(path, {"kind": "error", "text": f"Phrase {number}"}).status_code for number in range(70)]
    assert statuses[0] == 303
    assert statuses[-1] == 429
    assert client.post(address(course) + "report/", {"kind": "error", "text": "x"}).status_code == 302
