"""The trainers of a local trial: a cascade of three generations, a candidate half-way; once."""

import pytest
from django.utils import timezone

from certificates.models import Candidate, Credential, StageEvidence
from certificates.queries.cascade import prepared
from certificates.queries.pathways import map_of
from lms.demonstration import create_accounts, real_people
from lms.demonstration_trainers import train
from people.models import Institution, User
from workshops.models import Workshop

pytestmark = pytest.mark.django_db


def test_a_trainer_with_two_generations_below_and_a_candidate_half_way(cast, client_for):
    User.objects.filter(pk__in=[person.pk for person in cast]).update(is_superuser=False)
    for person in cast:
        User.objects.filter(pk=person.pk).update(username=f"old-{person.username}")
    before = set(real_people())
    create_accounts(password="Ba-fili-4821-Joliba")
    assert set(real_people()) == before
    found = prepared()
    first, second, third = (
        found.trainers[User.objects.get(staff_number=number).pk] for number in ("PEN-02790", "PEN-03361", "PEN-04902")
    )
    assert [one.generation for one in (first, second, third)] == [0, 1, 2] and first.below == 2
    assert first.reach > second.reach > third.reach >= 5
    assert all(one.pairs >= 5 and (one.gain or 0) > 0 for one in found.generations)
    candidate = Candidate.objects.get(user__staff_number="PEN-04655")
    stages = map_of(candidate)
    assert [view.state for view in stages[:4]] == ["done", "done", "next", "later"]
    assert (stages[2].requirements[0].done, stages[2].requirements[0].asked) == (1, 2)
    assert StageEvidence.objects.filter(candidate=candidate).count() == 2
    assert StageEvidence.objects.filter(candidate=candidate, accepted=None).count() == 1
    master = client_for(User.objects.get(username="master"))
    assert "Zoumana Tounkara" in master.get("/en/teach/candidates/").content.decode()
    assert "Assa Kamissoko" in master.get("/en/teach/trainers/").content.decode()
    kept = Workshop.objects.count(), User.objects.count(), Credential.objects.count()
    train({place.code: place for place in Institution.objects.all()}, today=timezone.localdate())
    assert (Workshop.objects.count(), User.objects.count(), Credential.objects.count()) == kept
