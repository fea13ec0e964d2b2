"""What waits on a phone is not lost by signing out, and clearing the phone says what is lost."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("said", ["3", "12"])
def test_signing_out_leaves_what_waits_and_clearing_warns(cast, client_for, said):
    client = client_for(cast.issa)
    client.cookies["waiting"] = said
    page = client.get(reverse("clear"))
    assert said in page.content.decode()
    assert 'role="alert"' in page.content.decode()
    out = client.post(reverse("account_logout"))
    assert "storage" not in out.headers.get("Clear-Site-Data", "")
    assert "storage" in client.post(reverse("clear")).headers["Clear-Site-Data"]


@pytest.mark.parametrize("said", ["", "0", "-1", "x", "9" * 99])
def test_a_cookie_that_says_nothing_changes_nothing(cast, client_for, said):
    client = client_for(cast.issa)
    client.cookies["waiting"] = said
    assert 'role="alert"' not in client.get(reverse("clear")).content.decode()
    assert "storage" in client.post(reverse("account_logout")).headers["Clear-Site-Data"]
