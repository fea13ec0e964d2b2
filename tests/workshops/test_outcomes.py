"""After the workshop: outcomes, the evaluation that names nobody, tests before and after, what is paid."""

import datetime as dt
import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from assessments.models import Question
from operations.errors import Refused
from people.models import Institution
from tests.workshops.conftest import FIRST
from tests.workshops.test_attendance import count, mark, send
from workshops.models import Allowance, Outcome, Registration, SurveyAnswer, TestSitting
from workshops.paper import render_pack
from workshops.queries.report import report_of, satisfaction_of
from workshops.report_paper import render_pdf
from workshops.rules import may_sit
from workshops.services import announce, change_workshop, close_attendance, register
from workshops.services.outcomes import sit_test, type_test, work_out_allowances
from workshops.services.surveys import answer_survey, type_survey

pytestmark = pytest.mark.django_db
FILLED = {"ce-01": "4", "ce-02": "na", "ce-13": "Le registre"}


@pytest.fixture
def running(workshop, sessions, group, cast, time_machine_at):
    announce(workshop=workshop, actor=cast.issa)
    workshop.refresh_from_db()
    return workshop


@pytest.fixture
def time_machine_at(monkeypatch):
    """The rules are asked on the last day, at three in the afternoon."""
    moment = dt.datetime.combine(FIRST + dt.timedelta(days=1), dt.time(15), tzinfo=dt.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


@pytest.fixture
def tested(running):
    question = Question.objects.filter(use="prepost", retired=False, current__isnull=False).first()
    running.course = question.course
    running.save()
    return running


def keys(workshop):
    """The right answers to the test, as a browser posts them."""
    rows = Question.objects.filter(course=workshop.course, use="prepost", retired=False).select_related("current")
    return {
        row.slug: next(option["id"] for option in row.current.body["options"] if option.get("correct")) for row in rows
    }


def test_an_outcome_is_written_and_followed_up(workshop, sessions, cast, client_for):
    client = client_for(cast.issa)
    fields = {"kind": "recommendation", "text": "Un registre par cellule", "addressee": "DNAPES", "due": "2027-01-31"}
    client.post(reverse("workshop-outcome-new", args=[workshop.pk]), {**fields, "state": "open"})
    row = Outcome.objects.get()
    client.post(reverse("workshop-outcome", args=[workshop.pk, row.pk]), {**fields, "state": "done"})
    row.refresh_from_db()
    assert (row.state, row.addressee, row.due) == ("done", "DNAPES", dt.date(2027, 1, 31))
    page = client.get(reverse("workshop-outcomes", args=[workshop.pk])).content.decode()
    assert "Un registre par cellule" in page
    assert client_for(cast.awa).get(reverse("workshop-outcomes", args=[workshop.pk])).status_code in (403, 404)


def test_an_evaluation_is_given_once_and_leads_to_nobody(running, group, cast, client_for):
    client, address = client_for(cast.awa), reverse("my-workshop-survey", args=[running.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, FILLED).status_code == 303
    with pytest.raises(Refused):
        answer_survey(registration=group[0], user=cast.awa, data=FILLED)
    kept = SurveyAnswer.objects.get()
    assert kept.answers == {"ce-01": 4, "ce-02": "na", "ce-13": "Le registre"}
    names = {field.name for field in SurveyAnswer._meta.get_fields()}
    assert not names & {"registration", "user", "by"}


def test_results_of_the_evaluation_are_told_from_five_answers_on_and_after_closing(running, sessions, group, cast):
    for n in range(3):
        register(workshop=running, name=f"Autre {n}", actor=cast.issa)
    for _n in range(4):
        type_survey(workshop=running, actor=cast.issa, data=FILLED)
    assert satisfaction_of(running) is None
    for _n in range(2):
        type_survey(workshop=running, actor=cast.issa, data=FILLED)
    with pytest.raises(Refused):  # six on the list
        type_survey(workshop=running, actor=cast.issa, data=FILLED)
    found = satisfaction_of(running)
    assert found.answers == 6 and found.items[0][1:] == (4.0, 6) and found.items[1][1] is None
    assert report_of(running).satisfaction is None
    send(running, cast.issa, head_counts=[count(session, 6) for session in sessions])
    close_attendance(workshop=running, actor=cast.issa)
    running.refresh_from_db()
    assert report_of(running).satisfaction is not None
    assert render_pdf(running).startswith(b"%PDF-")
    with pytest.raises(Refused):  # whoever answers now would be read from the difference
        answer_survey(registration=group[0], user=cast.awa, data=FILLED)


def test_a_test_is_taken_on_a_phone_or_typed_in_by_number(tested, group, cast, client_for):
    right = keys(tested)
    assert not may_sit(tested, Registration.objects.get(pk=group[0].pk), "pre")  # the first session is over
    client, address = client_for(cast.awa), reverse("my-workshop-test-after", args=[tested.pk])
    page = client.get(address).content.decode()
    assert all(f'name="{slug}"' in page for slug in right)
    client.post(address, right)
    sat = TestSitting.objects.get()
    assert set(sat.points.values()) == {1.0} and not sat.on_paper
    with pytest.raises(Refused):
        sit_test(registration=Registration.objects.get(pk=group[0].pk), moment="post", user=cast.awa, data=right)
    typed = reverse("workshop-test-before", args=[tested.pk])
    teacher = client_for(cast.issa)
    assert teacher.post(typed, {**right, "number": "2"}).status_code == 303
    assert teacher.post(typed, {"number": "2"}).status_code == 303  # typed in again: « I do not know yet » everywhere
    assert teacher.post(typed, {"number": "99"}).status_code == 422
    again = TestSitting.objects.get(moment="pre")
    assert (again.registration.number, again.on_paper, set(again.points.values())) == (2, True, {0.0})
    with pytest.raises(Refused):  # what was taken on a phone stays
        type_test(workshop=tested, number=group[0].number, moment="post", actor=cast.issa, data={})


def test_both_forms_are_printed_for_their_numbers_and_typed_in_in_their_order(tested, group, cast, client_for):
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(render_pack(tested))).pages)
    text = " ".join(text.split())
    for title in (
        "Test before, form A, for the odd numbers",
        "Test before, form B, for the even numbers",
        "Test after, form B, for the odd numbers",
        "Test after, form A, for the even numbers",
    ):
        assert title in text
    rows = Question.objects.filter(course=tested.course, use="prepost", retired=False, current__isnull=False)
    slugs = list(rows.order_by("position", "slug").values_list("slug", flat=True))
    client, address = client_for(cast.issa), reverse("workshop-test-before", args=[tested.pk])
    for form, order in (("A", slugs), ("B", slugs[::-1]), ("x", slugs)):
        page = client.get(address, {"form": form}).content.decode()
        assert sorted(order, key=lambda slug: page.index(f'name="{slug}"')) == order
    answer = client.post(f"{address}?form=B", {**keys(tested), "number": "2"})
    assert answer.status_code == 303 and answer["Location"].endswith("?form=B")
    assert TestSitting.objects.get().form == "B"


def test_allowances_follow_the_attendance_of_the_day(workshop, sessions, group, cast, client_for):
    with pytest.raises(Refused):
        work_out_allowances(workshop=workshop, day=FIRST, actor=cast.issa)
    change_workshop(workshop=workshop, actor=cast.issa, allowance=5000)
    send(
        workshop,
        cast.issa,
        marks=[mark(sessions[0], group[0]), mark(sessions[0], group[1], "absent"), mark(sessions[3], group[1])],
    )
    client, address = client_for(cast.issa), reverse("workshop-allowances", args=[workshop.pk])
    assert client.get(address).status_code == 200
    answer = client.post(address, {"day": FIRST.isoformat()})
    assert answer.content.startswith(b"%PDF-")
    assert [(row.registration_id, row.amount) for row in Allowance.objects.all()] == [(group[0].pk, 5000)]
    assert client_for(cast.awa).get(address).status_code in (403, 404)
    assert client_for(cast.mariam).get(address).status_code in (403, 404)
    assert Institution.objects.exists() and "5000" not in str(report_of(workshop))
