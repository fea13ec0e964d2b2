"""The workshops of a local trial: the three of the programme's history, one that runs, one that calls for people; once."""

import datetime as dt

import pytest
from django.utils import timezone

from lms.demonstration import create_accounts
from lms.demonstration_workshops import hold
from operations.models import Message
from people.models import Institution, User
from workshops.models import Registration, Workshop

pytestmark = pytest.mark.django_db


def test_the_workshops_are_there_once_and_nobody_was_told_of_old_ones(cast):
    User.objects.filter(pk=cast.admin.pk).update(username="somebody-else")
    create_accounts(password="Ba-fili-4821-Joliba")
    held = list(Workshop.objects.filter(ends__year__lt=2020).order_by("starts").values_list("starts", "ends"))
    assert held[0] == (dt.date(2016, 12, 7), dt.date(2016, 12, 9))
    assert held[2] == (dt.date(2017, 8, 8), dt.date(2017, 8, 10)) and held[1][0].strftime("%Y-%m") == "2017-04"
    today = timezone.localdate()
    assert Workshop.objects.filter(starts__lte=today, ends__gte=today).count() == 1
    call = Workshop.objects.get(starts__gt=today)
    assert call.entry == "designation" and call.quotas.count() == 4
    assert not Message.objects.filter(context__code__startswith="A-201").exists()
    before = Workshop.objects.count(), Registration.objects.count()
    hold({place.code: place for place in Institution.objects.all()}, today=today)
    assert (Workshop.objects.count(), Registration.objects.count()) == before
