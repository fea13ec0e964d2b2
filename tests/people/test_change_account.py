"""The account page."""

import pytest
from allauth.account.models import EmailAddress

from people import services
from tests.cast import PASSWORD

PAGE = "/en/account/"


@pytest.fixture
def form(cast):
    return {
        "first_name": "Awa",
        "last_name": "Diarra",
        "email": cast.awa.email,
        "language": "fr",
        "current_password": "",
    }


def test_a_stranger_is_sent_to_the_entry(client, db):
    assert client.get(PAGE)["Location"] == f"/accounts/login/?next={PAGE}"


def test_name_and_language_change_without_the_password(cast, client_for, form):
    response = client_for(cast.awa).post(PAGE, form | {"last_name": "Diarra Koné", "language": "ar"})
    assert response.status_code == 303
    assert response["Location"] == "/ar/account/"
    cast.awa.refresh_from_db()
    assert (cast.awa.last_name, cast.awa.language) == ("Diarra Koné", "ar")


def test_a_new_address_asks_for_the_password_and_the_old_one_opens_nothing(cast, client_for, form):
    EmailAddress.objects.create(user=cast.awa, email=cast.awa.email, verified=True, primary=True)
    client = client_for(cast.awa)
    for password in ["", "wrong"]:
        refused = client.post(PAGE, form | {"email": "New@example.test", "current_password": password})
        assert refused.status_code == 422
        assert 'aria-invalid="true"' in refused.content.decode()
    assert client.post(PAGE, form | {"email": "New@example.test", "current_password": PASSWORD}).status_code == 303
    cast.awa.refresh_from_db()
    assert cast.awa.email == "new@example.test"
    assert not EmailAddress.objects.filter(user=cast.awa).exists()


def test_an_address_of_somebody_else_is_refused(cast, client_for, form):
    refused = client_for(cast.awa).post(PAGE, form | {"email": cast.seydou.email.upper(), "current_password": PASSWORD})
    assert "This address cannot be used." in refused.content.decode()


@pytest.mark.parametrize(
    "hostile",
    [
        {"first_name": ""},
        {"first_name": "a" * 151},
        {"email": "no address"},
        {"language": "xx"},
        {"last_name": "x\x00y"},
    ],
)
def test_what_cannot_be_is_refused_in_words(cast, client_for, form, hostile):
    refused = client_for(cast.awa).post(PAGE, form | hostile)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()


def test_nobody_becomes_staff_by_the_form(cast, client_for, form):
    before = cast.awa.staff_number
    client_for(cast.awa).post(PAGE, form | {"is_superuser": "on", "is_staff": "on", "staff_number": "PEN-1"})
    cast.awa.refresh_from_db()
    assert not cast.awa.is_superuser and not cast.awa.is_staff and cast.awa.staff_number == before


def test_a_name_with_markup_stays_text(cast, client_for, form):
    client = client_for(cast.awa)
    client.post(PAGE, form | {"first_name": "<img src=x onerror=alert(1)>"})
    assert "<img" not in client.get(PAGE).content.decode()


def test_the_page_shows_institution_and_profession_and_why_the_sex_is_asked(cast, client_for, form):
    services.declare_audience(user=cast.awa, audience="prison-staff")
    client = client_for(cast.awa)
    page = client.get(PAGE).content.decode()
    assert "Maison centrale" in page and "not confirmed yet" in page
    assert "Sex (optional)" in page and "Only for figures" in page
    services.confirm_audience(user=cast.awa, audience="prison-staff")
    assert "not confirmed yet" not in client.get(PAGE).content.decode()
    for sex, status in (("f", 303), ("", 303), ("x", 422)):
        assert client.post(PAGE, form | {"sex": sex}).status_code == status
    cast.awa.refresh_from_db()
    assert cast.awa.sex == ""
