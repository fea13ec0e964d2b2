"""A person's page on the desk: what each viewer may know, and which look is written down."""

import pytest

from courses.models import Course, Enrolment, OutlineVersion
from courses.services import enrol
from operations.models import AuditEntry
from people.models import Institution
from people.services import clear_person, confirm_audience, grant_role, protect


@pytest.fixture
def result(cast):
    """Awa has completed a course with 87.5 %."""
    course = Course.objects.order_by("code").first()
    enrolment = enrol(user=cast.awa, course=course, origin=Enrolment.Origin.ASSIGNED)
    Enrolment.objects.filter(pk=enrolment.pk).update(status="completed", score="87.50")
    assert OutlineVersion.objects.filter(course=course).exists()
    return course


def read(browser, person, **more) -> str:
    return browser.get(f"/en/manage/people/{person.key}/", **more).content.decode()


def test_a_manager_sees_status_and_final_result_and_nothing_is_written_down(cast, client_for, result):
    page = read(client_for(cast.mariam), cast.awa)
    assert result.code in page and "87.5" in page and "Awa Diarra" in page
    assert not AuditEntry.objects.filter(look=True).exists()


def test_the_title_names_nobody(cast, client_for):
    page = read(client_for(cast.mariam), cast.awa)
    assert "Diarra" not in page.split("</title>")[0]


def test_of_a_magistrate_a_manager_learns_only_whether_certified(cast, client_for, result):
    confirm_audience(user=cast.awa, audience="judiciary")
    page = read(client_for(cast.mariam), cast.awa)
    assert "Not certified" in page
    assert "87.5" not in page and "Final result" not in page
    forced = client_for(cast.mariam).post(f"/en/manage/people/{cast.awa.key}/results/", {"reason": "Curious."})
    assert forced.status_code == 403 and "87.5" not in forced.content.decode()


def test_an_administrator_says_why_and_the_look_is_written_down_each_time(cast, client_for, result):
    browser = client_for(cast.admin)
    assert "87.5" not in read(browser, cast.awa)
    address = f"/en/manage/people/{cast.awa.key}/results/"
    assert "87.5" not in browser.post(address, {"reason": " "}).content.decode()
    assert not AuditEntry.objects.filter(code="people.looked-at-results").exists()
    for _turn in range(2):
        assert "87.5" in browser.post(address, {"reason": "Complaint 12."}).content.decode()
    looks = AuditEntry.objects.filter(code="people.looked-at-results", about=cast.awa, actor=cast.admin)
    assert [look.reason for look in looks] == ["Complaint 12.", "Complaint 12."]
    assert browser.get(address).status_code == 302


def test_the_page_of_a_protected_person_tells_a_manager_no_name(cast, client_for):
    protect(user=cast.awa, kind="investigator")
    browser = client_for(cast.mariam)
    page = read(browser, cast.awa)
    assert "Enquêteur E-01" in page
    for secret in ("Diarra", "ML-AWA", "awa@kalanso.test", ">awa<"):
        assert secret not in page
    for way in ("name", "edit", "protection"):
        answer = browser.post(f"/en/manage/people/{cast.awa.key}/{way}/", {})
        assert answer.status_code == 403 and "Diarra" not in answer.content.decode()
    for way in ("transfer", "deactivate", "clearance", "roles/new", "supervisor", "join"):
        assert "Diarra" not in browser.get(f"/en/manage/people/{cast.awa.key}/{way}/").content.decode()


def test_a_cleared_manager_reads_the_name(cast, client_for):
    protect(user=cast.awa, kind="investigator")
    clear_person(user=cast.mariam, reason="Manages protected people.", actor=cast.admin)
    assert "Awa Diarra" in read(client_for(cast.mariam), cast.awa)


def test_an_administrator_asks_for_the_name_and_that_look_is_written_down(cast, client_for):
    protect(user=cast.awa, kind="investigator")
    browser = client_for(cast.admin)
    assert "Diarra" not in read(browser, cast.awa)
    assert not AuditEntry.objects.filter(code="people.looked-at-name").exists()
    why = {"reason": "Letter 12."}
    assert "Awa Diarra" in browser.post(f"/en/manage/people/{cast.awa.key}/name/", why).content.decode()
    assert AuditEntry.objects.get(code="people.looked-at-name").about == cast.awa
    assert "Awa" in browser.get(f"/en/manage/people/{cast.awa.key}/edit/").content.decode()
    assert AuditEntry.objects.filter(code="people.looked-at-name").count() == 2


def test_the_account_of_somebody_with_a_role_above_the_branch_is_not_changed_from_below(cast, client_for):
    grant_role(user=cast.awa, role="coordinator", institution=Institution.objects.get(code="ministry"))
    browser = client_for(cast.mariam)
    assert "an administrator changes the account" in read(browser, cast.awa)
    for way in ("edit", "transfer", "deactivate", "roles/new", "clearance"):
        assert browser.post(f"/en/manage/people/{cast.awa.key}/{way}/", {"reason": "x"}).status_code == 403


def test_a_manager_of_a_prison_sees_only_its_people(cast, client_for):
    grant_role(user=cast.awa, role="officer", institution=Institution.objects.get(code="mca"))
    browser = client_for(cast.awa)
    assert browser.get(f"/en/manage/people/{cast.awa.key}/").status_code == 200
    for person in (cast.issa, cast.mariam, cast.seydou):
        assert browser.get(f"/en/manage/people/{person.key}/").status_code == 404
