"""The register of trainers: who reads it, what it hides, what everybody sees, and the trainer's own card."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.core.cache import cache
from django.utils import timezone
from openpyxl import load_workbook

from certificates.models import Candidate, Pathway
from certificates.privacy import export
from certificates.queries.trainers import public_register
from certificates.services.trainers import save_card
from operations.errors import Refused
from operations.models import AuditEntry
from people.models import Institution, Membership, Protection, Role, User
from people.services import confirm_audience
from tests.cast import SINCE
from tests.certificates.test_pathways import give
from tests.certificates.test_trainer import certify
from tests.courses import build

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

PAGE, FILE, PUBLIC, OWN = "/en/teach/trainers/", "/en/teach/trainers/file/", "/en/trainers/", "/en/certification/"


@pytest.fixture(autouse=True)
def road(db) -> Pathway:
    return Pathway.objects.create(slug="road", definition={"title": {"en": "Road"}, "stages": []})


def trainer(person: User, *, days: int = 365, courses=(), **card) -> Candidate:
    candidate = Candidate.objects.create(
        pathway=Pathway.objects.get(slug="road"), user=person, credential=certify(person, days=days), **card
    )
    candidate.courses.set(courses)
    return candidate


def many(count: int, place: str, *, courses=(), public: bool = False) -> list[User]:
    found = []
    for number in range(count):
        person = User.objects.create(username=f"{place}-{number}", first_name=f"Nom{number}", last_name=place.title())
        Membership.objects.create(user=person, institution=Institution.objects.get(code=place), since=SINCE)
        trainer(person, courses=courses, public=public)
        found.append(person)
    return found


@pytest.fixture
def trainers(cast) -> list[Candidate]:
    """Awa until next year; Seydou, of a court, for a month; Oumar, whose certificate has lapsed."""
    Institution.objects.filter(code="court").update(region="Mopti")
    today = timezone.localdate()
    return [
        trainer(
            cast.awa,
            courses=[build.make_course("T7")],
            languages=["bm", "fr"],
            regions=["Ségou"],
            available="Two weeks",
            available_from=today + dt.timedelta(days=20),
        ),
        trainer(cast.seydou, days=30, available="Always"),
        trainer(cast.oumar, days=-10),
    ]


def shown(client, **asked) -> list[str]:
    """First names in the order of the page."""
    html = client.get(PAGE, asked).content.decode()
    table = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [row.partition("<bdi>")[2].partition("<")[0].partition(" ")[0] for row in table.split("<tr>")[1:]]


def test_it_is_found_by_region_language_course_availability_and_expiry(trainers, cast, client_for):
    client = client_for(cast.fanta)
    assert shown(client) == ["Seydou", "Awa", "Oumar"]  # by last name
    for asked, names in (
        ({"region": "Ségou"}, ["Awa"]),
        ({"region": "Mopti"}, ["Seydou"]),  # says nothing: where the institution lies
        ({"language": "bm"}, ["Awa"]),
        ({"course": "T7"}, ["Awa"]),
        ({"when": "today"}, ["Seydou"]),
        ({"when": "later"}, ["Awa"]),
        ({"when": "unsaid"}, ["Oumar"]),
        ({"state": "valid"}, ["Seydou", "Awa"]),
        ({"state": "soon"}, ["Seydou"]),
        ({"state": "lapsed"}, ["Oumar"]),
        ({"q": "maiga"}, ["Oumar"]),
        ({"sort": "-expires"}, ["Awa", "Seydou", "Oumar"]),
        ({"sort": "expires"}, ["Oumar", "Seydou", "Awa"]),
        ({"region": "nowhere"}, []),
        ({"state": "x", "sort": "y", "page": "z", "q": "\x00"}, ["Seydou", "Awa", "Oumar"]),
    ):
        assert shown(client, **asked) == names, asked


def test_managers_read_their_branch_and_nothing_of_magistrates(trainers, cast, client_for):
    client = client_for(cast.mariam)
    assert shown(client) == ["Awa", "Oumar"]
    confirm_audience(user=cast.awa, audience="judiciary")
    assert shown(client) == ["Oumar"]
    for person, status in ((cast.awa, 403), (cast.issa, 403), (give("coordinator", Role.COORDINATOR), 200)):
        assert client_for(person).get(PAGE).status_code == status


def test_a_protected_trainer_is_found_by_the_pseudonym_alone(trainers, cast, client_for):
    Protection.objects.create(user=cast.seydou, kind=Protection.Kind.MAGISTRATE, pseudonym="Baobab 12")
    client = client_for(cast.fanta)
    assert shown(client, q="baobab") == ["Baobab"]
    for asked in ({"q": "seydou"}, {"region": "Mopti"}, {"when": "today"}):
        assert shown(client, **asked) == [], asked
    page = client.get(PAGE).content.decode()
    assert "Alhousseini" not in page and "Tribunal" not in page and "Always" not in page


def test_revoked_erased_and_closed_accounts_stand_in_no_register(trainers, cast, client_for):
    credential = trainers[0].credential
    assert credential is not None
    credential.status = "revoked"
    credential.save()
    User.objects.filter(pk=cast.seydou.pk).update(is_active=False)
    assert shown(client_for(cast.fanta)) == ["Oumar"]


def test_files_name_no_protected_person_and_are_written_down(trainers, cast, client_for):
    User.objects.filter(pk=cast.awa.pk).update(first_name="=1+1")
    Protection.objects.create(user=cast.seydou, kind=Protection.Kind.MAGISTRATE, pseudonym="Baobab 12")
    client = client_for(cast.admin)
    lines = list(csv.reader(io.StringIO(client.get(FILE).content.decode("utf-8-sig"))))
    assert [line[0] for line in lines[1:]] == ["Baobab 12", "'=1+1 Diarra", "Oumar Maïga"]
    assert lines[1][1:3] == ["", ""] and lines[2][4] == "T7"
    sheet = load_workbook(io.BytesIO(client.get(FILE, {"kind": "xlsx", "language": "bm"}).content)).active
    assert [row[0].value for row in sheet.iter_rows()] == ["Name", "=1+1 Diarra"] and sheet["A2"].data_type == "s"
    entries = AuditEntry.objects.filter(code="certificates.trainers-exported", actor=cast.admin).order_by("pk")
    assert [entry.after for entry in entries] == [{"people": 3, "fields": []}, {"people": 1, "fields": ["language"]}]


def test_it_costs_the_same_for_three_and_for_sixty(trainers, cast, client_for, django_assert_max_num_queries):
    many(60, "mca", courses=[build.make_course("T8")])
    for person in (cast.fanta, cast.mariam, cast.admin):
        client = client_for(person)
        cache.clear()
        for address in (PAGE, f"{PAGE}?page=2", FILE):
            with django_assert_max_num_queries(17 if address == FILE else 15):
                assert client.get(address).status_code == 200


# --- for everybody --------------------------------------------------------------------------------------------------


def test_everybody_sees_numbers_and_only_the_names_of_those_who_chose_so(cast, client):
    first, second = build.make_course("T7"), build.make_course("T8")
    people = many(6, "mca", courses=[first, second])
    many(7, "koulikoro", courses=[first])
    few = many(3, "court", courses=[second], public=True)
    Protection.objects.create(user=few[1], kind=Protection.Kind.MAGISTRATE, pseudonym="Baobab 12")
    found = public_register(cast.seydou, unsaid="–")
    assert found.trainers == 16 and found.places is not None
    assert {one.name[:6]: one.trainers for one in found.places} == {"Maison": None, "Prison": 7, "Tribun": None}
    assert [one.name for one in found.named] == ["Nom0 Court", "Nom2 Court"]
    page = client.get(PUBLIC).content.decode()
    assert "Nom0 Court" in page and "Nom1" not in page and "Baobab" not in page and "Nom0 Mca" not in page
    assert "Maison centrale" in page and str(people[0].key) not in page


def test_a_small_group_of_a_course_is_hidden_and_what_would_tell_it(cast):
    first, second = build.make_course("T7"), build.make_course("T8")
    people = many(9, "mca", courses=[first])
    for person in people[5:]:
        Candidate.objects.get(user=person).courses.set([second])
    for person in people[:1]:
        Candidate.objects.get(user=person).courses.add(second)
    # Five and five: told. Then five and four, which nine trainers would give away.
    found = public_register(cast.seydou, unsaid="–")
    assert found.places is not None and found.places[0].courses == [("T7", 5), ("T8", 5)]
    Candidate.objects.get(user=people[0]).courses.remove(second)
    found = public_register(cast.seydou, unsaid="–")
    assert found.places is not None and found.places[0].trainers == 9 and found.places[0].courses == []


def test_fewer_than_five_trainers_are_no_list(trainers, client):
    page = client.get(PUBLIC).content.decode()
    assert "Fewer than five trainers" in page and "<table" not in page


def test_the_public_page_costs_the_same_for_few_and_many(cast, client, django_assert_max_num_queries):
    many(30, "mca", public=True)
    with django_assert_max_num_queries(4):
        assert client.get(PUBLIC).status_code == 200


# --- the card -------------------------------------------------------------------------------------------------------


def test_a_trainer_writes_the_card_and_may_be_named(trainers, cast, client, client_for):
    own = client_for(cast.awa)
    form = {"do": "card", "languages": ["fr", "taq"], "regions": ["Ségou"], "available": "<b>Mondays</b>"}
    assert own.post(OWN, {**form, "available_from": "2027-01-01", "public": "on"}).status_code == 303
    row = trainers[0]
    row.refresh_from_db()
    assert (row.languages, row.regions, row.public) == (["fr", "taq"], ["Ségou"], True)
    assert "Awa Diarra" in client.get(PUBLIC).content.decode()
    page = own.get(OWN).content.decode()
    assert "&lt;b&gt;Mondays" in page and "<b>Mondays" not in page
    entry = AuditEntry.objects.get(code="certificates.trainer-card")
    assert entry.about == cast.awa and "public" in entry.after["fields"]
    own.post(OWN, form)
    assert "Awa Diarra" not in client.get(PUBLIC).content.decode()
    assert export(cast.awa)["pathways"][0]["card"]["available"] == "<b>Mondays</b>"


@pytest.mark.parametrize(
    "wrong",
    [
        {"languages": ["xx"]},
        {"regions": ["Atlantis"]},
        {"available_from": "yesterday"},
        {"available": "x" * 201},
        {"available_from": "2027-02-01", "available_until": "2027-01-01"},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_lost(trainers, cast, client_for, wrong):
    answer = client_for(cast.awa).post(OWN, {"do": "card", "available": "Kept words", **wrong})
    assert answer.status_code == 422
    if "available" not in wrong:
        assert "Kept words" in answer.content.decode()
    trainers[0].refresh_from_db()
    assert trainers[0].available == "Two weeks"


def test_nobody_writes_anothers_card_nor_before_the_certificate(trainers, cast, client_for):
    with pytest.raises(Refused):
        save_card(candidate=trainers[0], actor=cast.admin, public=True)
    fresh = Candidate.objects.create(pathway=Pathway.objects.get(slug="road"), user=cast.issa)
    with pytest.raises(Refused):
        save_card(candidate=fresh, actor=cast.issa, public=True)
    assert "Your card" not in client_for(cast.issa).get(OWN).content.decode()
