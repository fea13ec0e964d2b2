"""People see how far the work is that they asked for, without a script."""

from datetime import timedelta

import pytest
from django.utils import timezone

from operations import jobs, mail
from operations.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(cast):
    Job.objects.all().delete()

    def make(person=cast.awa, kind="people.retention", **values):
        job = jobs.ask(kind, asked_by=person)
        Job.objects.filter(pk=job.pk).update(**values)
        return job

    return make


def test_the_one_who_asked_sees_how_far_it_is(ask, cast, client_for):
    ask(status=Job.Status.RUNNING, done=3, total=10, leased_until=timezone.now() + timedelta(minutes=1))
    response = client_for(cast.awa).get("/en/jobs/")
    html = response.content.decode()
    assert "3 of 10" in html and '<progress max="10" value="3"' in html
    assert "Tidying away" in html and "people.retention" not in html


def test_the_page_looks_again_by_itself_until_told_not_to_or_until_all_has_ended(ask, cast, client_for):
    job = ask()
    awa = client_for(cast.awa)
    assert awa.get("/en/jobs/")["Refresh"] == "5"
    assert "Refresh" not in awa.get("/en/jobs/?still=")
    Job.objects.filter(pk=job.pk).update(status=Job.Status.DONE, ended=timezone.now())
    assert "Refresh" not in awa.get("/en/jobs/")


def test_a_failure_is_told_in_words(ask, cast, client_for):
    ask(status=Job.Status.FAILED, error="The file has no rows.", ended=timezone.now())
    assert "The file has no rows." in client_for(cast.awa).get("/en/jobs/").content.decode()


def test_others_work_is_for_administrators(ask, cast, client_for):
    job = ask()
    issa = client_for(cast.issa)
    assert str(job.pk) not in issa.get("/en/jobs/").content.decode()
    assert issa.post(f"/en/jobs/{job.pk}/cancel/").status_code == 404
    html = client_for(cast.admin).get("/en/jobs/").content.decode()
    assert str(job.pk) in html and "Awa Diarra" in html


def test_regular_work_that_went_well_is_left_out(ask, cast, client_for):
    went_well = ask(None, mail.JOB, status=Job.Status.DONE, ended=timezone.now())
    failed = ask(None, mail.JOB, status=Job.Status.FAILED, ended=timezone.now())
    html = client_for(cast.admin).get("/en/jobs/").content.decode()
    assert str(went_well.pk) not in html and str(failed.pk) in html


@pytest.mark.parametrize("who", ["awa", "admin"])
def test_it_can_be_cancelled_once_by_whom_it_belongs_to(ask, cast, client_for, who):
    job = ask()
    client = client_for(getattr(cast, who))
    said = client.post(f"/en/jobs/{job.pk}/cancel/", follow=True).content.decode()
    assert "is cancelled" in said and "data-action" not in said
    job.refresh_from_db()
    assert job.status == Job.Status.CANCELLED
    assert "ended already" in client.post(f"/en/jobs/{job.pk}/cancel/", follow=True).content.decode()
    assert client.get(f"/en/jobs/{job.pk}/cancel/").status_code == 405


@pytest.mark.parametrize("who", ["awa", "admin"])
def test_the_list_costs_the_same_whatever_its_length(ask, cast, client_for, who, django_assert_max_num_queries):
    for _ in range(25):
        ask()
    client = client_for(getattr(cast, who))
    client.get("/en/jobs/")
    with django_assert_max_num_queries(9):
        assert client.get("/en/jobs/?page=2").status_code == 200
