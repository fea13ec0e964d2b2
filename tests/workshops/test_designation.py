"""Calls and proposals: quotas, who may propose and decide, the waiting list, replacements, letters."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.urls import reverse
from pypdf import PdfReader

from operations.errors import Refused
from operations.models import Message
from people.models import Institution, Membership, Role, RoleGrant, User
from people.services import grant_role
from tests.cast import SINCE
from tests.people.entrance import protect
from tests.workshops.conftest import FIRST
from workshops.models import Counted, Quota, Registration, Workshop
from workshops.paper import render_letter, render_pack
from workshops.services import (
    announce,
    arrive,
    change_workshop,
    count_people,
    decide,
    give_seat,
    propose,
    replace,
    set_quotas,
    withdraw,
)
from workshops.services.letters import file_scan, issue_letter

pytestmark = pytest.mark.django_db
State = Registration.State


@pytest.fixture
def call(workshop, sessions, cast) -> Workshop:
    """The workshop calls for people; the prison in Bamako has an officer of its own, Kadi."""
    change_workshop(workshop=workshop, entry=Workshop.Entry.DESIGNATION, capacity=2, actor=cast.issa)
    workshop = announce(workshop=workshop, actor=cast.issa)
    kadi = User.objects.create_user("kadi", first_name="Kadi", last_name="Sow")
    mca = Institution.objects.get(code="mca")
    Membership.objects.create(user=kadi, institution=mca, since=SINCE)
    grant_role(user=kadi, role=Role.OFFICER, institution=mca)
    return workshop


@pytest.fixture
def kadi(call) -> User:
    return User.objects.get(username="kadi")


def guard(name: str, post: str = "Surveillant") -> User:
    user = User.objects.create_user(name.lower(), first_name=name, last_name="Koné")
    Membership.objects.create(user=user, institution=Institution.objects.get(code="mca"), since=SINCE, post=post)
    return user


def test_a_facility_proposes_and_the_director_decides_with_a_reason(call, kadi, cast):
    row = propose(workshop=call, user=cast.awa, actor=kadi)
    assert row.state == State.PROPOSED and row.origin == "designation"
    assert Message.objects.filter(recipient=cast.mariam, kind="workshops.proposed").count() == 1
    with pytest.raises(Refused):
        decide(registration=row, state=State.REFUSED, actor=cast.mariam)
    decide(registration=row, state=State.REFUSED, reason="Le poste serait vide.", actor=cast.mariam)
    assert Message.objects.filter(recipient=cast.awa, kind="workshops.refused").count() == 1
    assert Message.objects.filter(recipient=kadi, kind="workshops.decided").count() == 1
    with pytest.raises(Refused):
        decide(registration=row, state=State.ACCEPTED, actor=cast.mariam)


def test_nobody_proposes_another_branch_nor_decides_on_their_own_proposal(call, kadi, cast):
    for user, actor in ((cast.seydou, kadi), (cast.awa, cast.issa), (cast.seydou, cast.mariam)):
        with pytest.raises(Refused):
            propose(workshop=call, user=user, actor=actor)
    own = propose(workshop=call, user=cast.awa, actor=cast.mariam)
    for actor in (cast.mariam, kadi, cast.issa, cast.awa):
        with pytest.raises(Refused):
            decide(registration=own, state=State.ACCEPTED, actor=actor)
    assert decide(registration=own, state=State.ACCEPTED, actor=cast.admin).state == State.ACCEPTED


def test_quotas_and_the_cap_of_a_post_are_kept(call, kadi, cast):
    mca = Institution.objects.get(code="mca")
    set_quotas(
        workshop=call,
        quotas=[Quota(institution=mca, most=3), Quota(sex="f", most=1), Quota(institution=mca, per_post=2)],
        actor=cast.issa,
    )
    for name in ("Ali", "Baba"):
        propose(workshop=call, user=guard(name), actor=kadi)
    with pytest.raises(Refused, match="of this post"):
        propose(workshop=call, user=guard("Daou"), actor=kadi)
    propose(workshop=call, name="Fily Sow", sex="f", institution=mca, post="Greffière", actor=kadi)
    with pytest.raises(Refused, match="At most"):
        propose(workshop=call, name="Guimba Sow", institution=mca, post="Régisseur", actor=kadi)


def test_the_waiting_list_proposes_and_never_promotes_by_itself(call, kadi, cast):
    rows = [propose(workshop=call, user=guard(name), actor=kadi) for name in ("Ali", "Baba", "Daou")]
    for row in rows[:2]:
        decide(registration=row, state=State.ACCEPTED, actor=cast.mariam)
    with pytest.raises(Refused, match="seats"):
        decide(registration=rows[2], state=State.ACCEPTED, actor=cast.mariam)
    decide(registration=rows[2], state=State.WAITING, actor=cast.mariam)
    with pytest.raises(Refused):
        give_seat(registration=rows[2], actor=cast.issa)
    withdraw(registration=rows[0], reason="Malade", actor=cast.issa)
    rows[2].refresh_from_db()
    assert rows[2].state == State.WAITING
    assert give_seat(registration=rows[2], actor=cast.issa).state == State.ACCEPTED


def test_x_replaces_y_and_somebody_comes_unannounced(call, kadi, cast):
    row = decide(
        registration=propose(workshop=call, user=cast.awa, actor=kadi), state=State.ACCEPTED, actor=cast.mariam
    )
    made = replace(registration=row, name="Zan Traoré", actor=cast.issa)
    row.refresh_from_db()
    assert (row.state, made.state, made.replaces, made.number) == (State.REPLACED, State.ACCEPTED, row, 2)
    assert made.institution.code == "mca"
    for number in range(3):  # over the two seats: they are in the room
        arrive(workshop=call, name=f"Venu {number}", actor=cast.issa)
    assert call.registrations.filter(origin="arrival", state=State.ACCEPTED).count() == 3


def test_people_who_are_only_counted_have_no_names(call, cast):
    for people in (7, 9):
        count_people(workshop=call, group="detainees", sex="m", band="25-59", people=people, actor=cast.issa)
    assert list(Counted.objects.values_list("people", flat=True)) == [9]
    count_people(workshop=call, group="detainees", sex="m", band="25-59", people=0, actor=cast.issa)
    assert not Counted.objects.exists()
    with pytest.raises(Refused):
        count_people(workshop=call, group="nobody", people=1, actor=cast.issa)


def test_the_pages_of_a_proposal_from_search_to_decision(call, kadi, cast, client_for):
    officer = client_for(kadi)
    assert call.code in officer.get(reverse("workshop-calls")).content.decode()
    address = reverse("workshop-propose", args=[call.pk])
    found = officer.get(f"{address}?q=diarra").content.decode()
    assert str(cast.awa.key) in found and "Seydou" not in found
    assert officer.post(address, {"person": cast.awa.key}).status_code == 303
    assert officer.post(address, {"person": cast.seydou.key}).status_code == 422
    row = Registration.objects.get()
    director = client_for(cast.mariam)
    assert "waits for your decision" in director.get(reverse("workshops")).content.decode()
    form = {"state": "accepted", "reason": ""}
    assert officer.post(reverse("registration-decide", args=[row.pk]), form).status_code in (403, 404)
    assert director.post(reverse("registration-decide", args=[row.pk]), form).status_code == 303
    assert client_for(cast.seydou).get(address).status_code == 403


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_letter_is_numbered_valid_and_filed_with_its_scan(call, kadi, cast):
    row = propose(workshop=call, user=cast.awa, actor=kadi)
    mca = Institution.objects.get(code="mca")
    facts = {"workshop": call, "institution": mca, "valid_from": FIRST, "valid_until": call.ends}
    with pytest.raises(Refused):
        issue_letter(**facts, actor=cast.mariam)
    decide(registration=row, state=State.ACCEPTED, actor=cast.mariam)
    with pytest.raises(Refused):
        issue_letter(**{**facts, "valid_until": FIRST - dt.timedelta(days=1)}, actor=cast.mariam)
    letter = issue_letter(**facts, signatory="Le Directeur", by_order=True, actor=cast.mariam)
    said = text_of(render_letter(letter))
    for words in (letter.number, "Awa Diarra", "P/O", "Le Directeur", "Maison centrale"):
        assert words in said, words
    with pytest.raises(Refused):
        file_scan(letter=letter, content=b"MZ rubbish", actor=cast.mariam)
    file_scan(letter=letter, content=b"%PDF-1.7 signed", actor=cast.mariam)
    assert letter.scan.read() == b"%PDF-1.7 signed"
    with pytest.raises(Refused):
        file_scan(letter=letter, content=b"%PDF-", actor=cast.issa)


def test_a_protected_person_is_a_pseudonym_on_lists_letters_and_papers(call, kadi, cast, client_for):
    row = decide(
        registration=propose(workshop=call, user=cast.awa, actor=kadi), state=State.ACCEPTED, actor=cast.mariam
    )
    protect(cast.awa, "Magistrat M-07")
    letter = issue_letter(
        workshop=call,
        institution=Institution.objects.get(code="mca"),
        valid_from=FIRST,
        valid_until=call.ends,
        actor=cast.mariam,
    )
    for said in (text_of(render_letter(letter)), text_of(render_pack(call))):
        assert "Magistrat M-07" in said and "Diarra" not in said
    address = reverse("workshop-people", args=[call.pk])
    for who, name in (("mariam", "Magistrat M-07"), ("fanta", "Magistrat M-07"), ("admin", "Magistrat M-07")):
        page = client_for(getattr(cast, who)).get(address).content.decode()
        assert name in page and "Diarra" not in page, who
    assert "Awa Diarra" in client_for(cast.issa).get(address).content.decode()
    assert row.user == cast.awa


def test_the_pack_holds_lists_badges_tests_guide_and_sheets(workshop, sessions, group, cast):
    from courses.models import Course  # noqa: PLC0415

    workshop.course = Course.objects.get(slug="mandela-rules")
    workshop.save()
    pdf = render_pack(workshop)
    said = text_of(pdf)
    for words in (workshop.code, "Boubacar Maïga", "Ramata Touré", "Awa Diarra"):
        assert words in said, words
    assert len(PdfReader(io.BytesIO(pdf)).pages) >= 9


def test_nobody_gets_to_a_name_by_putting_the_pseudonym_on_a_list_of_their_own(workshop, sessions, cast, client_for):
    protect(cast.awa, "Magistrat M-07")
    address = reverse("workshop-person-new", args=[workshop.pk])
    client = client_for(cast.issa)
    assert client.post(address, {"name": "Magistrat M-07", "state": "accepted"}).status_code == 303
    row = Registration.objects.get()
    assert (row.user, row.state) == (cast.awa, State.INVITED)
    with pytest.raises(Refused):
        give_seat(registration=row, actor=cast.issa)
    arrived = arrive(workshop=workshop, user=cast.awa, actor=cast.issa)
    assert (arrived.user, arrived.name, arrived.protected) == (None, "Magistrat M-07", True)
    page = client.get(reverse("workshop-people", args=[workshop.pk])).content.decode()
    assert "Magistrat M-07" in page and "Diarra" not in page


@time_machine.travel("2027-01-10")
def test_a_workshop_that_is_over_calls_nobody(call, kadi, cast):
    with pytest.raises(Refused):
        propose(workshop=call, user=cast.awa, actor=kadi)
    assert RoleGrant.objects.filter(user=kadi).exists()
