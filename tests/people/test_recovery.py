"""Recovery without e-mail: one-time codes, who may make them for whom, and what they end.

Whoever makes a code could take the account over: every role tries to become every other.
"""

import datetime as dt
import io
import json
import re

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessments.models import Attempt
from assessments.services import save_answers, start_attempt, submit
from operations.errors import Refused
from operations.models import AuditEntry
from people import services
from people.models import Institution, LoginCode, RoleGrant, User
from tests.assessments.school import make_school
from tests.people.entrance import NEW, enter, expire, open_with, protect, sign_in, who, with_app

NAMES = ["awa", "issa", "mariam", "oumar", "fanta", "seydou", "admin"]
# Alone, without anybody else: who gets into whose account by making a code.
ALLOWED = {("mariam", "awa"), ("admin", "awa"), ("admin", "seydou")}


@pytest.fixture
def second(cast):
    """A second administrator."""
    person = User.objects.create_user("binta", password=NEW, first_name="Binta")
    RoleGrant.objects.create(user=person, role="administrator", since=dt.date(2020, 1, 1))
    return person


@pytest.fixture
def made(cast):
    return services.make_recovery(user=cast.awa, actor=cast.mariam)


@pytest.mark.parametrize("target", NAMES)
@pytest.mark.parametrize("actor", NAMES)
def test_every_role_tries_to_become_every_other(cast, second, client_for, actor, target):
    maker, victim = getattr(cast, actor), getattr(cast, target)
    page = client_for(maker).post(f"/en/manage/people/{victim.key}/code/")
    code = LoginCode.objects.filter(user=victim).first()
    thief = client_for(None)
    if code is None:
        assert (actor, target) not in ALLOWED
        assert page.status_code in (303, 403, 404)
        return
    shown = client_for(maker)
    shown.force_login(maker)
    text = _text_of(maker, victim, client_for)
    opened = open_with(thief, victim.username, text)
    if (actor, target) in ALLOWED:
        assert who(thief) == victim.pk
    else:  # an administrator, for staff: it waits for the second one
        assert actor == "admin" and code.needs_second
        assert opened.status_code == 422 and who(thief) is None
        assert "second administrator" in opened.content.decode()


def _text_of(maker, victim, client_for):
    """The code as its maker reads it."""
    client = client_for(maker)
    page = client.post(f"/en/manage/people/{victim.key}/code/", follow=True)
    return re.search(r'class="code-big"[^>]*>([0-9A-Z-]{14})<', page.content.decode())[1]


@pytest.mark.parametrize("maker", ["mariam", "admin"])
def test_protected_people_are_recovered_by_two_administrators_only(cast, second, maker):
    protect(cast.awa)
    if maker == "mariam":
        with pytest.raises(Refused):
            services.make_recovery(user=cast.awa, actor=cast.mariam)
    else:
        assert services.make_recovery(user=cast.awa, actor=cast.admin).row.needs_second


def test_two_administrators_together_open_a_staff_account(cast, second, client_for, client):
    text = _text_of(cast.admin, cast.mariam, client_for)
    row = LoginCode.objects.filter(user=cast.mariam).latest("created")
    for wrong in (cast.admin, cast.mariam, cast.issa):
        client_for(wrong).post(f"/en/manage/codes/{row.pk}/confirm/")
        row.refresh_from_db()
        assert row.confirmed_by is None
    assert client_for(second).post(f"/en/manage/codes/{row.pk}/confirm/").status_code == 303
    with_app(cast.mariam)
    open_with(client, "mariam", text)
    assert who(client) == cast.mariam.pk
    assert not Authenticator.objects.filter(user=cast.mariam).exists()  # the phone may be what was lost
    page = client.get("/en/learn/", follow=True).content.decode()
    assert "Administration" in page and "confirmed by Binta" in page


def test_a_single_administrator_is_sent_to_the_console(cast):
    with pytest.raises(Refused) as refusal:
        services.make_recovery(user=cast.mariam, actor=cast.admin)
    assert "manage.py recovery_code mariam" in refusal.value.next_step


@pytest.mark.parametrize("name", NAMES)
def test_the_console_opens_any_account(cast, client, name):
    out = io.StringIO()
    call_command("recovery_code", name, stdout=out)
    lines = out.getvalue().strip().splitlines()
    assert LoginCode.objects.get(pk=json.loads(lines[-1])["login_code"]).made_by is None
    code = next(line.split()[-1] for line in lines if line.startswith("Code:"))
    open_with(client, name, code)
    assert who(client) == getattr(cast, name).pk
    assert "console of the server" in client.get("/en/learn/", follow=True).content.decode()


