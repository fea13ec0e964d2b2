"""Nothing happens twice and nothing that was acknowledged is lost: impatient fingers, two tabs, the back button, a late
answer, a session that ends, the power that goes."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD
from tests.e2e.answers import answer, asked, key_of
from tools import serve

CODE = "K7"


def final_ref(site) -> str:
    return site.sql(
        "SELECT substr(q.key, 1, 8) FROM assessments_quiz q JOIN courses_course c ON c.id = q.course_id "
        "WHERE c.code = ? AND q.use = 'exam'",
        CODE,
    )[0][0]


def attempts(site, username: str) -> list[tuple[str, str, str]]:
    """Id, status and who closed it, of a person's attempts at final assessments."""
    return site.sql(
        "SELECT a.id, a.status, a.closed_by FROM assessments_attempt a JOIN courses_enrolment e ON e.id = a.enrolment_id "
        "JOIN people_user u ON u.id = e.user_id JOIN assessments_quiz q ON q.id = a.quiz_id "
        "WHERE u.username = ? AND q.use = 'exam' ORDER BY a.started",
        username,
    )


def kept(site, attempt: str) -> dict[int, object]:
    """The answers of an attempt by position, as the database has them."""
    rows = site.sql(
        "SELECT position, answer FROM assessments_attemptitem WHERE attempt_id = ? AND answer IS NOT NULL", attempt
    )
    return {position: json.loads(given) for position, given in rows}


def statements(site, username: str, verb: str) -> int:
    """How often the record says that the person did this."""
    return site.sql(
        "SELECT count(*) FROM records_statement s JOIN records_recordkey k ON k.key = s.actor "
        "JOIN people_user u ON u.id = k.user_id WHERE u.username = ? AND s.verb LIKE ?",
        username,
        f"%/{verb}",
    )[0][0]


@pytest.fixture
def candidate(site, states, browser_page):
    """A browser whose person is about to begin the final assessment: (page, username)."""
    username = states.ready()
    page, _ = browser_page(width=360)
    states.become(page.context, username, site.url)
    page.goto(f"/fr/c/{CODE}/{final_ref(site)}/")
    return page, username


def begin(page: Page) -> str:
    """Begin; the attempt's id as the database writes it."""
    page.locator("[data-action=start-attempt]").click()
    page.wait_for_url("**/attempts/**")
    return page.url.split("/attempts/")[1].split("/")[0].replace("-", "")


def save(page: Page) -> None:
    with page.expect_navigation():
        page.locator("[data-action=save-answers]").click()


def answer_and_save(page: Page, site, number: int, *, right: bool = True) -> None:
    """Answer the next questions, each acknowledged by the page that follows."""
    for _ in range(number):
        answer(page, site, asked(page)[0], "fr", right=right)
        save(page)


# --- impatient fingers ----------------------------------------------------------------------------------------------


def test_pressing_twice_does_it_once(site, browser_page, sign_in):
    username = site.new_person()
    page, _ = browser_page(width=360)
    sign_in(page, username)
    page.goto("/fr/c/K3/")
    page.locator("[data-action=enrol]").dblclick()
    expect(page.locator("[data-action=continue]")).to_be_visible()
    assert statements(site, username, "registered") == 1

    page.locator("[data-action=continue]").click()
    lesson = page.url
    page.locator("[data-action=complete]").dblclick()
    expect(page).not_to_have_url(lesson)
    page.goto(lesson)
    expect(page.locator(".lesson-end .line.ok")).to_be_visible()
    assert statements(site, username, "completed") == 1


