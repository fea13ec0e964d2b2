"""Invitations: a manager's, for the own branch; a code or a link that is used as often as it says and not once more."""

import datetime as dt
import threading

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from operations.errors import Refused
from operations.models import AuditEntry
from people import audiences, services
from people.codes import digest, parse
from people.models import Audience, Institution, Invitation, LoginCode, Membership, User
from tests.people.entrance import NEW

NEWS = {"first_name": "Kadi", "last_name": "Sangaré", "username": "kadi", "password1": NEW, "password2": NEW}


@pytest.fixture(autouse=True)
def _by_invitation(settings):
    settings.ACCOUNT_SIGNUP = "invitation"


@pytest.fixture
def mca(cast):
    return Institution.objects.get(code="mca")


@pytest.fixture
def english(client):
    client.cookies["language"] = "en"
    return client


def sign_up(client, code, **more):
    return client.post(reverse("account_signup"), NEWS | {"invitation": code} | more)


def test_without_a_code_nobody_opens_an_account(cast, english):
    page = sign_up(english, "")
    assert page.status_code == 200 and 'id="id_invitation_error"' in page.content.decode()
    assert not User.objects.filter(username="kadi").exists()


def test_the_code_brings_membership_post_and_confirmed_audience(cast, english, mca, monkeypatch):
    monkeypatch.setattr(audiences, "_sources", [lambda: [("prison-staff", "Prison staff")]])
    made = services.invite(institution=mca, actor=cast.mariam, audience="prison-staff", post="Agent")
    assert sign_up(english, made.code.lower().replace("-", " ")).status_code == 302
    kadi = User.objects.get(username="kadi")
    row = Membership.objects.get(user=kadi)
    assert (row.institution, row.post) == (mca, "Agent")
    assert Audience.objects.get(user=kadi).confirmed_at
    made.row.refresh_from_db()
    assert made.row.uses_left == 0
    assert made.code.replace("-", "") not in made.row.digest
    codes = set(AuditEntry.objects.values_list("code", flat=True))
    assert {"people.invitation-made", "people.invitation-used"} <= codes


def test_the_link_fills_the_code_in(cast, english, mca):
    made = services.invite(institution=mca, actor=cast.mariam)
    page = english.get(f"/en/join/{made.code}/")
    assert page.status_code == 200 and "Maison centrale" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert f'value="{made.code}"' in english.get(reverse("account_signup")).content.decode()
    assert not LoginCode.objects.exists()


def test_where_accounts_are_open_the_link_still_counts(cast, english, mca, settings):
    settings.ACCOUNT_SIGNUP = "open"
    assert "invitation" not in english.get(reverse("account_signup")).context["form"].fields
    made = services.invite(institution=mca, actor=cast.mariam)
    english.get(f"/en/join/{made.code}/")
    assert sign_up(english, made.code).status_code == 302
    assert Membership.objects.get(user__username="kadi").institution == mca


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"expires": timezone.now() - dt.timedelta(days=1)}, "This invitation has expired."),
        ({"withdrawn": timezone.now()}, "This invitation has been withdrawn."),
        ({"uses_left": 0}, "This invitation has been used already."),
    ],
)
def test_what_no_longer_holds_is_refused_in_words(cast, english, mca, spoil, words):
    made = services.invite(institution=mca, actor=cast.mariam)
    Invitation.objects.filter(pk=made.row.pk).update(**spoil)
    assert words in sign_up(english, made.code).content.decode()
    page = english.get(f"/en/join/{made.code}/")
    assert page.status_code == 410 and words in page.content.decode()
    assert not User.objects.filter(username="kadi").exists()


@pytest.mark.parametrize(
    "code", ["", "0000-0000-0000", "abc", "x" * 5000, "' OR 1=1 --", "\x00" * 12, "ɓɗŋɲ-ɓɗŋɲ-ɓɗŋɲ"]
)
def test_foreign_codes_open_nothing(cast, english, mca, code):
    assert sign_up(english, code).status_code == 200
    assert not User.objects.filter(username="kadi").exists()


def test_a_login_code_is_no_invitation_and_an_invitation_no_login_code(cast, english, mca):
    recovery = services.make_recovery(user=cast.awa, actor=cast.mariam)
    assert "not the code of an invitation" in sign_up(english, recovery.code).content.decode()
    made = services.invite(institution=mca, actor=cast.mariam)
    with pytest.raises(Refused):
        services.look_at(login="awa", text=made.code)
    assert digest("login", parse(made.code)) != made.row.digest