def test_the_console_names_what_is_wrong(cast):
    with pytest.raises(CommandError, match="Nobody is called"):
        call_command("recovery_code", "nobody")


def test_an_administrator_is_made_at_the_console_without_a_password(db, client):
    out = io.StringIO()
    call_command("create_administrator", "kadi", "--first", "Kadi", "--email", "kadi@example.test", stdout=out)
    lines = out.getvalue().strip().splitlines()
    assert json.loads(lines[-1]) == {"administrator": "kadi"}
    code = next(line.split()[-1] for line in lines if line.startswith("Code:"))
    open_with(client, "kadi", code)
    kadi = User.objects.get(username="kadi")
    assert who(client) == kadi.pk and kadi.is_superuser
    assert RoleGrant.objects.filter(user=kadi, role="administrator").exists()
    for taken in ("kadi", "KADI", "kadi@example.test", "bad name\x00"):
        with pytest.raises(CommandError):
            call_command("create_administrator", taken, stdout=out)


# --- what a code does -----------------------------------------------------------------------------------------------


def test_the_holder_reads_who_made_it_and_when_before_anything_else(cast, client, made):
    open_with(client, "awa", made.code)
    for page in ("/en/learn/", "/en/notebook/", "/en/account/"):
        assert client.get(page)["Location"] == "/en/account/codes/"
    assert client.get("/en/catalogue/").status_code == 200
    said = client.get("/en/account/codes/").content.decode()
    assert "Mariam Coulibaly" in said
    assert client.post("/en/account/codes/").status_code == 303
    assert client.get("/en/account/").status_code == 200
    made.row.refresh_from_db()
    assert made.row.told
    codes = set(AuditEntry.objects.values_list("code", flat=True))
    assert {"people.recovery-made", "people.recovery-used", "people.recovery-read"} <= codes
    assert "Mariam Coulibaly" in client.get("/en/account/codes/").content.decode()  # and at any later time


def test_a_code_that_was_made_and_not_used_is_read_too_and_can_be_taken_back(cast, client, made):
    sign_in(client, "awa")
    assert client.get("/en/learn/")["Location"] == "/en/account/codes/"
    assert "not used" in client.get("/en/account/codes/").content.decode()
    client.post(f"/en/account/codes/{made.row.pk}/withdraw/")
    client.logout()
    assert "withdrawn" in enter(client, "awa", made.code).content.decode()


def test_nobody_takes_back_the_code_of_another(cast, client_for, made):
    for name in ("seydou", "issa", "oumar"):
        assert client_for(getattr(cast, name)).post(f"/en/account/codes/{made.row.pk}/withdraw/").status_code == 404
        client_for(getattr(cast, name)).post(f"/en/manage/codes/{made.row.pk}/withdraw/")
    made.row.refresh_from_db()
    assert made.row.withdrawn is None


def test_using_it_ends_every_session_and_the_old_password(cast, client, client_for, made):
    before, forced = client_for(None), client_for(cast.awa)
    sign_in(before, "awa")
    before.post("/en/account/codes/")
    open_with(client, "awa", made.code)
    assert who(before) is None and who(forced) is None
    assert who(client) == cast.awa.pk
    assert sign_in(client_for(None), "awa").status_code == 200
    assert sign_in(client_for(None), "awa", NEW).status_code == 302


def test_an_ordinary_code_takes_no_second_factor_off(cast, client, made):
    with_app(cast.awa)
    assert "second-step" in open_with(client, "awa", made.code)["Location"]
    assert who(client) is None
    assert Authenticator.objects.filter(user=cast.awa).exists()


def test_what_no_longer_opens_says_why(cast, client, made):
    expire([made.row])
    assert "This code has expired." in enter(client, "awa", made.code).content.decode()
    newer = services.make_recovery(user=cast.awa, actor=cast.mariam)
    assert "withdrawn, or replaced" in enter(client, "awa", made.code).content.decode()
    services.withdraw_code(code=newer.row, actor=cast.mariam)
    assert "withdrawn, or replaced" in enter(client, "awa", newer.code).content.decode()
    last = services.make_recovery(user=cast.awa, actor=cast.mariam)
    open_with(client, "awa", last.code)
    client.logout()
    assert "has been used already" in enter(client, "awa", last.code).content.decode()


