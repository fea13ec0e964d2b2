"""Closing, enrolling and putting right at the same moment: nobody is missed, nothing is told twice."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from courses import services as courses
from courses.models import Enrolment
from records.models import Statement
from records.verbs import Verb
from tests.concurrency import at_once
from tests.workshops.blended import blended, done, hold, on_list, planned, steps, told
from workshops.services import close_attendance, correct

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("known", [True, False], ids=["known to the record", "new to it"])
def test_who_enrols_while_attendance_closes_has_finished_the_step(known, cast):
    course = blended()
    workshop = planned(cast.issa, course)
    awa, seydou = on_list(workshop, cast.issa, cast.awa, cast.seydou)
    hold(workshop, cast.issa, {awa: 4, seydou: 4}, close=False)
    if known:
        for person in (cast.awa, cast.seydou):
            courses.withdraw(enrolment=courses.enrol(user=person, course=course))
    found = at_once(
        lambda: courses.enrol(user=cast.awa, course=course),
        lambda: close_attendance(workshop=workshop, actor=cast.issa),
        lambda: courses.enrol(user=cast.seydou, course=course),
        lambda: close_attendance(workshop=workshop, actor=cast.issa),
    )
    assert not [one for one in found if isinstance(one, Exception)]
    for enrolment in Enrolment.objects.filter(course=course, status="active"):
        assert done(enrolment) == set(steps(course))
    assert Statement.objects.filter(verb=Verb.COMPLETED).count() == 2
    assert Statement.objects.filter(verb=Verb.ATTENDED).count() == 8
    call_command("rebuild_progress", "--check", stdout=io.StringIO())


def test_corrections_at_once_leave_one_statement_for_what_stands(cast):
    workshop = planned(cast.issa, None)
    (awa,) = on_list(workshop, cast.issa, cast.awa)
    hold(workshop, cast.issa, {awa: 4})
    session = workshop.sessions.first()

    def put(status):
        return lambda: correct(session=session, registration=awa, status=status, reason="Feuille", actor=cast.issa)

    found = at_once(put("absent"), put("present"), put("absent"), put("present"))
    assert not [one for one in found if isinstance(one, Exception)]
    standing = Statement.objects.filter(verb=Verb.ATTENDED, voiding__isnull=True)
    assert set(standing.values_list("id", flat=True)) == set(told(awa).values())
    here = session.presences.get()
    assert standing.filter(activity=f"urn:uuid:{session.pk}").count() == (here.status == "present")