def test_an_invitation_by_mail_is_for_one_address_and_says_nothing(
    cast, client_for, english, mca, django_capture_on_commit_callbacks
):
    form = {"institution": mca.pk, "email": "Kadi@example.test", "uses": 5, "days": 30, "post": "", "audience": ""}
    manager = client_for(cast.mariam)
    with django_capture_on_commit_callbacks(execute=True):
        made = manager.post("/en/manage/invitations/new/", form)
    assert made.status_code == 303
    [message] = mail.outbox
    assert message.to == ["kadi@example.test"] and message.subject == "An invitation"
    assert "Maison" not in message.body and "Mariam" not in message.body
    link = next(word for word in message.body.split() if "/join/" in word)
    code = link.rstrip("/").rsplit("/", 1)[1]
    shown = manager.get(made["Location"]).content.decode()
    assert code in shown
    assert code not in manager.get(made["Location"]).content.decode()  # once
    assert Invitation.objects.get().uses_left == 1
    assert "for another address" in sign_up(english, code, email="other@example.test").content.decode()
    assert sign_up(english, code, email="KADI@example.test").status_code == 302


def test_the_account_and_the_membership_come_together_or_not_at_all(cast, english, mca, monkeypatch):
    made = services.invite(institution=mca, actor=cast.mariam)

    def lost(**kwargs):
        raise Refused("Somebody was quicker.")

    monkeypatch.setattr("people.forms.redeem_invitation", lost)
    assert sign_up(english, made.code)["Location"] == reverse("account_signup")
    assert not User.objects.filter(username="kadi").exists()


@pytest.mark.django_db(transaction=True)
def test_the_last_place_is_given_once(cast, mca):
    made = services.invite(institution=mca, actor=cast.mariam, uses=3)
    people = [User.objects.create_user(f"kadi{number}") for number in range(8)]
    outcomes = []

    def arrive(person):
        try:
            services.redeem_invitation(text=made.code, user=person)
            outcomes.append(True)
        except Refused:
            outcomes.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=arrive, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(True) == 3
    assert Membership.objects.filter(user__in=people).count() == 3
    made.row.refresh_from_db()
    assert made.row.uses_left == 0


@pytest.mark.parametrize("name", ["awa", "issa", "oumar", "fanta", "seydou"])
def test_only_managers_invite(cast, client_for, mca, name):
    with pytest.raises(Refused):
        services.invite(institution=mca, actor=getattr(cast, name))
    assert client_for(getattr(cast, name)).get("/en/manage/invitations/").status_code in (403, 404)


def test_a_manager_invites_only_to_the_own_branch_and_sees_only_it(cast, client_for):
    court = Institution.objects.get(code="court")
    with pytest.raises(Refused):
        services.invite(institution=court, actor=cast.mariam)
    client = client_for(cast.mariam)
    form = {"institution": court.pk, "email": "", "uses": 1, "days": 30, "post": "", "audience": ""}
    assert client.post("/en/manage/invitations/new/", form).status_code == 422
    theirs = services.invite(institution=court, actor=cast.admin).row
    assert client.get(f"/en/manage/invitations/{theirs.pk}/").status_code == 404
    assert client.post(f"/en/manage/invitations/{theirs.pk}/withdraw/").status_code == 404
    assert "Tribunal" not in client.get("/en/manage/invitations/?state=all").content.decode()
    assert Invitation.objects.get(pk=theirs.pk).withdrawn is None


def test_a_withdrawn_invitation_is_listed_as_such(cast, client_for, mca):
    made = services.invite(institution=mca, actor=cast.mariam)
    client = client_for(cast.mariam)
    assert client.post(f"/en/manage/invitations/{made.row.pk}/withdraw/").status_code == 303
    assert "Withdrawn" in client.get("/en/manage/invitations/?state=ended").content.decode()


@pytest.mark.parametrize(
    "hostile",
    [{"uses": 0}, {"uses": 201}, {"uses": "many"}, {"days": 0}, {"days": 91}, {"email": "no address"}, {"post": "x" * 121},
     {"audience": "nobody"}, {"institution": "999999"}, {"institution": "1 OR 1=1"}, {"post": "a\x00b"}],
)  # fmt: skip
def test_what_cannot_be_is_refused(cast, client_for, mca, hostile):
    form = {"institution": mca.pk, "email": "", "uses": 1, "days": 30, "post": "", "audience": ""} | hostile
    page = client_for(cast.mariam).post("/en/manage/invitations/new/", form)
    assert page.status_code == 422 and 'role="alert"' in page.content.decode()
    assert not Invitation.objects.exists()


def test_the_list_costs_the_same_for_one_and_for_many(cast, client_for, mca, django_assert_max_num_queries):
    for _ in range(20):
        services.invite(institution=mca, actor=cast.mariam)
    client = client_for(cast.mariam)
    with django_assert_max_num_queries(9):
        client.get("/en/manage/invitations/")
