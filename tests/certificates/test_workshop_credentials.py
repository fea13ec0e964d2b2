"""Attendance certificates of a workshop: by rule, once, with evidence; why somebody has none; everybody's papers."""

from __future__ import annotations

import pytest

from certificates import services as certificates
from certificates.models import Credential, Rendering
from certificates.queries import by_number, evidence_of, stranger_view
from certificates.queries.workshops import desk_of
from certificates.services import workshops as services
from operations import jobs
from operations.errors import Refused
from operations.models import AuditEntry, Job, Message
from tests.certificates import group
from tests.courses import build
from workshops.services import correct

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_workshop")]


@pytest.fixture
def people(workshop, cast):
    """Awa with an account came always; Boubacar without one three times, Ramata twice."""
    awa = group.join(workshop, cast.issa, user=cast.awa)
    boubacar = group.join(workshop, cast.issa, name="Boubacar  Maïga", sex="m")
    ramata = group.join(workshop, cast.issa, name="Ramata Touré", sex="f")
    for row, count in ((awa, 4), (boubacar, 3), (ramata, 2)):
        group.attend(workshop, row, count, cast.issa)
    return awa, boubacar, ramata


def test_whoever_reached_the_share_gets_one_without_an_account_too(workshop, people, cast):
    group.close(workshop, cast.issa)
    awa, boubacar, ramata = people
    first, second = awa.credentials.get(), boubacar.credentials.get()
    assert not ramata.credentials.exists()
    assert (first.kind, first.standing, first.holder, first.holder_name) == (
        "attendance",
        "valid",
        cast.awa,
        "Awa Diarra",
    )
    assert (second.holder, second.holder_name) == (None, "Boubacar Maïga")
    assert first.title == {"fr": "Les Règles Nelson Mandela en pratique"} and first.course is None
    assert first.paper["minutes"] == 780
    assert first.paper["fr"]["reason"] == (
        "pour sa participation à l’atelier tenu à Koulikoro du 18\xa0novembre\xa02026 au 19\xa0novembre\xa02026"
    )
    assert [(row.code, row.facts) for row in second.evidence.all()] == [
        ("sessions-attended", {"done": 2, "total": 2, "day": "2026-11-18"}),
        ("sessions-attended", {"done": 1, "total": 2, "day": "2026-11-19"}),
    ]
    assert [reason.sentence for reason in evidence_of(second)] == ["2 sessions of 2", "1 session of 2"]
    assert Rendering.objects.filter(credential__in=[first, second]).count() == 2
    assert Message.objects.get(kind="certificates.issued").context["code"] == workshop.code
    assert AuditEntry.objects.filter(code="certificates.issued").count() == 2


def test_a_second_time_changes_nothing(workshop, people, cast):
    group.close(workshop, cast.issa)
    numbers = set(Credential.objects.values_list("number", flat=True))
    services.ask_to_issue(workshop=workshop, actor=cast.issa)
    jobs.work(once=True)
    with pytest.raises(Refused):
        services.issue(registration=people[2], actor=cast.issa)
    assert services.issue(registration=people[0], actor=cast.issa).number in numbers
    assert set(Credential.objects.values_list("number", flat=True)) == numbers and Rendering.objects.count() == 2


def test_a_workshop_of_a_course_carries_its_title_objectives_and_validity(cast):
    course = build.make_course("T7", lessons=(2,), validity_months=24)
    workshop = group.plan(cast.issa, course=course)
    row = group.join(workshop, cast.issa, user=cast.awa)
    group.attend(workshop, row, 4, cast.issa)
    group.close(workshop, cast.issa)
    credential = row.credentials.get()
    assert credential.title == {"fr": "Tenir un registre T7", "en": "Keeping a register T7"}
    assert credential.objectives["fr"] and credential.expires.isoformat() == "2028-11-20"


def test_why_somebody_has_none_is_said_in_words(workshop, people, cast):
    group.attend(workshop, people[2], 0, cast.issa)
    out = group.join(workshop, cast.issa, name="Oumou Sidibé", state="withdrawn")
    words = {line.registration.pk: line.why for line in desk_of(workshop, cast.issa).lines}
    assert words[people[0].pk] == "Attendance is not closed."
    assert words[people[1].pk] == "Attendance is not closed."
    assert words[people[2].pk] == "0 of 4 sessions; 75 % are needed."
    assert words[out.pk] == "Not on the list that is called: withdrawn."
    people[1].name = ""
    people[1].save()
    words = {line.registration.pk: line.why for line in desk_of(workshop, cast.issa).lines}
    assert words[people[1].pk] == "No name is written on the list."


def test_a_contradiction_is_named(workshop, people, cast):
    people[1].presences.filter(session=workshop.sessions.first()).update(conflict=True)
    words = {line.registration.pk: line.why for line in desk_of(workshop, cast.issa).lines}
    assert words[people[1].pk].startswith("Two people recorded different things")


def test_a_correction_after_closing_issues_what_was_missing(workshop, people, cast):
    group.close(workshop, cast.issa)
    correct(
        session=workshop.sessions.all()[2],
        registration=people[2],
        status="present",
        reason="La feuille",
        actor=cast.issa,
    )
    jobs.work(once=True)
    assert people[2].credentials.get().standing == "valid"