def test_it_lasts_a_day(cast, client, made):
    with time_machine.travel(timezone.now() + dt.timedelta(hours=23, minutes=59)):
        assert enter(client, "awa", made.code).status_code == 303
    with time_machine.travel(timezone.now() + dt.timedelta(hours=24, minutes=1)):
        assert "expired" in enter(client, "awa", made.code).content.decode()


@pytest.mark.parametrize("change", ["role ends", "becomes staff", "is protected", "transfer", "maker closed", "closed"])
def test_what_changed_since_it_was_made_counts(cast, client, made, change):
    if change == "role ends":
        RoleGrant.objects.filter(user=cast.mariam).update(until=timezone.localdate())
    elif change == "becomes staff":
        RoleGrant.objects.create(user=cast.awa, role="instructor", institution=Institution.objects.get(code="mca"))
    elif change == "is protected":
        protect(cast.awa)
    elif change == "transfer":
        cast.awa.memberships.update(institution=Institution.objects.get(code="court"))
    elif change == "maker closed":
        User.objects.filter(pk=cast.mariam.pk).update(is_active=False)
    else:
        User.objects.filter(pk=cast.awa.pk).update(is_active=False)
    assert enter(client, "awa", made.code).status_code == 422
    assert who(client) is None


def test_the_choice_of_a_password_does_not_wait_for_ever(cast, client, made):
    enter(client, "awa", made.code)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=16)):
        page = client.post("/en/enter/password/", {"password1": NEW, "password2": NEW})
        assert page["Location"] == "/en/enter/"
    assert who(client) is None


def test_the_code_is_shown_once_and_printed_only_by_the_page_that_shows_it(cast, client_for):
    client = client_for(cast.mariam)
    made = client.post(f"/en/manage/people/{cast.awa.key}/code/")
    first = client.get(made["Location"]).content.decode()
    code = re.search(r'class="code-big"[^>]*>([0-9A-Z-]{14})<', first)[1]
    assert code not in client.get(made["Location"]).content.decode()
    assert client.post(made["Location"] + "slip/", {"code": code})["Content-Type"] == "application/pdf"
    assert client.post(made["Location"] + "slip/", {"code": "0000-0000-0000"}).status_code == 404
    assert client_for(cast.admin).post(made["Location"] + "slip/", {"code": code}).status_code == 404
    kept = " ".join(str(value) for value in LoginCode.objects.values_list("digest", flat=True))
    assert code not in kept and code.replace("-", "") not in kept


def test_the_list_shows_a_manager_only_the_codes_of_the_own_branch(cast, client_for, made):
    services.make_recovery(user=cast.seydou, actor=cast.admin)
    page = client_for(cast.mariam).get("/en/manage/codes/").content.decode()
    assert "Awa Diarra" in page and "Seydou" not in page
    assert client_for(cast.oumar).get("/en/manage/codes/").status_code in (403, 404)


# --- running attempts -----------------------------------------------------------------------------------------------


def test_a_running_attempt_stands_still_until_the_holder_has_read(cast, client, client_for, made):
    school = make_school()
    held = school.enrol(cast.awa)
    attempt = start_attempt(enrolment=held, quiz=school.final)
    left = attempt.deadline - timezone.now()
    open_with(client, "awa", made.code)
    attempt.refresh_from_db()
    assert attempt.frozen
    with time_machine.travel(timezone.now() + dt.timedelta(hours=3)):
        later = client_for(None)
        sign_in(later, "awa", NEW)
        assert later.get(f"/en/attempts/{attempt.pk}/")["Location"] == "/en/account/codes/"
        saved = save_answers(person=cast.awa, attempt=attempt.pk, data={}, positions=[1])
        assert saved.outcome == "frozen"
        with pytest.raises(Refused):
            submit(attempt=attempt)
        later.post("/en/account/codes/")
        attempt.refresh_from_db()
        assert attempt.frozen is None and attempt.status == Attempt.Status.RUNNING
        now_left = attempt.deadline - timezone.now()
        assert abs((now_left - left).total_seconds()) < 5
        assert later.get(f"/en/attempts/{attempt.pk}/").status_code == 200


def test_time_that_was_over_before_is_over(cast, client, made):
    school = make_school()
    attempt = start_attempt(enrolment=school.enrol(cast.awa), quiz=school.final)
    with time_machine.travel(attempt.deadline + dt.timedelta(minutes=5)):
        open_with(client, "awa", made.code)
        attempt.refresh_from_db()
        assert attempt.frozen is None
