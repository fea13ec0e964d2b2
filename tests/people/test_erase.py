"""Erasing a person: asked for, taken back, carried out; what stays is only numbers."""

from __future__ import annotations

import io

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from assessments.models import Attempt, AttemptItem
from certificates.models import Credential, Rendering
from content.models import ErrorReport
from courses.models import Enrolment, Note
from operations.errors import Refused
from operations.models import AuditEntry, Message
from people import services
from people.models import ErasureRequest, LoginCode, Membership, Protection, Role, User
from people.privacy import collectors
from people.queries.desk import head_counts
from people.services.erasure import erase_account, remains_of, removed_by
from records.models import RecordKey, Statement
from tests.cast import PASSWORD
from tests.people.everything import certify, know, schooling


def ask_and_erase(person: User, by: User) -> ErasureRequest:
    request = services.ask_erasure(user=person)
    return services.carry_out_erasure(request=request, actor=by, reason="Recognised at the office")


def check_projections() -> str:
    said = io.StringIO()
    call_command("rebuild_progress", "--check", stdout=said, stderr=said)
    return said.getvalue()


def texts_of_everything() -> str:
    """Every text of every table that a room covers, to look for a name in."""
    found = []
    for model in {AuditEntry, *(model for room in collectors() for model in room.covers)}:
        found += [str(row) for row in model._base_manager.values_list()]
    return "\n".join(found)


def test_erasing_leaves_numbers_only_and_a_clean_record(cast, django_capture_on_commit_callbacks):
    school = schooling()
    know(cast.awa, school, actor=cast.mariam, mark="alpha", code="T8")
    know(cast.seydou, school, actor=cast.admin, mark="omega", code="T9")
    credential = Credential.objects.get(holder=cast.awa)
    from certificates.services import render  # noqa: PLC0415

    paper = str(render(credential=credential, language="fr").file)
    key = RecordKey.objects.get(user=cast.awa).key
    day = timezone.localdate()
    heads, statements = head_counts(day.replace(year=2022)), Statement.objects.filter(actor=key).count()
    completed = Enrolment.objects.filter(status="completed").count()
    handed_in = Attempt.objects.filter(status="submitted").count()
    others = {room.name: room.export(cast.seydou) for room in collectors()}
    pk = cast.awa.pk

    with django_capture_on_commit_callbacks(execute=True):
        done = ask_and_erase(cast.awa, cast.admin)

    assert (done.status, done.user, done.decided_by) == ("done", None, cast.admin)
    assert not User.objects.filter(pk=pk).exists()
    everything = texts_of_everything()
    for trace in ("alpha", "Diarra", "ML-AWA", "awa@kalanso.test"):
        assert trace not in everything.replace("report alpha", ""), trace
    assert ErrorReport.objects.get(text="report alpha").reporter is None
    # The record: the same statements, whose pseudonym leads to nobody (one more says that a course was left).
    assert RecordKey.objects.get(pk=key).user is None
    assert Statement.objects.filter(actor=key).count() >= statements
    check_projections()  # raises or exits where a row is not what the log says
    # Counts are what they were.
    assert head_counts(day.replace(year=2022)) == heads
    assert Enrolment.objects.filter(status="completed").count() == completed
    assert Attempt.objects.filter(status="submitted").count() == handed_in
    assert not AttemptItem.objects.filter(attempt__enrolment__user=None, answer__isnull=False).exists()
    assert not Enrolment.objects.filter(user=None, status="active").exists()
    # The certificate: number, title and dates.
    credential.refresh_from_db()
    assert (credential.holder, credential.holder_name, credential.enrolment) == (None, "", None)
    assert credential.standing == "erased" and credential.title and not credential.evidence.exists()
    assert not Rendering.objects.filter(credential=credential).exists() and not default_storage.exists(paper)
    # What the libraries knew.
    for rows in (EmailAddress, Authenticator, UserSession):
        assert not rows.objects.filter(user_id=pk).exists()
    assert not AuditEntry.objects.filter(object_kind="people.user", object_id=str(pk)).exists()
    assert done.remains["certificates"] == {"credentials": 1}
    # Another person's data are what they were.
    cast.seydou.refresh_from_db()
    assert {room.name: room.export(cast.seydou) for room in collectors()} == others


