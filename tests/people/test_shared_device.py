"""« This device is shared » does what it says: the next person finds nothing, and sends nothing of the one before."""

import datetime as dt
import re

import pytest
import time_machine
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from assessments.models import AttemptItem
from assessments.services import start_attempt
from courses.models import Note
from people import services
from people.models import Institution
from people.presence import PresenceMiddleware
from tests.assessments.school import make_school
from tests.courses.build import lesson_keys
from tests.people.entrance import newcomer, open_with, sign_in, who

CLEAR = '"cache", "cookies", "storage"'


@pytest.fixture
def shared(cast, client):
    sign_in(client, "awa", shared="on")
    return client


def test_the_session_ends_with_the_browser(shared):
    assert shared.cookies["sessionid"]["max-age"] == ""


@pytest.mark.parametrize(
    "page", ["/en/learn/", "/en/account/", "/en/catalogue/", "/en/", "/accounts/logout/", "/en/nothing/"]
)
def test_no_page_is_stored(shared, page):
    assert shared.get(page)["Cache-Control"] == "no-store"


def test_no_figure_is_stored_either(shared, cast, client_for):
    """Whatever the view of a file says: on an own device it may keep what costs data."""
    response = HttpResponse(b"<svg/>", content_type="image/svg+xml")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    for client, kept in ((shared, "no-store"), (client_for(cast.awa), "private, max-age=31536000, immutable")):
        request = client.get("/en/learn/").wsgi_request
        assert PresenceMiddleware(lambda request: response)(request)["Cache-Control"] == kept
        response["Cache-Control"] = "private, max-age=31536000, immutable"


def test_signing_out_clears_the_browser(shared):
    done = shared.post(reverse("account_logout"))
    assert done["Clear-Site-Data"] == CLEAR
    assert done["Location"] == "/fr/signed-out/"
    assert done.cookies["sessionid"].value == ""
    page = shared.get("/en/signed-out/").content.decode()
    assert "nothing of your pages is kept" in page and "Awa" not in page


def test_the_back_button_leads_to_the_entry(shared):
    shared.post(reverse("account_logout"))
    for page in ("/en/learn/", "/en/account/", "/en/notebook/"):
        assert shared.get(page)["Location"].startswith("/accounts/login/")


def test_the_next_person_cannot_send_the_answers_of_the_one_before(cast, client_for):
    """The page of an attempt stays open; somebody else signs in, goes back and presses the button."""
    school = make_school()
    attempt = start_attempt(enrolment=school.enrol(cast.awa), quiz=school.final)
    browser = client_for(None, csrf=True)
    token = _token(browser.get(reverse("account_login")).content.decode())
    data = {"login": "awa", "password": "Ba-fili-4821-Joliba", "shared": "on", "csrfmiddlewaretoken": token}
    browser.post(reverse("account_login"), data)
    page = browser.get(f"/en/attempts/{attempt.pk}/").content.decode()
    old = _token(page)
    browser.post(reverse("account_logout"), {"csrfmiddlewaretoken": old})
    token = _token(browser.get(reverse("account_login")).content.decode())
    browser.post(reverse("account_login"), data | {"login": "seydou", "csrfmiddlewaretoken": token})
    assert who(browser) == cast.seydou.pk
    item = AttemptItem.objects.filter(attempt=attempt).first()
    sent = {item.version.question.slug: "x", "q": "1", "csrfmiddlewaretoken": old}
    assert browser.post(f"/en/attempts/{attempt.pk}/answer/", sent).status_code == 403
    # And with a token of their own: the attempt is not theirs.
    fresh = _token(browser.get("/en/account/").content.decode())
    for step in ("answer", "submit"):
        refused = browser.post(f"/en/attempts/{attempt.pk}/{step}/", sent | {"csrfmiddlewaretoken": fresh})
        assert refused.status_code == 404
    attempt.refresh_from_db()
    assert attempt.status == "running"
    assert not AttemptItem.objects.filter(attempt=attempt, answered_at__isnull=False).exists()


def test_a_note_left_in_a_form_does_not_become_the_next_persons(cast, client_for):
    school = make_school()
    school.enrol(cast.awa)
    browser = client_for(None, csrf=True)
    browser.force_login(cast.awa)
    old = _token(browser.get("/en/account/").content.decode())
    browser.logout()
    browser.cookies.clear()
    browser.force_login(cast.seydou)
    browser.get("/en/account/")
    lesson = lesson_keys(school.course)[0].hex[:8]
    address = f"/en/c/{school.course.code}/{lesson}/note/"
    assert browser.post(address, {"text": "Awa's", "csrfmiddlewaretoken": old}).status_code == 403
    assert not Note.objects.filter(user=cast.seydou).exists()


def test_an_attempt_under_way_is_not_signed_out(cast, client):
    """Forty minutes over one question, on a device whose sessions end after thirty."""
    school = make_school()
    attempt = start_attempt(enrolment=school.enrol(cast.awa), quiz=school.practice[0])
    sign_in(client, "awa", shared="on")
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=40)):
        item = AttemptItem.objects.filter(attempt=attempt).first()
        saved = client.post(f"/en/attempts/{attempt.pk}/answer/", {item.version.question.slug: "a"})
        assert saved.status_code == 303 and "login" not in saved["Location"]
        assert who(client) == cast.awa.pk


def test_a_slip_on_a_shared_device(cast, client):
    kadi = newcomer("kadi", Institution.objects.get(code="mca"))
    [made] = services.make_slips(people=[kadi], actor=cast.mariam)
    open_with(client, "kadi", made.code, shared="on")
    assert who(client) == kadi.pk and client.session["shared"]
    assert client.cookies["sessionid"]["max-age"] == ""


def test_somebody_elses_slip_does_not_open_in_a_session_that_is_there(cast, client_for):
    kadi = newcomer("kadi", Institution.objects.get(code="mca"))
    [made] = services.make_slips(people=[kadi], actor=cast.mariam)
    client = client_for(cast.awa)
    page = client.get(f"/en/enter/{made.code}/").content.decode()
    assert "Sign out first" in page
    assert client.post("/en/enter/", {"login": "kadi", "code": made.code}).status_code == 200
    assert who(client) == cast.awa.pk


def _token(page: str) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
