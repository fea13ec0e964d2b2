"""Who trained whom: generations and reach against a naive definition, facts in bulk, the screen and its files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import xml.etree.ElementTree as ET

import pytest
from django.core.cache import cache
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from certificates.cascade import Held, lines_of, unfold
from certificates.queries.cascade import cascade, prepared
from operations.models import AuditEntry, Job
from people.models import Institution, Protection, Role, User
from tests.certificates.test_pathways import give
from tests.certificates.test_trainer import certify
from workshops.models import Facilitator, Mark, Presence, Registration, TestSitting, Workshop
from workshops.queries import report as reports
from workshops.services import add_session, plan_workshop
from workshops.services.attendance import attended, correct

DAY = dt.date(2020, 1, 1)
PAGE, FILE, OWN = "/en/teach/cascade/", "/en/teach/cascade/file/", "/en/certification/cascade/"


def on(day: int) -> dt.date:
    return DAY + dt.timedelta(days=day)


# --- against a naive definition -----------------------------------------------------------------------------------------

PEOPLE = st.integers(1, 8)
WORKSHOPS = st.lists(
    st.builds(
        lambda day, length, leads, helps, came: Held(
            on(day), on(day + length), tuple(leads), tuple(helps - leads), sorted(came - leads - helps)
        ),
        st.integers(0, 30),
        st.integers(0, 3),
        st.sets(PEOPLE, max_size=2),
        st.sets(PEOPLE, max_size=2),
        st.sets(PEOPLE | st.integers(-3, -1), max_size=6),
    ),
    max_size=9,
)
DATES = st.dictionaries(PEOPLE, st.integers(0, 34).map(on), max_size=3)


def naive(held, certified, masters):
    """By the words of the definition, person by person, without an order and without sets of bits."""
    trainers = {person for one in held for person in one.leaders} | set(certified)
    since = {
        person: min(
            [one.starts for one in held if person in one.leaders]
            + [days[person] for days in (certified, masters) if person in days]
        )
        for person in trainers
    }
    parents = {
        person: {
            leader
            for one in held
            for leader in one.leaders
            if person not in masters and person in one.attended and one.ends < since[person]
        }
        for person in trainers
    }

    def generation(person):
        return min((generation(one) + 1 for one in parents[person]), default=0)

    def descendants(person):
        children = {one for one in trainers if person in parents[one]}
        return children | {below for child in children for below in descendants(child)}

    def chain(person):
        return max((chain(one) + 1 for one in trainers if person in parents[one]), default=0)

    def came(people):
        return {one for each in held if set(each.leaders) & people for one in each.attended}

    return {
        person: (
            generation(person),
            parents[person],
            len(came({person}) - {person}),
            len(came({person} | descendants(person)) - {person}),
            chain(person),
        )
        for person in trainers
    }


@given(held=WORKSHOPS, certified=DATES, masters=DATES)
def test_generation_and_reach_are_those_of_the_naive_definition(held, certified, masters):
    found = unfold(held, certified=certified, masters=masters)
    assert {
        person: (one.generation, set(one.trained_by), one.direct, one.reach, one.below)
        for person, one in found.trainers.items()
    } == naive(held, certified, masters)
    for one in found.trainers.values():
        assert all(one.person in found.trainers[parent].trained for parent in one.trained_by)
        assert one.reach >= one.direct and (one.person not in masters or one.generation == 0)


@given(held=WORKSHOPS, certified=DATES, masters=DATES)
def test_no_chain_leads_back_and_the_order_of_workshops_changes_nothing(held, certified, masters):
    found = unfold(held, certified=certified, masters=masters)
    for person, one in found.trainers.items():
        assert all(found.trainers[child].since > one.since for child in one.trained)
        assert person not in {below for child in one.trained for below in found.within(child)}
    assert unfold(held[::-1], certified=certified, masters=masters).trainers == found.trainers


@given(held=WORKSHOPS, certified=DATES, masters=DATES)
def test_every_workshop_and_trainer_counts_in_one_generation(held, certified, masters):
    found = unfold(held, certified=certified, masters=masters)
    assert sum(one.trainers for one in found.generations) == len(found.trainers)
    assert sum(one.workshops for one in found.generations) == sum(1 for one in held if one.leaders)
    assert [one.number for one in found.generations] == list(range(len(found.generations)))
    assert all(one.trainers for one in found.generations)


@given(held=WORKSHOPS, certified=DATES, most=st.integers(1, 9))
def test_the_picture_draws_each_once_under_somebody_who_trained_them(held, certified, most):
    found = unfold(held, certified=certified)
    lines = lines_of(found, most=most)
    assert len(lines) == min(most, len(found.trainers)) == len({line.person for line in lines})
    for line in lines:
        if line.above is None:
            assert line.depth == 0 and not found.trainers[line.person].trained_by
        else:
            above = lines[line.above]
            assert above.depth == line.depth - 1
            assert above.person in found.trainers[line.person].trained_by
    assert sum(line.left_out for line in lines) <= len(found.trainers) - len(lines)
    for root in found.trainers:
        assert {line.person for line in lines_of(found, root=root)} == found.within(root)


def test_two_who_trained_each_other_make_no_circle():
    first = Held(on(0), on(1), (1,), (), (2,))
    second = Held(on(10), on(11), (2,), (), (1,))
    found = unfold([first, second], certified={1: on(30), 2: on(30)})
    assert [found.trainers[one].generation for one in (1, 2)] == [0, 1]
    assert found.trainers[1].trained_by == () and found.trainers[2].reach == 1
    same_day = unfold([Held(on(0), on(0), (1,), (), (2,)), Held(on(0), on(0), (2,), (), (1,))], certified={})
    assert [one.generation for one in same_day.trainers.values()] == [0, 0]


def test_a_chain_of_a_thousand_is_no_matter():
    held = [Held(on(2 * n), on(2 * n), (n,), (), (n + 1, -n - 1)) for n in range(1_000)]
    found = unfold(held, certified={})
    assert found.trainers[0].below == 999 and found.trainers[0].reach == 2_000
    assert len(lines_of(found, most=2_000)) == 1_000


# --- from the database --------------------------------------------------------------------------------------------------


def hold(lead: User, people: list, *, day: int, helper: User | None = None, there: float = 1.0, gain: bool = True):
    """A closed workshop of two half-days: people with accounts and, for numbers, without."""
    starts = on(day)
    place = Institution.objects.get(code="dnapes")
    workshop = plan_workshop(organiser=place, title="Atelier", place="Ségou", starts=starts, ends=starts, capacity=200)
    Facilitator.objects.create(workshop=workshop, user=lead)
    if helper is not None:
        Facilitator.objects.create(workshop=workshop, user=helper, part="co")
    sessions = [
        add_session(workshop=workshop, day=starts, starts=dt.time(hour), ends=dt.time(hour + 3)) for hour in (8, 13)
    ]
    now = timezone.now()
    for number, person in enumerate(people, start=1):
        user = person if isinstance(person, User) else None
        row = Registration.objects.create(
            workshop=workshop,
            number=number,
            user=user,
            name=user.display_name if user else f"P{number}",
            state="accepted",
            origin="list",
        )
        for session in sessions[: round(len(sessions) * there)]:
            mark = Mark.objects.create(
                session=session, registration=row, status="present", source="call", made=now, stored=now
            )
            Presence.objects.create(session=session, registration=row, status="present", mark=mark)
        if gain:
            for moment, share in (("pre", 0.25), ("post", 0.75)):
                TestSitting.objects.create(
                    registration=row, moment=moment, stored=now, points={"q1": share, "q2": share}
                )
    workshop.status, workshop.closed_at = Workshop.Status.CLOSED, now
    workshop.save()
    return workshop


@pytest.fixture
def history(cast):
    """Fanta, a master trainer, trains Issa and others; Issa trains Awa; Awa trains two people."""
    return [
        hold(cast.fanta, [cast.issa, *range(6)], day=0),
        hold(cast.issa, [cast.awa, cast.seydou, *range(4)], day=100),
        hold(cast.awa, [cast.seydou, 1], day=200),
    ]


@pytest.mark.django_db
@pytest.mark.postgres
def test_the_facts_are_read_from_closed_workshops(history, cast):
    found = cascade()
    told = {
        person.username: (one.generation, one.direct, one.reach, one.below)
        for person in (cast.fanta, cast.issa, cast.awa)
        for one in [found.trainers[person.pk]]
    }
    # Seydou was trained twice below Issa, and counts once.
    assert told == {"fanta": (0, 7, 14, 2), "issa": (1, 6, 7, 1), "awa": (2, 2, 2, 0)}
    rows = [(one.trainers, one.workshops, one.people, one.pairs, one.gain) for one in found.generations]
    # Two people of the third workshop: their own report tells no gain, nor does the cascade.
    assert rows == [(1, 1, 7, 7, 0.5), (1, 1, 6, 6, 0.5), (1, 1, 2, 0, None)]
    report = reports.tests_of(history[0])
    assert report is not None and (report.pairs, report.overall.gain) == (7, 0.5)
    assert [one.attendance for one in found.generations] == [1.0, 1.0, 1.0]


@pytest.mark.django_db
@pytest.mark.postgres
def test_who_did_not_attend_was_not_trained_and_what_is_open_does_not_count(cast):
    half = hold(cast.fanta, [cast.issa], day=0, there=0.5)
    assert not attended(half)
    hold(cast.issa, [cast.awa], day=50)
    running = hold(cast.awa, [cast.seydou], day=90)
    running.status, running.closed_at = Workshop.Status.ANNOUNCED, None
    running.save()
    found = cascade()
    assert found.trainers[cast.issa.pk].generation == 0 and found.trainers[cast.fanta.pk].reach == 0
    assert cast.awa.pk not in found.trainers
    certify(cast.awa)
    assert cascade().trainers[cast.awa.pk].generation == 1


@pytest.mark.django_db
@pytest.mark.postgres
def test_seven_queries_make_it_and_one_finds_it_again(history, cast, django_assert_num_queries):
    cache.clear()
    with django_assert_num_queries(8):
        first = prepared()
    with django_assert_num_queries(1):
        assert prepared() == first
    hold(cast.fanta, list(range(30)), day=300)
    with django_assert_num_queries(8):
        assert prepared().trainers[cast.fanta.pk].direct == 37


@pytest.mark.django_db
@pytest.mark.postgres
@pytest.mark.parametrize("change", ["correction", "certificate", "test", "erased", "facilitator"])
def test_what_changes_afterwards_is_not_told_from_what_was_kept(history, cast, change):
    before = prepared()
    if change == "correction":
        row = history[1].registrations.get(user=cast.awa)
        for session in history[1].sessions.all():
            correct(session=session, registration=row, status="absent", reason="Sortie", actor=cast.admin)
    elif change == "certificate":
        certify(cast.oumar)
    elif change == "test":
        TestSitting.objects.filter(registration__workshop=history[0]).first().delete()
    elif change == "erased":
        Registration.objects.filter(user=cast.seydou).update(user=None)
    else:
        Facilitator.objects.filter(workshop=history[2]).update(user=cast.oumar)
    assert prepared() != before


@pytest.mark.django_db
def test_closing_prepares_it(history, cast):
    workshop = history[1]
    row = workshop.registrations.get(user=cast.awa)
    correct(session=workshop.sessions.first(), registration=row, status="excused", reason="Malade", actor=cast.admin)
    assert Job.objects.filter(kind="certificates.cascade").count() == 1


# --- screen and files -----------------------------------------------------------------------------------------------------


def drawn(html: str) -> ET.Element:
    """The first picture of a page, read as XML."""
    return ET.fromstring(html[html.rindex("<svg xmlns") : html.rindex("</svg>") + 6])


@pytest.mark.django_db
@pytest.mark.postgres
def test_the_screen_draws_it_and_says_the_same_in_a_table(history, cast, client_for):
    page = client_for(cast.fanta).get(PAGE).content.decode()
    texts = [one.text for one in drawn(page).iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if "Issa" in (text or "")] and "trained: 6, reached: 7" in texts
    assert "n = 7" in page and "+50 points" in page and "style=" not in page.split("<main")[1]
    links = [one.get("href") for one in drawn(page).iter("{http://www.w3.org/2000/svg}a")]
    assert links == [f"{PAGE}?trainer={one.key}" for one in (cast.fanta, cast.issa)]
    below = client_for(cast.fanta).get(PAGE, {"trainer": cast.issa.key}).content.decode()
    assert "Awa Diarra" in below and "Issa Traoré" in below and "n = 7" not in below


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["x", "", "00000000-0000-0000-0000-000000000000", "%00", "' OR 1=1"])
def test_hostile_choices_find_nothing(history, cast, client_for, wrong):
    answer = client_for(cast.fanta).get(PAGE, {"trainer": wrong})
    assert answer.status_code == (200 if wrong == "" else 404)
    assert client_for(cast.fanta).get(PAGE, {"trainer": str(cast.oumar.key)}).status_code == 404


@pytest.mark.django_db
def test_it_is_for_master_trainers_coordinators_and_administrators(history, cast, client_for):
    coordinator = give("coordinator", Role.COORDINATOR)
    for person, status in (
        (cast.fanta, 200),
        (coordinator, 200),
        (cast.admin, 200),
        (cast.mariam, 403),
        (cast.issa, 403),
    ):
        for address in (PAGE, FILE):
            assert client_for(person).get(address).status_code == status, person.username


@pytest.mark.django_db
@pytest.mark.postgres
def test_files_hide_small_groups_and_protected_people_and_are_written_down(history, cast, client_for):
    Protection.objects.create(user=cast.awa, kind=Protection.Kind.MAGISTRATE, pseudonym="Baobab 12")
    client = client_for(cast.admin)
    lines = list(csv.reader(io.StringIO(client.get(FILE).content.decode("utf-8-sig"))))
    assert [line[1] for line in lines[1:]] == ["Fanta Keïta", "Issa Traoré", "Baobab 12"]
    assert lines[3][6:8] == ["hidden", "hidden"] and lines[1][6:8] == ["7", "14"] and lines[3][4] == "2"
    book = load_workbook(io.BytesIO(client.get(FILE, {"kind": "xlsx"}).content))
    assert book.sheetnames == ["Trainers", "Generations"]
    found = json.loads(client.get(FILE, {"kind": "json"}).content)
    assert found["trainers"][2]["trained"] is None and found["generations"][2]["people"] is None
    picture = client.get(FILE, {"kind": "svg"})
    assert picture["Content-Type"] == "image/svg+xml"
    text = ET.tostring(ET.fromstring(picture.content), encoding="unicode")
    assert "Baobab 12" in text and "trained: hidden" in text and "href" not in text
    for content in (str(lines), json.dumps(found), text):
        assert "Diarra" not in content
    assert AuditEntry.objects.filter(code="certificates.cascade-exported", actor=cast.admin).count() == 4


@pytest.mark.django_db
def test_a_name_is_text_in_every_file(cast, client_for):
    User.objects.filter(pk=cast.issa.pk).update(first_name="=1+1", last_name="<script>")
    hold(cast.issa, [1, 2], day=0)
    client = client_for(cast.fanta)
    page = client.get(PAGE).content.decode()
    assert "<script>" not in page.split("<main")[1] and drawn(page) is not None
    assert "'=1+1" in client.get(FILE).content.decode()
    ET.fromstring(client.get(FILE, {"kind": "svg"}).content)


@pytest.mark.django_db
@pytest.mark.postgres
def test_a_trainer_sees_what_is_below_and_only_the_names_of_whom_they_trained(history, cast, client_for):
    page = client_for(cast.issa).get(OWN).content.decode()
    assert "Awa Diarra" in page and "Fanta" not in page and "?trainer=" not in page
    above = client_for(cast.fanta).get(OWN).content.decode()
    assert "Issa Traoré" in above and "Awa" not in above and "A trainer, Maison centrale" in above
    assert "You have trained nobody yet." in client_for(cast.seydou).get(OWN).content.decode()


@pytest.mark.django_db
@pytest.mark.postgres
def test_the_screen_costs_the_same_for_few_and_many(history, cast, client_for, django_assert_max_num_queries):
    for number in range(12):
        trainer = User.objects.create(username=f"t{number}", first_name=f"T{number}")
        hold(cast.awa, [trainer], day=300 + number, gain=False)
        hold(trainer, [1, 2, 3], day=400 + number, gain=False)
    client = client_for(cast.fanta)
    cache.clear()
    for address in (PAGE, OWN):
        with django_assert_max_num_queries(15):
            assert client.get(address).status_code == 200