def test_the_numbers_told_before_are_those_that_are_found_after(cast):
    know(cast.awa, schooling(), actor=cast.mariam, mark="alpha", code="T8")
    removed, stays = removed_by(user=cast.awa), remains_of(cast.awa)
    assert Note.objects.filter(user=cast.awa).count() == removed["courses"]["notes"] == 1
    assert removed["assessments"]["answers"] > 0 and stays["certificates"] == {"credentials": 1}
    assert Message.objects.filter(recipient=cast.awa).count() == removed["operations"]["messages"]
    assert ask_and_erase(cast.awa, cast.admin).remains["courses"] == stays["courses"]
    assert Enrolment.objects.filter(user=None).count() == stays["courses"]["enrolments"]


def test_erasing_can_be_repeated(cast):
    know(cast.awa, schooling(), actor=cast.mariam, mark="alpha", code="T8")
    done = ask_and_erase(cast.awa, cast.admin)
    before = texts_of_everything()
    assert services.carry_out_erasure(request=done, actor=cast.admin, reason="again").pk == done.pk
    assert erase_account(user=cast.awa) == {}
    assert texts_of_everything() == before


@pytest.mark.parametrize("twice", [room.name for room in collectors()])
def test_what_a_room_has_erased_it_finds_no_more(cast, twice):
    know(cast.awa, schooling(), actor=cast.mariam, mark="alpha", code="T8")
    room = next(room for room in collectors() if room.name == twice)
    room.erase(cast.awa)
    assert sum(room.erase(cast.awa).values()) == 0


def test_a_person_who_wrote_pages_leaves_no_number_in_logs(cast):
    from wagtail.models import Page, PageLogEntry  # noqa: PLC0415

    page = Page.objects.filter(depth__gt=1).first()
    PageLogEntry.objects.log_action(instance=page, action="wagtail.edit", user=cast.oumar)
    pk = cast.oumar.pk
    ask_and_erase(cast.oumar, cast.admin)
    assert not PageLogEntry.objects.filter(user=pk).exists()


def test_a_pseudonym_is_never_given_to_anybody_else(cast):
    services.protect(user=cast.awa, kind="other")
    ask_and_erase(cast.awa, cast.admin)
    assert Protection.objects.get().user is None
    assert services.protect(user=cast.seydou, kind="other").pseudonym != Protection.objects.get(user=None).pseudonym


def test_sessions_end(cast, client_for):
    client = client_for(cast.awa)
    assert client.get(reverse("account")).status_code == 200
    ask_and_erase(cast.awa, cast.admin)
    assert client.get(reverse("account"))["Location"].startswith("/accounts/login/")


def test_who_may_carry_it_out_and_of_whom(cast):
    request = services.ask_erasure(user=cast.awa)
    for nobody in (cast.mariam, cast.issa, cast.seydou, cast.awa):
        with pytest.raises(Refused):
            services.carry_out_erasure(request=request, actor=nobody, reason="x")
    with pytest.raises(Refused, match="missing"):
        services.carry_out_erasure(request=request, actor=cast.admin, reason="  ")
    with pytest.raises(Refused, match="only administrator"):
        services.ask_erasure(user=cast.admin)
    services.grant_role(user=cast.fanta, role=Role.ADMINISTRATOR)
    own = services.ask_erasure(user=cast.admin)
    with pytest.raises(Refused, match="Nobody erases themselves"):
        services.carry_out_erasure(request=own, actor=cast.admin, reason="x")
    assert User.objects.filter(pk=cast.awa.pk).exists()


def test_a_request_taken_back_is_not_carried_out(cast):
    request = services.ask_erasure(user=cast.awa)
    assert services.ask_erasure(user=cast.awa).pk == request.pk
    with pytest.raises(Refused):
        services.withdraw_erasure(request=request, actor=cast.seydou)
    services.withdraw_erasure(request=request, actor=cast.awa)
    services.withdraw_erasure(request=request, actor=cast.awa)
    with pytest.raises(Refused, match="withdrawn"):
        services.carry_out_erasure(request=request, actor=cast.admin, reason="x")
    assert services.ask_erasure(user=cast.awa).pk != request.pk


