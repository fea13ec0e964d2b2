"""A machine whose clock wakes up in 1970, jumps ahead, goes back, or stands in 2031: nothing is lost, and nothing is
dated or deleted by a guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from assessments.models import Attempt
from assessments.services import close_overdue, keep_time, save_answers
from certificates import services as certificates
from certificates.models import Credential
from courses import services as courses
from lms.upkeep import backup, status
from operations import clock, jobs
from operations.errors import Refused
from operations.models import AuditEntry, Job, Message
from people import retention
from records.models import Statement
from records.services import record
from records.statements import CLOCK
from records.verbs import Verb
from tests.assessments.school import begin, items, make_school, right
from tests.certificates.conftest import complete
from tests.courses import build

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
IN_1970 = datetime(1970, 1, 1, 0, 3, tzinfo=UTC)


@pytest.fixture
def course(db):
    course = build.make_course("T7", lessons=(2,), validity_months=24, minutes=270)
    build.add_final(course)
    return course


@pytest.fixture
def noon(course, cast):
    """The worker looked at noon, and the clock was right."""
    with time_machine.travel(NOON, tick=False):
        assert clock.look() is None


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def row() -> status.Row:
    return status._clock()


def work() -> None:
    """The worker does what is due; of what it does by itself, nothing that this is about."""
    while jobs.work_one():
        pass


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        (IN_1970, clock.Doubt.OLD),
        (NOON - timedelta(days=1), clock.Doubt.BEHIND),
        (NOON - timedelta(minutes=1), None),
        (NOON + timedelta(days=29), None),
        (NOON + timedelta(days=31), clock.Doubt.AHEAD),
        (datetime(2036, 11, 24, tzinfo=UTC), clock.Doubt.AHEAD),
    ],
)
def test_the_clock_is_believed_near_the_last_moment_known(noon, moment, why):
    with at(moment):
        assert clock.doubt() is why
        assert (clock.now() == moment) == (why is None)
        assert row().state == (status.BAD if why else status.OK)
        assert clock.look() is why
    with at(max(clock.known().seen, NOON) + timedelta(hours=1)):  # right again: nobody need confirm it
        assert clock.look() is None


def test_what_the_server_stored_counts_and_what_clients_claim_does_not(course, cast):
    with at(NOON):
        enrolment = courses.enrol(user=cast.awa, course=course)
        claimed = build.outcome(enrolment, uuid4(), Verb.PASSED, 90)
        claimed["timestamp"] = "2099-01-01T00:00:00Z"
        record([claimed])
        assert clock.look() is None
    clock._path().unlink()  # the file is gone: what was stored is still known
    with at(NOON - timedelta(days=1)):
        assert clock.look() is clock.Doubt.BEHIND
        assert clock.now() == NOON


@pytest.mark.parametrize("moment", [IN_1970, NOON - timedelta(days=1), datetime(2036, 11, 24, tzinfo=UTC)])
def test_learning_goes_on_in_order_and_the_certificate_waits_for_the_day(noon, course, cast, moment):
    with at(NOON):
        complete(cast.issa, course)
    before = Statement.objects.count()
    latest = Statement.objects.latest("stored").stored
    with at(moment):
        enrolment = complete(cast.awa, course)
        assert enrolment.status == "completed"
        fresh = Statement.objects.filter(stored__gt=latest)
        assert Statement.objects.count() - before == fresh.count() >= 3
        assert fresh.latest("stored").stored < NOON + timedelta(minutes=1)
        assert {row.timestamp for row in fresh if CLOCK in row.body["context"].get("extensions", {})}
        work()
        assert not Credential.objects.filter(holder=cast.awa).exists()
        with pytest.raises(Refused, match="clock"):
            certificates.reissue(credential=Credential.objects.get(holder=cast.issa), actor=cast.admin, reason="x")
    with at(NOON + timedelta(days=2)):
        work()
        credential = Credential.objects.get(holder=cast.awa)
        assert credential.issued == (NOON + timedelta(days=2)).date()
        assert credential.evidence.exists()
        assert not any("day" in evidence.facts for evidence in credential.evidence.all())
        assert certificates.render(credential=credential, language="fr").weight


def test_nothing_is_deleted_and_nothing_expires_by_a_jump(noon, course, cast, settings, tmp_path):
    with at(NOON):
        credential = complete(cast.awa, course).credentials.get()
        entries, told = AuditEntry.objects.count(), Message.objects.count()
    settings.BACKUP_DIR, settings.BACKUP_KEEP = tmp_path, 0
    (tmp_path / "kalanso-1.tar.gz").write_text("an archive")
    known = backup.Made(NOON.isoformat(), "kalanso-1.tar.gz", 1, "0" * 64, True, [str(tmp_path)])
    backup._note(known)
    with at(datetime(2036, 11, 24, tzinfo=UTC)):
        with pytest.raises(Refused, match="clock"):
            retention.enforce()
        backup._forget_old()
        work()
        assert (tmp_path / "kalanso-1.tar.gz").exists()
        assert AuditEntry.objects.count() >= entries and Message.objects.count() >= told
        assert not Job.objects.filter(kind=retention.JOB, status=Job.Status.DONE).exists()
        assert credential.standing == "valid"
    backup._list().unlink()


def test_work_that_was_put_off_in_a_wrong_year_is_done_when_it_ends(noon, course, cast):
    with at(datetime(2036, 11, 24, tzinfo=UTC)):
        complete(cast.awa, course)
    with at(NOON + timedelta(minutes=5)):
        work()
    assert Credential.objects.filter(holder=cast.awa).exists()
    assert not Job.objects.filter(run_after__year=2036, status=Job.Status.WAITING).exists()


@pytest.mark.parametrize("moment", [IN_1970, NOON - timedelta(days=1), datetime(2036, 11, 24, tzinfo=UTC)])
def test_an_attempt_neither_ends_nor_loses_an_answer_by_a_clock_that_jumps(cast, moment):
    with at(NOON):
        school = make_school()
        attempt = begin(school, cast.awa)
        clock.look()
    with at(moment):
        assert close_overdue() == 0
        item = items(attempt)[0]
        saved = save_answers(person=cast.awa, attempt=attempt.pk, data=right(item), positions=[1])
        assert saved.outcome == "saved"
    with at(NOON + timedelta(minutes=10)):
        again = keep_time(attempt=Attempt.objects.get(pk=attempt.pk))
        assert (again.status, again.deadline) == ("running", attempt.deadline)
        assert items(attempt)[0].answer is not None


def test_administrators_are_told_once_and_confirm_the_clock_at_the_console(noon, course, cast):
    late = datetime(2031, 5, 4, 9, tzinfo=UTC)
    alarms = Message.objects.filter(kind="lms.clock-in-doubt", recipient=cast.admin)
    with at(late):
        clock.look()
        clock.look()
        assert alarms.count() == 1
        complete(cast.awa, course)
        with pytest.raises(CommandError, match="not an administrator"):
            call_command("confirm_clock", "--by", cast.awa.username, "--yes", stdout=StringIO())
        assert clock.doubt() is clock.Doubt.AHEAD
        call_command("confirm_clock", "--by", cast.admin.username, "--yes", stdout=StringIO())
        assert clock.doubt() is None and row().state == status.OK
        entry = AuditEntry.objects.get(code=clock.CONFIRMED)
        assert entry.actor == cast.admin and entry.before["doubt"] == "ahead" and entry.after["clock"]
        work()
        assert Credential.objects.get(holder=cast.awa).issued == late.date()
        assert Statement.objects.latest("stored").stored.year == 2026  # what was stored in doubt stays as it is
        complete(cast.issa, course)
        assert Statement.objects.latest("stored").stored == late


def test_a_wrong_clock_that_was_confirmed_is_put_right_by_confirming_again(noon, course, cast):
    wrong = datetime(2036, 11, 24, tzinfo=UTC)
    with at(wrong):
        clock.confirm(actor=cast.admin)
        complete(cast.issa, course)
    with at(NOON + timedelta(days=1)):
        assert clock.look() is clock.Doubt.BEHIND
        clock.confirm(actor=cast.admin)
        assert clock.look() is None and clock.now() == timezone.now()
        newest = Statement.objects.latest("stored").stored
        credential = complete(cast.awa, course).credentials.get()
        assert credential.issued == (NOON + timedelta(days=1)).date()
        assert Statement.objects.latest("stored").stored > newest  # the order of the record is kept
        assert clock.look() is None


def test_a_clock_before_the_release_cannot_be_confirmed(noon, cast):
    with at(IN_1970), pytest.raises(Refused, match="released"):
        clock.confirm(actor=cast.admin)


@pytest.mark.parametrize("moment", [datetime(2031, 5, 4, 9, tzinfo=UTC), IN_1970])
def test_one_can_sign_in_and_learn_whatever_the_year(course, cast, client, moment):
    cast.awa.set_password("a long sentence of five words")
    cast.awa.save()
    with at(moment):
        clock.look()
        answer = client.post(
            reverse("account_login"), {"login": cast.awa.username, "password": "a long sentence of five words"}
        )
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        assert client.get(reverse("account")).status_code == 200
        enrolment = complete(cast.awa, course)
        assert enrolment.credentials.exists() == (moment.year == 2031)
        if moment.year == 2031:
            credential = enrolment.credentials.get()
            assert credential.issued.year == 2031
            assert certificates.render(credential=credential, language="fr").weight
            page = client.get(reverse("verify-paper-slash", args=[credential.number]), follow=True)
            assert page.context["found"].standing == "valid"
            retention.enforce()
            assert client.get(reverse("account")).status_code == 200


def test_a_clock_that_is_believed_costs_no_query(noon, django_assert_num_queries):
    with at(NOON), django_assert_num_queries(0):
        clock.doubt(), clock.now(), clock.today()