def test_the_final_assessment_begins_and_ends_once(site, candidate):
    page, username = candidate
    page.locator("[data-action=start-attempt]").dblclick()
    page.wait_for_url("**/attempts/**")
    assert len(attempts(site, username)) == 1
    answer_and_save(page, site, 3)
    page.locator("button[name=go][value=end]").click()
    page.wait_for_url("**/submit/")
    page.locator("[data-action=submit-attempt]").dblclick()
    expect(page.locator(".score")).to_be_visible()
    assert [status for _, status, _ in attempts(site, username)] == ["submitted"]
    assert statements(site, username, "failed") == 1

    # Back from the result: no page of the attempt comes back, and a kept form changes nothing.
    page.go_back()
    page.wait_for_load_state()
    expect(page.locator("[data-action=submit-attempt], [data-action=save-answers]")).to_have_count(0)
    page.go_back()
    page.wait_for_load_state()
    expect(page.locator(".score")).to_be_visible()
    # Back at the page with the button, as it was before: it begins nothing.
    page.goto(f"/fr/c/{CODE}/{final_ref(site)}/")
    before = page.locator("form:has([data-action=start-attempt]) input[name=attempts]")
    before.evaluate("it => { it.value = '0' }")
    page.locator("[data-action=start-attempt]").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    assert len(attempts(site, username)) == 1


# --- two tabs -------------------------------------------------------------------------------------------------------


def test_two_tabs_answer_the_same_attempt(site, candidate):
    first, username = candidate
    attempt = begin(first)
    second = first.context.new_page()
    second.goto(first.url)  # the same question, still blank
    slug = asked(first)[0]
    answer(first, site, slug, "fr")
    save(first)
    chosen = kept(site, attempt)[1]

    save(second)  # nothing was chosen here: the answer of the other tab stays
    assert kept(site, attempt) == {1: chosen}
    answer_and_save(second, site, 1)
    first.goto(f"{first.url.partition('?')[0]}?q=1")
    second.goto(first.url)
    answer(second, site, slug, "fr", right=False)  # the newest choice wins …
    save(second)
    newest = kept(site, attempt)[1]
    assert newest != chosen
    save(first)  # … and a tab that only shows the older one does not undo it
    assert kept(site, attempt)[1] == newest
    assert len(kept(site, attempt)) == 2

    # One tab hands in, the other one is told.
    second.goto(f"{second.url.partition('?')[0]}?q=5")
    first.locator("button[name=go][value=end]").click()
    first.locator("[data-action=submit-attempt]").click()
    expect(first.locator(".score")).to_be_visible()
    answer(second, site, asked(second)[0], "fr")
    save(second)
    expect(second.locator(".score")).to_be_visible()
    expect(second.locator("main .note.warn").first).to_contain_text("La remise est déjà faite")
    assert len(kept(site, attempt)) == 2
    assert len(attempts(site, username)) == 1


# --- time -----------------------------------------------------------------------------------------------------------


