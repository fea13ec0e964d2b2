"""How long each kind of data is kept: one table, enforced every day, told on the privacy page."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.utils import timezone

from assessments.models import Attempt, AttemptItem
from content.models import ErrorReport
from content.pages import load_pages
from courses.models import Note
from operations import jobs
from operations.models import AuditEntry, Delivery, Job, Message
from people import retention, services
from people.models import ErasureRequest, Institution, Invitation, LoginCode, Retention, User
from people.privacy import collectors
from tests.house.sources import ROOMS
from tests.people.everything import know, schooling

NOW = timezone.now
YEAR = dt.timedelta(days=365)


def test_every_rule_with_a_term_is_enforced_and_no_other() -> None:
    bound = {rule.kind for rule in retention.RULES if rule.keep is not None}
    assert bound == set(retention.enforcers())
    assert len({rule.kind for rule in retention.RULES}) == len(retention.RULES)
    for rule in retention.RULES:
        assert str(rule.what) and str(rule.how_long) and str(rule.why)


def test_the_work_is_done_every_day() -> None:
    assert jobs._periodic[retention.JOB] == dt.timedelta(days=1)


def test_each_kind_goes_when_its_time_has_come_and_not_before(cast) -> None:
    know(cast.awa, schooling(), actor=cast.mariam, mark="alpha", code="T8")
    made: dict[str, tuple[type, object, object]] = {}

    def two(about: str, model, old: dict, fresh: dict, **same) -> None:
        made[about] = (model, model.objects.create(**same, **old).pk, model.objects.create(**same, **fresh).pk)

    now, page = NOW(), uuid.uuid4()
    handled = {"page_key": page, "language": "fr", "kind": "error", "text": "x", "status": "handled"}
    two("error-reports", ErrorReport, {"handled": now - 2.1 * YEAR}, {"handled": now - 1.9 * YEAR}, **handled)
    two("jobs", Job, {"ended": now - dt.timedelta(91)}, {"ended": now - dt.timedelta(89)}, kind="x", run_after=now)
    two(
        "messages",
        Message,
        {"created": now - 1.1 * YEAR},
        {"created": now - 0.9 * YEAR},
        recipient=cast.issa,
        kind="people.merged",
    )
    two(
        "e-mails",
        Delivery,
        {"ended": now - dt.timedelta(91)},
        {"ended": now - dt.timedelta(89)},
        recipient=cast.issa,
        mode="now",
        state="sent",
        due=now,
    )
    for kind, model, same in (
        ("codes", LoginCode, {"user": cast.issa, "purpose": "first"}),
        ("invitations", Invitation, {"institution": Institution.objects.first()}),
    ):
        old, fresh = (
            model.objects.create(digest=uuid.uuid4().hex * 2, expires=now - years * YEAR, **same).pk
            for years in (1.1, 0.9)
        )
        made[kind] = (model, old, fresh)
    two(
        "erasures",
        ErasureRequest,
        {"ended": now - 1.1 * YEAR},
        {"ended": now - 0.9 * YEAR},
        user=cast.issa,
        status="withdrawn",
    )
    two("sessions", Session, {"session_key": "old", "expire_date": now - dt.timedelta(1)},
        {"session_key": "new", "expire_date": now + dt.timedelta(1)}, session_data="x")  # fmt: skip
    entry = AuditEntry.objects.first()
    AuditEntry._base_manager.filter(pk=entry.pk).update(when=now - 5.1 * YEAR)
    answered = AttemptItem.objects.filter(answer__isnull=False).count()
    Attempt.objects.filter(enrolment__user=cast.awa).update(submitted=now - 3.1 * YEAR)
    results = list(Attempt.objects.values_list("points", flat=True))

    removed = retention.enforce()

    for kind, (model, old, fresh) in made.items():
        assert removed[kind] >= 1, kind
        assert not model.objects.filter(pk=old).exists(), kind
        assert model.objects.filter(pk=fresh).exists(), kind
    assert removed["trail"] == 1 and removed["answers"] == answered > 0
    assert list(Attempt.objects.values_list("points", flat=True)) == results
    assert Note.objects.filter(user=cast.awa).exists() and User.objects.filter(pk=cast.awa.pk).exists()
    for rule in retention.RULES:
        row = Retention.objects.filter(kind=rule.kind).first()
        assert (row is not None) == (rule.keep is not None)
        if row is not None:
            assert row.removed == removed[rule.kind] and row.enforced >= now
    assert sum(retention.enforce().values()) == 0
    assert Retention.objects.get(kind="trail").removed == 0


# --- the privacy page -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "law"), [("fr", "loi n° 2013-015 du 21 mai 2013"), ("en", "Law no. 2013-015")])
def test_the_privacy_page_tells_terms_law_authority_and_ways(cast, client_for, language, law) -> None:
    load_pages()
    retention.enforce()
    page = client_for(None).get(f"/{language}/privacy/").content.decode().replace("\xa0", " ")
    assert law in page and "APDP" in page and "apdp.ml" in page
    assert page.count("<tr>") == len(retention.RULES) + 1
    assert f"/{language}/account/data/" in page and f"/{language}/account/erase/" in page


def test_other_information_pages_have_no_table(db, client_for) -> None:
    load_pages()
    assert "<table" not in client_for(None).get("/fr/about/").content.decode()


def test_the_table_costs_one_query(db, django_assert_num_queries) -> None:
    from people.queries.privacy import retention_table  # noqa: PLC0415

    with django_assert_num_queries(1):
        assert len(retention_table()) == len(retention.RULES)


# --- completeness ---------------------------------------------------------------------------------------------------

# Rows of libraries that point at a person; what becomes of them at erasure. The people room deletes the account, which
# takes them along or empties the pointer; logs without a constraint are emptied by it (`people.own`).
_OF_LIBRARIES = {"account", "mfa", "usersessions", "socialaccount", "wagtailcore", "wagtailadmin", "wagtailusers",
                 "wagtaildocs", "wagtailimages", "wagtail_localize", "auth", "admin"}  # fmt: skip


def _points_at_a_person(model) -> list[str]:
    return [
        field.name
        for field in model._meta.get_fields()
        if field.concrete and field.remote_field is not None and field.remote_field.model is User
    ]


def test_every_model_that_points_at_a_person_is_dealt_with() -> None:
    covered = {model for room in collectors() for model in room.covers}
    left_out = []
    for model in apps.get_models():
        if model is User or not (fields := _points_at_a_person(model)):
            continue
        ours = model.__module__.split(".")[0] in ROOMS
        if not ours and model._meta.app_label in _OF_LIBRARIES:
            continue
        # Our pages, pictures and documents inherit these pointers from Wagtail, where authors are named.
        inherited = all(model._meta.get_field(name).model is not model or name in _OF_WAGTAIL for name in fields)
        if model not in covered and not (ours and inherited):
            left_out.append(f"{model._meta.label}: {', '.join(fields)}")
    assert left_out == [], "name these in the `covers` of a collector (`people.privacy`)"


_OF_WAGTAIL = {"owner", "locked_by", "uploaded_by_user"}


def test_rooms_are_asked_from_the_top_down() -> None:
    order = ["certificates", "workshops", "assessments", "courses", "content", "records", "people", "operations"]
    assert [room.name for room in collectors()] == order


def test_every_word_of_a_count_has_words(cast) -> None:
    """No key of a program stands on a screen."""
    know(cast.awa, schooling(), actor=cast.mariam, mark="alpha", code="T8")
    from people.services.erasure import remains_of, removed_by  # noqa: PLC0415

    for room in collectors():
        for counts in (remains_of(cast.awa), removed_by(user=cast.awa)):
            assert set(counts.get(room.name, {})) <= set(room.words), room.name


def test_every_key_of_an_export_has_words(cast) -> None:
    know(cast.awa, schooling(), actor=cast.mariam, mark="alpha", code="T8")
    services.ask_export(user=cast.awa)

    def keys(value) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*(keys(one) for one in value.values()))
        return set().union(*(keys(one) for one in value)) if isinstance(value, list) else set()

    for room in collectors():
        given = room.export(cast.awa)
        if room.name == "assessments":
            for attempt in given["attempts"]:
                for answer in attempt["answers"]:
                    answer["answer"] = None  # as the person gave it: data, not words
        assert keys(given) <= set(room.words), room.name
