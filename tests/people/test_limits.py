"""Guessing is slowed down per account and address; nobody locks a colleague out, and a whole room comes in at once."""

import pytest
from django.urls import reverse

from people import services
from people.codes import ALPHABET, grouped, new_code, parse
from people.models import Institution, User
from tests.cast import PASSWORD
from tests.people.entrance import NEW, enter, newcomer, open_with, sign_in, who


def test_two_hundred_wrong_passwords_do_not_lock_out_a_colleague_at_the_same_address(cast, client, client_for):
    for _ in range(200):
        assert sign_in(client, "awa", "wrong").status_code == 200
    assert sign_in(client_for(None), "seydou").status_code == 302  # next to it
    assert sign_in(client_for(None), "awa", address="10.0.0.2").status_code == 302  # the person, elsewhere
    page = client_for(None)
    page.cookies["language"] = "en"
    assert "Too many tries with this name" in sign_in(page, "awa").content.decode()


def test_a_session_under_way_is_not_touched_by_guesses(cast, client_for):
    inside = client_for(cast.awa)
    guesser = client_for(None)
    for _ in range(30):
        sign_in(guesser, "awa", "wrong")
    assert inside.get("/en/learn/").status_code == 200


def test_thirty_people_sign_in_from_one_address_in_two_minutes(cast, client_for):
    hashed = cast.awa.password
    people = User.objects.bulk_create(User(username=f"p{number}", password=hashed) for number in range(30))
    for person in people:
        client = client_for(None)
        assert sign_in(client, person.username, "mistyped").status_code == 200  # each once wrongly
        assert sign_in(client, person.username, PASSWORD).status_code == 302
        assert client.get("/en/learn/").status_code == 200


def test_thirty_people_open_their_slips_from_one_address(cast, client_for):
    place = Institution.objects.get(code="mca")
    people = [newcomer(f"n{number}", place) for number in range(30)]
    for made in services.make_slips(people=people, actor=cast.mariam):
        client = client_for(None)
        assert client.get(f"/en/enter/{made.code}/").status_code == 200
        assert open_with(client, made.row.user.username, made.code).status_code == 302
        assert who(client) == made.row.user_id


def test_guessed_codes_are_slowed_down_per_account_and_address(cast, client, client_for):
    made = services.make_recovery(user=cast.awa, actor=cast.mariam)
    other = services.make_recovery(user=cast.seydou, actor=cast.admin)
    said = [enter(client, "awa", new_code()) for _ in range(8)]
    assert "The name or the code is not right." in said[0].content.decode()
    assert "Too many tries with this name" in said[-1].content.decode()
    assert "Too many tries" in enter(client, "awa", made.code).content.decode()  # the right one waits too
    assert enter(client_for(None), "seydou", other.code).status_code == 303  # a colleague beside
    assert enter(client_for(None), "awa", made.code, address="10.0.0.2").status_code == 303  # the person elsewhere


def test_passwords_and_codes_share_the_tries(cast, client):
    made = services.make_recovery(user=cast.awa, actor=cast.mariam)
    for _ in range(5):
        sign_in(client, "awa", "wrong")
    assert "Too many tries" in enter(client, "awa", made.code).content.decode()


def test_a_wrong_name_and_a_wrong_code_are_answered_alike(cast, client):
    made = services.make_recovery(user=cast.awa, actor=cast.mariam)
    sentence = "The name or the code is not right."
    for login, code in [("awa", new_code()), ("nobody", made.code), ("seydou", made.code), ("awa", "short")]:
        assert sentence in enter(client, login, code).content.decode()


@pytest.mark.parametrize("code", ["", "x" * 5000, "\x00", "' OR 1=1 --", "ɓɗŋɲ" * 3, "0" * 13, "‮" * 12])
def test_what_is_no_code_opens_nothing(cast, client, code):
    assert enter(client, "awa", code).status_code == 422
    assert client.get("/en/enter/x/").status_code == 200
    assert who(client) is None


def test_codes_are_read_as_people_write_them():
    code = new_code()
    plain = code.replace("-", "")
    for written in (
        code.lower(),
        plain,
        code.replace("-", " "),
        f"  {code} ",
        code.replace("-", "–"),
        code.replace("0", "O").replace("1", "l"),
    ):
        assert parse(written) == plain
    assert grouped(plain) == code
    assert len({new_code() for _ in range(1000)}) == 1000
    assert len(set(ALPHABET)) == 32


def test_sign_ups_of_a_room_are_not_refused(cast, client_for, settings):
    settings.ACCOUNT_SIGNUP = "invitation"
    made = services.invite(institution=Institution.objects.get(code="mca"), actor=cast.mariam, uses=31)
    for number in range(30):
        form = {"first_name": "K", "last_name": "S", "username": f"k{number}", "password1": NEW, "password2": NEW}
        assert client_for(None).post(reverse("account_signup"), form | {"invitation": made.code}).status_code == 302