def test_a_late_answer_is_not_taken_and_what_was_saved_is_handed_in(site, candidate):
    page, username = candidate
    attempt = begin(page)
    answer_and_save(page, site, 3)
    answer(page, site, asked(page)[0], "fr")
    for _ in range(50):  # the page saves by itself
        if len(kept(site, attempt)) == 4:
            break
        page.wait_for_timeout(100)
    expect(page.locator("[data-status]")).to_have_class("line ok")
    late = (timezone.now() - timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M:%S")
    site.sql("UPDATE assessments_attempt SET deadline = ? WHERE id = ?", late, attempt)
    answer(page, site, asked(page)[0], "fr", right=False)
    save(page)
    expect(page.locator("main .note").first).to_contain_text("Le temps est écoulé. Vos 4 réponses")
    expect(page.locator(".score")).to_be_visible()
    assert attempts(site, username) == [(attempt, "submitted", "time")]
    assert len(kept(site, attempt)) == 4


# --- sessions -------------------------------------------------------------------------------------------------------


def test_a_session_that_ends_in_the_middle_costs_no_answer(site, candidate):
    page, username = candidate
    attempt = begin(page)
    answer_and_save(page, site, 4)
    before = kept(site, attempt)
    here = page.url
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    site.sql("DELETE FROM django_session WHERE session_key = ?", key)
    answer(page, site, asked(page)[0], "fr")
    expect(page.locator("[data-status]")).to_have_class("line bad")  # the page says that it is not saved
    save(page)
    assert "/accounts/login/" in page.url
    page.locator("input[name=login]").fill(username)
    page.locator("input[name=password]").fill(PASSWORD)
    with page.expect_navigation():
        page.locator("[data-action=sign-in]").click()
    assert page.url.partition("?")[0] == here.partition("?")[0]
    expect(page.locator(".q-map [aria-current=step]")).to_contain_text("5")
    assert kept(site, attempt) == before
    answer_and_save(page, site, 1)
    assert len(kept(site, attempt)) == 5


# --- the power ------------------------------------------------------------------------------------------------------


class Hammer(threading.Thread):
    """Sends one answer after the other, 1, 2, 3 …, and notes the last one that was acknowledged."""

    def __init__(self, site, page: Page, attempt: str, slug: str) -> None:
        super().__init__(daemon=True)
        cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        self.host = site.url.removeprefix("http://")
        self.address = f"/fr/attempts/{UUID(attempt)}/answer/"
        self.slug = slug
        self.token = cookies["csrftoken"]
        self.head = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        self.acknowledged = 0

    def run(self) -> None:
        with suppress(OSError, http.client.HTTPException):
            for number in range(1, 100_000):
                connection = http.client.HTTPConnection(self.host, timeout=10)
                form = {"csrfmiddlewaretoken": self.token, "q": "1", self.slug: str(number)}
                connection.request("POST", self.address, urlencode(form), self.head)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
                self.acknowledged = number
                connection.close()


def numeric_first(site, attempt: str) -> str:
    """Let the attempt begin with a numeric question, one that was drawn or any other; gives its slug."""
    drawn = site.sql(
        "SELECT i.position, q.slug FROM assessments_attemptitem i JOIN assessments_question q ON q.current_id = i.version_id "
        "WHERE i.attempt_id = ? AND q.kind = 'numeric' LIMIT 1",
        attempt,
    )
    move = "UPDATE assessments_attemptitem SET position = ? WHERE attempt_id = ? AND position = ?"
    if drawn:
        place, slug = drawn[0]
        for new, old in ((9999, place), (place, 1), (1, 9999)) if place != 1 else ():
            site.sql(move, new, attempt, old)
        return slug
    version, slug = site.sql(
        "SELECT q.current_id, q.slug FROM assessments_question q JOIN courses_course c ON c.id = q.course_id "
        "WHERE c.code = ? AND q.use = 'exam' AND q.kind = 'numeric' AND NOT q.retired LIMIT 1",
        CODE,
    )[0]
    site.sql(
        "UPDATE assessments_attemptitem SET version_id = ? WHERE attempt_id = ? AND position = 1", version, attempt
    )
    return slug


def test_when_the_power_goes_every_acknowledged_answer_is_there(site, candidate):
    page, username = candidate
    attempt = begin(page)
    slug = numeric_first(site, attempt)
    assert key_of(site, slug)[0] == "numeric"
    page.goto(f"{page.url.partition('?')[0]}?q=2")
    answer_and_save(page, site, 3)
    before = kept(site, attempt)
    assert set(before) == {2, 3, 4}
    site.kill_web_processes()
    until = time.monotonic() + 30
    while not serve.answers("127.0.0.1", int(site.url.rpartition(":")[2])):  # they come back by themselves
        assert time.monotonic() < until
        time.sleep(0.1)
    answer_and_save(page, site, 1)
    assert set(kept(site, attempt)) == {2, 3, 4, 5}
    before = kept(site, attempt)
    for _cut in range(2):
        hammer = Hammer(site, page, attempt, slug)
        hammer.start()
        until = time.monotonic() + 20
        while hammer.acknowledged < 25 and time.monotonic() < until:
            time.sleep(0.01)
        site.kill()
        site.start()
        hammer.join(timeout=15)
        assert hammer.acknowledged >= 25
        after = kept(site, attempt)
        # The one in flight may have been kept without the word having come back.
        assert int(str(after.pop(1))) in (hammer.acknowledged, hammer.acknowledged + 1)
        assert after == before
    page.goto(page.url)  # the same session, the same question
    expect(page.locator(".q-map [aria-current=step]")).to_contain_text("6")
    answer_and_save(page, site, 1)
    page.locator("button[name=go][value=end]").click()
    page.locator("[data-action=submit-attempt]").click()
    expect(page.locator(".score")).to_be_visible()
    assert len(attempts(site, username)) == 1
    site.manage("rebuild_progress", "--check")