# --- pages ----------------------------------------------------------------------------------------------------------


def test_the_page_says_what_goes_and_what_stays_before_it_asks_for_the_password(cast, client_for):
    know(cast.awa, schooling(), actor=cast.mariam, mark="alpha", code="T8")
    client, page = client_for(cast.awa), "/en/account/erase/"
    told = client.get(page).content.decode()
    assert "What stays, without you" in told and "erased at the holder’s request" in told
    assert Note.objects.filter(user=cast.awa).exists() and User.objects.filter(pk=cast.awa.pk).exists()
    for wrong in ("", "wrong"):
        assert client.post(page, {"proof": wrong}).status_code == 422
    assert not ErasureRequest.objects.exists()
    assert client.post(page, {"proof": PASSWORD}).status_code == 303
    assert "You asked on" in client.get("/en/account/data/").content.decode()
    assert client.get(page).status_code == 303
    assert client.post("/en/account/erase/withdraw/").status_code == 303
    assert ErasureRequest.objects.get().status == "withdrawn"


def test_the_password_is_not_guessed_here(cast, client_for):
    client, page = client_for(cast.awa), "/en/account/erase/"
    for _number in range(10):
        assert client.post(page, {"proof": "guess"}).status_code == 422
    refused = client.post(page, {"proof": PASSWORD})
    assert refused.status_code == 422 and "Too many wrong passwords." in refused.content.decode()
    assert not ErasureRequest.objects.exists()
    assert client_for(cast.seydou).post(page, {"proof": PASSWORD}).status_code == 303


def test_a_person_without_a_password_types_their_username(cast, client_for):
    cast.awa.set_unusable_password()
    cast.awa.save()
    client, page = client_for(cast.awa), "/en/account/erase/"
    assert "Your username" in client.get(page).content.decode()
    assert client.post(page, {"proof": "x"}).status_code == 422
    assert client.post(page, {"proof": "awa"}).status_code == 303


def test_an_administrator_finds_the_request_and_carries_it_out(cast, client_for):
    services.ask_erasure(user=cast.awa)
    client = client_for(cast.admin)
    assert "People who ask to be erased" in client.get("/en/manage/").content.decode()
    page = client.get("/en/manage/erasures/").content.decode()
    assert "Awa Diarra" in page
    one = ErasureRequest.objects.get()
    deed = f"/en/manage/erasures/{one.pk}/"
    assert "cannot be undone" in client.get(deed).content.decode()
    assert client.post(deed, {"reason": ""}).status_code == 422
    assert client.post(deed, {"reason": "came to the office"}).status_code == 303
    page = client.get("/en/manage/erasures/").content.decode()
    assert "carried out" in page and "Diarra" not in page
    assert client.post(deed, {"reason": "again"}).status_code == 303
    for person in (cast.mariam, cast.awa if User.objects.filter(pk=cast.awa.pk).exists() else cast.seydou):
        assert client_for(person).get("/en/manage/erasures/").status_code == 403


def test_verification_says_that_the_certificate_was_erased(cast, client_for):
    number = certify(cast.awa, "T8").number
    ask_and_erase(cast.awa, cast.admin)
    page = client_for(None).get(f"/en/verify/{number}/").content.decode()
    assert "Erased at the holder’s request" in page and number in page
    assert "Diarra" not in page and "Valid certificate" not in page and "protected" not in page


def test_a_code_made_by_the_person_stays_with_its_holder(cast):
    code = services.make_recovery(user=cast.awa, actor=cast.mariam).row
    Membership.objects.filter(user=cast.mariam).update(post="head of Mariam’s office")
    ask_and_erase(cast.mariam, cast.admin)
    code.refresh_from_db()
    assert (code.user, code.made_by) == (cast.awa, None)
    assert LoginCode.objects.count() == 1
    assert Membership.objects.filter(user=None).annotate(n=Count("pk")).get().post == ""
