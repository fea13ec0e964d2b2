"""The home page, its language switch and the style page."""

import pytest

from courses.models import Course
from operations.addresses import neutral
from programme.models import Audience


def test_each_audience_leads_to_its_courses_with_their_number(client, db):
    html = client.get("/fr/").content.decode()
    for audience in Audience.objects.all():
        number = audience.courses.filter(open_for_enrolment=True).count()
        assert (f"audience={neutral(audience.slug)}" in html) == bool(number)


def test_a_site_without_courses_says_so(client, db):
    Course.objects.update(open_for_enrolment=False)
    assert "No course is open yet" in client.get("/en/").content.decode()


def test_who_is_signed_in_goes_on_instead_of_signing_in(cast, client_for):
    html = client_for(cast.awa).get("/en/").content.decode()
    assert "Go on with my courses" in html and "account_login" not in html
    assert ">Awa D.<" in html


def test_the_switch_leads_to_the_same_page_with_its_filters(client, db):
    html = client.get("/fr/?audience=police&page=2").content.decode()
    assert 'href="/ar/?audience=police&amp;page=2" lang="ar" hreflang="ar" dir="rtl"' in html
    assert 'lang="fr" hreflang="fr" dir="ltr" aria-current="true"' in html


def test_hostile_addresses_stay_on_the_site(client, db):
    html = client.get("/fr/%22%3E%3Cscript%3E/").content.decode()
    assert "<script>" not in html


@pytest.mark.parametrize(("who", "status"), [(None, 302), ("awa", 403), ("admin", 200)])
def test_the_style_page_is_for_administrators(cast, client_for, who, status):
    client = client_for(getattr(cast, who) if who else None)
    assert client.get("/fr/style/").status_code == status


def test_pages_stay_light_and_cost_few_queries(cast, client, client_for, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        client.get("/fr/")
    signed_in = client_for(cast.awa)
    with django_assert_max_num_queries(3):  # session, person, audiences
        signed_in.get("/fr/")