def test_a_certificate_that_attendance_no_longer_gives_is_shown_and_told_not_revoked(workshop, people, cast):
    group.close(workshop, cast.issa)
    for session in workshop.sessions.all()[:2]:
        correct(session=session, registration=people[1], status="absent", reason="Erreur", actor=cast.issa)
    jobs.work(once=True)
    line = next(line for line in desk_of(workshop, cast.issa).lines if line.registration == people[1])
    assert line.lost and line.credential.standing == "valid"
    assert services.reconcile()["unsettled"] == {workshop.code: 1}
    services.reconcile()
    assert Message.objects.filter(kind="certificates.unsettled", recipient=cast.admin).count() == 1


def test_nobody_issues_by_hand_what_was_not_earned_but_an_administrator_with_a_reason(workshop, people, cast):
    group.close(workshop, cast.issa)
    for person in (cast.issa, cast.mariam, cast.fanta):
        with pytest.raises(Refused):
            services.issue_by_hand(registration=people[2], reason="Elle était malade", actor=person)
    with pytest.raises(Refused):
        services.issue_by_hand(registration=people[2], reason=" ", actor=cast.admin)
    credential = services.issue_by_hand(registration=people[2], reason="Elle était malade", actor=cast.admin)
    assert credential.rule["name"] == "by-hand"
    assert "Elle était malade" in evidence_of(credential)[-1].sentence
    assert AuditEntry.objects.get(code="certificates.issued-by-hand").reason == "Elle était malade"
    with pytest.raises(Refused):
        services.issue_by_hand(registration=people[2], reason="Encore", actor=cast.admin)


def test_nothing_is_issued_before_attendance_is_closed(workshop, people, cast):
    with pytest.raises(Refused):
        services.ask_to_issue(workshop=workshop, actor=cast.issa)
    with pytest.raises(Refused):
        services.issue(registration=people[0], actor=cast.issa)
    for person in (cast.seydou, cast.awa):
        with pytest.raises(Refused):
            services.ask_to_issue(workshop=workshop, actor=person)


def test_the_nightly_work_issues_what_was_earned_in_workshops_held_before(workshop, people, cast):
    group.close(workshop, cast.issa)
    Rendering.objects.all().delete()
    Credential.objects.all().delete()
    assert services.reconcile()["workshops"] == [workshop.code]
    jobs.work(once=True)
    assert Credential.objects.count() == 2
    assert services.reconcile()["workshops"] == []


def test_what_was_revoked_comes_back_only_when_issued_anew(workshop, people, cast):
    group.close(workshop, cast.issa)
    credential = people[1].credentials.get()
    certificates.revoke(credential=credential, reason="Faute de frappe", actor=cast.admin)
    services.reconcile()
    jobs.work(once=True)
    assert people[1].credentials.count() == 1
    people[1].name = "Boubacar Maïga Touré"
    people[1].save()
    fresh = certificates.reissue(credential=credential, reason="Nom corrigé", actor=cast.admin)
    assert fresh.holder_name == "Boubacar Maïga Touré" and fresh.registration == people[1]
    assert fresh.paper["fr"]["reason"] == credential.paper["fr"]["reason"]


def test_who_signed_the_separate_sheet_is_named_nowhere_outside(workshop, cast, client):
    row = group.join(workshop, cast.issa, name="Kadidia Secret", protected=True)
    group.attend(workshop, row, 4, cast.issa)
    group.close(workshop, cast.issa)
    credential = row.credentials.get()
    assert stranger_view(by_number(credential.number)).holder == ""
    page = client.get(f"/fr/verify/{credential.number}/").content.decode()
    assert "Kadidia" not in page and credential.number in page
    assert "Kadidia" not in client.get(f"/badges/{credential.pk}").content.decode()


def test_progress_is_shown_while_it_is_issued(workshop, people, cast):
    group.close(workshop, cast.issa)
    job = Job.objects.get(kind=services.ISSUE)
    assert (job.status, job.done, job.total, job.asked_by) == ("done", 4, 4, cast.issa)
    assert job.result == {"issued": 2, "cancelled": 0, "papers": 2}


def test_a_full_room_is_issued_in_the_background_with_progress(workshop, cast, client_for, monkeypatch):
    rows = [group.join(workshop, cast.issa, name=f"Personne {number}") for number in range(40)]
    for row in rows:
        group.attend(workshop, row, 3, cast.issa)
    steps = []
    progress = jobs.Work.progress
    monkeypatch.setattr(
        jobs.Work,
        "progress",
        lambda job, done, total: (steps.append((job.kind, done, total)), progress(job, done, total)),
    )
    group.close(workshop, cast.issa)
    told = [(done, total) for kind, done, total in steps if kind == services.ISSUE]
    assert [done for done, _total in told] == sorted(done for done, _total in told)
    assert told[-1] == (80, 80) and len(told) >= 80
    assert Rendering.objects.filter(credential__workshop=workshop).count() == 40
    assert Credential.objects.exclude(status_index=None).count() == 40
    page = client_for(cast.issa).get(f"/fr/teach/workshops/{workshop.pk}/certificates/").content.decode()
    assert page.count('class="chip ok"') >= 40


def test_whoever_never_came_has_attended_nothing_even_where_no_share_is_asked_for(cast):
    workshop = group.plan(cast.issa, min_share=0)
    once, never = (group.join(workshop, cast.issa, name=name) for name in ("Ramata Touré", "Bakary Sow"))
    group.attend(workshop, once, 1, cast.issa)
    group.attend(workshop, never, 0, cast.issa)
    group.close(workshop, cast.issa)
    assert list(Credential.objects.filter(workshop=workshop).values_list("registration", flat=True)) == [once.pk]
