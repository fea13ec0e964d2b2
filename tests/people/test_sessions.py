"""Where a person is signed in, signing out elsewhere, and sessions that end by themselves."""

import datetime as dt

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from people import services
from tests.cast import PASSWORD
from tests.people.entrance import NEW, sign_in, who

ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def browser(client_for, agent):
    client = client_for(None)
    client.defaults["HTTP_USER_AGENT"] = agent
    sign_in(client, "awa")
    return client


@pytest.fixture
def two(cast, client_for):
    return browser(client_for, FIREFOX), browser(client_for, ANDROID)


def test_the_list_names_devices_and_times_and_no_place(cast, two):
    page = two[0].get("/en/account/sessions/").content.decode()
    assert "Firefox, Linux" in page and "Chrome, Android" in page and "This browser" in page
    assert "10.0.0.1" not in page
    assert set(UserSession.objects.values_list("ip", flat=True)) == {"0.0.0.0"}


def test_one_browser_is_signed_out(cast, two):
    here, there = two
    row = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post("/en/account/sessions/", {"end": str(row.pk)}).status_code == 303
    assert who(there) is None and who(here) == cast.awa.pk


def test_everywhere_else_and_everywhere(cast, two, client_for):
    here, there = two
    unlisted = client_for(cast.awa)  # begun by no page: in no list
    assert here.post("/en/account/sessions/", {"end": "others"}).status_code == 303
    assert who(there) is None and who(unlisted) is None and who(here) == cast.awa.pk
    again = browser(client_for, ANDROID)
    done = here.post("/en/account/sessions/", {"end": "all"})
    assert done["Location"] == "/en/signed-out/" and "Clear-Site-Data" in done
    assert who(here) is None and who(again) is None
    assert sign_in(client_for(None), "awa").status_code == 302


def test_nobody_ends_the_session_of_another(cast, two, client_for):
    row = UserSession.objects.get(session_key=two[1].session.session_key)
    for end in (str(row.pk), "999999", "-1", "1 OR 1=1", "", "x" * 5000):
        client_for(cast.seydou).post("/en/account/sessions/", {"end": end})
    assert who(two[1]) == cast.awa.pk


def test_a_new_password_ends_the_other_sessions(cast, two):
    here, there = two
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post(reverse("account_change_password"), form).status_code == 302
    assert who(there) is None and who(here) == cast.awa.pk
    assert UserSession.objects.filter(user=cast.awa).count() == 1


def test_a_closed_account_is_out_at_the_next_request(cast, two):
    services.deactivate(user=cast.awa, actor=cast.mariam)
    assert who(two[0]) is None and who(two[1]) is None


@pytest.mark.parametrize(
    ("name", "shared", "minutes"),
    [("awa", {}, 8 * 60), ("awa", {"shared": "on"}, 30), ("mariam", {}, 30), ("admin", {}, 30)],
)
def test_sessions_end_when_nothing_happens(cast, client_for, name, shared, minutes):
    client = client_for(None)
    sign_in(client, name, **shared)
    start = timezone.now()
    with time_machine.travel(start + dt.timedelta(minutes=minutes - 1)):
        assert client.get("/en/learn/").status_code == 200
    # The look a minute before the end counts as something that happened.
    with time_machine.travel(start + dt.timedelta(minutes=2 * minutes - 2)):
        assert client.get("/en/learn/").status_code == 200
    with time_machine.travel(start + dt.timedelta(minutes=3 * minutes)):
        page = client.get("/en/learn/")
        assert page["Location"] == "/accounts/login/?next=/en/learn/&reason=idle"
        assert ("Clear-Site-Data" in page) == bool(shared)
        client.cookies["language"] = "en"
        assert "because nothing happened" in client.get(page["Location"]).content.decode()
        assert not UserSession.objects.filter(session_key=client.session.session_key).exists()


def test_public_pages_go_on_without_the_person(cast, client):
    sign_in(client, "awa", shared="on")
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1)):
        page = client.get("/en/catalogue/")
        assert page.status_code == 200 and "Awa D" not in page.content.decode()


def test_the_clock_of_a_session_is_written_once_a_minute(cast, client, django_assert_num_queries):
    sign_in(client, "awa")
    client.get("/en/learn/")
    before = Session.objects.get(session_key=client.session.session_key).session_data
    client.get("/en/learn/")
    assert Session.objects.get(session_key=client.session.session_key).session_data == before
    seen = UserSession.objects.get(user=cast.awa).last_seen_at
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2)):
        client.get("/en/learn/")
    assert UserSession.objects.get(user=cast.awa).last_seen_at > seen


def test_the_list_costs_the_same_for_one_and_for_many(cast, client_for, two, django_assert_max_num_queries):
    for _ in range(10):
        browser(client_for, ANDROID)
    two[0].get("/en/account/sessions/")
    with django_assert_max_num_queries(5):
        two[0].get("/en/account/sessions/")
